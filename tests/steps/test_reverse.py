"""Reversal: two persons, once, whole or not at all; nothing is deleted; the stay may go on."""

import json
import threading
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from edge.core.errors import BadInput, Conflict, Fault, NotAllowed, NotFound
from edge.core.reversal import Reversal
from edge.core.stay import StayState
from edge.steps.charge import charge
from edge.steps.reverse import AlreadyReversed, reverse
from edge.steps.settle import AlreadySettled, settle
from edge.steps.settle import Request as Press
from edge.store import operators as op
from edge.store.ledger import latest
from edge.store.operators import Role
from edge.store.reversals import reversal_of
from edge.store.settlements import Settlement, load_settlement, settlement_of
from edge.store.stays import load_stay
from sync.envelope import open_signed
from sync.errors import Reason
from sync.message import State
from sync.outcome import NeedsPerson
from sync.relay import Relay
from tests.steps.colleagues import (
    CLERK,
    PASSWORD,
    SECOND,
    hire,
    request,
    reversed_by_both,
    settled,
    staffed,
)
from tests.steps.conftest import Ground, line

TABLES = ("ledger", "outbox", "settlements", "reversals")


@pytest.fixture(name="ground")
def staffed_ground(ground: Ground) -> Ground:
    return staffed(ground)


def counts(ground: Ground) -> list[int]:
    return [ground.count(table) for table in TABLES]


def state_of(ground: Ground, stay: str) -> StayState:
    return load_stay(ground.site.store.read(), stay).state


def delivered(ground: Ground) -> list[dict[str, Any]]:
    """Let the relay deliver all, and return the bodies that arrived, with their kinds."""
    relay = Relay(ground.site.store, ground.site.outbox, ground.platform, ground.clock)
    while relay.run_once():
        pass
    key = ground.site.public_key
    arrived = [open_signed(sent, {key.kid: key}) for sent in ground.platform.received.values()]
    return [{"kind": e.kind.value, "id": e.id, **json.loads(e.body)} for e in arrived]


def test_a_reversal_stands_beside_its_settlement_which_stays_as_it_was(ground: Ground) -> None:
    stay = ground.discharged()
    first = settled(ground, stay.id)
    ground.clock.pass_time(minutes=5)
    undone = reversed_by_both(ground, first.id)
    db = ground.site.store.read()
    assert undone == reversal_of(db, ground.site.vault, first.id)
    assert (undone.operator, undone.second_person, undone.reason) == (CLERK, SECOND, "金额录错")
    assert undone.reversed_at - first.settled_at == timedelta(minutes=5)
    assert load_settlement(db, ground.site.vault, first.id) == first
    assert settlement_of(db, ground.site.vault, stay.ref) is None
    assert state_of(ground, stay.id) is StayState.REVERSED


def test_the_platform_is_told_the_message_that_is_taken_back(ground: Ground) -> None:
    first = settled(ground, ground.discharged().id)
    undone = reversed_by_both(ground, first.id)
    *_, settlement, reversal = delivered(ground)
    assert (settlement["kind"], settlement["id"]) == ("settlement", first.message_id)
    assert (reversal["kind"], reversal["id"]) == ("reversal", undone.message_id)
    assert reversal["original"] == settlement["id"]
    assert (reversal["reason"], reversal["second_person"]) == ("金额录错", SECOND)


def test_the_ledger_names_both_persons_and_never_the_reason(ground: Ground) -> None:
    stay = ground.discharged()
    first = settled(ground, stay.id)
    undone = reversed_by_both(ground, first.id)
    [entry] = latest(ground.site.store.read(), limit=1)
    assert (entry.act.kind, entry.act.operator) == ("settlement.reversed", CLERK)
    assert entry.act.subject == stay.id
    facts = json.loads(entry.act.body)
    assert (facts["reversal"], facts["second_person"]) == (undone.id, SECOND)
    assert "金额录错" not in entry.act.body
    assert ground.site.ledger.verify(ground.site.store.read()) is None


def test_the_reason_lies_sealed(ground: Ground) -> None:
    first = settled(ground, ground.discharged().id)
    reversed_by_both(ground, first.id)
    files = ground.site.settings.data.glob("edge.db*")
    assert not any("金额录错".encode() in file.read_bytes() for file in files)


def test_a_fault_while_committing_leaves_nothing(ground: Ground) -> None:
    stay = ground.discharged()
    first = settled(ground, stay.id)
    before = counts(ground)
    # The last thing a reversal writes is its ledger entry.
    ground.site.store.read().execute(
        "create trigger full before insert on ledger begin select raise(abort, 'disk full'); end"
    )
    with pytest.raises(Fault):
        reverse(ground.site, request(first.id), CLERK)
    assert counts(ground) == before
    assert state_of(ground, stay.id) is StayState.SETTLED
    assert settlement_of(ground.site.store.read(), ground.site.vault, stay.ref) == first

    ground.site.store.read().execute("drop trigger full")
    assert isinstance(reverse(ground.site, request(first.id), CLERK), Reversal)


def test_the_same_key_gets_the_same_answer_and_another_what_was_done(ground: Ground) -> None:
    first = settled(ground, ground.discharged().id)
    undone = reversed_by_both(ground, first.id)
    before = counts(ground)
    assert reverse(ground.site, request(first.id), CLERK) == undone
    assert reverse(ground.site, request(first.id, key="r2"), CLERK) == AlreadyReversed(undone)
    assert counts(ground) == before


def test_a_key_of_another_settlement_is_refused(ground: Ground) -> None:
    one = settled(ground, ground.discharged().id, "k1")
    other = settled(ground, ground.discharged().id, "k2")
    reversed_by_both(ground, one.id)
    with pytest.raises(Conflict) as refused:
        reverse(ground.site, request(other.id), CLERK)
    assert refused.value.code == "IDEMPOTENCY_KEY_REUSED"


def test_desks_that_reverse_at_once_make_one_reversal(ground: Ground) -> None:
    first = settled(ground, ground.discharged().id)
    keys = [f"r{n}" for n in range(4)]
    outcomes = together(
        [partial(reverse, ground.site, request(first.id, key=key), CLERK) for key in keys]
    )
    [undone] = [outcome for outcome in outcomes if isinstance(outcome, Reversal)]
    assert outcomes.count(AlreadyReversed(undone)) == 3
    assert ground.count("reversals") == 1
    assert [m["kind"] for m in delivered(ground)].count("reversal") == 1


def test_a_reversal_while_others_settle_leaves_at_most_one_that_counts(ground: Ground) -> None:
    stay = ground.discharged()
    first = settled(ground, stay.id)
    presses = [
        partial(settle, ground.site, Press(case=stay.ref, key=f"k{n}"), CLERK) for n in range(2, 6)
    ]
    outcomes = together([*presses, partial(reversed_by_both, ground, first.id)])
    again = [outcome for outcome in outcomes if isinstance(outcome, Settlement)]
    known = {AlreadySettled(one) for one in (first, *again)}
    assert len(again) <= 1
    assert {outcome for outcome in outcomes if isinstance(outcome, AlreadySettled)} <= known
    counting = settlement_of(ground.site.store.read(), ground.site.vault, stay.ref)
    assert counting == (again[0] if again else None)
    assert state_of(ground, stay.id) is (StayState.SETTLED if again else StayState.REVERSED)
    kinds = [m["kind"] for m in delivered(ground) if m["kind"] in {"settlement", "reversal"}]
    assert kinds == ["settlement", "reversal", "settlement"][: 2 + len(again)]


def together(acts: Iterable[Callable[[], object]]) -> list[object]:
    """Run every act in a thread of its own, and return what came of them."""
    outcomes: list[object] = []
    threads = [threading.Thread(target=lambda act=act: outcomes.append(act())) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


WRONG = "not-the-password"


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"password": WRONG}, "REAUTHENTICATION_FAILED"),
        ({"password": ""}, "REAUTHENTICATION_FAILED"),
        ({"second_password": WRONG}, "SECOND_PERSON_REFUSED"),
        ({"second_person": "没有此人"}, "SECOND_PERSON_REFUSED"),
        ({"second_person": "入院员"}, "SECOND_PERSON_REFUSED"),
        ({"second_person": "已离职"}, "SECOND_PERSON_REFUSED"),
        ({"second_person": "审计员"}, "SECOND_PERSON_REFUSED"),
    ],
)
def test_who_does_not_prove_to_be_one_of_two_is_refused_and_it_is_noted(
    ground: Ground, other: dict[str, str], code: str
) -> None:
    hire(ground, "入院员", Role.ADMISSION)
    hire(ground, "审计员", Role.AUDITOR)
    hire(ground, "已离职", Role.DISCHARGE)
    with ground.site.store.transaction() as db:
        op.disable_operator(db, "已离职", at=ground.clock())
    stay = ground.discharged()
    first = settled(ground, stay.id)
    before = counts(ground)
    with pytest.raises(NotAllowed) as refused:
        reverse(ground.site, request(first.id, **other), CLERK)
    assert refused.value.code == code
    after = counts(ground)
    counted = int("password" in "".join(other))  # a wrong password of a known account counts
    assert [a - b for a, b in zip(after, before, strict=True)] == [1 + counted, 0, 0, 0]
    assert state_of(ground, stay.id) is StayState.SETTLED

    [entry] = latest(ground.site.store.read(), limit=1)
    assert (entry.act.kind, entry.act.operator) == ("reversal.refused", CLERK)
    assert json.loads(entry.act.body) == {"code": code, "settlement": first.id}
    fields = {"settlement": first.id, "code": code}
    assert ("warning", "reversal.refused", fields) in ground.log.told


def test_guessing_the_second_persons_password_locks_that_account(ground: Ground) -> None:
    first = settled(ground, ground.discharged().id)
    for number in range(5):
        with pytest.raises(NotAllowed):
            reverse(ground.site, request(first.id, key=f"g{number}", second_password=WRONG), CLERK)
    with pytest.raises(NotAllowed) as refused:
        reverse(ground.site, request(first.id), CLERK)
    assert refused.value.code == "SECOND_PERSON_REFUSED"
    ground.clock.pass_time(minutes=30)
    assert isinstance(reverse(ground.site, request(first.id), CLERK), Reversal)


def test_an_operator_whose_role_may_not_reverse_cannot_even_with_the_password(
    ground: Ground,
) -> None:
    hire(ground, "入院员", Role.ADMISSION)
    first = settled(ground, ground.discharged().id)
    with pytest.raises(NotAllowed) as refused:
        reverse(ground.site, request(first.id), "入院员")
    assert refused.value.code == "REAUTHENTICATION_FAILED"


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"second_person": CLERK}, "SECOND_PERSON_SAME"),
        ({"reason": "  "}, "FIELD_EMPTY"),
        ({"key": ""}, "IDEMPOTENCY_KEY"),
    ],
)
def test_one_person_alone_no_reason_and_no_key_are_refused(
    ground: Ground, other: dict[str, str], code: str
) -> None:
    first = settled(ground, ground.discharged().id)
    before = counts(ground)
    with pytest.raises(BadInput) as refused:
        reverse(ground.site, request(first.id, **other), CLERK)
    assert refused.value.code == code
    assert counts(ground) == before


def test_a_settlement_that_is_not_here_is_not_reversed(ground: Ground) -> None:
    with pytest.raises(NotFound) as refused:
        reverse(ground.site, request("nowhere"), CLERK)
    assert refused.value.code == "UNKNOWN_SETTLEMENT"


def test_a_password_is_never_shown_with_the_request() -> None:
    assert PASSWORD not in repr(request("s1"))


def test_charges_are_mended_after_a_reversal_and_the_stay_settles_again(ground: Ground) -> None:
    stay = ground.discharged(line("1", price="9.00"), line("2", price="8.00"))
    first = settled(ground, stay.id)
    reversed_by_both(ground, first.id)
    refund = line("3", price="8.00", quantity="-1", amount_fen=-800, reverses="2")
    charge(ground.site, stay.id, [refund], CLERK)
    second = settled(ground, stay.id, "k2")
    assert (first.fund_fen, second.fund_fen) == (1700, 900)
    assert settlement_of(ground.site.store.read(), ground.site.vault, stay.ref) == second
    assert state_of(ground, stay.id) is StayState.SETTLED
    told = [m for m in delivered(ground) if m["kind"] in {"settlement", "reversal"}]
    assert [m["kind"] for m in told] == ["settlement", "reversal", "settlement"]
    assert told[2]["fund_fen"] == 900

    assert settle(ground.site, Press(case=stay.ref, key="k1"), CLERK) == first
    reversed_by_both(ground, second.id, "r2")
    assert state_of(ground, stay.id) is StayState.REVERSED


@pytest.mark.parametrize(
    "change",
    [
        "delete from settlements",
        "update settlements set fund_fen = 1, personal_fen = total_fen - 1",
        "update settlements set effective = 1",
        "update settlements set effective = 0",
        "delete from reversals",
        "update reversals set second_person = 'nobody'",
    ],
)
def test_the_database_itself_keeps_what_was_settled_and_reversed(
    ground: Ground, change: str
) -> None:
    settled(ground, ground.discharged().id, "k1")
    undone = settled(ground, ground.discharged().id, "k2")
    reversed_by_both(ground, undone.id)
    with pytest.raises(Fault):
        ground.site.store.read().execute(change)


def refuse(ground: Ground, message: str) -> None:
    """Let the platform refuse a message."""
    words = ("不符", "does not fit", "核对", "check")
    text, text_en, next_action, next_action_en = words
    reason = Reason(
        code="TOTAL_MISMATCH",
        text=text,
        text_en=text_en,
        next_action=next_action,
        next_action_en=next_action_en,
    )
    with ground.site.store.transaction() as db:
        db.execute("update outbox set state = 'sending' where id = ?", [message])
        ground.site.outbox.record(db, message, NeedsPerson(reason=reason), ground.clock())


def sent(settlement: Settlement) -> str:
    assert settlement.message_id
    return settlement.message_id


def test_what_the_platform_refused_must_be_cleared_up_before_a_reversal(ground: Ground) -> None:
    stay = ground.discharged()
    first = settled(ground, stay.id)
    refuse(ground, sent(first))
    before = counts(ground)
    with pytest.raises(Conflict) as refused:
        reverse(ground.site, request(first.id), CLERK)
    assert refused.value.code == "SETTLEMENT_REJECTED"
    assert counts(ground) == before

    with ground.site.store.transaction() as db:
        ground.site.outbox.retry(db, sent(first))
    assert reversed_by_both(ground, first.id).message_id


def test_what_the_platform_never_had_is_not_taken_back_there(ground: Ground) -> None:
    stay = ground.discharged()
    first = settled(ground, stay.id)
    refuse(ground, sent(first))
    with ground.site.store.transaction() as db:
        ground.site.outbox.resolve(db, sent(first), note="作废", operator=CLERK, now=ground.clock())
    assert reversed_by_both(ground, first.id).message_id is None
    settled(ground, stay.id, "k2")
    kinds = [m["kind"] for m in delivered(ground)]
    assert (kinds.count("reversal"), kinds.count("settlement")) == (0, 1)
    messages = ground.site.outbox.messages(ground.site.store.read())
    assert [m.id for m in messages if m.state is State.REJECTED] == [first.message_id]
