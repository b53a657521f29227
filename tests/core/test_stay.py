"""A stay: which act its state allows, and when the clock starts and ends."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.cases import CaseKind, CaseRef
from edge.core.errors import BadInput, Conflict
from edge.core.stay import (
    UNKNOWN_BEDSIDE,
    Injury,
    Stay,
    StayState,
    cancelled,
    discharged,
    require_filled,
    require_known_injury,
    require_state,
)
from edge.core.verification import Decision, Service

ADMITTED = datetime(2026, 11, 1, 9, tzinfo=UTC)
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
    state=StayState.ADMITTED,
    admitted_at=ADMITTED,
)


@given(st.integers(0, 10_000_000), st.integers(1, 200))
def test_the_clock_runs_from_the_discharge_for_its_clock_hours(later_s: int, hours: int) -> None:
    at = ADMITTED + timedelta(seconds=later_s)
    left = discharged(STAY, at, at, window_h=hours)
    assert left.state is StayState.DISCHARGED
    assert left.settle_by == at + timedelta(hours=hours)


def test_a_discharge_before_the_admission_is_refused() -> None:
    at = ADMITTED - timedelta(seconds=1)
    with pytest.raises(BadInput) as refused:
        discharged(STAY, at, ADMITTED, window_h=48)
    assert (refused.value.code, refused.value.field) == ("DISCHARGE_MOMENT", "discharged_at")


def test_a_discharge_in_the_future_is_refused() -> None:
    at = ADMITTED + timedelta(seconds=1)
    with pytest.raises(BadInput) as refused:
        discharged(STAY, at, ADMITTED, window_h=48)
    assert refused.value.code == "DISCHARGE_MOMENT"


@pytest.mark.parametrize("state", [state for state in StayState if state != StayState.ADMITTED])
def test_only_who_is_in_hospital_can_be_discharged(state: StayState) -> None:
    with pytest.raises(Conflict) as refused:
        discharged(replace(STAY, state=state), ADMITTED, ADMITTED, window_h=48)
    assert refused.value.code == "STAY_STATE"


def test_only_an_admission_that_has_not_ended_can_have_been_none() -> None:
    assert cancelled(STAY).state is StayState.CANCELLED
    for state in set(StayState) - {StayState.ADMITTED}:
        with pytest.raises(Conflict):
            cancelled(replace(STAY, state=state))


def test_only_an_allowed_state_passes() -> None:
    allowed = (StayState.ADMITTED, StayState.DISCHARGED)
    for state in set(StayState) - set(allowed):
        with pytest.raises(Conflict, match="STAY_STATE"):
            require_state(replace(STAY, state=state), *allowed)
    for state in allowed:
        require_state(replace(STAY, state=state), *allowed)


def test_a_stay_is_a_case_from_its_admission_to_its_discharge() -> None:
    left = discharged(STAY, ADMITTED, ADMITTED, window_h=48)
    assert left.ref == CaseRef(CaseKind.STAY, "s1")
    assert (left.began_at, left.ended_at) == (ADMITTED, ADMITTED)
    settled = left.settled()
    assert settled == replace(left, state=StayState.SETTLED)
    assert (left.is_settled, settled.is_settled) == (False, True)
    with pytest.raises(Conflict):
        settled.settled()


def test_what_is_left_blank_is_named() -> None:
    require_filled({"ward": "骨科"})
    with pytest.raises(BadInput) as refused:
        require_filled({"ward": "骨科", "bed": " "})
    assert (refused.value.code, refused.value.field) == ("FIELD_EMPTY", "bed")


def test_a_determination_is_one_of_the_workers_where_the_platform_names_some() -> None:
    ours, other = Injury(determination="认定1", parts=""), Injury(determination="认定2", parts="")
    require_known_injury(ours, ())
    require_known_injury(ours, (other, ours))
    with pytest.raises(BadInput) as refused:
        require_known_injury(ours, (other,))
    assert (refused.value.code, refused.value.field) == ("UNKNOWN_DETERMINATION", "determination")
