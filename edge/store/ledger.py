"""The append-only ledger on disk: every act, chained, in the act's own transaction.

Its head is signed every so many entries and every hour; a signed head is kept and never altered.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from edge import codec
from edge.core.audit import GENESIS, Act, Anchor, BrokenLink, Entry, Link, chained, first_broken
from edge.core.errors import Fault, Words
from edge.digest import KeyedSm3
from edge.store.database import Row, Rows
from edge.store.high_water import raise_high_water
from edge.store.keys import Keys
from sync.envelope import key_ring
from sync.errors import BadEnvelope
from sync.ledger_head import LedgerHead, open_head, sign_head

HEAD_ROWS = 500
"""A head is signed once so many entries have come since the last one."""

HEAD_EVERY = timedelta(hours=1)
"""Or after this time, when any entry has come at all."""

_TAIL = "select seq, at, mac from ledger order by seq desc limit 1"


class Ledger:
    """Writes, signs and verifies the chain with the site's keys. Thread-safe."""

    def __init__(self, keys: Keys) -> None:
        self._key = KeyedSm3(keys.ledger)
        self._signing = keys.signing
        self._ring = key_ring(keys.signing.public())
        self._broken: BrokenLink | None = None

    def enter(
        self, db: Rows, *, kind: str, operator: str, subject: str, now: datetime, **facts: object
    ) -> Entry:
        """Append one act; ``facts`` never hold an identity. Call inside the act's transaction."""
        body = codec.encode(facts).decode()
        act = Act(kind=kind, at=now.isoformat(), operator=operator, subject=subject, body=body)
        seq, at, prev = next(db.tuples(_TAIL), (0, "", GENESIS))
        if act.at < at:
            # From now on the newest entry no longer tells the latest moment that was seen.
            raise_high_water(db, datetime.fromisoformat(at))
        entry = chained(self._key, act, seq=seq + 1, prev=prev)
        db.execute(
            "insert into ledger (seq, kind, at, operator, subject, body, prev, mac)"
            " values (?, ?, ?, ?, ?, ?, ?, ?)",
            [entry.seq, kind, act.at, operator, subject, body, entry.prev, entry.mac],
        )
        return entry

    def verify(self, db: Rows, anchors: Iterable[Anchor] = ()) -> BrokenLink | None:
        """Return the first entry that does not verify against its key, its heads and ``anchors``.

        What is found is remembered: ``require_sound`` refuses from then on.
        """
        kept = self._kept_heads(db)
        self._broken = first_broken(self._key, links(db), [*kept, *anchors])
        return self._broken

    def verify_chain(self, db: Rows) -> BrokenLink | None:
        """Return the first entry that does not verify against its key alone, without heads."""
        return first_broken(self._key, links(db), [])

    def require_sound(self) -> None:
        """Refuse to move money on a ledger that was found broken.

        Raises:
            Fault: LEDGER_BROKEN.
        """
        if self._broken:
            raise _broken(self._broken)

    def head(self, db: Rows, now: datetime) -> bytes | None:
        """Return the newest entry's head, signed but not kept; None while there is no entry."""
        last = last_entry(db)
        if last is None:
            return None
        return sign_head(LedgerHead(seq=last.seq, mac=last.mac, at=now), self._signing)

    def opened(self, signed: bytes) -> LedgerHead:
        """Return a head that this facility signed.

        Raises:
            BadEnvelope: it did not.
        """
        return open_head(signed, self._ring)

    def head_due(self, db: Rows, now: datetime, rows: int = HEAD_ROWS) -> bool:
        """Tell whether entries came that no head vouches for: many, or an hour ago."""
        kept = db.one("select seq, signed from ledger_heads order by seq desc limit 1")
        at_seq = kept["seq"] if kept else 0
        last = last_entry(db)
        if last is None or last.seq <= at_seq:
            return False
        return last.seq - at_seq >= rows or self._is_old(db, kept, now)

    def keep_head(self, db: Rows, now: datetime) -> bytes | None:
        """Sign the newest entry's head and keep it, if none is kept; call inside a transaction."""
        signed = self.head(db, now)
        if signed is None or heads_kept(db, since=self.opened(signed).seq):
            return None
        db.execute(
            "insert into ledger_heads (seq, signed) values (?, ?)",
            [self.opened(signed).seq, signed],
        )
        return signed

    def _is_old(self, db: Rows, kept: Row | None, now: datetime) -> bool:
        try:
            since = self.opened(kept["signed"]).at if kept else _first_at(db)
        except BadEnvelope:
            return True  # another hand was at it: sign anew, the verification names it
        # A clock that went back must not put the next head off.
        return abs(now - since) >= HEAD_EVERY

    def _kept_heads(self, db: Rows) -> Iterator[Anchor]:
        for row in db.query("select seq, signed from ledger_heads order by seq"):
            try:
                head = self.opened(row["signed"])
            except BadEnvelope:
                yield Anchor(seq=row["seq"], mac=b"", source="signed head", sound=False)
                continue
            sound = head.seq == row["seq"]
            yield Anchor(seq=row["seq"], mac=head.mac, source="signed head", sound=sound)


def heads_kept(db: Rows, *, since: int = 0) -> int:
    """Count the signed heads of entry ``since`` and later ones."""
    row = db.one("select count(*) as heads from ledger_heads where seq >= ?", [since])
    return int(row["heads"]) if row else 0


def links(db: Rows) -> Iterator[Link]:
    """Yield all entries in order, as plain values."""
    # Cast, or every text would be decoded here only to be encoded again for its digest.
    return db.tuples(
        "select seq, cast(kind as blob), cast(at as blob), cast(operator as blob),"
        " cast(subject as blob), cast(body as blob), prev, mac from ledger order by seq"
    )


def last_entry(db: Rows) -> Entry | None:
    """Return the head of the chain."""
    row = db.one("select * from ledger order by seq desc limit 1")
    return _entry(row) if row else None


def acts_between(db: Rows, kinds: Iterable[str], start: datetime, end: datetime) -> Iterator[Act]:
    """Yield a day's acts of these kinds of money, from ``start`` on and before ``end``."""
    named = "', '".join(kinds)
    rows = db.query(
        # Named, or SQLite would read all of these kinds that there ever were.
        f"select * from ledger indexed by ledger_of_money where kind in ('{named}')"  # noqa: S608 - our own words
        " and at >= ? and at < ? order by seq",
        [start.astimezone(UTC).isoformat(), end.astimezone(UTC).isoformat()],
    )
    return (_entry(row).act for row in rows)


SEQ_MAX = 2**63 - 1
"""No entry has a greater number: SQLite has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which entries: from ``since`` on and before ``until``, of one subject, kind or operator.

    Empty: any.

    ``before`` is a seq from which to read on backwards, page by page.
    """

    since: datetime | None = None
    until: datetime | None = None
    subject: str = ""
    kind: str = ""
    operator: str = ""
    before: int | None = None


def question(asked: Asked) -> str:
    """Return what is asked for as SQL: only what is given is in it, so that an index answers."""
    bounds = [_BOUNDS[name] for name in _given(asked)]
    return " ".join(["select * from ledger", *(["where"] * bool(bounds)), " and ".join(bounds)])


def entries(db: Rows, asked: Asked) -> Iterator[Entry]:
    """Yield the entries that are asked for, oldest first."""
    return (_entry(row) for row in db.query(f"{question(asked)} order by seq", _given(asked)))


def latest(db: Rows, *, limit: int, asked: Asked | None = None) -> list[Entry]:
    """Return the newest entries that are asked for, newest first."""
    chosen = asked or Asked()
    given = _given(chosen) | {"limit": limit}
    rows = db.query(f"{question(chosen)} order by seq desc limit :limit", given)
    return [_entry(row) for row in rows]


_BOUNDS = {
    "since": "at >= :since and seq >= (select min(+seq) from ledger where at >= :since)",
    "until": "at < :until and seq <= (select max(+seq) from ledger where at < :until)",
    "subject": "subject = :subject",
    "kind": "kind = :kind",
    "operator": "operator = :operator",
    "before": "seq < :before",
}
"""What each field of ``Asked`` asks for; a time bounds the numbers, and so helps any other.

Without the plus SQLite looks for the number from the end of the table on, entry by entry.
"""


def _given(asked: Asked) -> dict[str, object]:
    fields: dict[str, object] = {
        "since": asked.since and asked.since.astimezone(UTC).isoformat(),
        "until": asked.until and asked.until.astimezone(UTC).isoformat(),
        "subject": asked.subject,
        "kind": asked.kind,
        "operator": asked.operator,
        "before": asked.before,
    }
    return {name: value for name, value in fields.items() if value not in {None, ""}}


def _first_at(db: Rows) -> datetime:
    [row] = db.query("select at from ledger order by seq limit 1")
    return datetime.fromisoformat(row["at"])


def _entry(row: Row) -> Entry:
    act = Act(
        kind=row["kind"],
        at=row["at"],
        operator=row["operator"],
        subject=row["subject"],
        body=row["body"],
    )
    return Entry(row["seq"], act, row["prev"], row["mac"])


def _broken(link: BrokenLink) -> Fault:
    return Fault(
        "LEDGER_BROKEN",
        Words(
            f"账链校验不通过：第 {link.seq} 条（{link.reason}），已停止结算、冲正与转手工",
            f"the ledger does not verify at entry {link.seq}: {link.reason};"
            " nothing is settled, reversed or handed over",
        ),
        Words(
            "保留数据库原样作为证据，执行 edge ledger verify，联系安全管理员后再恢复备份",
            "keep the database as evidence, run edge ledger verify, call the security"
            " administrator, and only then restore the backup",
        ),
    )
