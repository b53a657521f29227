"""The append-only ledger on disk: every act, chained, in the act's own transaction."""

from collections.abc import Iterator
from datetime import datetime

from edge import codec
from edge.core.audit import Act, BrokenLink, Entry, chained, first_broken
from edge.store.database import Row, Rows
from edge.store.keys import Keys


class Ledger:
    """Writes and verifies the chain with the site's ledger key."""

    def __init__(self, keys: Keys) -> None:
        self._key = keys.ledger

    def enter(
        self, db: Rows, *, kind: str, operator: str, subject: str, now: datetime, **facts: object
    ) -> Entry:
        """Append one act; ``facts`` never hold an identity. Call inside the act's transaction."""
        body = codec.encode(facts).decode()
        act = Act(kind=kind, at=now.isoformat(), operator=operator, subject=subject, body=body)
        entry = chained(self._key, last_entry(db), act)
        db.execute(
            "insert into ledger (seq, kind, at, operator, subject, body, prev, mac)"
            " values (?, ?, ?, ?, ?, ?, ?, ?)",
            [entry.seq, kind, act.at, operator, subject, body, entry.prev, entry.mac],
        )
        return entry

    def verify(self, db: Rows) -> BrokenLink | None:
        """Return the first entry that does not verify, or None."""
        return first_broken(self._key, entries(db))


def entries(db: Rows) -> Iterator[Entry]:
    """Yield all entries in order."""
    return map(_entry, db.query("select * from ledger order by seq"))


def last_entry(db: Rows) -> Entry | None:
    """Return the head of the chain."""
    row = db.one("select * from ledger order by seq desc limit 1")
    return _entry(row) if row else None


def latest(db: Rows, *, limit: int) -> list[Entry]:
    """Return the newest entries, newest first."""
    rows = db.query("select * from ledger order by seq desc limit ?", [limit])
    return [_entry(row) for row in rows]


def _entry(row: Row) -> Entry:
    act = Act(
        kind=row["kind"],
        at=row["at"],
        operator=row["operator"],
        subject=row["subject"],
        body=row["body"],
    )
    return Entry(row["seq"], act, row["prev"], row["mac"])
