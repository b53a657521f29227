"""Reversals as rows: one a settlement, which is no longer effective from then on."""

from datetime import datetime

from edge.core.reversal import Reversal
from edge.store.database import Row, Rows
from edge.store.vault import Vault


def add_reversal(db: Rows, vault: Vault, reversal: Reversal) -> None:
    """Keep a reversal and end its settlement; a second one is impossible (unique)."""
    db.execute(
        "insert into reversals (id, settlement_id, idempotency_key, operator, second_person,"
        " reason_sealed, message_id, entry_sheet_id, reversed_at)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            reversal.id,
            reversal.settlement_id,
            reversal.idempotency_key,
            reversal.operator,
            reversal.second_person,
            # A clerk may name the worker in it.
            vault.seal(reversal.reason.encode(), _place(reversal.id)),
            reversal.message_id,
            reversal.entry_sheet_id,
            reversal.reversed_at.isoformat(),
        ],
    )
    db.execute("update settlements set effective = 0 where id = ?", [reversal.settlement_id])


def reversal_of(db: Rows, vault: Vault, settlement_id: str) -> Reversal | None:
    """Return the reversal of this settlement."""
    row = db.one("select * from reversals where settlement_id = ?", [settlement_id])
    return _reversal(row, vault) if row else None


def reversal_with_key(db: Rows, vault: Vault, key: str) -> Reversal | None:
    """Return the reversal that this idempotency key made."""
    row = db.one("select * from reversals where idempotency_key = ?", [key])
    return _reversal(row, vault) if row else None


def _reversal(row: Row, vault: Vault) -> Reversal:
    return Reversal(
        id=row["id"],
        settlement_id=row["settlement_id"],
        idempotency_key=row["idempotency_key"],
        operator=row["operator"],
        second_person=row["second_person"],
        reason=vault.unseal(row["reason_sealed"], _place(row["id"])).decode(),
        message_id=row["message_id"],
        entry_sheet_id=row["entry_sheet_id"],
        reversed_at=datetime.fromisoformat(row["reversed_at"]),
    )


def _place(reversal_id: str) -> str:
    return f"reversals.reason:{reversal_id}"
