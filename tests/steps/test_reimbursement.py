"""Never paid twice: the region asks before it pays by hand, and what it pays never settles."""

import json
from typing import Any

import pytest

from edge.core.errors import Fault
from edge.core.fitting import Case
from edge.core.settlement import Blocked
from edge.core.stay import Stay
from edge.steps.collect import collect
from edge.steps.fall_back import Request as Fallback
from edge.steps.fall_back import fall_back
from edge.steps.settle import Request, settle
from edge.store.database import Rows
from edge.store.reimbursements import ReimbursementState, reimbursement_of
from edge.store.settlements import Settlement
from sync.dispatch import DispatchKind
from sync.envelope import Kind, open_signed
from sync.inbox import InboxState
from tests.steps.agency import Agency, delivered, settled
from tests.steps.colleagues import settled as settled_case
from tests.steps.conftest import CLERK, PERSON, Ground
from tests.steps.fittings import NOTICE, fitted, fitting_ground


def asked(ground: Ground, agency: Agency, **other: object) -> dict[str, Any]:
    """Let the region ask; return our answer as it arrived."""
    body = {"inquiry": "Q-1", "id_number": PERSON.number, "region": "110000", **other}
    done = agency.say(DispatchKind.SETTLEMENT_INQUIRY, body, order_key="Q-1")
    assert done.applied == 1
    delivered(ground)
    ring = {ground.site.public_key.kid: ground.site.public_key}
    sent = [open_signed(one, ring) for one in ground.platform.received.values()]
    answers = [one for one in sent if one.kind is Kind.REIMBURSEMENT_ANSWER]
    assert answers[-1].insured_region == "110000"
    read: dict[str, Any] = json.loads(answers[-1].body)
    return read


def outcome(agency: Agency, stay: str, outcome: str) -> None:
    body = {"inquiry": "Q-1", "stay": stay, "outcome": outcome}
    agency.say(DispatchKind.REIMBURSEMENT, body, order_key="Q-1")


def press(ground: Ground, stay: Stay, key: str = "k") -> object:
    return settle(ground.site, Request(case=stay.ref, key=key), CLERK)


def blocks(done: object) -> list[str]:
    assert isinstance(done, Blocked)
    return [block.code for block in done.blocks]


def forge_settlement(db: Rows, case: Case) -> None:
    """Write a settlement past the steps, as only who has the database could."""
    fields = f"id, {case.ref.kind}_id, verification_id, idempotency_key, total_fen, fund_fen"
    db.execute(
        f"insert into settlements ({fields}, personal_fen, basis, bill_sealed, ruling_sealed,"  # noqa: S608 - ours
        " catalogue_sha256, settled_at, effective, message_id, packs)"
        " values ('x', ?, ?, 'x', 1, 1, 0, 'online', x'', x'', '', '', 1, 'm', '[]')",
        [case.id, case.verification_id],
    )


def test_a_stay_that_was_settled_is_answered_as_settled(ground: Ground) -> None:
    done = settled(ground)
    [stay] = asked(ground, Agency(ground))["stays"]
    assert (stay["stay"], stay["settled_directly"]) == (done.case.id, True)
    assert (stay["settlement"], stay["fund_fen"]) == (done.id, 1000)
    assert reimbursement_of(ground.site.store.read(), done.case.id) is None


def test_between_the_answer_and_the_payment_by_hand_nothing_settles(ground: Ground) -> None:
    stay, agency = ground.discharged(), Agency(ground)
    [told] = asked(ground, agency)["stays"]
    assert (told["state"], told["settled_directly"]) == ("discharged", False)
    assert blocks(press(ground, stay)) == ["REIMBURSEMENT_ASKED"]
    outcome(agency, stay.id, "reimbursed")
    assert blocks(press(ground, stay)) == ["REIMBURSED_BY_HAND"]
    assert ground.count("settlements") == 0


def test_once_the_region_does_not_pay_it_settles(ground: Ground) -> None:
    stay, agency = ground.discharged(), Agency(ground)
    asked(ground, agency)
    outcome(agency, stay.id, "withdrawn")
    assert isinstance(press(ground, stay), Settlement)


def test_what_was_paid_by_hand_stays_so(ground: Ground) -> None:
    stay, agency = ground.discharged(), Agency(ground)
    asked(ground, agency)
    outcome(agency, stay.id, "reimbursed")
    outcome(agency, stay.id, "withdrawn")
    assert reimbursement_of(ground.site.store.read(), stay.id) is ReimbursementState.REIMBURSED
    assert blocks(press(ground, stay)) == ["REIMBURSED_BY_HAND"]


def test_a_stay_handed_to_manual_is_answered_as_such(ground: Ground) -> None:
    stay = ground.discharged()
    ground.platform.facts = {
        **ground.platform.facts,
        "worker": {**ground.platform.facts["worker"], "suspended": True},
    }
    fall_back(ground.site, Fallback(case=stay.ref, reason="待遇暂停"), CLERK)
    [told] = asked(ground, Agency(ground))["stays"]
    assert (told["state"], told["settled_directly"]) == ("manual", False)


@pytest.mark.parametrize(
    ("days", "count"),
    [
        ({}, 1),
        ({"since": "2026-11-20", "until": "2026-11-20"}, 1),
        ({"since": "2026-11-21"}, 0),
        ({"until": "2026-11-19"}, 0),
        ({"stay": "another"}, 0),
    ],
)
def test_only_the_stays_that_are_meant_are_answered(
    ground: Ground, days: dict[str, str], count: int
) -> None:
    ground.discharged()
    assert len(asked(ground, Agency(ground), **days)["stays"]) == count


def test_fittings_are_answered_like_stays_and_blocked_meanwhile(ground: Ground) -> None:
    shop = fitting_ground(ground)
    agency = Agency(shop)
    paid, open_ = fitted(shop), None
    done = settled_case(shop, paid.ref)
    shop.platform.facts = {**shop.platform.facts, "notice": {**NOTICE, "id": "N2"}}
    open_ = fitted(shop, number="PZ2")
    told = {one["stay"]: one for one in asked(shop, agency)["stays"]}
    assert told[paid.id]["settled_directly"]
    assert (told[paid.id]["settlement"], told[paid.id]["service"]) == (done.id, "device")
    assert (told[open_.id]["state"], told[open_.id]["settled_directly"]) == ("fitted", False)
    again = Request(case=open_.ref, key="k2")
    assert blocks(settle(shop.site, again, CLERK)) == ["REIMBURSEMENT_ASKED"]
    outcome(agency, open_.id, "withdrawn")
    assert isinstance(settle(shop.site, again, CLERK), Settlement)


def test_a_fitting_that_was_paid_by_hand_never_settles_not_even_past_the_steps(
    ground: Ground,
) -> None:
    shop = fitting_ground(ground)
    fitting, agency = fitted(shop), Agency(shop)
    asked(shop, agency, stay=fitting.id)
    outcome(agency, fitting.id, "reimbursed")
    request = Request(case=fitting.ref, key="k")
    assert blocks(settle(shop.site, request, CLERK)) == ["REIMBURSED_BY_HAND"]
    with pytest.raises(Fault, match="stays so"), shop.site.store.transaction() as db:
        db.execute("update reimbursements set state = 'withdrawn'")
    with pytest.raises(Fault, match="reimbursed by hand"), shop.site.store.transaction() as db:
        forge_settlement(db, fitting)


def test_a_stranger_has_no_stay_here(ground: Ground) -> None:
    answer = asked(ground, Agency(ground), id_number="510100198001010019")
    assert answer == {"inquiry": "Q-1", "stays": []}


def test_paid_by_hand_and_settled_here_waits_for_a_person(ground: Ground) -> None:
    done, agency = settled(ground), Agency(ground)
    outcome(agency, done.case.id, "reimbursed")
    [waiting] = ground.site.inbox.page(ground.site.store.read(), state=InboxState.WAITING)
    assert waiting.code == "REIMBURSED_AND_SETTLED"
    assert collect(ground.site).waiting == 1


def test_the_database_itself_keeps_both_apart(ground: Ground) -> None:
    stay, agency = ground.discharged(), Agency(ground)
    asked(ground, agency)
    with pytest.raises(Fault, match="reimbursed by hand"), ground.site.store.transaction() as db:
        forge_settlement(db, stay)
