"""The 48 hours as they run out: each warning once, and never on a clock that does not run."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.deadline import CLOCK_BACK_MAX, Step, Urgency, due, steps_to_tell, went_back
from edge.core.stay import Stay, StayState
from tests.core.test_settlement import NOW, STAY

MOMENT = timedelta(microseconds=1)
ALL = list(Step)


def after(hours: int) -> datetime:
    return NOW + timedelta(hours=hours)


REACHED = dict(zip(ALL, (after(24), after(36), after(44), after(48) + MOMENT), strict=True))
"""From when on each step is due; overdue is only what is past the forty-eighth hour."""


@pytest.mark.parametrize(
    ("now", "urgency", "left_s"),
    [
        (NOW, Urgency.RUNNING, 48 * 3600),
        (after(24) - MOMENT, Urgency.RUNNING, 24 * 3600),
        (after(24), Urgency.SOON, 24 * 3600),
        (after(48), Urgency.SOON, 0),
        (after(48) + MOMENT, Urgency.OVERDUE, -1),
        (after(50), Urgency.OVERDUE, -2 * 3600),
    ],
)
def test_a_stay_says_where_it_stands_on_its_clock(
    now: datetime, urgency: Urgency, left_s: int
) -> None:
    stands = due(STAY, now)
    assert stands is not None
    assert (stands.stay, stands.urgency, stands.left_s) == (STAY, urgency, left_s)


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (after(24) - MOMENT, []),
        (after(24), ALL[:1]),
        (after(36), ALL[:2]),
        (after(44), ALL[:3]),
        (after(48), ALL[:3]),
        (after(48) + MOMENT, ALL),
    ],
)
def test_each_step_is_reached_at_its_hour_and_told_once(now: datetime, told: list[Step]) -> None:
    assert list(steps_to_tell(STAY, now, ())) == told
    assert steps_to_tell(STAY, now, [step.value for step in told]) == ()
    assert list(steps_to_tell(STAY, now, [Step.AFTER_24_H.value])) == told[1:]


@given(st.lists(st.timedeltas(timedelta(days=-400), timedelta(days=400)), max_size=20))
def test_however_a_clock_jumps_no_step_is_missed_told_twice_or_told_out_of_order(
    jumps: list[timedelta],
) -> None:
    now = seen = NOW
    told: list[Step] = []
    for jump in jumps:
        now += jump
        seen = max(seen, now)  # what the site's high water keeps
        told += steps_to_tell(STAY, seen, told)
        assert told == [step for step, at in REACHED.items() if seen >= at]


@pytest.mark.parametrize("state", list(StayState))
def test_only_what_is_discharged_or_undone_has_a_clock(state: StayState) -> None:
    runs = state in {StayState.DISCHARGED, StayState.REVERSED}
    stay = replace(STAY, state=state)
    assert (due(stay, after(49)) is not None, bool(steps_to_tell(stay, after(49), ()))) == (
        runs,
        runs,
    )


@pytest.mark.parametrize("stay", [replace(STAY, discharged_at=None), replace(STAY, settle_by=None)])
def test_without_both_ends_there_is_no_clock(stay: Stay) -> None:
    assert due(stay, after(49)) is None
    assert steps_to_tell(stay, after(49), ()) == ()


def test_a_clock_goes_back_when_it_falls_behind_what_it_has_shown() -> None:
    assert not went_back(NOW, None)
    assert not went_back(NOW - CLOCK_BACK_MAX, NOW)
    assert went_back(NOW - CLOCK_BACK_MAX - MOMENT, NOW)
