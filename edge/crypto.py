"""Secrets at work: sealing, password hashes, fresh keys and tokens. Holds no keys.

Imports ``cryptography``, as ``edge.digest`` does; ``sync.envelope`` signs for the wire.
"""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

KEY_BYTES = 32
_NONCE_BYTES = 12
_SALT_BYTES = 16


class SealBrokenError(Exception):
    """The bytes were not sealed with this key for this place, or were changed since."""


def new_key() -> bytes:
    """Return 32 random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def seal(key: bytes, plain: bytes, place: bytes) -> bytes:
    """Encrypt with AES-256-GCM under a random nonce; ``place`` is bound but not stored."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, place)


def unseal(key: bytes, sealed: bytes, place: bytes) -> bytes:
    """Return what ``seal`` took.

    Raises:
        SealBrokenError: another key, another place, or changed bytes.
    """
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place)
    except (InvalidTag, ValueError) as broken:  # ValueError: too short to hold a nonce
        raise SealBrokenError from broken


def hash_password(password: str) -> str:
    """Return an argon2id hash in PHC form (19 MiB, two passes)."""
    salt = secrets.token_bytes(_SALT_BYTES)
    kdf = Argon2id(salt=salt, length=32, iterations=2, lanes=1, memory_cost=19 * 1024)
    return kdf.derive_phc_encoded(password.encode())


def password_matches(password: str, phc: str) -> bool:
    """Tell whether ``password`` made ``phc``."""
    try:
        Argon2id.verify_phc_encoded(password.encode(), phc)
    except Exception:  # noqa: BLE001 - the library raises several types for "no"
        return False
    return True


def new_token() -> str:
    """Return 256 random bits for a session or a hospital system, safe in a header."""
    return secrets.token_urlsafe(KEY_BYTES)
