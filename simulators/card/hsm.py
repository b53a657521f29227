"""The rehearsal's keys: what a PSAM, or the platform's HSM, makes of a card's challenges.

The real computation (RKSSSE) is not public. Ours has its shape, one key for each card below a
master, another for each factor, and none of its secrets.
"""

import hmac
from collections.abc import Iterable

from drivers.authentication import ANSWER_BYTES, KeyAnswers, KeyRequest

_MASTER = b"the rehearsal's master key, which guards nothing"


def derived(factors: Iterable[bytes], key: bytes = _MASTER) -> bytes:
    """Return the key below ``key`` that the factors lead to, one after another."""
    for factor in factors:
        key = hmac.digest(key, factor, "sha256")
    return key


def card_key(historical_bytes: bytes, region: str) -> bytes:
    """Return the key of one virtual card."""
    return derived((historical_bytes[-8:], region.ljust(6, "0").encode() + b"sx"))


def proof(key: bytes, factor: bytes, data: bytes) -> bytes:
    """Return the eight bytes that ``key`` makes of one challenge."""
    return encrypted(derived((factor,), key), data)


def encrypted(key: bytes, data: bytes) -> bytes:
    """Return the eight bytes that a derived key makes of ``data``."""
    return hmac.digest(key, data, "sha256")[:ANSWER_BYTES]


def answers(request: KeyRequest) -> KeyAnswers:
    """Answer as an HSM that knows every virtual card."""
    key = card_key(request.historical_bytes, request.issuing_region)
    factor, data, own_factor, own_data = request.challenges
    return KeyAnswers(internal=proof(key, factor, data), external=proof(key, own_factor, own_data))
