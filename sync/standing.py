"""What became of a message: asked by its own id, signed by whoever had sent it. Decides nothing.

The answer is one of ``sync.outcome``; nobody else learns what a facility has sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sync import codec
from sync.envelope import PublicKey, SigningKey, open_bytes, sign_bytes
from sync.errors import BadEnvelope
from sync.question import BAD_QUESTION

STANDING_TYPE = "injury-standing+jws"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingQuestion:
    """Asks what became of the message ``id``; ``at`` is aware."""

    id: str
    at: datetime


def sign_standing(question: StandingQuestion, facility: str, key: SigningKey) -> bytes:
    """Return the question as JWS compact bytes, spoken by ``facility``."""
    asked = _Asked(id=question.id, facility=facility, at=question.at.astimezone(UTC))
    return sign_bytes(codec.encode(asked), STANDING_TYPE, key)


def open_standing(
    signed: bytes, public_keys: Mapping[str, PublicKey]
) -> tuple[str, StandingQuestion]:
    """Return the asking facility and its question.

    Raises:
        BadEnvelope: TOO_LARGE, BAD_SIGNATURE, BAD_QUESTION.
    """
    payload = open_bytes(signed, STANDING_TYPE, public_keys)
    try:
        asked = codec.decode(payload, _Asked)
    except codec.NotThisShape as wrong:
        raise BadEnvelope(BAD_QUESTION) from wrong
    return asked.facility, StandingQuestion(id=asked.id, at=asked.at)


class _Asked(codec.Strict, frozen=True):
    id: codec.Filled
    facility: codec.Filled
    at: codec.Aware
