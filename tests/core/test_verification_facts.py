"""Facts that contradict themselves are refused, and the field is named."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.errors import BadInput
from edge.core.verification import Device, Facts, Notice, NoticeItem, Policy, Source
from tests.core.desk import FILING, SOUND, at, discharged, verdict

NAIVE = datetime(2024, 6, 1, 9, 0)  # noqa: DTZ001 - what is to be refused
SETTLED = discharged(SOUND, discharged="2024-06-05 10:00", settled="2024-06-05 11:00")

WRONG: list[tuple[str, str, Facts]] = [
    ("NAIVE_MOMENT", "at", replace(SOUND, at=NAIVE)),
    ("NAIVE_MOMENT", "admitted_at", replace(SETTLED, admitted_at=NAIVE)),
    ("NAIVE_MOMENT", "discharged_at", replace(SETTLED, discharged_at=NAIVE)),
    ("NAIVE_MOMENT", "source.as_of", replace(SOUND, source=Source(as_of=NAIVE))),
    (
        "NAIVE_MOMENT",
        "filing.approved_at",
        replace(SOUND, filing=replace(FILING, approved_at=NAIVE)),
    ),
    ("DATE_OUT_OF_RANGE", "at", replace(SOUND, at=at("0024-06-01 09:00"))),
    (
        "DATE_OUT_OF_RANGE",
        "filing.valid_from",
        replace(SOUND, filing=replace(FILING, valid_from=date(9999, 12, 31), valid_to=None)),
    ),
    (
        "DATE_OUT_OF_RANGE",
        "devices[1].last_fitted_on",
        replace(SOUND, devices=(Device(code="A"), Device(code="B", last_fitted_on=date.min))),
    ),
    ("DATE_MISSING", "admitted_at", replace(SETTLED, admitted_at=None)),
    ("DATE_MISSING", "discharged_at", replace(SETTLED, discharged_at=None)),
    (
        "DATES_CONTRADICT",
        "discharged_at",
        replace(SETTLED, discharged_at=at("2024-06-01 08:59")),
    ),
    ("NEGATIVE_NUMBER", "policy.list_fresh_h", replace(SOUND, policy=Policy(list_fresh_h=-1))),
    (
        "NEGATIVE_NUMBER",
        "filing.episodes_settled",
        replace(SOUND, filing=replace(FILING, episodes_settled=-1)),
    ),
    (
        "NEGATIVE_NUMBER",
        "notice.items[0].limit_fen",
        replace(SOUND, notice=Notice(items=(NoticeItem(code="A", limit_fen=-1),))),
    ),
    (
        "DATES_CONTRADICT",
        "filing.valid_to",
        replace(SOUND, filing=replace(FILING, valid_to=date(2024, 4, 30))),
    ),
    (
        "DATES_CONTRADICT",
        "filing.device_until",
        replace(SOUND, filing=replace(FILING, device_until=date(2024, 4, 30))),
    ),
    (
        "DATES_CONTRADICT",
        "filing.trip_to",
        replace(
            SOUND,
            filing=replace(FILING, trip_from=date(2024, 6, 2), trip_to=date(2024, 6, 1)),
        ),
    ),
    (
        "NOT_A_DIVISION",
        "facility.region",
        replace(SOUND, facility=replace(SOUND.facility, region="")),
    ),
    (
        "NOT_A_DIVISION",
        "facility.city",
        replace(SOUND, facility=replace(SOUND.facility, city="杭州")),
    ),
    (
        "NOT_A_DIVISION",
        "worker.insured_region",
        replace(SOUND, worker=replace(SOUND.worker, insured_region="1200000")),
    ),
    (
        "NOT_A_DIVISION",
        "worker.insured_city",
        replace(SOUND, worker=replace(SOUND.worker, insured_city="12010")),
    ),
    (
        "NOT_A_DIVISION",
        "filing.destination",
        replace(SOUND, filing=replace(FILING, destination="33010a")),
    ),
    (
        "LIMIT_MULTIPLIER",
        "notice.items[0].limit_multiplier",
        replace(SOUND, notice=Notice(items=(NoticeItem(code="A", limit_multiplier=Decimal(0)),))),
    ),
    (
        "SERVICE_YEARS",
        "notice.items[0].service_years",
        replace(SOUND, notice=Notice(items=(NoticeItem(code="A", service_years=101),))),
    ),
]


@pytest.mark.parametrize(("code", "field", "facts"), WRONG, ids=lambda part: str(part)[:40])
def test_a_contradiction_names_its_field(code: str, field: str, facts: Facts) -> None:
    with pytest.raises(BadInput) as raised:
        verdict(facts)
    assert (raised.value.code, raised.value.field) == (code, field)
    assert raised.value.next_action.zh


def test_a_period_of_one_day_is_no_contradiction() -> None:
    filing = replace(FILING, valid_from=date(2024, 6, 1), valid_to=date(2024, 6, 1))
    assert verdict(replace(SOUND, filing=filing)).decision == "direct"


def test_an_end_in_the_year_9999_means_open() -> None:
    filing = replace(FILING, valid_to=date.max, device_until=date.max, trip_to=date.max)
    assert verdict(replace(SOUND, filing=filing)).decision == "direct"


CHANGES: list[Callable[[date], Facts]] = [
    lambda day: replace(SOUND, filing=replace(FILING, valid_from=day, valid_to=None)),
    lambda day: replace(SOUND, filing=replace(FILING, valid_from=None, rehab_until=day)),
    lambda day: replace(SOUND, devices=(Device(code="A", last_fitted_on=day),)),
    lambda day: replace(SOUND, notice=Notice(valid_to=day)),
    lambda day: replace(SOUND, at=datetime.fromisoformat(f"{day}T00:00:00-12:00")),
    lambda day: replace(SETTLED, discharged_at=datetime.fromisoformat(f"{day}T00:00:00+14:00")),
]


def outcome(facts: Facts) -> str:
    try:
        return verdict(facts).decision.value
    except BadInput as wrong:
        return wrong.field


@given(st.dates(), st.sampled_from(CHANGES))
def test_no_date_breaks_the_calendar(day: date, change: Callable[[date], Facts]) -> None:
    assert outcome(change(day))
