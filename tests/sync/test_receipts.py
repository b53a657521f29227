"""What a receipt may say and in what state it finds its message; what a stream says of one."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest

from sync.attempt import Hooks
from sync.campus import Campus, Figures, Manner
from sync.envelope import digest, new_key, sign
from sync.group import GroupReceipt, again_subject, receipt_on_the_wire, up_subject
from sync.line import Silence
from sync.outcome import (
    Accepted,
    NeedsPerson,
    NotReceived,
    Outcome,
    RetryAt,
    Standing,
    Unknown,
    not_sent,
    on_its_way,
    sent_without_answer,
    still_unknown,
)
from sync.receipts import Receipts
from sync.stream import TOO_LARGE, Outgoing, PubAck
from sync.streams import HUB
from tests.fakes.log import Log
from tests.sync.campus import receipt_of
from tests.sync.sender import FACILITY, START, Sender, message


@dataclass
class Desk:
    """A sender with one message on its way, and a receipts' reader fed by hand."""

    sender: Sender
    heard: list[str]

    def hear(self, message_id: str, outcome: Outcome) -> bool:
        """Hear of a message, in a transaction."""
        with self.sender.store.transaction() as db:
            return self.sender.outbox.hear(db, message_id, outcome, self.sender.clock())


@pytest.fixture
def desk(sender: Sender) -> Desk:
    sender.put(message("m-1"))
    with sender.store.transaction() as db:
        assert sender.outbox.claim_due(db, START, 1)
        sender.outbox.note(db, "m-1", on_its_way(START), START)
    return Desk(sender, [])


def accepted(sender: Sender, message_id: str = "m-1", body: object = None) -> Accepted:
    return Accepted(
        message_id=message_id,
        sha256=digest(sign(message(message_id, body=body), sender.key)),
        receipt="R1",
        received_at=START,
    )


REFUSED = NeedsPerson(reason=on_its_way(START).reason, message_id="m-1")


def test_a_receipt_that_comes_twice_or_late_counts_once(desk: Desk) -> None:
    assert desk.hear("m-1", accepted(desk.sender))
    assert not desk.hear("m-1", accepted(desk.sender))
    assert not desk.hear("m-1", REFUSED)
    assert desk.sender.state("m-1") == "accepted"


def test_a_receipt_for_other_bytes_another_message_or_none_of_ours_says_nothing(desk: Desk) -> None:
    assert not desk.hear("m-1", accepted(desk.sender, body={"service": "other"}))
    assert not desk.hear("m-1", accepted(desk.sender, "m-2"))
    assert not desk.hear("m-2", accepted(desk.sender, "m-2"))
    assert not desk.hear("m-1", replace(REFUSED, message_id="m-2"))
    assert desk.sender.state("m-1") == "unknown"


def test_a_late_refusal_waits_for_a_person_and_a_later_receipt_still_accepts(desk: Desk) -> None:
    assert desk.hear("m-1", REFUSED)
    assert desk.sender.state("m-1") == "rejected"
    assert not desk.hear("m-1", REFUSED)
    with desk.sender.store.transaction() as db:
        desk.sender.outbox.retry(db, "m-1")
    assert not desk.hear("m-1", REFUSED)  # the old one, come again: a person has acted since
    assert desk.sender.state("m-1") == "pending"
    assert desk.hear("m-1", accepted(desk.sender))
    assert desk.sender.state("m-1") == "accepted"


def test_not_now_changes_nothing_and_what_a_person_resolved_stays_so(desk: Desk) -> None:
    later = RetryAt(at=START, reason=REFUSED.reason)
    assert not desk.hear("m-1", later)
    assert not desk.hear("m-1", Unknown(at=START, reason=later.reason))
    assert desk.hear("m-1", REFUSED)
    with desk.sender.store.transaction() as db:
        desk.sender.outbox.resolve(db, "m-1", note="typed in", operator="F1", now=START)
    assert not desk.hear("m-1", accepted(desk.sender))
    assert desk.sender.state("m-1") == "rejected"


def test_waiting_for_a_predecessor_that_a_person_resolved_is_a_refusal(desk: Desk) -> None:
    sender = desk.sender
    desk.hear("m-1", REFUSED)
    sender.put(message("m-2"))
    with sender.store.transaction() as db:
        sender.outbox.resolve(db, "m-1", note="typed in", operator="F1", now=START)
        assert sender.outbox.claim_due(db, START, 1)
        sender.outbox.note(db, "m-2", on_its_way(START), START)
    reason = replace(REFUSED.reason, code="OUT_OF_ORDER")
    assert desk.hear("m-2", RetryAt(at=START, reason=reason))
    assert sender.state("m-2") == "rejected"
    with sender.store.transaction() as db:
        assert sender.outbox.get(db, "m-2").reason.code == "PREDECESSOR_RESOLVED"  # type: ignore[union-attr]


@dataclass
class Delivered:
    """A message of the office's stream, as the reader gets it."""

    subject: str
    body: bytes
    sequence: int = 1
    acked: bool = False

    def ack(self) -> None:
        """Be done with."""
        self.acked = True


@dataclass
class Shelf:
    """What lies ready for the reader; or a silent server."""

    ready: list[Delivered]
    silent: bool = False

    def fetch(
        self, *_: object, batch: int, wait_s: float, domain: str
    ) -> Sequence[Delivered] | Silence:
        """Give what is ready."""
        assert (batch, wait_s, domain) == (100, 0.0, HUB)
        return Silence(sent=False, what="closed") if self.silent else self.ready


def test_what_is_no_receipt_or_another_campuss_is_reported_and_done_with(desk: Desk) -> None:
    sender, log, heard = desk.sender, Log(), list[str]()
    ours, wire = f"down.{FACILITY}.receipt", receipt_on_the_wire
    good = receipt_of(sender, "m-1")
    body = wire(GroupReceipt(id="m-1", status=good.status, body=good.body))
    shelf = Shelf(
        [
            Delivered("down.BJ0002.receipt", body, 1),
            Delivered(ours, b"<html>", 2),
            Delivered(ours, body, 3),
        ]
    )
    hooks = Hooks(on_change=heard.append, log=log)
    reader = Receipts(shelf, sender.store, sender.outbox, sender.clock, _unheard, hooks)
    shelf.silent = True
    assert isinstance(reader.take(FACILITY, HUB, wait_s=0.0), Silence)
    shelf.silent = False
    assert reader.take(FACILITY, HUB, wait_s=0.0) == 3
    assert [one.acked for one in shelf.ready] == [True, True, True]
    assert heard == ["m-1"]
    assert sender.state("m-1") == "accepted"
    assert [event for _, event, _ in log.told] == ["receipt.of_another", "receipt.unreadable"]


def _unheard(_message_id: str, _outcome: object) -> None:
    """Stand in for a gateway at which nobody waits."""


# What becomes of what is not published, and of questions that nobody answers.


@dataclass
class Publisher:
    """A stream server that says one thing."""

    says: PubAck | Silence
    published: list[Outgoing]

    def publish_all(self, messages: Sequence[Outgoing], /) -> Sequence[PubAck | Silence]:
        """Say it of each."""
        self.published += messages
        return [self.says] * len(messages)

    def close(self) -> None:
        """Hang up nothing."""


@dataclass
class Asked:
    """A platform that says one thing of every message."""

    says: Accepted | NeedsPerson | Unknown | NotReceived

    def status_of(self, _message_id: str, _payload: bytes) -> Standing:
        """Say it."""
        return self.says

    def close(self) -> None:
        """Hang up nothing."""


def gateway(publisher: Publisher, asked: Asked, *, leaf: bool = True) -> Campus:
    return Campus(
        publisher,
        asked,
        facility=FACILITY,
        clock=lambda: START,
        manner=Manner(batch_max=20, receipt_wait_s=0.0, leaf=leaf),
    )


ACK = PubAck("UP", 1, duplicate=False)


@pytest.mark.parametrize(
    ("says", "kind", "code", "whole"),
    [
        (ACK, Unknown, "ON_ITS_WAY", False),
        (Silence(sent=True, what="TimeoutError"), Unknown, "NO_ANSWER", False),
        (Silence(sent=False, what="closed"), RetryAt, "STREAM_UNREACHABLE", True),
        (Silence(sent=False, what=TOO_LARGE), RetryAt, "STREAM_TOO_SMALL", False),
    ],
)
def test_what_a_stream_says_is_one_outcome(
    sender: Sender, says: PubAck | Silence, kind: type, code: str, *, whole: bool
) -> None:
    end = gateway(Publisher(says, []), Asked(NotReceived()))
    outcome = end.deliver("m-1", sign(message("m-1"), sender.key))
    assert isinstance(outcome, RetryAt | Unknown)
    assert (type(outcome), outcome.reason.code, outcome.whole_platform) == (kind, code, whole)
    kept = isinstance(says, PubAck)
    assert end.figures() == Figures(published=kept, unpublished=not kept, heard=0)


def test_a_message_refused_and_sent_again_is_no_duplicate_to_the_stream(sender: Sender) -> None:
    publisher = Publisher(ACK, [])
    end = gateway(publisher, Asked(REFUSED))
    payload = sign(message("m-1"), sender.key)
    end.deliver("m-1", payload)
    end.deliver("m-1", payload)
    end.heard("m-1", REFUSED)
    end.deliver("m-1", payload)
    assert end.status_of("m-1", payload) == REFUSED
    end.deliver("m-1", payload)
    ids = [one.message_id for one in publisher.published]
    assert ids == ["m-1", "m-1", "m-1.1", "m-1.2"]
    assert {one.body for one in publisher.published} == {payload}
    assert {one.subject for one in publisher.published} == {up_subject(FACILITY, "stay-1")}


@pytest.mark.parametrize(
    ("leaf", "says", "ways"),
    [
        (True, ACK, ["up", "again", "up", "again"]),
        (True, Silence(sent=True, what="TimeoutError"), ["up", "again", "up", "again"]),
        (True, Silence(sent=False, what="nobody"), ["up", "again", "up", "up", "again", "up"]),
        (False, ACK, ["up", "up", "up", "up"]),
    ],
)
def test_what_the_office_has_not_received_goes_past_our_own_stream_by_turns(
    sender: Sender,
    leaf: bool,  # noqa: FBT001 - a row of the table
    says: PubAck | Silence,
    ways: list[str],
) -> None:
    publisher = Publisher(says, [])
    end = gateway(publisher, Asked(NotReceived()), leaf=leaf)
    payload = sign(message("m-1"), sender.key)
    end.deliver("m-1", payload)
    for _ in range(3):
        assert end.status_of("m-1", payload) == NotReceived()
        end.deliver("m-1", payload)
    subjects = {
        "up": up_subject(FACILITY, "stay-1"),
        "again": again_subject(FACILITY, "stay-1"),
    }
    assert [one.subject for one in publisher.published] == [subjects[way] for way in ways]
    past = [one.message_id for one in publisher.published if one.subject == subjects["again"]]
    assert past == (["m-1.again1", "m-1.again3"] if leaf else [])
    assert {one.body for one in publisher.published} == {payload}


@pytest.mark.parametrize(
    ("says", "told"),
    [
        (not_sent(START, "closed"), on_its_way(START)),
        (sent_without_answer(START, "closed"), on_its_way(START)),
        (Unknown(at=START, reason=REFUSED.reason), Unknown(at=START, reason=REFUSED.reason)),
        (NotReceived(), NotReceived()),
    ],
)
def test_an_office_that_gives_no_answer_holds_up_nothing_else(
    says: Unknown | NotReceived | RetryAt, told: object
) -> None:
    standing = still_unknown(says) if isinstance(says, RetryAt) else says
    end = gateway(Publisher(ACK, []), Asked(standing))
    assert end.status_of("m-1", b"") == told


def test_a_campus_that_stops_waits_for_no_receipt_and_leaves_what_it_published_on_its_way() -> None:
    publisher = Publisher(ACK, [])
    patient = Campus(
        publisher,
        Asked(NotReceived()),
        facility=FACILITY,
        clock=lambda: START,
        manner=Manner(receipt_wait_s=3600),
    )
    payload = sign(message("m-1"), new_key())
    with ThreadPoolExecutor(1) as relay:
        waiting = relay.submit(patient.deliver, "m-1", payload)
        patient.close()
        assert waiting.result() == on_its_way(START)
    assert [one.message_id for one in publisher.published] == ["m-1"]
