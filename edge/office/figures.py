"""What the office's screens show, counted in the books. Sums and moments only; no case, no person.

A message counts unless the platform refused it: what is on its way has happened at its campus.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString

from edge.office.books import Row, Rows
from edge.office.campus import Campus

CLOCK = timedelta(hours=48)
"""From discharge to settlement (津 第二十五条; elsewhere 客户规则)."""

ALARMS = ("HEAD_CHANGED", "HEAD_CUT", "HEAD_FORGED")
"""What tells that a campus's ledger is not what it was."""

QUARANTINE_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class CampusState:
    """How one campus stands.

    ``clocks`` run, ``overdue`` of them are past 48 hours, the next ends at ``settle_by``.
    ``pending`` messages wait for the platform since ``pending_since``. ``alarm`` is the newest sign
    of a broken or cut ledger, ``quarantined`` counts what failed its check.
    """

    facility: str
    name: str
    clocks: int
    overdue: int
    settle_by: datetime | None
    pending: int
    pending_since: datetime | None
    heard_at: datetime | None
    list_as_of: datetime | None
    list_asked_at: datetime | None
    head_seq: int | None
    head_at: datetime | None
    alarm: str | None
    alarm_at: datetime | None
    quarantined: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CampusMoney:
    """A campus's money of the fund, in fen: advanced there, approved by the audit, paid.

    Audits and payments are known here as the campus collects them: last at ``asked_at``, when
    ``to_come`` dispatches were still to be collected.
    """

    facility: str
    name: str
    advanced_fen: int
    audited_fen: int
    paid_fen: int
    asked_at: datetime | None
    to_come: int

    @property
    def open_fen(self) -> int:
        """What was advanced and has not come back."""
        return self.advanced_fen - self.paid_fen


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A message that failed its check, sealed as it came; ``open`` until somebody dealt with it."""

    number: int
    campus: str
    message: str | None
    code: str
    text: str
    text_en: str
    next_action: str
    next_action_en: str
    came_at: datetime
    times: int
    open: bool


def campus_states(
    db: Rows, campuses: Mapping[str, Campus], now: datetime
) -> tuple[CampusState, ...]:
    """Return how every registered campus stands, what needs somebody first."""
    told = {
        name: _by_facility(db, sql, params)
        for name, sql, params in (
            ("clocks", _CLOCKS, [CLOCK, now]),
            ("pending", _PENDING, []),
            ("heard", _HEARD, []),
            ("heads", _HEADS, []),
            ("alarms", _ALARMS, [list(ALARMS)]),
        )
    }
    states = [_state(campus, told) for campus in campuses.values()]
    return tuple(sorted(states, key=_urgency))


def money_by_campus(
    db: Rows, campuses: Mapping[str, Campus], month: str | None
) -> tuple[CampusMoney, ...]:
    """Return each campus's money, of one month (``2026-11``) or of all that the books know."""
    advanced = _sums(db, _ADVANCED, [month, month])
    audited = _sums(db, _AUDITED, [month, month])
    paid = _sums(db, _PAID, [month, month])
    collected = _by_facility(db, _COLLECTED, [])
    return tuple(
        CampusMoney(
            facility=one.facility,
            name=one.name,
            advanced_fen=advanced.get(one.facility, 0),
            audited_fen=audited.get(one.facility, 0),
            paid_fen=paid.get(one.facility, 0),
            asked_at=collected.get(one.facility, {}).get("asked_at"),
            to_come=collected.get(one.facility, {}).get("to_come", 0),
        )
        for one in campuses.values()
    )


def months(db: Rows) -> tuple[str, ...]:
    """Return the months of which the books know money, newest first."""
    return tuple(row["month"] for row in db.query(_MONTHS))


def quarantined(db: Rows) -> tuple[Quarantined, ...]:
    """Return what failed its check: what nobody dealt with first, then newest first."""
    rows = db.query(_QUARANTINE, [QUARANTINE_SHOWN])
    return tuple(Quarantined(**row) for row in rows)


def waiting(db: Rows) -> int:
    """Count what waits for the platform, and what its campus is yet to hear."""
    row = db.one(
        "select (select count(*) from envelopes where state = 'pending')"
        " + (select count(*) from receipts where published_at is null) as many"
    )
    return int(row["many"]) if row else 0


def _by_facility(db: Rows, sql: LiteralString, params: Sequence[object]) -> dict[str, Row]:
    return {row["facility"]: row for row in db.query(sql, params)}


def _sums(db: Rows, sql: LiteralString, params: Sequence[object]) -> dict[str, int]:
    return {row["facility"]: int(row["fen"] or 0) for row in db.query(sql, params)}


def _state(campus: Campus, told: Mapping[str, Mapping[str, Row]]) -> CampusState:
    def of(name: str, key: str, absent: Any = None) -> Any:  # noqa: ANN401 - a cell of a row
        return told[name].get(campus.facility, {}).get(key, absent)

    first = of("clocks", "first")
    return CampusState(
        facility=campus.facility,
        name=campus.name,
        clocks=of("clocks", "running", 0),
        overdue=of("clocks", "overdue", 0),
        settle_by=first + CLOCK if first else None,
        pending=of("pending", "many", 0),
        pending_since=of("pending", "since"),
        heard_at=of("heard", "heard_at"),
        list_as_of=of("heard", "list_as_of"),
        list_asked_at=of("heard", "list_asked_at"),
        head_seq=of("heads", "seq"),
        head_at=of("heads", "at"),
        alarm=of("alarms", "code"),
        alarm_at=of("alarms", "at"),
        quarantined=of("alarms", "many", 0),
    )


def _urgency(one: CampusState) -> tuple[bool, bool, bool, str]:
    return (one.alarm is None, one.overdue == 0, one.pending == 0, one.facility)


# A clock runs from a discharge until something ends it: a settlement that was not taken back, the
# way to manual, a cancelled admission.
_CLOCKS = """\
select facility, count(*) as running, min(happened_at) as first,
    count(*) filter (where happened_at + %s < %s) as overdue
from envelopes as discharge
where kind = 'discharge' and state <> 'rejected' and not exists (
    select 1 from envelopes as told
    where told.facility = discharge.facility and told.order_key = discharge.order_key
    and told.kind in ('manual', 'cancellation', 'settlement') and told.state <> 'rejected'
    and not exists (
        select 1 from envelopes as back
        where back.kind = 'reversal' and back.about = told.id
        and back.facility = told.facility and back.state <> 'rejected'
    )
)
group by facility"""
_PENDING = """\
select facility, count(*) as many, min(received_at) as since from envelopes
where state = 'pending' group by facility"""
_HEARD = "select facility, heard_at, list_as_of, list_asked_at from campuses"
_HEADS = """\
select distinct on (facility) facility, seq, at from heads order by facility, seq desc"""
_ALARMS = """\
select counted.facility, counted.many, newest.code, newest.at
from (
    select facility, count(*) as many from quarantine where open group by facility
) as counted
left join lateral (
    select code, coalesce(came_again_at, came_at) as at from quarantine
    where quarantine.facility = counted.facility and code = any(%s) and open
    order by number desc limit 1
) as newest on true"""
_ADVANCED = """\
select facility, sum(fund_fen) as fen from envelopes as told
where kind = 'settlement' and state <> 'rejected'
and (%s::text is null or to_char(moment at time zone 'Asia/Shanghai', 'YYYY-MM') = %s)
and not exists (
    select 1 from envelopes as back
    where back.kind = 'reversal' and back.about = told.id
    and back.facility = told.facility and back.state <> 'rejected'
)
group by facility"""
_AUDITED = """\
select facility, sum(fen) as fen from dispatches
where kind in ('audit_result', 'objection_answer') and (%s::text is null or month = %s)
group by facility"""
_PAID = """\
select facility, sum(fen) as fen from dispatches
where kind = 'payment' and (%s::text is null or month = %s) group by facility"""
_MONTHS = """\
select to_char(moment at time zone 'Asia/Shanghai', 'YYYY-MM') as month from envelopes
where kind = 'settlement'
union select month from dispatches where month is not null
order by month desc limit 60"""
_QUARANTINE = """\
select number, facility as campus, message, code, text, text_en, next_action, next_action_en,
    came_at, times, open from quarantine order by open desc, number desc limit %s"""
_COLLECTED = """\
select facility, asked_at, greatest(0, coalesce(newest_seq, 0) - (
    select count(*) from dispatches where dispatches.facility = campuses.facility
)) as to_come
from campuses where asked_at is not null"""
