"""How much of a month is open: messages to deliver, stays to settle, settlements to claim."""

from datetime import UTC, date, datetime, time, timedelta

from edge.core.dates import SHANGHAI
from edge.core.reminders import MonthOpen
from edge.store.database import Rows

_UNDELIVERED = """\
select count(*) as n from outbox
where state <> 'accepted' and resolved_at is null and created_at >= ? and created_at < ?"""
_UNSETTLED = """\
select count(*) as n from stays
where state in ('discharged', 'reversed') and discharged_at >= ? and discharged_at < ?"""
_UNCLAIMED = """\
select count(*) as n from settlements
where effective = 1 and settled_at >= ? and settled_at < ?
and not exists (select 1 from outbox where kind = 'claim' and order_key = ?)"""


def month_open(db: Rows, month: date) -> MonthOpen:
    """Count what is open of the month that begins on ``month``, in Asia/Shanghai."""
    begins, ends = _moment(month), _moment(_next(month))
    claim = f"claim-{month:%Y-%m}"
    return MonthOpen(
        month=month,
        undelivered=_count(db, _UNDELIVERED, begins, ends),
        unsettled=_count(db, _UNSETTLED, begins, ends),
        unclaimed=_count(db, _UNCLAIMED, begins, ends, claim),
    )


def _next(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


def _moment(day: date) -> str:
    # As rows write moments, so that text order is time order; midnight leaves no fraction.
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC).isoformat()


def _count(db: Rows, sql: str, *given: str) -> int:
    row = db.one(sql, given)
    return int(row["n"]) if row else 0
