"""Stays as rows: one a hospital stay number, at most one open stay a person."""

from datetime import UTC, date, datetime

from edge.core.dates import SHANGHAI
from edge.core.errors import NotFound, Words
from edge.core.stay import Bedside, Injury, Stay, StayState
from edge.core.verification import Decision, Service
from edge.store.database import Row, Rows

_OPEN = (StayState.ADMITTED, StayState.DISCHARGED)
PAGE_MAX = 100


def add_stay(db: Rows, stay: Stay) -> None:
    """Keep a new stay."""
    db.execute(
        "insert into stays (id, person_id, verification_id, hospital_number, service,"
        " determination, injured_parts, ward, bed, diagnosis, emergency_document, insured_region,"
        " admission_decision, state, admitted_at, planned_on)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            stay.id,
            stay.person_id,
            stay.verification_id,
            stay.hospital_number,
            stay.service,
            stay.injury.determination,
            stay.injury.parts,
            stay.bedside.ward,
            stay.bedside.bed,
            stay.bedside.diagnosis,
            stay.bedside.emergency_document,
            stay.insured_region,
            stay.admission_decision,
            stay.state,
            stay.admitted_at.isoformat(),
            stay.planned_on.isoformat() if stay.planned_on else None,
        ],
    )


def move_stay(db: Rows, stay: Stay) -> None:
    """Keep a stay's new state, its discharge and the plan of it."""
    db.execute(
        "update stays set state = ?, discharged_at = ?, settle_by = ?, planned_on = ? where id = ?",
        [
            stay.state,
            _stored(stay.discharged_at),
            _stored(stay.settle_by),
            stay.planned_on.isoformat() if stay.planned_on else None,
            stay.id,
        ],
    )


def move_bed(db: Rows, stay: Stay) -> None:
    """Keep where a worker lies, and why."""
    db.execute(
        "update stays set ward = ?, bed = ?, diagnosis = ? where id = ?",
        [stay.bedside.ward, stay.bedside.bed, stay.bedside.diagnosis, stay.id],
    )


def load_stay(db: Rows, stay_id: str) -> Stay:
    """Return one stay.

    Raises:
        NotFound: UNKNOWN_STAY.
    """
    row = db.one("select * from stays where id = ?", [stay_id])
    if row is None:
        raise NotFound(
            "UNKNOWN_STAY",
            Words(f"找不到住院记录：{stay_id}", f"no stay {stay_id}"),
            Words("在“在院”列表中重新选择", "choose it again from the list of stays"),
            field="stay",
        )
    return stay_of(row)


def open_stay_of(db: Rows, person_id: str) -> Stay | None:
    """Return the stay that this person has not been settled for yet."""
    row = db.one("select * from stays where person_id = ? and state in (?, ?)", [person_id, *_OPEN])
    return stay_of(row) if row else None


def stay_numbered(db: Rows, hospital_number: str) -> Stay | None:
    """Return the stay with the hospital's own number."""
    row = db.one("select * from stays where hospital_number = ?", [hospital_number])
    return stay_of(row) if row else None


def newest_stays(
    db: Rows, *, state: StayState | None = None, after: str = "", limit: int
) -> list[Stay]:
    """Return a page of the stays, those admitted last first; ``after`` is the last page's last id.

    A page costs the same however many stays there are: each order is an index's own.
    """
    asked = {"state = ?": state, "rowid < (select rowid from stays where id = ?)": after}
    chosen = {condition: value for condition, value in asked.items() if value}
    where = f" where {' and '.join(chosen)}" if chosen else ""
    rows = db.query(
        f"select * from stays{where} order by rowid desc limit ?",  # noqa: S608 - our own words
        [*chosen.values(), min(limit, PAGE_MAX)],
    )
    return [stay_of(row) for row in rows]


def stays_numbered_like(db: Rows, start: str, *, limit: int) -> list[Stay]:
    """Return the stays whose hospital number begins so, by number."""
    rows = db.query(
        "select * from stays where hospital_number >= ? and hospital_number < ?"
        " order by hospital_number limit ?",
        [start, f"{start}\U0010ffff", min(limit, PAGE_MAX)],
    )
    return [stay_of(row) for row in rows]


def count_stays(db: Rows, *states: StayState) -> dict[StayState, int]:
    """Count the stays in each of these states."""
    counted = {}
    for state in states:
        row = db.one("select count(*) as n from stays where state = ?", [state])
        counted[state] = int(row["n"]) if row else 0
    return counted


def stay_of(row: Row) -> Stay:
    """Return the stay that a row of ``stays`` holds."""
    return Stay(
        id=row["id"],
        person_id=row["person_id"],
        verification_id=row["verification_id"],
        hospital_number=row["hospital_number"],
        service=Service(row["service"]),
        injury=Injury(determination=row["determination"], parts=row["injured_parts"]),
        bedside=Bedside(
            ward=row["ward"],
            bed=row["bed"],
            diagnosis=row["diagnosis"],
            emergency_document=row["emergency_document"],
        ),
        insured_region=row["insured_region"],
        admission_decision=Decision(row["admission_decision"]),
        state=StayState(row["state"]),
        admitted_at=datetime.fromisoformat(row["admitted_at"]),
        discharged_at=_moment(row["discharged_at"]),
        settle_by=_moment(row["settle_by"]),
        planned_on=date.fromisoformat(row["planned_on"]) if row["planned_on"] else None,
    )


def _stored(moment: datetime | None) -> str | None:
    """Write a moment so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds") if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(SHANGHAI) if text else None
