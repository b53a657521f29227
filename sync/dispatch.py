"""What the platform sends down: one dispatch, signed by it; and the page in which dispatches come.

Keeps nothing and applies nothing (``sync.inbox`` keeps). The forms are in
docs/platform-protocol.md.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sync import codec
from sync.envelope import PublicKey, SigningKey, open_bytes, sign_bytes
from sync.errors import BadEnvelope, PlatformUnsure, Reason
from sync.question import BAD_QUESTION, unsure

DISPATCH_TYPE = "injury-dispatch+jws"
PAGE_TYPE = "injury-inbox+jws"
PAGE_MAX = 100

_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_ORDER_KEY_LENGTH_MAX = 128


class DispatchKind(StrEnum):
    """What a dispatch tells the facility. Add, never rename; a kind not listed here is kept."""

    AUDIT_RESULT = "audit_result"
    OBJECTION_ANSWER = "objection_answer"
    STATEMENT = "statement"
    PAYMENT = "payment"
    WORKER_STANDING = "worker_standing"
    FACILITY_STANDING = "facility_standing"
    CATALOGUE_RELEASE = "catalogue_release"
    PACK_RELEASE = "pack_release"
    SETTLEMENT_INQUIRY = "settlement_inquiry"
    REIMBURSEMENT = "reimbursement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """One thing told to one facility.

    ``seq`` counts 1, 2, 3 … for each facility, without gaps; ``order_key`` is the stay, the claim
    (``claim-2026-11``) or the matter; ``kind`` is kept as it came; ``body`` is one JSON object.
    """

    id: str
    seq: int
    facility: str
    kind: str
    order_key: str
    moment: datetime
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PageQuestion:
    """Asks for what came after dispatch number ``after``: that is also the acknowledgement."""

    id: str
    at: datetime
    after: int
    limit: int = PAGE_MAX


@dataclass(frozen=True, slots=True)
class Page:
    """Signed dispatches as they came, and the number of the newest that the platform has."""

    signed: tuple[bytes, ...]
    newest: int


def sign_dispatch(dispatch: Dispatch, key: SigningKey) -> bytes:
    """Return the dispatch as JWS compact bytes: what the platform does."""
    payload = _Payload(
        id=dispatch.id,
        seq=dispatch.seq,
        facility=dispatch.facility,
        kind=dispatch.kind,
        order_key=dispatch.order_key,
        moment=dispatch.moment.astimezone(UTC),
        body=codec.Raw(dispatch.body),
    )
    return sign_bytes(codec.encode(payload), DISPATCH_TYPE, key)


def open_dispatch(signed: bytes, public_keys: Mapping[str, PublicKey]) -> Dispatch:
    """Return the dispatch that one of the platform's keys signed.

    Raises:
        BadEnvelope: TOO_LARGE, BAD_SIGNATURE, BAD_DISPATCH.
    """
    payload = open_bytes(signed, DISPATCH_TYPE, public_keys)
    try:
        read = codec.decode(payload, _Payload)
        codec.decode(bytes(read.body), dict[str, Any])
    except codec.NotThisShape as wrong:
        raise BadEnvelope(BAD_DISPATCH) from wrong
    fits = _ID.fullmatch(read.id) and read.order_key.isprintable()
    if not fits or len(read.order_key) > _ORDER_KEY_LENGTH_MAX:
        raise BadEnvelope(BAD_DISPATCH)
    return Dispatch(
        id=read.id,
        seq=read.seq,
        facility=read.facility,
        kind=read.kind,
        order_key=read.order_key,
        moment=read.moment,
        body=bytes(read.body),
    )


def sign_page_question(question: PageQuestion, facility: str, key: SigningKey) -> bytes:
    """Return the question as JWS compact bytes, spoken by ``facility``."""
    asked = _Asked(
        id=question.id,
        facility=facility,
        at=question.at.astimezone(UTC),
        after=question.after,
        limit=question.limit,
    )
    return sign_bytes(codec.encode(asked), PAGE_TYPE, key)


def open_page_question(
    signed: bytes, public_keys: Mapping[str, PublicKey]
) -> tuple[str, PageQuestion]:
    """Return the asking facility and its question.

    Raises:
        BadEnvelope: TOO_LARGE, BAD_SIGNATURE, BAD_QUESTION.
    """
    payload = open_bytes(signed, PAGE_TYPE, public_keys)
    try:
        asked = codec.decode(payload, _Asked)
    except codec.NotThisShape as wrong:
        raise BadEnvelope(BAD_QUESTION) from wrong
    limit = min(asked.limit, PAGE_MAX)
    return asked.facility, PageQuestion(id=asked.id, at=asked.at, after=asked.after, limit=limit)


def read_page(body: bytes, question: PageQuestion) -> Page:
    """Read the answer to this very question.

    Raises:
        PlatformUnsure: unreadable, of another question, or longer than was asked for.
    """
    try:
        said = codec.decode(body, _Said)
    except codec.NotThisShape as wrong:
        raise PlatformUnsure(unsure("答复无法读取", "the answer cannot be read")) from wrong
    if said.question != question.id or len(said.items) > question.limit:
        raise PlatformUnsure(unsure("答复与所问不符", "the answer is to another question"))
    return Page(tuple(item.encode() for item in said.items), said.newest)


def page_on_the_wire(question: PageQuestion, page: Page) -> bytes:
    """Write the answer to a question: what the platform does."""
    items = tuple(one.decode() for one in page.signed)
    return codec.encode(_Said(question=question.id, items=items, newest=page.newest))


class _Payload(codec.Tolerant, frozen=True):
    id: str
    seq: codec.Ordinal
    facility: codec.Filled
    kind: codec.Short
    order_key: codec.Filled
    moment: codec.Aware
    body: codec.Raw


class _Asked(codec.Strict, frozen=True):
    id: codec.Filled
    facility: codec.Filled
    at: codec.Aware
    after: codec.Count
    limit: codec.Ordinal


class _Said(codec.Tolerant, frozen=True):
    question: str
    items: tuple[str, ...]
    newest: codec.Count


BAD_DISPATCH = Reason(
    code="BAD_DISPATCH",
    text="下行报文内容不符合协议",
    text_en="what the platform sent down does not follow the protocol",
    next_action="未收下，系统会再次索取；反复出现时联系平台技术支持",
    next_action_en="it was not taken and is asked for again; if this lasts, call their support",
)
