"""JSON as it stands on the wire, read strictly into typed values. Knows no message.

The one importer of msgspec in ``sync``.
"""

from datetime import datetime
from threading import Lock
from typing import Annotated, Any, TypeVar

import msgspec

T = TypeVar("T")

_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}
_making = Lock()

Raw = msgspec.Raw
"""A piece of JSON kept byte for byte."""


Aware = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment that says its offset from UTC."""

Filled = Annotated[str, msgspec.Meta(min_length=1)]
"""Text that is not empty."""

Short = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
"""Text that fits a line."""

Code = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
"""What a scanner can have read."""

CitizenNumber = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{17}[0-9X]$")]
"""A citizen number by its form; its check character is not looked at."""

Division = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{6}$")]
"""A six-digit division code."""

CardId = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-F]{32}$")]
"""卡识别码 in hexadecimal."""

HexBytes = Annotated[str, msgspec.Meta(pattern=r"^([0-9A-F]{2}){0,32}$")]
"""Up to 32 bytes in hexadecimal."""

EightBytes = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-F]{16}$")]
"""Eight bytes in hexadecimal."""

Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 in hexadecimal."""

Mac = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-F]{64}$")]
"""32 bytes in hexadecimal."""

MessageId = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z_-]{1,64}$")]
"""A message's id."""

Month = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}$")]
"""A month, ``2026-11``."""

Fen = Annotated[int, msgspec.Meta(ge=-(10**15), le=10**15)]
"""A sum of money in fen, no larger than any fund's."""

Count = Annotated[int, msgspec.Meta(ge=0)]
"""How many."""

Ordinal = Annotated[int, msgspec.Meta(ge=1)]
"""Which in a sequence."""


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A record of ours: a field too many is an error."""


class Tolerant(msgspec.Struct, frozen=True, kw_only=True):
    """A record of the platform's: a later version may add fields."""


class NotThisShape(ValueError):
    """The bytes are not JSON, or not JSON of the shape asked for. Quotes no value."""


def decode(data: bytes, kind: type[T]) -> T:
    """Read JSON bytes into ``kind``.

    Raises:
        NotThisShape: not JSON, not UTF-8, nested too deeply, or of another shape.
    """
    try:
        return _decoder(kind).decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise NotThisShape(str(wrong)) from wrong


def encode(value: object) -> bytes:
    """Write canonical JSON: keys sorted, no spaces, UTF-8; ``Raw`` pieces stay as they are."""
    return msgspec.json.encode(value, order="sorted")


def _decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    """Return the one decoder of a type, made by one thread (see ``edge.codec``)."""
    made = _decoders.get(kind)
    if made is None:
        with _making:
            made = _decoders.setdefault(kind, msgspec.json.Decoder(kind))
    return made
