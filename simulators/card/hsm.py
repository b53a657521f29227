"""The rehearsal's keys: what a PSAM, or the platform's HSM, makes of a card's challenges.

The real computation (RKSSSE) is not public. Ours has its shape, one key for each card below a
master, another for each factor, and none of its secrets.
"""

import hmac

from drivers.authentication import ANSWER_BYTES, KeyAnswers, KeyRequest

_MASTER = b"the rehearsal's master key, which guards nothing"


def card_key(card_id: str) -> bytes:
    """Return the key of one virtual card."""
    return hmac.digest(_MASTER, card_id.encode(), "sha256")


def proof(key: bytes, factor: bytes, data: bytes) -> bytes:
    """Return the eight bytes that ``key`` makes of one challenge."""
    return hmac.digest(hmac.digest(key, factor, "sha256"), data, "sha256")[:ANSWER_BYTES]


def answers(request: KeyRequest) -> KeyAnswers:
    """Answer as an HSM that knows every virtual card."""
    key = card_key(request.card_id)
    factor, data, own_factor, own_data = request.challenges
    return KeyAnswers(internal=proof(key, factor, data), external=proof(key, own_factor, own_data))
