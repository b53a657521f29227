"""Never paid twice: the region asks before it pays by hand, and what it pays never settles."""

import json
from typing import Any

import pytest

from edge.core.settlement import Blocked
from edge.core.stay import Stay
from edge.steps.collect import collect
from edge.steps.fall_back import Request as Fallback
from edge.steps.fall_back import fall_back
from edge.steps.settle import Request, settle
from edge.store.reimbursements import ReimbursementState, reimbursement_of
from edge.store.settlements import Settlement
from sync.dispatch import DispatchKind
from sync.envelope import Kind, open_signed
from sync.inbox import InboxState
from tests.steps.agency import Agency, delivered, settled
from tests.steps.conftest import CLERK, PERSON, Ground


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
    fields = "id, stay_id, verification_id, idempotency_key, total_fen, fund_fen, personal_fen"
    with (
        pytest.raises(Exception, match="reimbursed by hand"),
        ground.site.store.transaction() as db,
    ):
        db.execute(
            f"insert into settlements ({fields}, basis, bill_sealed, ruling_sealed,"  # noqa: S608 - ours
            " catalogue_sha256, settled_at, effective, message_id)"
            " values ('x', ?, ?, 'x', 1, 1, 0, 'online', x'', x'', '', '', 1, 'm')",
            [stay.id, stay.verification_id],
        )
