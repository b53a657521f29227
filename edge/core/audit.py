"""The ledger's chain: every entry vouches for all before it. Stores nothing.

``mac_n = HMAC-SM3(key, 0x01 ‖ seq ‖ prev ‖ SM3(0x00 ‖ row))``; the prefixes keep a row from
posing as a link. The key lives outside the database.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from edge.digest import hmac_sm3, same, sm3

GENESIS = bytes(32)
"""``prev`` of the first entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What somebody did: when (ISO 8601), who, to what, with its facts as canonical JSON."""

    kind: str
    at: str
    operator: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An act in its place in the chain."""

    seq: int
    act: Act
    prev: bytes
    mac: bytes


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """The first entry that does not verify, and why."""

    seq: int
    reason: str


def chained(key: bytes, last: Entry | None, act: Act) -> Entry:
    """Return ``act`` as the entry that follows ``last`` (None: the first)."""
    seq, prev = (last.seq + 1, last.mac) if last else (1, GENESIS)
    return Entry(seq, act, prev, _mac(key, seq, prev, act))


def first_broken(key: bytes, entries: Iterable[Entry]) -> BrokenLink | None:
    """Walk the chain from its start and return the first bad entry, or None.

    A tail that was cut off is seen only by comparing with a head anchored elsewhere.
    """
    prev = GENESIS
    for seq, entry in enumerate(entries, start=1):
        if entry.seq != seq:
            return BrokenLink(seq, "missing")
        if entry.prev != prev:
            return BrokenLink(seq, "does not follow the entry before it")
        if not same(entry.mac, _mac(key, seq, prev, entry.act)):
            return BrokenLink(seq, "changed after it was written")
        prev = entry.mac
    return None


def _mac(key: bytes, seq: int, prev: bytes, act: Act) -> bytes:
    fields = (act.kind, act.at, act.operator, act.subject, act.body)
    # Lengths first: moving a letter from one field to the next must change the row.
    row = b"".join(len(f).to_bytes(4, "big") + f for f in (field.encode() for field in fields))
    return hmac_sm3(key, b"\x01" + seq.to_bytes(8, "big") + prev + sm3(b"\x00" + row))
