"""What the platform keeps of ours: asked by a site that was restored and may have forgotten.

The answer holds our own signed messages, so that nobody else's word is taken for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sync import codec
from sync.envelope import PublicKey, SigningKey, open_bytes, sign_bytes
from sync.errors import BadEnvelope, PlatformUnsure
from sync.question import BAD_QUESTION, unsure

RECOLLECTION_TYPE = "injury-recollection+jws"
PAGE_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RecollectionQuestion:
    """Asks for what was accepted from us since a moment, from place ``after`` on."""

    id: str
    at: datetime
    since: datetime
    after: int = 0


@dataclass(frozen=True, slots=True)
class Recollection:
    """Messages as we had signed them, oldest first; ``more`` says that there are others."""

    signed: tuple[bytes, ...]
    more: bool


def sign_recollection(question: RecollectionQuestion, facility: str, key: SigningKey) -> bytes:
    """Return the question as JWS compact bytes, spoken by ``facility``."""
    asked = _Asked(
        id=question.id,
        facility=facility,
        at=question.at.astimezone(UTC),
        since=question.since.astimezone(UTC),
        after=question.after,
    )
    return sign_bytes(codec.encode(asked), RECOLLECTION_TYPE, key)


def open_recollection(
    signed: bytes, public_keys: Mapping[str, PublicKey]
) -> tuple[str, RecollectionQuestion]:
    """Return the asking facility and its question.

    Raises:
        BadEnvelope: TOO_LARGE, BAD_SIGNATURE, BAD_QUESTION.
    """
    payload = open_bytes(signed, RECOLLECTION_TYPE, public_keys)
    try:
        asked = codec.decode(payload, _Asked)
    except codec.NotThisShape as wrong:
        raise BadEnvelope(BAD_QUESTION) from wrong
    question = RecollectionQuestion(id=asked.id, at=asked.at, since=asked.since, after=asked.after)
    return asked.facility, question


def read_recollection(body: bytes, question: RecollectionQuestion) -> Recollection:
    """Read the answer to this very question.

    Raises:
        PlatformUnsure: unreadable, of another question, or longer than a page.
    """
    try:
        said = codec.decode(body, _Said)
    except codec.NotThisShape as wrong:
        raise PlatformUnsure(unsure("答复无法读取", "the answer cannot be read")) from wrong
    if said.question != question.id or len(said.messages) > PAGE_MAX:
        raise PlatformUnsure(unsure("答复与所问不符", "the answer is to another question"))
    return Recollection(tuple(one.encode() for one in said.messages), said.more)


class _Asked(codec.Strict, frozen=True):
    id: codec.Filled
    facility: codec.Filled
    at: codec.Aware
    since: codec.Aware
    after: codec.Count


class _Said(codec.Tolerant, frozen=True):
    question: str
    messages: tuple[str, ...]
    more: bool
