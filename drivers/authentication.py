"""The two-step authentication that opens the personal file of a 3.0 card. Holds no key itself.

First the card proves itself: two of its challenges go back to it, and its answer must be the one
that its issuer's key gives. Then we prove ourselves: two more challenges, and the card accepts
what the key makes of them. Who holds the key (RKSSSE) is an `Authenticator`: a PSAM in the reader,
the platform's HSM, or a hospital system's own. The card's security state lasts until power-off or
another application: all of it happens inside one transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from hmac import compare_digest

from drivers.apdu import Command, Status, exchange
from drivers.errors import CardRefused, DamagedRecord, Flaw
from drivers.key_errors import KeyRefused, NotGenuine
from drivers.transport import Transport

CHALLENGE_BYTES = 8
ANSWER_BYTES = 8

_KEY = 0x0A  # P2 of EXTERNAL AUTHENTICATE (CARD.md §1)
_GET_CHALLENGE = Command(0x84, 0, 0, expected=CHALLENGE_BYTES)
_TRIES_COUNTED = 0x63C
_REFUSED = {Status.SECURITY_NOT_SATISFIED, Status.NOT_IN_THIS_STATE, 0x6983, 0x6300}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRequest:
    """What the holder of the key must know: which card it is, and its four challenges.

    ``challenges``: factor and data of the internal authentication, then of the external one.
    ``algorithm``: 1 DES, 2 SSF33, 3 SM4, 0 where the card does not say.
    """

    issuing_region: str
    historical_bytes: bytes = field(repr=False)
    algorithm: int
    card_id: str = field(repr=False)
    challenges: tuple[bytes, bytes, bytes, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAnswers:
    """What the key makes of the challenges: eight bytes for each of the two authentications."""

    internal: bytes = field(repr=False)
    external: bytes = field(repr=False)


Authenticator = Callable[[KeyRequest], KeyAnswers]
"""Who holds the key. Raises `DriverError`: CARD_KEY_MISSING when it gives no answer."""


def authenticate(
    transport: Transport, asked: Callable[[tuple[bytes, bytes, bytes, bytes]], KeyAnswers]
) -> None:
    """Open the guarded files of the selected application; ``asked`` gives the key's answers.

    A refusal is never tried again: each costs the card one of its tries.

    Raises:
        NotGenuine: the card's own answer is another than the key's.
        KeyRefused: the card does not accept the key's answer.
        DriverError: as ``asked``, as the transport, or CARD_REFUSED when a step is unknown to it.
    """
    factor, data = _challenge(transport), _challenge(transport)
    proof = _internal(transport, factor + data)
    own_factor, own_data = _challenge(transport), _challenge(transport)
    answers = asked((factor, data, own_factor, own_data))
    if not compare_digest(proof, answers.internal):
        raise NotGenuine
    _external(transport, answers.external + own_factor)


def _challenge(transport: Transport) -> bytes:
    answer = exchange(transport, _GET_CHALLENGE)
    if answer.status != Status.DONE:
        raise CardRefused(answer.status, field="challenge")
    if len(answer.data) != CHALLENGE_BYTES:
        raise DamagedRecord("challenge", Flaw.TRUNCATED)
    return answer.data


def _internal(transport: Transport, data: bytes) -> bytes:
    answer = exchange(transport, Command(0x88, 0, 0, data=data))
    if answer.status != Status.DONE:
        raise CardRefused(answer.status, field="internal_authenticate")
    return answer.data


def _external(transport: Transport, data: bytes) -> None:
    status = exchange(transport, Command(0x82, 0, _KEY, data=data)).status
    if status >> 4 == _TRIES_COUNTED or status in _REFUSED:
        raise KeyRefused(status)
    if status != Status.DONE:
        raise CardRefused(status, field="external_authenticate")
