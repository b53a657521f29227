"""Values sealed before they reach the disk: compressed, encrypted, bound to their place.

Decides nothing about who may open them. The one importer of zstandard.
"""

from typing import TypeVar

import zstandard

from edge import codec
from edge.core.errors import Fault, Words
from edge.crypto import SealBrokenError, seal, unseal
from edge.digest import hmac_sm3
from edge.store.keys import Keys

T = TypeVar("T")

_LEVEL = 3
_PLAIN_MAX = 64 * 1024 * 1024


class Vault:
    """Seals and opens with the site's identity key."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def seal(self, plain: bytes, place: str) -> bytes:
        """Compress and encrypt; ``place`` (``table.column:row``) must be given again to open."""
        packed = zstandard.ZstdCompressor(level=_LEVEL).compress(plain)
        return seal(self._keys.identity, packed, place.encode())

    def unseal(self, sealed: bytes, place: str) -> bytes:
        """Return the plain bytes.

        Raises:
            Fault: SEAL_BROKEN, when the row was changed, moved, or sealed with another key.
        """
        try:
            packed = unseal(self._keys.identity, sealed, place.encode())
            return zstandard.ZstdDecompressor().decompress(packed, max_output_size=_PLAIN_MAX)
        except (SealBrokenError, zstandard.ZstdError) as broken:
            raise _broken(place) from broken

    def seal_value(self, value: object, place: str) -> bytes:
        """Seal a value as canonical JSON."""
        return self.seal(codec.encode(value), place)

    def open_value(self, sealed: bytes, kind: type[T], place: str) -> T:
        """Open what ``seal_value`` sealed."""
        return codec.decode(self.unseal(sealed, place), kind)

    def blind(self, number: str) -> bytes:
        """Return the blind index of an identity number: equal numbers only, never reversed."""
        return hmac_sm3(self._keys.index, number.encode())


def _broken(place: str) -> Fault:
    return Fault(
        "SEAL_BROKEN",
        Words(f"数据 {place} 无法解密，可能被改动或密钥不符", f"{place} cannot be opened"),
        Words(
            "停止使用该记录，由信息科核对密钥并从备份恢复",
            "do not use this record; check the keys and restore it from the backup",
        ),
        field=place,
    )
