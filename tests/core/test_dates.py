"""Days, periods and deadlines count as the articles do."""

from datetime import UTC, date, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from edge.core.dates import SHANGHAI, Period, anniversary, local_day, settle_by

days = st.dates(min_value=date(1950, 1, 1), max_value=date(2150, 12, 31))
moments = st.datetimes(
    min_value=datetime(1992, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2150, 1, 1),  # noqa: DTZ001 - as above
    timezones=st.sampled_from([UTC, SHANGHAI, timezone(timedelta(hours=-11))]),
)


@given(days, st.integers(1, 400))
def test_a_period_of_days_includes_its_first_and_last(first: date, length: int) -> None:
    last = Period(days=length).last_day(first)
    assert (last - first).days + 1 == length


@given(days, st.integers(1, 5))
def test_a_period_of_years_ends_the_day_before_its_anniversary(first: date, years: int) -> None:
    assert Period(years=years).last_day(first) + timedelta(days=1) == anniversary(first, years)


@given(days, st.integers(1, 40))
def test_a_year_is_twelve_months(first: date, years: int) -> None:
    assert Period(years=years).last_day(first) == Period(months=years * 12).last_day(first)


@given(days, st.integers(1, 60))
def test_a_period_of_months_ends_in_the_month_that_many_later(first: date, months: int) -> None:
    after = Period(months=months).last_day(first) + timedelta(days=1)
    assert (after.year - first.year) * 12 + after.month - first.month == months
    assert after.day == first.day or (after.day < first.day and (after + _DAY).day == 1)


@given(days, st.integers(1, 60), st.integers(1, 60))
def test_a_longer_period_never_ends_sooner(first: date, one: int, other: int) -> None:
    shorter, longer = sorted((one, other))
    assert Period(months=shorter).last_day(first) <= Period(months=longer).last_day(first)


def test_a_year_after_29_february_is_28_february() -> None:
    assert anniversary(date(2024, 2, 29), 1) == date(2025, 2, 28)
    assert anniversary(date(2024, 2, 29), 4) == date(2028, 2, 29)
    assert Period(years=1).last_day(date(2024, 2, 29)) == date(2025, 2, 27)


def test_six_months_from_31_august_end_on_27_february() -> None:
    assert Period(months=6).last_day(date(2025, 8, 31)) == date(2026, 2, 27)


def test_december_is_followed_by_january() -> None:
    assert Period(months=1).last_day(date(2024, 12, 1)) == date(2024, 12, 31)
    assert Period(months=1).last_day(date(2024, 11, 1)) == date(2024, 11, 30)


@given(moments)
def test_a_moment_falls_on_the_day_that_the_clock_in_shanghai_shows(moment: datetime) -> None:
    shown = moment.astimezone(UTC) + timedelta(hours=8)
    assert local_day(moment) == shown.date()


def test_the_utc_evening_is_already_tomorrow_in_shanghai() -> None:
    assert local_day(datetime(2024, 6, 1, 15, 59, 59, tzinfo=UTC)) == date(2024, 6, 1)
    assert local_day(datetime(2024, 6, 1, 16, 0, tzinfo=UTC)) == date(2024, 6, 2)


@given(moments, st.integers(1, 96))
def test_the_time_to_settle_is_clock_hours(discharge: datetime, hours: int) -> None:
    deadline = settle_by(discharge, hours)
    assert deadline - discharge == timedelta(hours=hours)
    assert deadline.utcoffset() == timedelta(hours=8)


_DAY = timedelta(days=1)
