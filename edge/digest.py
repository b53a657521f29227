"""Digests and keyed digests: the same bytes in, the same bytes out. Knows no secret of its own."""

import hashlib
import hmac as constant_time

from cryptography.hazmat.primitives import hashes, hmac

_EMPTY = hashes.Hash(hashes.SM3())
"""Copied for each digest: to set one up takes longer than to digest a row."""


class KeyedSm3:
    """HMAC-SM3 under one key, whose state is made once and copied. Thread-safe."""

    def __init__(self, key: bytes) -> None:
        self._state = hmac.HMAC(key, hashes.SM3())

    def mac(self, data: bytes) -> bytes:
        """Return the 32 bytes over ``data``."""
        state = self._state.copy()
        state.update(data)
        return state.finalize()


def sm3(data: bytes) -> bytes:
    """Return the SM3 digest (GB/T 32905), 32 bytes."""
    digest = _EMPTY.copy()
    digest.update(data)
    return digest.finalize()


def sha256(data: bytes) -> str:
    """Return the SHA-256 digest in hexadecimal: what we call the hash of a document or pack."""
    return hashlib.sha256(data).hexdigest()


def hmac_sm3(key: bytes, data: bytes) -> bytes:
    """Return HMAC-SM3, 32 bytes."""
    return KeyedSm3(key).mac(data)


def same(one: bytes, other: bytes) -> bool:
    """Compare in constant time."""
    return constant_time.compare_digest(one, other)
