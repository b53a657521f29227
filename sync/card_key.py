"""What the platform's HSM makes of a 3.0 card's challenges. Holds no key and names no person.

The card's id says which card it is; who holds it is not known before the card is open.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sync import codec
from sync.envelope import PublicKey, SigningKey, open_bytes, sign_bytes
from sync.errors import BadEnvelope, PlatformUnsure
from sync.question import BAD_QUESTION, unsure

CARD_KEY_TYPE = "injury-card-key+jws"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardKeyQuestion:
    """Which card stands in a reader, and its four challenges of eight bytes each.

    ``challenges``: factor and data of the internal authentication, then of the external one.
    ``algorithm`` is the card's own number (1 DES, 2 SSF33, 3 SM4, 0 unknown); ``at`` is aware.
    """

    id: str
    issuing_region: str
    card_id: str = field(repr=False)
    historical_bytes: bytes = field(repr=False)
    algorithm: int
    challenges: tuple[bytes, bytes, bytes, bytes] = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CardKeyAnswer:
    """What the key makes of them: eight bytes to compare, eight bytes to show to the card."""

    internal: bytes = field(repr=False)
    external: bytes = field(repr=False)


def sign_card_key(question: CardKeyQuestion, facility: str, key: SigningKey) -> bytes:
    """Return the question as JWS compact bytes, spoken by ``facility``."""
    factor, data, own_factor, own_data = (one.hex().upper() for one in question.challenges)
    asked = _Asked(
        id=question.id,
        facility=facility,
        issuing_region=question.issuing_region,
        card_id=question.card_id,
        historical_bytes=question.historical_bytes.hex().upper(),
        algorithm=question.algorithm,
        challenges=(factor, data, own_factor, own_data),
        at=question.at.astimezone(UTC),
    )
    return sign_bytes(codec.encode(asked), CARD_KEY_TYPE, key)


def open_card_key(
    signed: bytes, public_keys: Mapping[str, PublicKey]
) -> tuple[str, CardKeyQuestion]:
    """Return the asking facility and its question.

    Raises:
        BadEnvelope: TOO_LARGE, BAD_SIGNATURE, BAD_QUESTION.
    """
    payload = open_bytes(signed, CARD_KEY_TYPE, public_keys)
    try:
        asked = codec.decode(payload, _Asked)
    except codec.NotThisShape:
        # Not chained: the decoder's own error could quote the card's id.
        raise BadEnvelope(BAD_QUESTION) from None
    factor, data, own_factor, own_data = map(bytes.fromhex, asked.challenges)
    question = CardKeyQuestion(
        id=asked.id,
        issuing_region=asked.issuing_region,
        card_id=asked.card_id,
        historical_bytes=bytes.fromhex(asked.historical_bytes),
        algorithm=asked.algorithm,
        challenges=(factor, data, own_factor, own_data),
        at=asked.at,
    )
    return asked.facility, question


def read_card_key(body: bytes, question: CardKeyQuestion) -> CardKeyAnswer:
    """Read an answer to this very question.

    Raises:
        PlatformUnsure: unreadable, or to another question.
    """
    try:
        said = codec.decode(body, _Said)
    except codec.NotThisShape:
        raise PlatformUnsure(unsure("答复无法读取", "the answer cannot be read")) from None
    if said.question != question.id:
        raise PlatformUnsure(unsure("答复与所问的卡不符", "the answer is about another card"))
    return CardKeyAnswer(
        internal=bytes.fromhex(said.internal), external=bytes.fromhex(said.external)
    )


class _Asked(codec.Strict, frozen=True):
    id: codec.Filled
    facility: codec.Filled
    issuing_region: codec.Filled
    card_id: codec.CardId
    historical_bytes: codec.HexBytes
    algorithm: codec.Count
    challenges: tuple[codec.EightBytes, codec.EightBytes, codec.EightBytes, codec.EightBytes]
    at: codec.Aware


class _Said(codec.Tolerant, frozen=True):
    question: str
    internal: codec.EightBytes
    external: codec.EightBytes
