"""Facts that no case can have: dates against each other, codes that are none. Judges no cover."""

from datetime import date, datetime
from functools import lru_cache

from edge.core.errors import BadInput, Words
from edge.core.money import multiplier_of
from edge.core.verification.facts import Facts, Moment

_DIVISION_DIGITS = 6
# Outside these years a date is a typing error, and periods would run off the calendar.
_FIRST_YEAR, _LAST_YEAR = 1900, 2999
_SERVICE_YEARS_MAX = 100

_Period = tuple[str, date | None, str, date | None]


def refuse_contradictions(facts: Facts) -> None:
    """Let through only facts that can be true together.

    Raises:
        BadInput: NAIVE_MOMENT, DATE_OUT_OF_RANGE, DATE_MISSING, DATES_CONTRADICT, NOT_A_DIVISION
            SERVICE_YEARS, LIMIT_MULTIPLIER or NEGATIVE_NUMBER, naming the field.
    """
    _refuse_bad_days(facts)
    if facts.moment is Moment.DISCHARGE:
        _told("admitted_at", facts.admitted_at)
        _told("discharged_at", facts.discharged_at)
    for first_field, first, last_field, last in _periods(facts):
        if first is not None and last is not None and last < first:
            raise _out_of_order(first_field, first, last_field)
    for field, code in _divisions(facts):
        if code and not _is_division(code):
            raise _no_division(field)
    _approved_items(facts)
    for field, number in _counts(facts):
        if number is not None and number < 0:
            raise _negative(field)


@lru_cache(maxsize=4096)
def _is_division(code: str) -> bool:
    return len(code) == _DIVISION_DIGITS and code.isascii() and code.isdigit()


def _refuse_bad_days(facts: Facts) -> None:
    for field, moment in _moments(facts):
        if moment is not None:
            if moment.tzinfo is None:
                raise _naive(field)
            if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
                raise _off_the_calendar(field, moment)
    for field, day in _first_days(facts):
        if day is not None and not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            raise _off_the_calendar(field, day)


def _moments(facts: Facts) -> tuple[tuple[str, datetime | None], ...]:
    return (
        ("at", facts.at),
        ("admitted_at", facts.admitted_at),
        ("discharged_at", facts.discharged_at),
        ("source.as_of", facts.source.as_of),
        ("filing.approved_at", facts.filing.approved_at if facts.filing else None),
    )


def _first_days(facts: Facts) -> list[tuple[str, date | None]]:
    days: list[tuple[str, date | None]] = [
        (f"devices[{index}].last_fitted_on", device.last_fitted_on)
        for index, device in enumerate(facts.devices or ())
    ]
    if facts.filing:
        days.insert(0, ("filing.valid_from", facts.filing.valid_from))
    return days


def _periods(facts: Facts) -> list[_Period]:
    periods: list[_Period] = [
        ("admitted_at", facts.admitted_at, "discharged_at", facts.discharged_at)
    ]
    if facts.moment is Moment.DISCHARGE:
        periods.append(("admitted_at", facts.admitted_at, "at", facts.at))
    filing = facts.filing
    if filing:
        first = filing.valid_from
        periods += (
            ("filing.valid_from", first, "filing.valid_to", filing.valid_to),
            ("filing.valid_from", first, "filing.device_until", filing.device_until),
            ("filing.trip_from", filing.trip_from, "filing.trip_to", filing.trip_to),
        )
    return periods


def _divisions(facts: Facts) -> tuple[tuple[str, str | None], ...]:
    return (
        ("facility.region", facts.facility.region or "?"),
        ("facility.city", facts.facility.city),
        ("worker.insured_region", facts.worker.insured_region or "?"),
        ("worker.insured_city", facts.worker.insured_city),
        ("filing.destination", facts.filing.destination if facts.filing else None),
    )


def _naive(field: str) -> BadInput:
    return BadInput(
        "NAIVE_MOMENT",
        Words("时间缺少时区", "the moment has no offset"),
        Words("按 2024-06-01T09:00:00+08:00 填写", "write it with its offset, such as +08:00"),
        field=field,
    )


def _off_the_calendar(field: str, day: date) -> BadInput:
    return BadInput(
        "DATE_OUT_OF_RANGE",
        Words(f"日期超出范围：{day.year} 年", f"the year {day.year} is out of range"),
        Words("核对后更正该日期", "correct the date"),
        field=field,
    )


def _told(field: str, moment: datetime | None) -> None:
    if moment is None:
        raise BadInput(
            "DATE_MISSING",
            Words("出院结算时必须填写", "it is required at discharge"),
            Words("补充入院和出院时间", "give the admission and the discharge moment"),
            field=field,
        )


def _out_of_order(first_field: str, first: date, last_field: str) -> BadInput:
    return BadInput(
        "DATES_CONTRADICT",
        Words(f"早于 {first_field}（{first}）", f"it is before {first_field} ({first})"),
        Words("核对后更正其中一个日期", "correct one of the two"),
        field=last_field,
    )


def _no_division(field: str) -> BadInput:
    return BadInput(
        "NOT_A_DIVISION",
        Words("不是 6 位行政区划代码", "not a 6-digit division code"),
        Words("填写 6 位行政区划代码，如 120000", "write six digits, such as 120000"),
        field=field,
    )


def _counts(facts: Facts) -> list[tuple[str, int | None]]:
    return [
        ("policy.list_fresh_h", facts.policy.list_fresh_h),
        ("filing.episodes_settled", facts.filing.episodes_settled if facts.filing else 0),
        *[
            (f"notice.items[{index}].limit_fen", item.limit_fen)
            for index, item in enumerate((facts.notice and facts.notice.items) or ())
        ],
    ]


def _negative(field: str) -> BadInput:
    return BadInput(
        "NEGATIVE_NUMBER",
        Words("不能为负数", "it cannot be negative"),
        Words("核对后更正该数字", "correct the number"),
        field=field,
    )


def _approved_items(facts: Facts) -> None:
    items = (facts.notice and facts.notice.items) or ()
    for index, item in enumerate(items):
        if item.limit_multiplier is not None and multiplier_of(item.limit_multiplier) is None:
            raise BadInput(
                "LIMIT_MULTIPLIER",
                Words("限额倍数须大于 0、至多 100、至多 4 位小数", "not a multiple over 0, to 100"),
                Words("核对通知单后更正", "correct it as the notice has it"),
                field=f"notice.items[{index}].limit_multiplier",
            )
        if not 0 <= (item.service_years or 0) <= _SERVICE_YEARS_MAX:
            raise BadInput(
                "SERVICE_YEARS",
                Words("最低使用年限超出范围", "the service life is out of range"),
                Words("核对通知单后更正", "correct it as the notice has it"),
                field=f"notice.items[{index}].service_years",
            )
