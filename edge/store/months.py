"""How much of a month is open: messages to deliver, cases to settle, settlements to claim."""

from datetime import UTC, date, datetime, time, timedelta

from edge.core.dates import SHANGHAI
from edge.core.reminders import MonthOpen
from edge.store.database import Rows

_UNDELIVERED = """\
select count(*) as n from outbox
where state <> 'accepted' and resolved_at is null
and created_at >= :begins and created_at < :ends"""
_UNSETTLED = """\
select (
    select count(*) from stays
    where state in ('discharged', 'reversed') and discharged_at >= :begins and discharged_at < :ends
) + (
    select count(*) from fittings
    where state in ('fitted', 'reversed') and fitted_at >= :begins and fitted_at < :ends
) as n"""
_UNCLAIMED = """\
select count(*) as n from settlements
where effective = 1 and settled_at >= :begins and settled_at < :ends
and not exists (
    select 1 from claim_items
    where settlement_id = settlements.id and kind = 'settlement' and standing = 1
)"""


def month_open(db: Rows, month: date) -> MonthOpen:
    """Count what is open of the month that begins on ``month``, in Asia/Shanghai."""
    span: dict[str, object] = {"begins": _moment(month), "ends": _moment(_next(month))}
    return MonthOpen(
        month=month,
        undelivered=_count(db, _UNDELIVERED, span),
        unsettled=_count(db, _UNSETTLED, span),
        unclaimed=_count(db, _UNCLAIMED, span),
    )


def _next(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


def _moment(day: date) -> str:
    # As rows write moments, so that text order is time order; midnight leaves no fraction.
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC).isoformat()


def _count(db: Rows, sql: str, span: dict[str, object]) -> int:
    row = db.one(sql, span)
    return int(row["n"]) if row else 0
