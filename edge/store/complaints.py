"""Complaints as rows: who complains and of what is sealed; never altered, never deleted."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

from edge.core.complaint import Complaint, ComplaintState, Grievance
from edge.core.errors import NotFound, Words
from edge.store.database import Row, Rows
from edge.store.vault import Vault

PAGE_MAX = 200


def add_complaint(db: Rows, vault: Vault, complaint: Complaint) -> None:
    """Keep a complaint as it was received."""
    db.execute(
        "insert into complaints (id, channel, said_sealed, state, received_at, received_by, due_on)"
        " values (?, ?, ?, ?, ?, ?, ?)",
        [
            complaint.id,
            complaint.said.channel,
            vault.seal_value(complaint.said, _place("said", complaint.id)),
            complaint.state,
            complaint.received_at.astimezone(UTC).isoformat(),
            complaint.received_by,
            complaint.due_on.isoformat(),
        ],
    )


def move_complaint(db: Rows, vault: Vault, complaint: Complaint) -> None:
    """Keep who works on it, and its answer once there is one."""
    sealed = {
        name: vault.seal(text.encode(), _place(name, complaint.id)) if text else None
        for name, text in (("answer", complaint.answer), ("told_by", complaint.told_by))
    }
    at = complaint.answered_at
    db.execute(
        "update complaints set state = ?, taken_by = ?, answer_sealed = ?, told_by_sealed = ?,"
        " answered_by = ?, answered_at = ? where id = ?",
        [
            complaint.state,
            complaint.taken_by,
            sealed["answer"],
            sealed["told_by"],
            complaint.answered_by,
            at.astimezone(UTC).isoformat() if at else None,
            complaint.id,
        ],
    )


def load_complaint(db: Rows, vault: Vault, complaint_id: str) -> Complaint:
    """Return one complaint.

    Raises:
        NotFound: UNKNOWN_COMPLAINT.
    """
    row = db.one("select * from complaints where id = ?", [complaint_id])
    if row is None:
        raise NotFound(
            "UNKNOWN_COMPLAINT",
            Words(f"找不到投诉：{complaint_id}", f"no complaint {complaint_id}"),
            Words("在投诉列表中重新选择", "choose it again from the list"),
            field="complaint",
        )
    return _complaint(row, vault)


def open_complaints(db: Rows, vault: Vault, *, limit: int) -> list[Complaint]:
    """Return what is not answered, the earliest due first."""
    rows = db.query(
        "select * from complaints where state <> 'answered' order by due_on, rowid limit ?",
        [limit],
    )
    return [_complaint(row, vault) for row in rows]


def newest_complaints(db: Rows, vault: Vault, *, limit: int) -> list[Complaint]:
    """Return the complaints received last, newest first."""
    rows = db.query("select * from complaints order by rowid desc limit ?", [limit])
    return [_complaint(row, vault) for row in rows]


def complaints_between(
    db: Rows, vault: Vault, start: datetime, end: datetime
) -> Iterator[Complaint]:
    """Yield what was received from ``start`` on and before ``end``, in its order."""
    rows = db.query(
        "select * from complaints where received_at >= ? and received_at < ? order by received_at",
        [start.astimezone(UTC).isoformat(), end.astimezone(UTC).isoformat()],
    )
    return (_complaint(row, vault) for row in rows)


def _complaint(row: Row, vault: Vault) -> Complaint:
    def text(name: str) -> str:
        sealed = row[f"{name}_sealed"]
        return vault.unseal(sealed, _place(name, row["id"])).decode() if sealed else ""

    said = vault.open_value(row["said_sealed"], Grievance, _place("said", row["id"]))
    return Complaint(
        id=row["id"],
        said=said,
        state=ComplaintState(row["state"]),
        received_at=datetime.fromisoformat(row["received_at"]),
        received_by=row["received_by"],
        due_on=date.fromisoformat(row["due_on"]),
        taken_by=row["taken_by"],
        answer=text("answer"),
        told_by=text("told_by"),
        answered_by=row["answered_by"],
        answered_at=datetime.fromisoformat(row["answered_at"]) if row["answered_at"] else None,
    )


def _place(column: str, complaint_id: str) -> str:
    return f"complaints.{column}:{complaint_id}"
