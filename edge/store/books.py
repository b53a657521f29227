"""What the ledger tells of the money against the rows that hold it. Changes nothing.

Each entry that moves money names its row and the row's digest, so that an edit in those tables is
found as an edit of the ledger is.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from edge import codec
from edge.core.audit import BrokenLink
from edge.digest import sha256
from edge.store.database import Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class _Book:
    """A table of money; ``kinds`` of entries tell of it, ``named`` is how they name their row."""

    kinds: str
    named: str
    key: str
    columns: str


_BOOKS = {
    "settlements": _Book(
        kinds="'stay.settled', 'fitting.settled'",
        named="body ->> '$.settlement'",
        key="id",
        columns="id, stay_id, fitting_id, verification_id, idempotency_key, total_fen, fund_fen,"
        " personal_fen, basis, overdue_reason, bill_sealed, ruling_sealed, catalogue_sha256, packs,"
        " message_id, entry_sheet_id, settled_at",
    ),
    "reversals": _Book(
        kinds="'settlement.reversed'",
        named="body ->> '$.reversal'",
        key="id",
        columns="id, settlement_id, idempotency_key, operator, second_person, reason_sealed,"
        " message_id, entry_sheet_id, reversed_at",
    ),
    "manual_packages": _Book(
        kinds="'stay.handed_to_manual', 'fitting.handed_to_manual'",
        named="subject",
        key="case_id",
        columns="stay_id, fitting_id, verification_id, ground, article, package_sealed, message_id,"
        " handed_at",
    ),
}
# A column that comes later does not change what was told of older rows: the lists are ours to keep.


def row_sha256(db: Rows, table: str, row_id: str) -> str:
    """Return the digest of a row of ``table`` as it stands now; empty when there is none."""
    book = _BOOKS[table]
    sql = f"select {book.columns} from {table} where {book.key} = ?"  # noqa: S608 - ours
    return "".join(sha256(codec.encode(row)) for row in db.tuples(sql, [row_id]))


def misstated(db: Rows) -> BrokenLink | None:
    """Return the first entry whose row is not as it was told, or None.

    A row that no entry tells of has the number 0.
    """
    found = [*_changed(db), *_revived(db)]
    if found:
        return min(found, key=lambda broken: broken.seq)
    return next(_untold(db), None)


def _changed(db: Rows) -> Iterator[BrokenLink]:
    for table, book in _BOOKS.items():
        # Not by an index: who may write the file may leave an entry out of one.
        # Entries of earlier releases carry no digest; their sums are in the chain all the same.
        rows = db.tuples(
            f"select seq, {book.named}, body ->> '$.row_sha256' from ledger not indexed"  # noqa: S608 - ours
            f" where kind in ({book.kinds}) and body ->> '$.row_sha256' is not null order by seq"
        )
        for seq, row_id, digest in rows:
            if row_sha256(db, table, row_id) != digest:
                yield BrokenLink(seq, f"its row in {table} was changed or deleted", table)
                break


def _revived(db: Rows) -> Iterator[BrokenLink]:
    """Find a settlement that counts or not, against what the ledger tells of its reversal."""
    rows = db.tuples(
        "select l.seq from ledger l join settlements s on s.id = l.body ->> '$.settlement'"
        " where l.kind in ('stay.settled', 'fitting.settled') and s.effective = exists ("
        "  select 1 from ledger r"
        "  where r.kind = 'settlement.reversed' and r.body ->> '$.settlement' = s.id)"
        " order by l.seq limit 1"
    )
    for (seq,) in rows:
        yield BrokenLink(seq, "its settlement counts, or not, against the ledger", "settlements")


def _untold(db: Rows) -> Iterator[BrokenLink]:
    for table, book in _BOOKS.items():
        rows = db.tuples(
            f"select {book.key} from {table} where {book.key} not in"  # noqa: S608 - ours
            f" (select {book.named} from ledger not indexed where kind in ({book.kinds})) limit 1"
        )
        for (row_id,) in rows:
            yield BrokenLink(0, f"no entry tells of {row_id} in {table}", table)
