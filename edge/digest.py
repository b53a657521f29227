"""Digests and keyed digests: the same bytes in, the same bytes out. Knows no secret of its own."""

import hashlib
import hmac as constant_time

from cryptography.hazmat.primitives import hashes, hmac


def sm3(data: bytes) -> bytes:
    """Return the SM3 digest (GB/T 32905), 32 bytes."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


def sha256(data: bytes) -> str:
    """Return the SHA-256 digest in hexadecimal: what we call the hash of a document or pack."""
    return hashlib.sha256(data).hexdigest()


def hmac_sm3(key: bytes, data: bytes) -> bytes:
    """Return HMAC-SM3, 32 bytes."""
    mac = hmac.HMAC(key, hashes.SM3())
    mac.update(data)
    return mac.finalize()


def same(one: bytes, other: bytes) -> bool:
    """Compare in constant time."""
    return constant_time.compare_digest(one, other)
