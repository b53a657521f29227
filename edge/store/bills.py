"""The lines of a stay's bill, kept as the batches that the hospital sent, and its own total.

A whole batch is one sealed row: a row for every line would cost twenty times the disk work.
"""

from datetime import datetime

from edge.core.charges import Charge
from edge.digest import sha256
from edge.store.database import Rows
from edge.store.vault import Vault


def add_lines(db: Rows, vault: Vault, stay_id: str, lines: list[Charge], now: datetime) -> None:
    """Append one batch; a line with an id sent before replaces it (only refused ones may be)."""
    row = db.one(
        "select coalesce(max(number), 0) + 1 as next from charge_batches where stay_id = ?",
        [stay_id],
    )
    number = row["next"] if row else 1
    db.execute(
        "insert into charge_batches (stay_id, number, lines_sealed, line_count, received_at)"
        " values (?, ?, ?, ?, ?)",
        [
            stay_id,
            number,
            vault.seal_value(lines, _place(stay_id, number)),
            len(lines),
            now.isoformat(),
        ],
    )


def lines_of(db: Rows, vault: Vault, stay_id: str) -> dict[str, Charge]:
    """Return the stay's lines by the hospital's line id, in the order they first came."""
    lines: dict[str, Charge] = {}
    batches = db.query(
        "select number, lines_sealed from charge_batches where stay_id = ? order by number",
        [stay_id],
    )
    for batch in batches:
        place = _place(stay_id, batch["number"])
        for line in vault.open_value(batch["lines_sealed"], list[Charge], place):
            lines[line.id] = line
    return lines


def lines_sha256(db: Rows, stay_id: str) -> str:
    """Return a hash of the stay's lines as they lie sealed: no two bills have the same."""
    batches = db.tuples(
        "select lines_sealed from charge_batches where stay_id = ? order by number", [stay_id]
    )
    return sha256(b"".join(sha256(sealed).encode() for (sealed,) in batches))


def say_total(db: Rows, stay_id: str, total_fen: int, *, said_by: str, now: datetime) -> None:
    """Keep what the hospital says the bill comes to; the last word counts."""
    db.execute(
        "insert into hospital_totals (stay_id, total_fen, said_by, said_at) values (?, ?, ?, ?)",
        [stay_id, total_fen, said_by, now.isoformat()],
    )


def hospital_total(db: Rows, stay_id: str) -> int | None:
    """Return the hospital's own total in fen, None where it never named one."""
    row = db.one(
        "select total_fen from hospital_totals where stay_id = ? order by id desc limit 1",
        [stay_id],
    )
    return int(row["total_fen"]) if row else None


def _place(stay_id: str, number: int) -> str:
    return f"charge_batches.lines:{stay_id}:{number}"
