"""Entry sheets as rows: what is typed into the national site, and the number brought back."""

from datetime import datetime

from edge.core.cases import CaseKind, CaseRef
from edge.core.entry_sheet import EntrySheet, SheetField, SheetKind, SheetState
from edge.core.errors import NotFound, Words
from edge.store.database import Row, Rows
from edge.store.vault import Vault

PAGE_MAX = 200


def add_sheet(db: Rows, vault: Vault, sheet: EntrySheet) -> None:
    """Keep a sheet that waits to be typed."""
    db.execute(
        "insert into entry_sheets (id, fitting_id, kind, fields_sealed, made_at)"
        " values (?, ?, ?, ?, ?)",
        [
            sheet.id,
            sheet.case.id,
            sheet.kind,
            vault.seal_value(sheet.fields, _place("fields", sheet.id)),
            sheet.made_at.isoformat(),
        ],
    )


def close_sheet(db: Rows, vault: Vault, sheet: EntrySheet) -> None:
    """Keep the confirmation number that was brought back, or why the sheet was withdrawn."""
    note = vault.seal(sheet.note.encode(), _place("note", sheet.id)) if sheet.note else None
    closed_at = sheet.closed_at.isoformat() if sheet.closed_at else None
    db.execute(
        "update entry_sheets set state = ?, confirmation = ?, closed_by = ?, closed_at = ?,"
        " note_sealed = ? where id = ?",
        [sheet.state, sheet.confirmation, sheet.closed_by, closed_at, note, sheet.id],
    )


def load_sheet(db: Rows, vault: Vault, sheet_id: str) -> EntrySheet:
    """Return one sheet.

    Raises:
        NotFound: UNKNOWN_ENTRY_SHEET.
    """
    row = db.one("select * from entry_sheets where id = ?", [sheet_id])
    if row is None:
        raise unknown_sheet(sheet_id)
    return _sheet(row, vault)


def unknown_sheet(sheet_id: str) -> NotFound:
    """Return the error of a sheet that is not there."""
    return NotFound(
        "UNKNOWN_ENTRY_SHEET",
        Words(f"找不到录入单：{sheet_id}", f"no entry sheet {sheet_id}"),
        Words("在配置记录中重新选择", "choose it again from its fitting"),
        field="sheet",
    )


def sheets_of(db: Rows, vault: Vault, fitting_id: str) -> list[EntrySheet]:
    """Return the sheets of one fitting, oldest first."""
    rows = db.query("select * from entry_sheets where fitting_id = ? order by rowid", [fitting_id])
    return [_sheet(row, vault) for row in rows]


def waiting_sheets(db: Rows, vault: Vault, *, limit: int) -> list[EntrySheet]:
    """Return the sheets whose number nobody has brought back, the longest waiting first."""
    rows = db.query(
        "select * from entry_sheets where state = 'waiting' order by made_at, rowid limit ?",
        [limit],
    )
    return [_sheet(row, vault) for row in rows]


def sheet_confirmed_by(db: Rows, confirmation: str) -> str | None:
    """Return the id of the sheet to which this number was brought back."""
    row = db.one("select id from entry_sheets where confirmation = ?", [confirmation])
    return row["id"] if row else None


def _sheet(row: Row, vault: Vault) -> EntrySheet:
    note = row["note_sealed"]
    return EntrySheet(
        id=row["id"],
        case=CaseRef(CaseKind.FITTING, row["fitting_id"]),
        kind=SheetKind(row["kind"]),
        fields=vault.open_value(
            row["fields_sealed"], tuple[SheetField, ...], _place("fields", row["id"])
        ),
        made_at=datetime.fromisoformat(row["made_at"]),
        state=SheetState(row["state"]),
        confirmation=row["confirmation"],
        closed_by=row["closed_by"],
        closed_at=datetime.fromisoformat(row["closed_at"]) if row["closed_at"] else None,
        note=vault.unseal(note, _place("note", row["id"])).decode() if note else "",
    )


def _place(column: str, sheet_id: str) -> str:
    return f"entry_sheets.{column}:{sheet_id}"
