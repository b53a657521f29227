"""What is timed is the real thing: every bill of the backlog arrives, and is marked."""

from bench.works.sync import backlog, bills
from sync.envelope import key_ring, open_signed
from sync.frame import messages_in, plain


def test_both_ways_deliver_the_same_bills_to_the_same_receiver() -> None:
    with backlog(30, 5, batch_max=10) as waiting:
        kept = waiting.folder / "kept"
        waiting.ours()
        ours = messages_in(plain(kept.read_bytes()))
        waiting.refill()
        waiting.floor()
        both = messages_in(plain(kept.read_bytes()))
    ring = key_ring(waiting.key.public())
    assert [open_signed(one, ring) for one in sorted(ours)] == [
        open_signed(one, ring) for one in sorted(both[30:])
    ]
    assert {open_signed(one, ring).id for one in ours} == {one.id for one in bills(30, 5)}
