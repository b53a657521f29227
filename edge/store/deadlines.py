"""Stays by their settlement clock, and the warnings that were given. Judges no moment itself."""

from dataclasses import dataclass
from datetime import UTC, datetime

from edge.core.deadline import SOON_AFTER, Step, Urgency
from edge.core.stay import Stay
from edge.store.database import Rows
from edge.store.stays import load_stay, stay_of

PAGE_MAX = 200

_CLOCK_RUNS = "state in ('discharged', 'reversed') and settle_by is not null"
_TOLD = "(select count(*) from deadline_warnings where stay_id = stays.id)"
_UNTOLD = (
    "select *, (select group_concat(step) from deadline_warnings where stay_id = stays.id) as told"
    " from stays"
)
_BOUNDS = {
    # The last moment itself is in time.
    Urgency.OVERDUE: "settle_by < :now",
    Urgency.SOON: "settle_by >= :now and discharged_at <= :soon",
    Urgency.RUNNING: "settle_by >= :now and discharged_at > :soon",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A stay whose clock runs, and the steps that were told already."""

    stay: Stay
    steps: frozenset[str]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of the list ends: the last stay's deadline and id."""

    settle_by: datetime
    stay: str


def running_stays(db: Rows, now: datetime) -> list[Told]:
    """Return the stays whose clock runs and that may have reached a step not told yet."""
    rows = db.query(
        f"{_UNTOLD} where {_CLOCK_RUNS} and discharged_at <= ? and {_TOLD} < ?"
        " order by settle_by, id",
        [_stored(now - SOON_AFTER), len(Step)],
    )
    return [Told(stay_of(row), frozenset((row["told"] or "").split(","))) for row in rows]


def told_steps(db: Rows, stay_id: str) -> frozenset[str]:
    """Return the steps that were told of this stay."""
    rows = db.query("select step from deadline_warnings where stay_id = ?", [stay_id])
    return frozenset(row["step"] for row in rows)


def note_told(db: Rows, stay_id: str, step: Step, now: datetime) -> None:
    """Keep that a step was told; a second time is impossible (primary key)."""
    db.execute(
        "insert into deadline_warnings (stay_id, step, given_at) values (?, ?, ?)",
        [stay_id, step, _stored(now)],
    )


def stays_due(
    db: Rows, now: datetime, *, only: Urgency | None, after: Place | None, limit: int
) -> list[Stay]:
    """Return a page of the stays whose clock runs, the one that ends first before the others."""
    bounds = f" and {_BOUNDS[only]}" if only else ""
    rows = db.query(
        f"select * from stays where {_CLOCK_RUNS}{bounds}"  # noqa: S608 - our own words
        " and (:settle_by is null or (settle_by, id) > (:settle_by, :id))"
        " order by settle_by, id limit :limit",
        {
            **_moments(now),
            "settle_by": _stored(after.settle_by) if after else None,
            "id": after.stay if after else None,
            "limit": min(limit, PAGE_MAX),
        },
    )
    return [stay_of(row) for row in rows]


def count_due(db: Rows, now: datetime) -> dict[Urgency, int]:
    """Count the stays whose clock runs by their urgency."""
    counts = {}
    for urgency, bounds in _BOUNDS.items():
        sql = f"select count(*) as n from stays where {_CLOCK_RUNS} and {bounds}"  # noqa: S608 - our own words
        row = db.one(sql, _moments(now))
        counts[urgency] = int(row["n"]) if row else 0
    return counts


def place_of(db: Rows, stay_id: str) -> Place:
    """Return where a page that ended with this stay goes on.

    Raises:
        NotFound: UNKNOWN_STAY.
    """
    stay = load_stay(db, stay_id)
    return Place(stay.settle_by or stay.admitted_at, stay.id)


def _moments(now: datetime) -> dict[str, object]:
    return {"now": _stored(now), "soon": _stored(now - SOON_AFTER)}


def _stored(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
