"""One worker's row: found and opened only by who holds the facility's key and the worker's number.

``HMAC-SHA-512(list key, number)`` gives the row's place (62 bits of it, in the file) and the secret
that opens it (32 bytes, nowhere): the list can be asked about a person present, and cannot be
browsed. Who finds the place taken, once in some hundred thousand lists of ten million rows, stands
at one of the next.
"""

import hmac
import secrets
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12
_NAME_BYTES = 16
_SECRET_END = 48
_AT_BYTES = 8
_SIGN_BITS = 2
"""SQLite's numbers are signed, and a look-up asks for a few places more."""


PLACES = 4
"""At how many places a row may stand, from its own on."""


class Place(NamedTuple):
    """Where a worker's row stands, or just after it; whose it is; what opens it."""

    at: int
    name: bytes
    secret: bytes


class RowSeal:
    """Seals and opens rows with the facility's list key (32 bytes)."""

    def __init__(self, key: bytes) -> None:
        self._keyed = hmac.new(key, digestmod="sha512")

    def place(self, number: str) -> Place:
        """Return the place of this identity number."""
        keyed = self._keyed.copy()
        keyed.update(number.encode())
        digest = keyed.digest()
        at = int.from_bytes(digest[:_AT_BYTES]) >> _SIGN_BITS
        return Place(at, digest[:_NAME_BYTES], digest[_NAME_BYTES:_SECRET_END])

    def sealed(self, place: Place, plain: bytes) -> bytes:
        """Encrypt a record for its place (AES-256-GCM, a random nonce in front)."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(place.secret).encrypt(nonce, plain, place.name)

    def opened(self, place: Place, sealed: bytes) -> bytes | None:
        """Return the record; None: it is another's, or was changed or moved."""
        try:
            return AESGCM(place.secret).decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.name
            )
        except (InvalidTag, ValueError):  # ValueError: too short to hold a nonce
            return None
