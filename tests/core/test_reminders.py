"""What is due by a day of the month is raised before it is missed, and until it is done."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.reminders import Deadline, Duty, MonthOpen, due_on, reminders

BY_FIFTH = Deadline(duty=Duty.UPLOAD, article="吉规 第二十一条", warn_days=4, day=5)
BY_TENTH = Deadline(duty=Duty.CLAIM, article="川 第二十三条", warn_days=5, day=10)
MONTH_END = Deadline(duty=Duty.MONTH_END, article="客户规则", warn_days=3)
NOVEMBER = date(2026, 11, 1)


def left(deadline: Deadline, today: date, **open_: int) -> list[tuple[int, bool]]:
    month = MonthOpen(month=NOVEMBER, **open_)
    return [(one.days_left, one.overdue) for one in reminders([deadline], [month], today=today)]


@pytest.mark.parametrize(
    ("today", "said"),
    [
        (date(2026, 11, 30), []),
        (date(2026, 12, 1), [(4, False)]),
        (date(2026, 12, 4), [(1, False)]),
        (date(2026, 12, 5), [(0, False)]),
        (date(2026, 12, 6), [(-1, True)]),
        (date(2027, 2, 1), [(-58, True)]),
    ],
)
def test_last_month_is_complete_by_the_fifth(today: date, said: list[tuple[int, bool]]) -> None:
    assert left(BY_FIFTH, today, undelivered=2) == said
    assert left(BY_FIFTH, today, unsettled=1, unclaimed=1) == []


@pytest.mark.parametrize(
    ("today", "said"),
    [
        (date(2026, 12, 4), []),
        (date(2026, 12, 5), [(5, False)]),
        (date(2026, 12, 10), [(0, False)]),
        (date(2026, 12, 11), [(-1, True)]),
    ],
)
def test_last_month_is_claimed_by_the_tenth(today: date, said: list[tuple[int, bool]]) -> None:
    assert left(BY_TENTH, today, unclaimed=7) == said
    assert left(BY_TENTH, today, undelivered=1) == []


@pytest.mark.parametrize(
    ("today", "said"),
    [
        (date(2026, 11, 26), []),
        (date(2026, 11, 27), [(3, False)]),
        (date(2026, 11, 30), [(0, False)]),
        (date(2026, 12, 1), []),
    ],
)
def test_a_month_is_looked_at_before_it_ends(today: date, said: list[tuple[int, bool]]) -> None:
    assert left(MONTH_END, today, unsettled=1) == said
    assert left(MONTH_END, today, unclaimed=1) == []


@pytest.mark.parametrize(
    ("month", "day", "due"),
    [
        (date(2027, 1, 1), 31, date(2027, 2, 28)),
        (date(2028, 1, 1), 31, date(2028, 2, 29)),
        (date(2027, 3, 1), 31, date(2027, 4, 30)),
        (date(2026, 12, 1), 5, date(2027, 1, 5)),
        (date(2027, 2, 1), None, date(2027, 2, 28)),
        (date(2028, 2, 1), None, date(2028, 2, 29)),
        (date(2026, 12, 1), None, date(2026, 12, 31)),
    ],
)
def test_a_day_that_a_month_does_not_have_is_its_last(
    month: date, day: int | None, due: date
) -> None:
    duty = Duty.MONTH_END if day is None else Duty.UPLOAD
    assert due_on(Deadline(duty=duty, article="x", warn_days=3, day=day), month) == due


def test_a_reminder_says_what_by_when_on_what_ground_and_what_to_do() -> None:
    months = [MonthOpen(month=NOVEMBER, undelivered=2, unclaimed=7)]
    first, second = reminders([BY_TENTH, BY_FIFTH], months, today=date(2026, 12, 5))
    assert (first.duty, second.duty) == (Duty.UPLOAD, Duty.CLAIM)
    assert (second.month, second.open, second.article) == ("2026-11", 7, "川 第二十三条")
    assert "2026-11 尚有 7 笔" in second.text.zh
    assert "2026-12-10" in second.text.en
    assert second.next_action.zh
    assert first.next_action.en


def test_an_older_month_that_is_still_open_is_raised_beside_the_last() -> None:
    months = [MonthOpen(month=date(2026, month, 1), undelivered=1) for month in (10, 11, 12)]
    raised = reminders([BY_FIFTH], months, today=date(2026, 12, 2))
    assert [(one.month, one.overdue) for one in raised] == [("2026-10", True), ("2026-11", False)]


@given(
    st.dates(min_value=date(2024, 1, 1), max_value=date(2034, 12, 31)),
    st.integers(1, 31),
    st.integers(0, 30),
)
def test_whatever_the_day_it_is_raised_before_it_is_missed(
    month: date, day: int, warn_days: int
) -> None:
    first = month.replace(day=1)
    deadline = Deadline(duty=Duty.UPLOAD, article="x", warn_days=warn_days, day=day)
    open_ = [MonthOpen(month=first, undelivered=1)]
    due = due_on(deadline, first)
    assert first < due
    [raised] = reminders([deadline], open_, today=due)
    assert not raised.overdue
    [late] = reminders([deadline], open_, today=due + timedelta(days=1))
    assert late.overdue
    assert not reminders([deadline], [MonthOpen(month=first)], today=due)
