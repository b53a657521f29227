"""Values sealed before they reach the disk: compressed, encrypted, bound to their place.

A sealed value is ``0x01 ‖ cipher ‖ key version (2) ‖ nonce (12) ‖ ciphertext ‖ tag (16)``; version
and cipher are bound with the place. What the first releases sealed begins with the nonce. Decides
nothing about who may open a value. The one importer of zstandard.
"""

import threading
from contextlib import suppress
from typing import TypeVar

import zstandard

from edge import codec
from edge.core.errors import Fault, Words
from edge.digest import KeyedSm3
from edge.store.keys import Keys
from edge.trust.crypto import Cipher, SealBrokenError, Sealing

T = TypeVar("T")

_LEVEL = 1  # half of level 3's time, and the same size up to a thousand lines
_PLAIN_MAX = 64 * 1024 * 1024


CIPHERS = {"aes-256-gcm": Cipher.AES_256_GCM, "sm4-gcm": Cipher.SM4_GCM}
"""What the setting ``identities.cipher`` chooses between."""

_KNOWN = {bytes([cipher.value]) for cipher in Cipher}
_FORM = b"\x01"
_HEAD_BYTES = 4


class _Packing(threading.local):
    """A thread's own: making one anew takes longer than a small value's compression."""

    def __init__(self) -> None:
        self.compress = zstandard.ZstdCompressor(level=_LEVEL).compress
        self.decompress = zstandard.ZstdDecompressor().decompress


_PACKING = _Packing()


class Vault:
    """Seals with the site's newest identity key, and opens with the one that sealed."""

    def __init__(self, keys: Keys, cipher: Cipher = Cipher.AES_256_GCM) -> None:
        self._keys = keys
        version = len(keys.identity).to_bytes(2, "big")
        self._head = _FORM + bytes([cipher.value]) + version
        self._newest = Sealing(keys.identity[-1], cipher)
        self._opening = {(len(keys.identity), cipher): self._newest}
        self._index = tuple(map(KeyedSm3, keys.index))

    def seal(self, plain: bytes, place: str) -> bytes:
        """Compress and encrypt; ``place`` (``table.column:row``) must be given again to open."""
        packed = _PACKING.compress(plain)
        bound = place.encode() + b"|" + self._head
        return self._head + self._newest.seal(packed, bound)

    def is_newest(self, sealed: bytes) -> bool:
        """Tell whether the value was sealed with the newest key, by the cipher in force."""
        return sealed.startswith(self._head)

    def unseal(self, sealed: bytes, place: str) -> bytes:
        """Return the plain bytes.

        Raises:
            Fault: SEAL_BROKEN, when the row was changed, moved, or sealed with another key.
        """
        try:
            packed = self._unsealed(sealed, place.encode())
            return _PACKING.decompress(packed, max_output_size=_PLAIN_MAX)
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
        return self._index[-1].mac(number.encode())

    def blinds(self, number: str) -> tuple[bytes, ...]:
        """Return the index under every key there was: a row that an older one indexed counts."""
        return tuple(key.mac(number.encode()) for key in self._index)

    def _unsealed(self, sealed: bytes, place: bytes) -> bytes:
        head, body = sealed[:_HEAD_BYTES], sealed[_HEAD_BYTES:]
        version = int.from_bytes(head[2:], "big")
        known = head[1:2] in _KNOWN and 1 <= version <= len(self._keys.identity)
        if head[:1] == _FORM and known:
            with suppress(SealBrokenError):
                return self._sealing(version, Cipher(head[1])).unseal(body, place + b"|" + head)
        # A nonce of the first releases may begin like a head; its tag tells.
        return self._sealing(1, Cipher.AES_256_GCM).unseal(sealed, place)

    def _sealing(self, version: int, cipher: Cipher) -> Sealing:
        """Return a key's sealing, set up when it is first needed; two threads may both do it."""
        made = self._opening.get((version, cipher))
        if made is None:
            made = self._opening[version, cipher] = Sealing(
                self._keys.identity[version - 1], cipher
            )
        return made


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
