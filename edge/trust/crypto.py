"""Secrets at work: sealing, password hashes, fresh keys and tokens. Holds no keys.

Imports ``cryptography``, as ``edge.digest`` does; ``sync.envelope`` signs for the wire.
"""

import base64
import hmac
import secrets
from datetime import datetime
from enum import Enum
from typing import assert_never
from urllib.parse import quote, urlencode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.twofactor.totp import TOTP

KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
_SM4_KEY_BYTES = 16
_SALT_BYTES = 16

# What every authenticator app knows (RFC 6238 as they read it); SHA-1 serves as a MAC here.
_FACTOR_BYTES = 20
_CODE_DIGITS = 6
_STEP_S = 30
_ISSUER = "Injury Desk Edge"

_SPOKEN = "23456789abcdefghjkmnpqrstuvwxyz"  # no 0 and o, 1, i and l
_FIRST_PASSWORD_LENGTH = 16


class Cipher(Enum):
    """How identities are sealed; the value is written before what it sealed."""

    AES_256_GCM = 1
    SM4_GCM = 2


class SealBrokenError(Exception):
    """The bytes were not sealed with this key for this place, or were changed since."""


def new_key() -> bytes:
    """Return 32 random bytes."""
    return secrets.token_bytes(KEY_BYTES)


class Sealing:
    """One key at work under one cipher: set up once, for every value it seals. Thread-safe."""

    def __init__(self, key: bytes, cipher: Cipher = Cipher.AES_256_GCM) -> None:
        self._aead = _aead(key, cipher)

    def seal(self, plain: bytes, place: bytes) -> bytes:
        """Encrypt under a random nonce; ``place`` is bound but not stored."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, plain, place)

    def unseal(self, sealed: bytes, place: bytes) -> bytes:
        """Return what ``seal`` took.

        Raises:
            SealBrokenError: another key, cipher or place, or changed bytes.
        """
        try:
            return self._aead.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place)
        except (InvalidTag, ValueError) as broken:  # ValueError: too short to hold a nonce
            raise SealBrokenError from broken


def seal(key: bytes, plain: bytes, place: bytes) -> bytes:
    """Seal one value with a key of 32 bytes that nothing else is sealed with."""
    return Sealing(key).seal(plain, place)


def unseal(key: bytes, sealed: bytes, place: bytes) -> bytes:
    """Return what ``seal`` took.

    Raises:
        SealBrokenError: another key or place, or changed bytes.
    """
    return Sealing(key).unseal(sealed, place)


class _Sm4Gcm:
    """SM4-GCM (GB/T 32907, RFC 8998) with the interface of ``AESGCM``: the tag comes last."""

    def __init__(self, key: bytes) -> None:
        self._key = SM4(key)

    def encrypt(self, nonce: bytes, plain: bytes, place: bytes) -> bytes:
        """Encrypt, the tag at the end."""
        encryptor = BlockCipher(self._key, GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(place)
        return encryptor.update(plain) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, sealed: bytes, place: bytes) -> bytes:
        """Return what was encrypted; raise ``InvalidTag`` or ``ValueError`` otherwise."""
        decryptor = BlockCipher(self._key, GCM(nonce, sealed[-_TAG_BYTES:])).decryptor()
        decryptor.authenticate_additional_data(place)
        return decryptor.update(sealed[:-_TAG_BYTES]) + decryptor.finalize()


def _aead(key: bytes, cipher: Cipher) -> AESGCM | _Sm4Gcm:
    match cipher:
        case Cipher.AES_256_GCM:
            return AESGCM(key)
        case Cipher.SM4_GCM:
            # A key of its own: one key in two ciphers would be one too few.
            mac = HMAC(key, hashes.SM3())
            mac.update(b"edge SM4-GCM")
            return _Sm4Gcm(mac.finalize()[:_SM4_KEY_BYTES])
        case _:
            assert_never(cipher)


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


def new_first_password() -> str:
    """Return a password to be read out and typed once: 79 random bits, no letter like another."""
    letters = [secrets.choice(_SPOKEN) for _ in range(_FIRST_PASSWORD_LENGTH)]
    return "-".join("".join(letters[at : at + 4]) for at in range(0, len(letters), 4))


def new_second_factor() -> bytes:
    """Return the secret that an authenticator and we will share."""
    return secrets.token_bytes(_FACTOR_BYTES)


def second_factor_step(secret: bytes, code: str, at: datetime) -> int | None:
    """Return the time step whose code this is, or None; one step to either side is a slow clock."""
    now = int(at.timestamp()) // _STEP_S
    given = code.strip().encode()
    totp = _totp(secret)
    for step in (now, now - 1, now + 1):
        if hmac.compare_digest(totp.generate(step * _STEP_S), given):
            return step
    return None


def second_factor_code(secret: bytes, at: datetime) -> str:
    """Return what the authenticator shows at this moment."""
    return _totp(secret).generate(int(at.timestamp())).decode()


def second_factor_uri(secret: bytes, name: str) -> str:
    """Return what is typed into, or shown to, an authenticator (``otpauth://``)."""
    label = quote(f"{_ISSUER}:{name}")
    asked = {"secret": base64.b32encode(secret).decode().rstrip("="), "issuer": _ISSUER}
    return f"otpauth://totp/{label}?{urlencode(asked, quote_via=quote)}"


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, _CODE_DIGITS, hashes.SHA1(), _STEP_S)  # noqa: S303 - see _FACTOR_BYTES
