"""One worker's row: found and opened only by who holds the facility's key and the worker's number.

``HMAC-SHA-512(list key, number)`` gives the row's key (16 bytes, in the file) and the secret that
opens it (32 bytes, nowhere): the list can be asked about a person present, and cannot be browsed.
"""

import hmac
import secrets
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sync.errors import ListRefused
from sync.lists.reasons import LIST_DAMAGED

_NONCE_BYTES = 12
_PLACE_BYTES = 16
_SECRET_END = 48


class Place(NamedTuple):
    """Where a worker's row stands, and what opens it."""

    key: bytes
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
        return Place(digest[:_PLACE_BYTES], digest[_PLACE_BYTES:_SECRET_END])

    def sealed(self, place: Place, plain: bytes) -> bytes:
        """Encrypt a record for its place (AES-256-GCM, a random nonce in front)."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(place.secret).encrypt(nonce, plain, place.key)

    def opened(self, place: Place, sealed: bytes) -> bytes:
        """Return the record.

        Raises:
            ListRefused: LIST_DAMAGED, when the row was changed or moved.
        """
        try:
            return AESGCM(place.secret).decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.key
            )
        except (InvalidTag, ValueError) as broken:  # ValueError: too short to hold a nonce
            raise ListRefused(LIST_DAMAGED) from broken
