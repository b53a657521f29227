"""A message exists when its cause exists, keeps its place in its stay, and is never lost."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from edge.core.errors import Fault
from sync.envelope import Kind, key_ring, open_signed
from sync.errors import BadEnvelope, OutboxConflict, Reason
from sync.jws import SIGNED_BYTES_MAX
from sync.message import Claimed, State
from sync.outbox import Outbox
from sync.outcome import Accepted, LineRefusal, NeedsPerson, Outcome, RetryAt, Unknown
from tests.sync.sender import START, PlaceSealer, Sender, message, story

WHY = Reason(
    code="SOME_CODE",
    text="张合成 510100198001010019 的报文有误",
    text_en="wrong",
    next_action="改正",
    next_action_en="mend",
)
OK = Accepted(message_id="m-1", sha256="ab" * 32, receipt="R1", received_at=START)
REFUSED = NeedsPerson(
    reason=WHY,
    field="lines",
    lines=(LineRefusal(id="7", code="LINE_MISMATCH", field="amount_fen", text="不符", text_en=""),),
)
LATER = RetryAt(at=START, reason=WHY)
SILENT = Unknown(at=START, reason=WHY)


def claim(sender: Sender, limit: int = 100) -> list[str]:
    return [claimed.id for claimed in claim_whole(sender, limit)]


def claim_whole(sender: Sender, limit: int = 100) -> tuple[Claimed, ...]:
    with sender.store.transaction() as db:
        return sender.outbox.claim_due(db, sender.clock(), limit)


def record(sender: Sender, message_id: str, outcome: Outcome) -> State:
    with sender.store.transaction() as db:
        return sender.outbox.record(db, message_id, outcome, sender.clock()).state


def test_a_message_is_kept_only_with_its_cause(sender: Sender) -> None:
    bad = message("m-2", body={"big": "x" * SIGNED_BYTES_MAX})
    with pytest.raises(BadEnvelope):
        sender.put(message("m-1"), bad)
    assert claim(sender) == []


def test_the_claimed_bytes_are_the_signed_envelope_and_never_change(sender: Sender) -> None:
    sender.put(message("m-1"))
    [first] = claim_whole(sender)
    assert open_signed(first.payload, key_ring(sender.key.public())) == message("m-1")
    record(sender, "m-1", LATER)
    sender.clock.forward(seconds=60)
    [second] = claim_whole(sender)
    assert second.payload == first.payload


def test_only_the_oldest_undelivered_message_of_a_stay_is_due(sender: Sender) -> None:
    sender.put(*story("stay-1"), *story("stay-2"))
    assert claim(sender) == ["stay-1-a", "stay-2-a"]
    assert claim(sender) == []
    record(sender, "stay-1-a", OK)
    assert claim(sender) == ["stay-1-c"]
    record(sender, "stay-1-c", REFUSED)
    record(sender, "stay-2-a", OK)
    assert claim(sender) == ["stay-2-c"]


def test_the_messages_of_one_stay_are_told_oldest_first(sender: Sender) -> None:
    sender.put(message("m-1"), message("m-2", stay="stay-2"), message("m-3"))
    told = sender.outbox.of_case(sender.store.read(), "stay-1")
    assert [one.id for one in told] == ["m-1", "m-3"]


def test_a_claim_takes_no_more_than_its_limit(sender: Sender) -> None:
    sender.put(*(message(f"m-{n}", stay=f"stay-{n}") for n in range(5)))
    assert claim(sender, limit=2) == ["m-0", "m-1"]
    assert claim(sender, limit=2) == ["m-2", "m-3"]
    assert claim(sender, limit=2) == ["m-4"]


def test_what_a_crash_left_in_sending_comes_back_as_unknown_and_is_asked_first(
    sender: Sender,
) -> None:
    sender.put(message("m-1"))
    claim(sender)
    with sender.store.transaction() as db:
        assert sender.outbox.recover(db, sender.clock()) == 1
    assert sender.state("m-1") == "unknown"
    [again] = claim_whole(sender)
    assert again.ask_first
    with sender.store.transaction() as db:
        assert [one.outcome for one in sender.outbox.attempts(db, "m-1")] == ["interrupted"]


@pytest.mark.parametrize(
    ("outcome", "state"),
    [(OK, "accepted"), (REFUSED, "rejected"), (LATER, "pending"), (SILENT, "unknown")],
)
def test_each_outcome_has_its_state_and_leaves_an_attempt(
    sender: Sender, outcome: Outcome, state: str
) -> None:
    sender.put(message("m-1"))
    claim(sender)
    assert record(sender, "m-1", outcome) == state
    with sender.store.transaction() as db:
        [attempt] = sender.outbox.attempts(db, "m-1")
        shown = sender.outbox.get(db, "m-1")
    assert (attempt.number, attempt.at, shown.tries) == (1, START, 1)
    if isinstance(outcome, Accepted):
        assert (shown.receipt, shown.reason, attempt.text) == ("R1", None, None)
    else:
        assert (shown.reason, attempt.code, attempt.text) == (WHY, WHY.code, WHY.text)


def test_a_refusal_shows_its_field_and_lines_to_the_person_who_must_act(sender: Sender) -> None:
    sender.put(message("m-1"))
    claim(sender)
    record(sender, "m-1", REFUSED)
    with sender.store.transaction() as db:
        [shown] = sender.outbox.messages(db, state=State.REJECTED)
    assert (shown.field, shown.lines) == ("lines", REFUSED.lines)
    assert (shown.kind, shown.order_key, shown.next_try_at) == (Kind.ADMISSION, "stay-1", None)


def test_pauses_double_up_to_a_limit_and_differ_between_messages(sender: Sender) -> None:
    sender.put(*(message(f"m-{n}", stay=f"stay-{n}") for n in range(20)))
    pauses: list[list[float]] = []
    for _ in range(12):
        rests = []
        for message_id in claim(sender):
            with sender.store.transaction() as db:
                shown = sender.outbox.record(db, message_id, LATER, sender.clock())
            assert shown.next_try_at is not None
            rests.append((shown.next_try_at - sender.clock()).total_seconds())
        pauses.append(rests)
        sender.clock.forward(seconds=301)
    for tries, rests in enumerate(pauses):
        whole = min(2.0 * 2**tries, 300.0)
        assert all(whole / 2 <= rest <= whole for rest in rests)
        assert len(set(rests)) > 1


def test_the_platforms_later_moment_wins_over_our_own_pause(sender: Sender) -> None:
    sender.put(message("m-1"))
    claim(sender)
    at = START + timedelta(hours=2)
    record(sender, "m-1", RetryAt(at=at, reason=WHY))
    with sender.store.transaction() as db:
        assert sender.outbox.next_due(db, sender.clock()) == at
    sender.clock.forward(seconds=7199)
    assert claim(sender) == []
    sender.clock.forward(seconds=1)
    assert claim(sender) == ["m-1"]


def test_a_clock_that_ran_ahead_and_was_set_right_does_not_hold_messages_back(
    sender: Sender,
) -> None:
    sender.put(message("m-1"))
    sender.clock.forward(seconds=365 * 86400)
    claim(sender)
    record(sender, "m-1", LATER)
    sender.clock.now = START
    with sender.store.transaction() as db:
        assert sender.outbox.next_due(db, START) == START
    assert claim(sender) == ["m-1"]


def test_next_due_is_now_for_a_fresh_message_and_nothing_for_an_empty_box(sender: Sender) -> None:
    with sender.store.transaction() as db:
        assert sender.outbox.next_due(db, START) is None
        sender.outbox.put(db, message("m-1"))
        assert sender.outbox.next_due(db, START) == START


def test_what_was_accepted_stays_accepted_whatever_a_slower_try_says(sender: Sender) -> None:
    sender.put(message("m-1"))
    claim(sender)
    record(sender, "m-1", OK)
    for late in (SILENT, LATER, REFUSED, OK):
        assert record(sender, "m-1", late) == "accepted"
    with sender.store.transaction() as db:
        assert len(sender.outbox.attempts(db, "m-1")) == 1


def test_a_late_receipt_ends_an_unknown_outcome(sender: Sender) -> None:
    sender.put(message("m-1"))
    claim(sender)
    record(sender, "m-1", SILENT)
    assert record(sender, "m-1", LATER) == "unknown"
    assert record(sender, "m-1", OK) == "accepted"


def test_putting_the_same_envelope_twice_changes_nothing(sender: Sender) -> None:
    sender.put(message("m-1"), message("m-1"))
    assert claim(sender) == ["m-1"]


def test_an_id_cannot_be_used_for_something_else(sender: Sender) -> None:
    sender.put(message("m-1"))
    with refused("MESSAGE_ID_REUSED"):
        sender.put(message("m-1", body={"service": "outpatient_medical"}))


def test_a_person_sends_a_refused_message_again(sender: Sender) -> None:
    sender.put(message("m-1"))
    claim(sender)
    record(sender, "m-1", REFUSED)
    assert claim(sender) == []
    with sender.store.transaction() as db:
        assert sender.outbox.retry(db, "m-1").state is State.PENDING
    assert claim(sender) == ["m-1"]


def test_retrying_an_unknown_message_asks_sooner_but_still_asks(sender: Sender) -> None:
    sender.put(message("m-1"))
    claim(sender)
    record(sender, "m-1", SILENT)
    assert claim(sender) == []
    with sender.store.transaction() as db:
        sender.outbox.retry(db, "m-1")
    [again] = claim_whole(sender)
    assert again.ask_first


def test_a_resolved_refusal_lets_its_stay_go_on_and_stays_on_record(sender: Sender) -> None:
    sender.put(*story("stay-1"))
    claim(sender)
    record(sender, "stay-1-a", REFUSED)
    with sender.store.transaction() as db:
        shown = sender.outbox.resolve(
            db, "stay-1-a", note="已在登录模式补录", operator="desk-1", now=sender.clock()
        )
        counts = sender.outbox.status(db)
    assert (shown.note, shown.resolved_by, shown.resolved_at) == (
        "已在登录模式补录",
        "desk-1",
        START,
    )
    assert (counts.rejected, counts.resolved) == (0, 1)
    assert claim(sender) == ["stay-1-c"]


def test_an_unknown_outcome_cannot_be_decided_by_hand(sender: Sender) -> None:
    sender.put(message("m-1"))
    claim(sender)
    record(sender, "m-1", SILENT)
    with refused("MESSAGE_STATE"), sender.store.transaction() as db:
        sender.outbox.resolve(db, "m-1", note="已处理", operator="desk-1", now=sender.clock())


def test_acts_that_the_state_does_not_allow_are_refused(sender: Sender) -> None:
    sender.put(message("m-1"))
    now = sender.clock()
    claim(sender)
    with refused("MESSAGE_STATE"), sender.store.transaction() as db:
        sender.outbox.retry(db, "m-1")
    record(sender, "m-1", REFUSED)
    with refused("NOTE_MISSING"), sender.store.transaction() as db:
        sender.outbox.resolve(db, "m-1", note="  ", operator="desk-1", now=now)
    with sender.store.transaction() as db:
        sender.outbox.resolve(db, "m-1", note="done", operator="desk-1", now=now)
    with refused("MESSAGE_STATE"), sender.store.transaction() as db:
        sender.outbox.retry(db, "m-1")
    with refused("MESSAGE_NOT_FOUND"), sender.store.transaction() as db:
        sender.outbox.get(db, "m-2")


def test_the_counts_say_where_everything_stands(sender: Sender) -> None:
    sender.put(*(message(f"m-{n}", stay=f"stay-{n}") for n in range(5)))
    claim(sender, limit=4)
    for message_id, outcome in (("m-0", OK), ("m-1", REFUSED), ("m-2", SILENT)):
        record(sender, message_id, outcome)
    with sender.store.transaction() as db:
        counts = sender.outbox.status(db)
    assert (counts.pending, counts.sending, counts.accepted) == (1, 1, 1)
    assert (counts.rejected, counts.unknown, counts.resolved) == (1, 1, 0)
    assert counts.oldest_undelivered == START


def test_pages_go_from_the_newest_to_the_oldest(sender: Sender) -> None:
    sender.put(*(message(f"m-{n}", stay=f"stay-{n}") for n in range(5)))
    with sender.store.transaction() as db:
        first = sender.outbox.messages(db, limit=3)
        second = sender.outbox.messages(db, limit=3, before=first[-1].seq)
    assert [shown.id for shown in (*first, *second)] == ["m-4", "m-3", "m-2", "m-1", "m-0"]


def test_a_message_that_cannot_be_opened_holds_up_only_its_stay(sender: Sender) -> None:
    sender.put(message("m-1"))
    stranger = Outbox(PlaceSealer(), sender.key)
    with sender.store.transaction() as db:
        stranger.put(db, message("m-2", stay="stay-2"))
        stranger.put(db, message("m-3", stay="stay-2", kind=Kind.DISCHARGE))
    sender.put(message("m-4", stay="stay-4"))
    assert claim(sender, limit=3) == ["m-1", "m-4"]
    with sender.store.transaction() as db:
        [parked] = sender.outbox.messages(db, state=State.REJECTED)
    assert (parked.id, parked.reason and parked.reason.code) == ("m-2", "SEAL_BROKEN")


@pytest.mark.parametrize(
    "sql",
    [
        "delete from outbox",
        "delete from outbox_attempts",
        "update outbox set payload_sealed = x'00'",
        "update outbox set id = 'm-9'",
        "update outbox set order_key = 'stay-9'",
        "update outbox_attempts set outcome = 'accepted'",
        "update outbox set state = 'forgotten'",
        "update outbox set state = 'accepted', receipt = null",
        "update outbox set resolved_at = 'now', resolved_by = 'x', state = 'unknown'",
    ],
)
def test_the_database_itself_refuses_to_forget_or_alter(sender: Sender, sql: str) -> None:
    sender.put(message("m-1"))
    claim(sender)
    record(sender, "m-1", LATER)
    with pytest.raises(Fault), sender.store.transaction() as db:
        db.execute(sql)


def test_no_identity_reaches_the_disk_in_plain(sender: Sender) -> None:
    sender.put(message("m-1", body={"id_number": "510100198001010019", "name": "张合成"}))
    claim(sender)
    record(sender, "m-1", REFUSED)
    with sender.store.transaction() as db:
        note = "张合成 510100198001010019 已处理"
        sender.outbox.resolve(db, "m-1", note=note, operator="desk-1", now=sender.clock())
    for file in sender.store.path.parent.glob("edge.db*"):
        stored = file.read_bytes()
        assert b"510100198001010019" not in stored
        assert "张合成".encode() not in stored


def test_finding_what_is_due_does_not_walk_through_what_was_delivered(sender: Sender) -> None:
    watched = Watched(sender)
    with sender.store.transaction():
        sender.outbox.claim_due(watched, START, 1)
        sender.outbox.next_due(watched, START)
    looked = [step for step in watched.plans if "head" in step or "earlier" in step]
    assert looked
    assert all("outbox_undelivered" in step or "outbox_in_order" in step for step in looked)
    assert not [step for step in watched.plans if "ORDER BY" in step]


@pytest.mark.parametrize("before", [None, 7])
def test_a_page_of_messages_begins_at_its_place_whatever_is_newer(
    sender: Sender, before: int | None
) -> None:
    watched = Watched(sender)
    sender.outbox.messages(watched, before=before)
    assert watched.plans == ["SEARCH outbox USING INTEGER PRIMARY KEY (rowid<?)"]
    sender.outbox.undelivered(watched, before=before)
    assert watched.plans[1:] == ["SEARCH outbox USING INDEX outbox_in_order (seq<?)"]
    sender.outbox.status(watched)
    assert "COVERING INDEX outbox_by_state" in watched.plans[2]


class Watched:
    """The connection, with the plan of every query written down."""

    def __init__(self, sender: Sender) -> None:
        self._rows = sender.store.read()
        self.plans: list[str] = []

    def execute(self, sql: str, params: Sequence[object] = ()) -> None:
        """Pass it on."""
        self._rows.execute(sql, params)

    def query(self, sql: str, params: Sequence[object] = ()) -> Iterator[dict[str, Any]]:
        """Write down the plan, and pass it on."""
        plan = self._rows.query(f"explain query plan {sql}", params)
        self.plans.extend(step["detail"] for step in plan)
        return self._rows.query(sql, params)


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(OutboxConflict) as refusal:
        yield
    assert refusal.value.code == code
