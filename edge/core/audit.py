"""The ledger's chain: every entry vouches for all before it. Stores nothing.

``mac_n = HMAC-SM3(key, 0x01 ‖ seq ‖ prev ‖ SM3(0x00 ‖ row))``; the prefixes keep a row from
posing as a link, ``seq`` has eight bytes, and ``row`` is each field after its length in four. The
key lives outside the database. A head that was signed and kept elsewhere is an anchor: only an
anchor shows that a tail was cut off.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import TypeAlias

from edge.digest import KeyedSm3, same, sm3

GENESIS = bytes(32)
"""``prev`` of the first entry."""

UNSIGNED = "its signed head does not verify"

Link: TypeAlias = tuple[int, str, str, str, str, str, bytes, bytes]
"""An entry as plain values: seq, kind, at, operator, subject, body, prev, mac."""


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
        act = self.act
        return (
            self.seq,
            act.kind,
            act.at,
            act.operator,
            act.subject,
            act.body,
            self.prev,
            self.mac,
        )


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


def chained(key: KeyedSm3, last: Entry | None, act: Act) -> Entry:
    """Return ``act`` as the entry that follows ``last`` (None: the first)."""
    seq, prev = (last.seq + 1, last.mac) if last else (1, GENESIS)
    row = _row(act.kind, act.at, act.operator, act.subject, act.body)
    return Entry(seq, act, prev, _mac(key, seq, prev, row))


def first_broken(
    key: KeyedSm3, links: Iterable[Link], anchors: Iterable[Anchor] = ()
) -> BrokenLink | None:
    """Walk the chain from its start and return the first bad entry, or None.

    ``anchors`` are heads of this chain, in any order; each must meet its entry.
    """
    waiting = iter(sorted(anchors, key=attrgetter("seq")))
    anchor = next(waiting, None)
    seq, prev = 0, GENESIS
    for seq, link in enumerate(links, start=1):
        wrong = _broken(key, seq, prev, link)
        if wrong:
            return BrokenLink(seq, wrong)
        prev = link[7]
        while anchor and anchor.seq <= seq:
            wrong = _unmet(anchor, seq, prev)
            if wrong:
                return BrokenLink(anchor.seq, wrong, anchor.source)
            anchor = next(waiting, None)
    if anchor is None:
        return None
    return BrokenLink(seq + 1, "cut off" if anchor.sound else UNSIGNED, anchor.source)


def _broken(key: KeyedSm3, seq: int, prev: bytes, link: Link) -> str:
    at, kind, when, operator, subject, body, said_prev, mac = link
    if at != seq:
        return "missing"
    if said_prev != prev:
        return "does not follow the entry before it"
    if not same(mac, _mac(key, seq, prev, _row(kind, when, operator, subject, body))):
        return "changed after it was written"
    return ""


def _unmet(anchor: Anchor, seq: int, mac: bytes) -> str:
    if not anchor.sound or anchor.seq != seq:
        return UNSIGNED
    if not same(anchor.mac, mac):
        return "is not what was anchored"
    return ""


def _row(*fields: str) -> bytes:
    return b"".join(_measured(fields))


def _measured(fields: Iterable[str]) -> Iterator[bytes]:
    # Lengths first: moving a letter from one field to the next must change the row.
    for field in fields:
        data = field.encode()
        yield len(data).to_bytes(4, "big")
        yield data


def _mac(key: KeyedSm3, seq: int, prev: bytes, row: bytes) -> bytes:
    return key.mac(b"\x01" + seq.to_bytes(8, "big") + prev + sm3(b"\x00" + row))
