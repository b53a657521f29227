"""A draft is made into a message once, when it is sent; from then on it is like any other."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.codec import encode
from edge.core.errors import Fault
from edge.store.migrations import _history, migrate
from sync.draft import Draft, Drafts
from sync.envelope import digest, key_ring, new_key, open_signed, signed_envelope
from sync.errors import OutboxConflict
from sync.frame import pack
from sync.message import Claimed, seal_frame
from sync.outbox import Outbox
from sync.outcome import Accepted
from sync.platform import Platform
from sync.relay import Hooks
from tests.sync.far_end import FarEnd
from tests.sync.sender import START, Sender, line_to, message, no_pause, relay_of


class Cause:
    """What a draft's lines lie with, and how often it was asked for them."""

    def __init__(self) -> None:
        self.lines = {"t1": [1, 2]}
        self.asked = 0

    def compose(self, draft: Draft) -> bytes:
        """Return the body with its lines."""
        self.asked += 1
        return encode({"lines": self.lines[draft.source]})


@pytest.fixture
def cause(sender: Sender) -> Cause:
    """Let the sender compose from a cause."""
    cause = Cause()
    sender.outbox = Outbox(sender.sealer, sender.key, compose=cause.compose)
    return cause


def drafted(message_id: str = "m-1", source: str = "t1", *, stay: str = "stay-1") -> Draft:
    return Draft(message(message_id, stay=stay, body={}), source)


def put(sender: Sender, *drafts: Draft) -> None:
    with sender.store.transaction() as db:
        for draft in drafts:
            sender.outbox.put_draft(db, draft)


def claimed(sender: Sender) -> tuple[Claimed, ...]:
    with sender.store.transaction() as db:
        return sender.outbox.claim_due(db, sender.clock(), 10)


def signed_rows(sender: Sender) -> int:
    [row] = sender.store.read().query("select count(*) as n from outbox_signed")
    return int(row["n"])


def test_what_is_sent_has_the_lines_of_its_cause(sender: Sender, cause: Cause) -> None:
    put(sender, drafted())
    assert (cause.asked, signed_rows(sender)) == (0, 0)
    [one] = claimed(sender)
    opened = open_signed(one.payload, key_ring(sender.key.public()))
    assert opened == message("m-1", body={"lines": [1, 2]})
    assert one.sha256 == digest(one.payload)


def test_it_is_made_once_and_sent_unchanged_whatever_its_cause_says_later(
    sender: Sender, cause: Cause, line: Platform, far: FarEnd
) -> None:
    put(sender, drafted())
    far.play({"on": "messages", "do": "error", "status": 500, "times": 3})
    relay = relay_of(sender, line)
    relay.run_once()
    assert far.kept_ids() == []
    cause.lines["t1"] = [3]
    sender.clock.forward(seconds=3600)
    relay.run_once()
    [kept] = far.kept()
    assert (kept.body, cause.asked) == ({"lines": [1, 2]}, 1)


def test_a_relay_that_dies_after_signing_has_lost_and_doubled_nothing(
    sender: Sender, cause: Cause, line: Platform, far: FarEnd
) -> None:
    put(sender, drafted())

    def die(point: str) -> None:
        if point == "after signing":
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        relay_of(sender, line, Hooks(sleep=no_pause, crash=die)).run_once()
    assert (signed_rows(sender), sender.state("m-1")) == (1, "pending")
    relay_of(sender, line).run_once()
    assert (far.kept_ids(), cause.asked) == (["m-1"], 1)


def test_a_draft_whose_cause_is_broken_waits_for_a_person_and_holds_up_its_stay_alone(
    sender: Sender, cause: Cause, line: Platform, far: FarEnd
) -> None:
    put(sender, drafted("m-1", "gone"), drafted("m-2", stay="stay-2"))
    relay_of(sender, line).run_once()
    assert (sender.state("m-1"), far.kept_ids()) == ("rejected", ["m-2"])
    cause.lines["gone"] = []
    with sender.store.transaction() as db:
        sender.outbox.retry(db, "m-1")
    relay_of(sender, line).run_once()
    assert far.kept_ids() == ["m-2", "m-1"]


def test_the_same_draft_again_changes_nothing_and_another_is_refused(
    sender: Sender, cause: Cause
) -> None:
    put(sender, drafted(), drafted())
    with pytest.raises(OutboxConflict, match="MESSAGE_ID_REUSED"):
        put(sender, drafted(source="t2"))
    with pytest.raises(OutboxConflict, match="MESSAGE_ID_REUSED"):
        sender.put(message("m-1"))
    sender.put(message("m-2"))
    with pytest.raises(OutboxConflict, match="MESSAGE_ID_REUSED"):
        put(sender, drafted("m-2"))
    assert len(claimed(sender)) == 1
    assert cause.asked == 1


def test_of_two_hands_that_make_it_the_first_counts(sender: Sender, cause: Cause) -> None:
    put(sender, drafted())
    other = Drafts(sender.sealer, new_key(), cause.compose)
    with sender.store.transaction() as db:
        [row] = sender.outbox.drafts.waiting(db, 10)
        first, second = sender.outbox.drafts.made(row), other.made(row)
        sender.outbox.drafts.keep(db, first)
        other.keep(db, second)
        assert sender.outbox.drafts.waiting(db, 10) == []
    [one] = claimed(sender)
    assert (one.sha256, one.stored) == (first.sha256, first.frame)
    assert first.sha256 != second.sha256


@pytest.mark.parametrize(
    "sql",
    [
        "update outbox set draft = 0",
        "update outbox_signed set sha256 = ''",
        "delete from outbox_signed",
    ],
)
def test_neither_a_draft_nor_what_was_signed_is_altered(
    sender: Sender, cause: Cause, sql: str
) -> None:
    assert cause.asked == 0
    put(sender, drafted())
    claimed(sender)
    with pytest.raises(Fault, match="never"):
        sender.store.read().execute(sql)


def test_without_whoever_composes_a_draft_it_waits_for_a_person(sender: Sender) -> None:
    put(sender, drafted())
    assert claimed(sender) == ()
    assert sender.state("m-1") == "rejected"


@pytest.fixture
def earlier(tmp_path: Path, sender: Sender) -> Iterator[Sender]:
    """Return a sender whose database has the schema before drafts, with a message in it."""
    old = Sender(tmp_path / "old.db", sender.key, sender.sealer.key, tables=False)
    steps = _history()
    before = next(place for place, sql in enumerate(steps) if "outbox_signed" in sql)
    migrate(old.store, steps[:before])
    envelope = message("m-1")
    signed = signed_envelope(envelope, old.key)
    old.store.read().execute(
        "insert into outbox (id, kind, order_key, sha256, payload_sealed, created_at)"
        " values ('m-1', 'admission', 'stay-1', ?, ?, ?)",
        [
            digest(signed.compact()),
            seal_frame(old.sealer, "m-1", pack(signed)),
            START.isoformat(),
        ],
    )
    yield old
    old.store.close()


def test_a_message_that_an_earlier_release_put_is_delivered_after_the_upgrade(
    earlier: Sender, far: FarEnd
) -> None:
    earlier.lay_tables()
    with line_to(far.url, earlier) as line:
        relay_of(earlier, line).run_once()
    assert far.kept_ids() == ["m-1"]
    assert earlier.state("m-1") == "accepted"


@pytest.mark.usefixtures("cause")
def test_a_later_receipt_of_a_draft_counts_for_the_bytes_that_were_signed(sender: Sender) -> None:
    put(sender, drafted())
    kept = sender.store.read().query("select sha256 from outbox")
    [said] = [str(row["sha256"]) for row in kept]
    sent = Accepted(message_id="m-1", sha256="", receipt="R1", received_at=START)
    assert not heard(sender, sent)  # nothing was signed, so nothing can have been received
    [one] = claimed(sender)
    assert not heard(sender, replace(sent, sha256=said))
    assert heard(sender, replace(sent, sha256=one.sha256))
    assert sender.state("m-1") == "accepted"


def heard(sender: Sender, outcome: Accepted) -> bool:
    with sender.store.transaction() as db:
        return sender.outbox.hear(db, "m-1", outcome, START)
