"""What the overview counts: clocks, money by month, what is not delivered. Sums only, no case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from edge.core.deadline import RUNNING
from edge.store.database import Rows

CLOCK_EDGES_H = (0, 4, 12, 24, 36, 48)
LAG_EDGES_MIN = (1, 60, 240, 1440)

_OFFSET = "+8 hours"  # a month is one in Asia/Shanghai; the rows hold UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthMoney:
    """One month's money of the fund, in fen: advanced here, approved by the audit, paid."""

    month: str
    advanced_fen: int
    audited_fen: int
    paid_fen: int


def clocks(db: Rows, now: datetime) -> tuple[int, ...]:
    """Count the running clocks by the hours left: overdue, then up to each of the edges.

    A clock at an edge counts below it.
    """
    found = db.query(
        "select settle_by from stays where state in (?, ?) and settle_by is not null", [*RUNNING]
    )
    left = [datetime.fromisoformat(row["settle_by"]) - now for row in found]
    edges = [timedelta(hours=hours) for hours in CLOCK_EDGES_H]
    return _counted(left, edges)


def lags(db: Rows, now: datetime) -> tuple[int, ...]:
    """Count what is not delivered by its age: up to each of the edges, then older."""
    found = db.query(
        "select created_at from outbox where state <> 'accepted' and resolved_at is null"
    )
    ages = [now - datetime.fromisoformat(row["created_at"]) for row in found]
    edges = [timedelta(minutes=minutes) for minutes in LAG_EDGES_MIN]
    return _counted(ages, [*edges, timedelta.max])


def money_by_month(db: Rows, months: Sequence[date]) -> tuple[MonthMoney, ...]:
    """Return the money of these months, given by their first days in order."""
    since = months[0].isoformat()
    advanced, audited, paid = (_sums(db, sql, since) for sql in (_ADVANCED, _AUDITED, _PAID))
    names = [f"{month:%Y-%m}" for month in months]
    return tuple(
        MonthMoney(
            month=name,
            advanced_fen=advanced.get(name, 0),
            audited_fen=audited.get(name, 0),
            paid_fen=paid.get(name, 0),
        )
        for name in names
    )


def _sums(db: Rows, sql: str, since: str) -> Mapping[str, int]:
    return {row["month"]: int(row["fen"]) for row in db.query(sql, [since])}


def _counted(values: Sequence[timedelta], edges: Sequence[timedelta]) -> tuple[int, ...]:
    counts = [0] * len(edges)
    for value in values:
        place = next((at for at, edge in enumerate(edges) if value <= edge), len(edges) - 1)
        counts[place] += 1
    return tuple(counts)


_ADVANCED = f"""\
select strftime('%Y-%m', settled_at, '{_OFFSET}') as month, sum(fund_fen) as fen
from settlements where effective = 1 and date(settled_at, '{_OFFSET}') >= ? group by month"""  # noqa: S608 - our own words
_AUDITED = """\
select c.month, sum(i.approved_fen) + coalesce((
    select sum(a.lifted_fen) from deductions d join objections o on o.deduction_id = d.id
    join objection_answers a on a.objection_id = o.id where d.claim_id = c.id
), 0) as fen
from claims c join audit_items i on i.claim_id = c.id
where c.standing = 1 and c.month >= substr(?, 1, 7) group by c.month"""
_PAID = """\
select month, sum(amount_fen) as fen from claim_payments
where month >= substr(?, 1, 7) group by month"""
