"""The one active case of each desk. Keeps no identity: a case is an identification's id."""

from dataclasses import dataclass
from datetime import datetime

from edge.core.credential import not_at_desk, require_current
from edge.digest import sm3
from edge.store.database import Rows

_NO_CASE = "none"


@dataclass(frozen=True, slots=True)
class DeskCase:
    """The case that a desk had at some moment; ``token`` names the showing that began it."""

    desk: str
    token: str


def open_case(
    db: Rows, *, desk: str, presentation: str, identification_id: str, at: datetime
) -> None:
    """Make this identification the desk's case; the one before is cleared by it."""
    db.execute(
        "insert into desk_cases (desk, presentation, identification_id, since) values (?, ?, ?, ?)"
        " on conflict (desk) do update set presentation = excluded.presentation,"
        " identification_id = excluded.identification_id, since = excluded.since, done_at = null",
        [desk, presentation, identification_id, at.isoformat()],
    )


def clear_case(db: Rows, *, desk: str, presentation: str, at: datetime) -> str | None:
    """Clear the desk's case, unless this very presentation opened it; return what was cleared."""
    row = db.one(
        "select identification_id from desk_cases where desk = ? and presentation <> ?"
        " and identification_id is not null",
        [desk, presentation],
    )
    if row is None:
        return None
    db.execute(
        "update desk_cases set presentation = ?, identification_id = null, since = ?,"
        " done_at = null where desk = ?",
        [presentation, at.isoformat(), desk],
    )
    return str(row["identification_id"])


def finish_case(db: Rows, identification_id: str | None, *, at: datetime) -> None:
    """Note that what the case was opened for is done: its card need not stay in the reader."""
    db.execute(
        "update desk_cases set done_at = ? where identification_id = ? and done_at is null",
        [at.isoformat(), identification_id],
    )


def is_left_behind(db: Rows, presentation: str, *, at: datetime) -> bool:
    """Tell whether a card that was used still lies there: its case is done, cleared or expired."""
    row = db.one(
        "select i.desk, i.expires_at, c.identification_id as current, c.done_at, i.id"
        " from identifications i left join desk_cases c on c.desk = i.desk"
        " where i.presentation = ?",
        [presentation],
    )
    if row is None:
        return False
    if at > datetime.fromisoformat(row["expires_at"]):
        return True
    return bool(row["desk"]) and (row["current"] != row["id"] or row["done_at"] is not None)


def require_active_case(db: Rows, identification_id: str) -> None:
    """Refuse an identification whose desk has another case by now; one without a desk has none.

    Raises:
        Conflict: CASE_CLEARED.
    """
    row = db.one(
        "select c.identification_id as current from identifications i"
        " join desk_cases c on c.desk = i.desk where i.id = ?",
        [identification_id],
    )
    if row is not None:
        require_current(identification_id, row["current"])


def case_now(db: Rows, desk: str) -> DeskCase:
    """Return the case that the desk has now, identified yet or not; one that has none says so."""
    row = db.one("select presentation from desk_cases where desk = ?", [desk])
    return DeskCase(desk, sm3(row["presentation"].encode()).hex() if row else _NO_CASE)


def require_at_desk(db: Rows, case: DeskCase, person_id: str) -> None:
    """Refuse what was begun under ``case`` if the desk has gone on since, to somebody else.

    Raises:
        Conflict: CASE_NOT_AT_DESK.
    """
    if case_now(db, case.desk) == case:
        return
    row = db.one(
        "select i.person_id from desk_cases c"
        " join identifications i on i.id = c.identification_id where c.desk = ?",
        [case.desk],
    )
    if row is None or row["person_id"] != person_id:
        raise not_at_desk()
