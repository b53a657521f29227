"""The head of the edge's ledger, signed: what an anchor outside the box keeps. Knows no ledger.

It names the newest entry and its MAC; a ledger that was cut or put back later cannot meet it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sync import codec
from sync.envelope import PublicKey, SigningKey, open_bytes, sign_bytes
from sync.errors import BadEnvelope, PlatformUnreachable, Reason
from sync.question import unreachable

LEDGER_HEAD_TYPE = "injury-ledger-head+jws"

ORDER_KEY = "ledger"
"""The story of a facility's heads: one follows the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerHead:
    """Entry ``seq`` and its MAC (32 bytes) were the newest ``at`` this aware moment."""

    seq: int
    mac: bytes
    at: datetime


def sign_head(head: LedgerHead, key: SigningKey) -> bytes:
    """Return the head as JWS compact bytes. Equal heads and keys give equal bytes."""
    said = _Head(seq=head.seq, mac=head.mac.hex().upper(), at=head.at.astimezone(UTC))
    return sign_bytes(codec.encode(said), LEDGER_HEAD_TYPE, key)


def open_head(signed: bytes, public_keys: Mapping[str, PublicKey]) -> LedgerHead:
    """Return the head that one of ``public_keys`` signed.

    Raises:
        BadEnvelope: TOO_LARGE, BAD_SIGNATURE, BAD_ENVELOPE.
    """
    try:
        said = codec.decode(open_bytes(signed, LEDGER_HEAD_TYPE, public_keys), _Head)
    except codec.NotThisShape as wrong:
        raise BadEnvelope(_BAD_HEAD) from wrong
    return LedgerHead(seq=said.seq, mac=bytes.fromhex(said.mac), at=said.at)


def read_kept_head(body: bytes) -> bytes:
    """Return the signed head in the platform's answer; whether we signed it is another question.

    Raises:
        PlatformUnreachable: the answer cannot be read.
    """
    try:
        return codec.decode(body, _Kept).signed.encode()
    except codec.NotThisShape as wrong:
        raise PlatformUnreachable(unreachable("unreadable")) from wrong


class _Kept(codec.Tolerant, frozen=True):
    signed: str


class _Head(codec.Strict, frozen=True):
    seq: codec.Ordinal
    mac: codec.Mac
    at: codec.Aware


_BAD_HEAD = Reason(
    code="BAD_ENVELOPE",
    text="账链头内容不符合协议",
    text_en="the ledger's head does not follow the protocol",
    next_action="核对来源，勿采信",
    next_action_en="find out where it comes from; do not trust it",
)
