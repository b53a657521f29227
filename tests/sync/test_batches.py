"""Several messages in one request: each is judged alone, and a batch is worth no less than one."""

import json
import threading
from collections.abc import Iterator, Sequence

import httpx2
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.envelope import Kind, digest, key_ring, new_key, open_signed, sign, signed_envelope
from sync.frame import (
    BATCH_MESSAGES_MAX,
    BATCH_PLAIN_BYTES_MAX,
    Unpackable,
    batch,
    framed,
    messages_in,
    pack,
    payload_of,
    plain,
    unpack,
)
from sync.jws import SIGNED_BYTES_MAX
from sync.message import Claimed
from sync.outcome import (
    Accepted,
    NeedsPerson,
    NotReceived,
    Outcome,
    RetryAt,
    Standing,
    Unknown,
)
from sync.platform import Platform, Wire
from sync.relay import Hooks, Pace, Relay
from tests.plain import NO_TLS
from tests.sync.far_end import FarEnd
from tests.sync.sender import TOGETHER, Sender, line_to, message, no_pause, story

KEY = new_key()
WRONG = {"total_fen": 300, "fund_fen": 200, "personal_fen": 99}


@pytest.fixture
def wide(sender: Sender, far: FarEnd) -> Iterator[Platform]:
    """Open a line that hands messages over together."""
    with line_to(far.url, sender, wire=TOGETHER) as platform:
        yield platform


def relay_of(sender: Sender, platform: Platform, hooks: Hooks | None = None) -> Relay:
    hooks = hooks or Hooks(sleep=no_pause)
    return Relay(sender.store, sender.outbox, platform, sender.clock, hooks, pace=Pace(senders=4))


def claimed(sender: Sender, limit: int = 100) -> tuple[Claimed, ...]:
    with sender.store.transaction() as db:
        return sender.outbox.claim_due(db, sender.clock(), limit)


def test_a_frame_holds_the_very_bytes_that_were_signed() -> None:
    signed = signed_envelope(message("m-1"), KEY)
    frame = pack(signed)
    assert unpack(frame) == signed.compact() == sign(message("m-1"), KEY)
    assert payload_of(frame) == signed.payload
    assert open_signed(unpack(frame), key_ring(KEY.public())) == message("m-1")


def test_what_was_stored_before_there_were_frames_still_travels() -> None:
    old = sign(message("m-1"), KEY)
    assert unpack(old) == old
    assert unpack(framed(old)) == old
    assert messages_in(plain(batch([old, framed(old)]))) == [old, old]


def test_frames_one_after_another_are_one_stream_of_lines() -> None:
    frames = [pack(signed_envelope(message(f"m-{n}"), KEY)) for n in range(3)]
    whole = zstandard.ZstdDecompressor().stream_reader(batch(frames), read_across_frames=True)
    assert messages_in(whole.read()) == [sign(message(f"m-{n}"), KEY) for n in range(3)]


def test_a_bomb_is_not_unfolded() -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(BATCH_PLAIN_BYTES_MAX + 1))
    assert len(bomb) < 10_000
    with pytest.raises(Unpackable, match="large"):
        plain(bomb)
    with pytest.raises(Unpackable):
        unpack(zstandard.ZstdCompressor().compress(bytes(SIGNED_BYTES_MAX + 1)))


@given(st.binary(max_size=200) | st.text(alphabet="a.\n", max_size=40).map(str.encode))
@settings(max_examples=200, deadline=None)
def test_garbage_is_no_batch(garbage: bytes) -> None:
    for given_bytes in (garbage, zstandard.ZstdCompressor().compress(garbage)):
        try:
            found = messages_in(plain(given_bytes))
        except Unpackable:
            continue
        assert len(found) == plain(given_bytes).count(b"\n") // 2


@given(st.integers(1, 400))
@settings(max_examples=50, deadline=None)
def test_a_batch_cut_short_never_gives_more_than_it_held(cut: int) -> None:
    frames = batch([pack(signed_envelope(message(f"m-{n}"), KEY)) for n in range(3)])
    whole = messages_in(plain(frames))
    try:
        left = messages_in(plain(frames[: max(len(frames) - cut, 0)]))
    except Unpackable:
        return
    assert left == whole[: len(left)]
    assert len(left) < len(whole)


def test_too_many_messages_are_no_batch() -> None:
    lines = b"a..b\nc\n" * (BATCH_MESSAGES_MAX + 1)
    with pytest.raises(Unpackable):
        messages_in(lines)


def test_each_message_of_a_batch_has_its_own_outcome(
    sender: Sender, wide: Platform, far: FarEnd
) -> None:
    sender.put(
        message("m-1"),
        message("m-2", stay="stay-2", kind=Kind.SETTLEMENT, body=WRONG),
        message("m-3", stay="stay-3", kind=Kind.DISCHARGE),
        message("m-4", stay="stay-4"),
    )
    first, refused, early, last = wide.deliver_batch(claimed(sender))
    assert isinstance(first, Accepted)
    assert isinstance(refused, NeedsPerson)
    assert (refused.reason.code, refused.field) == ("TOTAL_MISMATCH", "total_fen")
    assert isinstance(early, RetryAt)
    assert (early.reason.code, early.whole_platform) == ("OUT_OF_ORDER", False)
    assert isinstance(last, Accepted)
    assert far.kept_ids() == ["m-1", "m-4"]


def test_a_forged_message_does_not_spoil_its_neighbours(
    sender: Sender, wide: Platform, far: FarEnd
) -> None:
    sender.put(message("m-1"), message("m-2", stay="stay-2"))
    first, second = claimed(sender)
    stranger = pack(signed_envelope(message("m-3", stay="stay-3"), new_key()))
    forged = Claimed(id="m-3", order_key="3", stored=stranger, sha256="", ask_first=False)
    before, refused, after = wide.deliver_batch([first, forged, second])
    assert isinstance(refused, NeedsPerson)
    assert refused.reason.code == "BAD_SIGNATURE"
    assert isinstance(before, Accepted)
    assert isinstance(after, Accepted)
    assert far.kept_ids() == ["m-1", "m-2"]


@pytest.mark.parametrize("status", [400, 413, 422, 451])
def test_a_batch_refused_whole_is_handed_over_one_by_one(
    sender: Sender, wide: Platform, far: FarEnd, status: int
) -> None:
    sender.put(*(message(f"m-{n}", stay=f"stay-{n}") for n in range(3)))
    far.play({"on": "messages", "do": "error", "status": status, "times": 1})
    outcomes = wide.deliver_batch(claimed(sender))
    assert all(isinstance(one, Accepted) for one in outcomes)
    assert far.kept_ids() == ["m-0", "m-1", "m-2"]


def test_what_parks_a_message_parks_it_alone(sender: Sender, wide: Platform, far: FarEnd) -> None:
    sender.put(*(message(f"m-{n}", stay=f"stay-{n}") for n in range(3)))
    far.play({"on": "messages", "do": "error", "status": 413, "times": 2})
    relay_of(sender, wide).run_once()
    assert [sender.state(f"m-{n}") for n in range(3)] == ["rejected", "accepted", "accepted"]


def test_a_platform_that_takes_no_packed_batch_is_asked_once(
    sender: Sender, wide: Platform, far: FarEnd
) -> None:
    sender.put(*(message(f"m-{n}", stay=f"stay-{n}") for n in range(4)))
    far.play({"on": "messages", "do": "error", "status": 415, "times": 1})
    [first, *more] = claimed(sender)
    assert isinstance(wide.deliver_batch([first])[0], Accepted)
    # Packed once more, this would strike; plain lines are all that is sent from now on.
    assert wide._packs is False  # noqa: SLF001 - what it remembers
    assert all(isinstance(one, Accepted) for one in wide.deliver_batch(more))


def test_plain_lines_are_taken_as_packed_ones_are(sender: Sender, far: FarEnd) -> None:
    sender.put(*(message(f"m-{n}", stay=f"stay-{n}") for n in range(3)))
    with line_to(far.url, sender, wire=Wire(batch_max=20, packs=False)) as line:
        outcomes = line.deliver_batch(claimed(sender))
    assert all(isinstance(one, Accepted) for one in outcomes)


@pytest.mark.parametrize("do", ["lose_ack", "garbage", "truncated", "huge", "down"])
def test_a_batch_without_a_readable_answer_leaves_all_unknown(
    sender: Sender, wide: Platform, far: FarEnd, do: str
) -> None:
    sender.put(*(message(f"m-{n}", stay=f"stay-{n}") for n in range(3)))
    far.play({"on": "messages", "do": do})
    outcomes = wide.deliver_batch(claimed(sender))
    assert all(isinstance(one, Unknown) for one in outcomes)


def test_a_large_answer_comes_packed_and_is_read(sender: Sender, wide: Platform) -> None:
    lines = [{"id": str(n), "amount_fen": 3, "fund_fen": 2, "personal_fen": 2} for n in range(500)]
    wrong = {"total_fen": 1500, "fund_fen": 1000, "personal_fen": 500, "lines": lines}
    sender.put(message("m-1", kind=Kind.SETTLEMENT, body=wrong))
    [refused] = wide.deliver_batch(claimed(sender))
    assert isinstance(refused, NeedsPerson)
    assert (refused.reason.code, len(refused.lines)) == ("LINES_REFUSED", 500)


def test_what_is_no_batch_is_refused_and_keeps_nothing(far: FarEnd) -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(BATCH_PLAIN_BYTES_MAX + 1))
    for body, packing in ((b"x", "identity"), (b"x", "zstd"), (bomb, "zstd"), (b"", "identity")):
        headers = {"content-encoding": packing} if packing == "zstd" else {}
        answer = httpx2.post(f"{far.url}/v1/batches", content=body, headers=headers, verify=NO_TLS)
        if body:
            assert (answer.status_code, json.loads(answer.content)["code"]) == (422, "BAD_BATCH")
    headers = {"content-encoding": "gzip"}
    assert (
        httpx2.post(
            f"{far.url}/v1/batches", content=b"x", headers=headers, verify=NO_TLS
        ).status_code
        == 415
    )
    assert far.kept() == ()


def test_stays_go_side_by_side_and_each_keeps_its_order(
    sender: Sender, wide: Platform, far: FarEnd
) -> None:
    stays = [f"stay-{n}" for n in range(60)]
    sender.put(*(one for stay in stays for one in story(stay)))
    assert relay_of(sender, wide).run_once() == 240
    for stay in stays:
        kept = [one.receipt.id for one in far.kept() if one.order_key == stay]
        assert kept == [f"{stay}-{step}" for step in "acds"]


class Meeting:
    """A gateway that answers only once four messages are under way at the same moment."""

    batch_max = 1

    def __init__(self, sender: Sender) -> None:
        self._clock = sender.clock
        self._together = threading.Barrier(4, timeout=60)

    def deliver(self, message_id: str, payload: bytes) -> Outcome:
        """Wait for the others, then accept."""
        self._together.wait()
        return Accepted(
            message_id=message_id, sha256=digest(payload), receipt="R", received_at=self._clock()
        )

    def deliver_batch(self, messages: Sequence[Claimed]) -> Sequence[Outcome]:
        """Wait for each."""
        return [self.deliver(one.id, one.payload) for one in messages]

    def status_of(self, _message_id: str, _payload: bytes) -> Standing:
        """Know of nothing."""
        return NotReceived()


def test_four_requests_are_under_way_at_once(sender: Sender) -> None:
    sender.put(*(message(f"m-{n}", stay=f"stay-{n}") for n in range(4)))
    hooks = Hooks(sleep=no_pause)
    gateway = Meeting(sender)
    relay = Relay(sender.store, sender.outbox, gateway, sender.clock, hooks, pace=Pace(senders=4))
    assert relay.run_once() == 4
    assert {sender.state(f"m-{n}") for n in range(4)} == {"accepted"}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_with_answers_lost_by_the_batch_nothing_is_lost_and_nothing_doubled(
    sender: Sender, wide: Platform, far: FarEnd, seed: int
) -> None:
    stays = [f"stay-{n}" for n in range(40)]
    sender.put(*(one for stay in stays for one in story(stay)))
    far.play(
        {"on": "messages", "do": "lose_ack", "times": 0, "chance": 0.3},
        {"on": "status", "do": "down", "times": 0, "chance": 0.3},
        {"on": "messages", "do": "busy", "times": 0, "chance": 0.1},
        seed=seed,
    )
    relay = relay_of(sender, wide)
    for _ in range(400):
        relay.run_once()
        with sender.store.transaction() as db:
            due = sender.outbox.next_due(db, sender.clock())
        if due is None:
            break
        sender.clock.now = max(due, relay.quiet_until() or due)
    assert sorted(far.kept_ids()) == sorted(f"{stay}-{step}" for stay in stays for step in "acds")
    with sender.store.transaction() as db:
        assert sender.outbox.status(db).accepted == 160


def test_a_fault_of_the_store_under_way_loses_nothing(
    sender: Sender, wide: Platform, far: FarEnd
) -> None:
    sender.put(*(message(f"m-{n}", stay=f"stay-{n}") for n in range(50)))

    def die(point: str) -> None:
        if point == "after record":
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        relay_of(sender, wide, Hooks(crash=die, sleep=no_pause)).run_once()
    relay_of(sender, wide).run_once()
    assert sorted(far.kept_ids()) == sorted(f"m-{n}" for n in range(50))
    with sender.store.transaction() as db:
        assert sender.outbox.status(db).accepted == 50


def test_a_reversal_of_what_the_platform_never_took_is_withdrawn_with_it(
    sender: Sender, wide: Platform, far: FarEnd
) -> None:
    first = story("stay-1")
    first[-1] = message("stay-1-s", kind=Kind.SETTLEMENT, body=WRONG)
    undo = message("stay-1-r", kind=Kind.REVERSAL, body={"original": "stay-1-s"})
    again = message("stay-1-t", kind=Kind.SETTLEMENT, body={**WRONG, "personal_fen": 100})
    sender.put(*first, undo, again)
    relay = relay_of(sender, wide)
    relay.run_once()
    with sender.store.transaction() as db:
        sender.outbox.resolve(db, "stay-1-s", note="x", operator="fin", now=sender.clock())
    relay.run_once()
    with sender.store.transaction() as db:
        shown = sender.outbox.get(db, "stay-1-r")
    assert (shown.state, shown.resolved_by) == ("rejected", "fin")
    assert shown.reason is not None
    assert shown.reason.code == "NOTHING_TO_REVERSE"
    assert "stay-1-r" not in far.kept_ids()
    assert sender.state("stay-1-t") == "accepted"


def test_who_waits_for_what_a_person_resolved_waits_for_a_person(
    sender: Sender, wide: Platform, far: FarEnd
) -> None:
    sender.put(*story("stay-1"))
    far.play({"on": "messages", "do": "error", "status": 400, "times": 1})
    relay = relay_of(sender, wide)
    relay.run_once()
    with sender.store.transaction() as db:
        sender.outbox.resolve(db, "stay-1-a", note="x", operator="fin", now=sender.clock())
    relay.run_once()
    with sender.store.transaction() as db:
        shown = sender.outbox.get(db, "stay-1-c")
    assert shown.state == "rejected"
    assert shown.reason is not None
    assert shown.reason.code == "PREDECESSOR_RESOLVED"
