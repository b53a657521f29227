"""Whether a stay may be settled: every obstacle is told, and none is invented."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from edge.core.adjudication import LineReason, Personal, RuledLine, Ruling
from edge.core.charges import Refusal, RefusedLine
from edge.core.errors import Conflict
from edge.core.settlement import Blocked, Terms, settlement_terms
from edge.core.stay import UNKNOWN_BEDSIDE, Injury, Stay, StayState
from edge.core.verification import Code, Decision, Reason, Service, Verdict

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
STAY = Stay(
    id="s1",
    person_id="p1",
    verification_id="v1",
    hospital_number="ZY1",
    service=Service.INPATIENT_MEDICAL,
    injury=Injury(determination="认定1", parts="左手"),
    bedside=UNKNOWN_BEDSIDE,
    insured_region="110000",
    admission_decision=Decision.DIRECT,
    state=StayState.DISCHARGED,
    admitted_at=NOW - timedelta(days=3),
    discharged_at=NOW,
    settle_by=NOW + timedelta(hours=48),
)
LINE = RuledLine("1", 1000, 900, 100, None, "A", LineReason.IN_SCOPE, "津 第二十三条")
RULING = Ruling(
    total_fen=1000,
    fund_fen=900,
    personal_fen=100,
    personal=Personal(over_standard=100),
    lines=(LINE,),
    refused=(),
    kinds={},
    days={},
)
REFUSED = replace(RULING, refused=(RefusedLine("2", Refusal.UNKNOWN_CODE, "未知", "unknown"),))
EMPTY = replace(RULING, lines=())


def verdict(decision: Decision) -> Verdict:
    reason = Reason(
        code=Code.VERIFIED_ONLINE,
        effect=decision,
        article="津 第二十五条",
        text="原因",
        text_en="why",
        next="下一步",
    )
    known = replace(reason, code=Code.CARD_EXPIRED, effect=Decision.DIRECT)
    return Verdict(decision=decision, reasons=(reason, known), warnings=(), packs=())


def blocks(outcome: Terms | Blocked) -> list[str]:
    return [block.code for block in outcome.blocks] if isinstance(outcome, Blocked) else []


def test_a_direct_verdict_and_a_clean_bill_settle() -> None:
    terms = settlement_terms(STAY, verdict(Decision.DIRECT), RULING, now=NOW, overdue_reason="")
    assert terms == Terms(total_fen=1000, fund_fen=900, personal_fen=100, overdue=False)


@pytest.mark.parametrize("decision", [d for d in Decision if d is not Decision.DIRECT])
def test_no_other_decision_settles_and_the_reason_is_the_deciding_one(decision: Decision) -> None:
    outcome = settlement_terms(STAY, verdict(decision), RULING, now=NOW, overdue_reason="")
    assert isinstance(outcome, Blocked)
    (block,) = outcome.blocks
    assert block.code == Code.VERIFIED_ONLINE
    assert "津 第二十五条" in block.reason.zh
    assert block.next_action.zh == "下一步"


def test_every_obstacle_is_told_at_once() -> None:
    late = NOW + timedelta(hours=48, microseconds=1)
    for decision, ruling, now in product(
        (Decision.DIRECT, Decision.HOLD), (RULING, REFUSED, EMPTY), (NOW, late)
    ):
        outcome = settlement_terms(STAY, verdict(decision), ruling, now=now, overdue_reason=" ")
        expected = ["VERIFIED_ONLINE"] * (decision is Decision.HOLD)
        expected += ["LINES_REFUSED"] * (ruling is REFUSED) + ["NO_CHARGES"] * (ruling is EMPTY)
        expected += ["OVERDUE_REASON_MISSING"] * (now is late)
        assert blocks(outcome) == expected


def test_overdue_with_a_reason_settles_and_says_so() -> None:
    late = NOW + timedelta(hours=49)
    terms = settlement_terms(STAY, verdict(Decision.DIRECT), RULING, now=late, overdue_reason="因")
    assert isinstance(terms, Terms)
    assert terms.overdue


@pytest.mark.parametrize(
    "state",
    [StayState.ADMITTED, StayState.SETTLED, StayState.MANUAL, StayState.CANCELLED],
)
def test_only_a_discharged_or_reversed_stay_settles(state: StayState) -> None:
    stay = replace(STAY, state=state)
    with pytest.raises(Conflict) as refused:
        settlement_terms(stay, verdict(Decision.DIRECT), RULING, now=NOW, overdue_reason="")
    assert refused.value.code == "STAY_STATE"
