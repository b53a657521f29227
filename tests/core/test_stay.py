"""A stay: which act its state allows, and when the clock starts and ends."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.errors import BadInput, Conflict
from edge.core.stay import UNKNOWN_BEDSIDE, Injury, Stay, StayState, discharged, require_state
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


def test_an_allowed_state_passes() -> None:
    require_state(STAY, StayState.ADMITTED, StayState.DISCHARGED)
