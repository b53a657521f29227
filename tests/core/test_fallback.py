"""When a stay goes to manual, on what ground, and which papers are asked back."""

from dataclasses import replace
from datetime import date

import pytest

from edge.core.adjudication import Ruling
from edge.core.cases import CaseKind
from edge.core.errors import Conflict
from edge.core.fallback import FAULTS, Paper, manual_ground, papers_to_gather
from edge.core.rules import Rule
from edge.core.stay import StayState
from edge.core.verification import Code, Decision
from tests.core.test_settlement import EMPTY, REFUSED, RULING, STAY, verdict

FAULT = Rule(
    key="fault.manual", value=True, article="津 第二十九条", title="", since=date(2024, 4, 1)
)
ENDED = {StayState.DISCHARGED, StayState.REVERSED}


def test_only_a_discharged_or_reversed_stay_goes_to_manual() -> None:
    for state in ENDED:
        gone = replace(STAY, state=state).in_manual()
        assert gone == replace(STAY, state=StayState.MANUAL)
    for state in set(StayState) - ENDED:
        with pytest.raises(Conflict) as refused:
            replace(STAY, state=state).in_manual()
        assert refused.value.code == "STAY_STATE"


@pytest.mark.parametrize(
    "decision", [Decision.MANUAL, Decision.HOLD, Decision.REFUSE, Decision.PROVISIONAL]
)
def test_what_decided_the_verdict_is_the_ground_with_its_article(decision: Decision) -> None:
    given = verdict(decision)
    ground = manual_ground(given, RULING, FAULT)
    assert (ground.code, ground.article) == (given.reasons[0].code, "津 第二十五条")
    assert (ground.text, ground.text_en) == ("原因", "why")


@pytest.mark.parametrize("code", sorted(FAULTS))
def test_a_fault_goes_by_the_article_on_faults_where_there_is_one(code: Code) -> None:
    given = verdict(Decision.HOLD)
    given = replace(given, reasons=(replace(given.reasons[0], code=code), *given.reasons[1:]))
    assert manual_ground(given, RULING, FAULT).article == "津 第二十九条"
    assert manual_ground(given, RULING, replace(FAULT, value=False)).article == "津 第二十五条"


def test_a_bill_that_cannot_be_settled_on_line_is_a_ground_too() -> None:
    ground = manual_ground(verdict(Decision.DIRECT), REFUSED, FAULT)
    assert (ground.code, ground.article) == ("LINES_REFUSED", "津 第二十九条")
    assert ground.text.startswith("有 1 条")


@pytest.mark.parametrize(
    ("decision", "ruling", "code"),
    [
        (Decision.DIRECT, RULING, "NOT_MANUAL"),
        (Decision.LOCAL, RULING, "NOT_MANUAL"),
        (Decision.MANUAL, EMPTY, "NO_CHARGES"),
    ],
)
def test_what_settles_elsewhere_or_holds_nothing_does_not_go_to_manual(
    decision: Decision, ruling: Ruling, code: str
) -> None:
    with pytest.raises(Conflict) as refused:
        manual_ground(verdict(decision), ruling, FAULT)
    assert refused.value.code == code


def test_only_the_bill_is_asked_back_and_only_after_a_settlement() -> None:
    bill = Paper(zh="票据", en="bill", article="川 第二十三条", original=True, is_bill=True)
    other = Paper(zh="证明", en="certificate", article="川 第二十三条")
    assert papers_to_gather([bill, other], was_settled=False) == (bill, other)
    assert papers_to_gather([bill, other], was_settled=True) == (
        replace(bill, asked_back=True),
        other,
    )


def test_what_forbids_a_fitting_is_a_ground_with_its_own_article() -> None:
    reason = verdict(Decision.REFUSE).reasons[0]
    ground = manual_ground(verdict(Decision.DIRECT), RULING, FAULT, obstacles=(reason,))
    assert (ground.code, ground.article) == (reason.code, "津 第二十五条")


def test_a_refusal_names_the_kind_of_case() -> None:
    with pytest.raises(Conflict) as refused:
        manual_ground(verdict(Decision.DIRECT), RULING, FAULT, kind=CaseKind.FITTING)
    assert refused.value.field == "fitting"
