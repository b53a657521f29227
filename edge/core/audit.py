"""The ledger's chain: every entry vouches for all before it. Stores nothing.

``mac_n = HMAC-SM3(key, 0x01 ‖ seq ‖ prev ‖ SM3(0x00 ‖ row))``; the prefixes keep a row from
posing as a link, ``seq`` has eight bytes, and ``row`` is each field after its length in four. The
key lives outside the database. A head that was signed and kept elsewhere is an anchor: only an
anchor shows that a tail was cut off.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import TypeAlias

from edge.digest import KeyedSm3, same, sm3

GENESIS = bytes(32)
"""``prev`` of the first entry."""

UNSIGNED = "its signed head does not verify"

Link: TypeAlias = tuple[int, bytes, bytes, bytes, bytes, bytes, bytes, bytes]
"""An entry as plain values: seq, then as UTF-8 kind, at, operator, subject, body; prev, mac."""


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

    @property
    def link(self) -> Link:
        """The entry as plain values: a verifier that reads millions makes no objects of them."""
        return (self.seq, *_encoded(self.act), self.prev, self.mac)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """What was said of the chain's head elsewhere: on paper, by the platform, under a signature.

    ``sound`` is whether the facility's signature over it holds; ``source`` is who says it.
    """

    seq: int
    mac: bytes
    source: str
    sound: bool = True


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """The first entry that does not verify, and why.

    ``against`` is whose word it does not meet, where the chain alone would not tell; an entry that
    is missing at the end has the number it would have.
    """

    seq: int
    reason: str
    against: str = ""


def chained(key: KeyedSm3, act: Act, *, seq: int = 1, prev: bytes = GENESIS) -> Entry:
    """Return ``act`` as entry ``seq``; ``prev`` is the MAC of the entry before it."""
    return Entry(seq, act, prev, _mac(key, seq, prev, _row(*_encoded(act))))


def first_broken(
    key: KeyedSm3, links: Iterable[Link], anchors: Iterable[Anchor] = ()
) -> BrokenLink | None:
    """Walk the chain from its start and return the first bad entry, or None.

    ``anchors`` are heads of this chain, in any order; each must meet its entry.
    """
    waiting = iter(sorted(anchors, key=attrgetter("seq")))
    anchor = next(waiting, None)
    seq, prev = 0, GENESIS
    for seq, (at, kind, when, operator, subject, body, said_prev, mac) in enumerate(links, 1):
        if at != seq:
            return BrokenLink(seq, "missing")
        if said_prev != prev:
            return BrokenLink(seq, "does not follow the entry before it")
        if not same(mac, _mac(key, seq, prev, _row(kind, when, operator, subject, body))):
            return BrokenLink(seq, "changed after it was written")
        prev = mac
        while anchor and anchor.seq <= seq:
            wrong = _unmet(anchor, seq, prev)
            if wrong:
                return BrokenLink(anchor.seq, wrong, anchor.source)
            anchor = next(waiting, None)
    if anchor is None:
        return None
    return BrokenLink(seq + 1, "cut off" if anchor.sound else UNSIGNED, anchor.source)


def _unmet(anchor: Anchor, seq: int, mac: bytes) -> str:
    if not anchor.sound or anchor.seq != seq:
        return UNSIGNED
    if not same(anchor.mac, mac):
        return "is not what was anchored"
    return ""


def _encoded(act: Act) -> tuple[bytes, bytes, bytes, bytes, bytes]:
    return (
        act.kind.encode(),
        act.at.encode(),
        act.operator.encode(),
        act.subject.encode(),
        act.body.encode(),
    )


def _row(kind: bytes, at: bytes, operator: bytes, subject: bytes, body: bytes) -> bytes:
    # Lengths first: moving a letter from one field to the next must change the row.
    return b"%b%b%b%b%b%b%b%b%b%b" % (
        len(kind).to_bytes(4, "big"),
        kind,
        len(at).to_bytes(4, "big"),
        at,
        len(operator).to_bytes(4, "big"),
        operator,
        len(subject).to_bytes(4, "big"),
        subject,
        len(body).to_bytes(4, "big"),
        body,
    )


def _mac(key: KeyedSm3, seq: int, prev: bytes, row: bytes) -> bytes:
    return key.mac(b"\x01" + seq.to_bytes(8, "big") + prev + sm3(b"\x00" + row))
