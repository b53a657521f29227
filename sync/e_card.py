"""What the platform says of an e-card's code: whose it is, once, while the code lives.

The code is an opaque secret and cannot be resolved off line. Neither it nor the person is printed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sync import codec
from sync.envelope import PublicKey, SigningKey, open_bytes, sign_bytes
from sync.errors import BadEnvelope, CodeRefused, CodeUnresolved, PlatformUnsure, Reason
from sync.question import BAD_QUESTION, unsure

CODE_TYPE = "injury-code+jws"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeQuestion:
    """Whose e-card showed ``code`` at a desk; ``id`` is fresh, ``at`` aware."""

    id: str
    operator: str
    code: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CardHolder:
    """The person behind a code, as of ``as_of``; ``token`` is the platform's name for this showing.

    ``issuing_region`` is the six-digit division of the e-card's issuer.
    """

    id_number: str = field(repr=False)
    name: str = field(repr=False)
    issuing_region: str
    token: str = field(repr=False)
    as_of: datetime


def sign_code(question: CodeQuestion, facility: str, key: SigningKey) -> bytes:
    """Return the question as JWS compact bytes, spoken by ``facility``."""
    asked = _Asked(
        id=question.id,
        facility=facility,
        operator=question.operator,
        code=question.code,
        at=question.at.astimezone(UTC),
    )
    return sign_bytes(codec.encode(asked), CODE_TYPE, key)


def open_code(signed: bytes, public_keys: Mapping[str, PublicKey]) -> tuple[str, CodeQuestion]:
    """Return the asking facility and its question.

    Raises:
        BadEnvelope: TOO_LARGE, BAD_SIGNATURE, BAD_QUESTION.
    """
    payload = open_bytes(signed, CODE_TYPE, public_keys)
    try:
        asked = codec.decode(payload, _Asked)
    except codec.NotThisShape:
        # Not chained: the decoder's own error could quote the code.
        raise BadEnvelope(BAD_QUESTION) from None
    return asked.facility, CodeQuestion(
        id=asked.id, operator=asked.operator, code=asked.code, at=asked.at
    )


def read_holder(body: bytes, question: CodeQuestion) -> CardHolder:
    """Read an answer to this very question.

    Raises:
        PlatformUnsure: unreadable, or to another question.
    """
    try:
        said = codec.decode(body, _Said)
    except codec.NotThisShape:
        raise PlatformUnsure(unsure("答复无法读取", "the answer cannot be read")) from None
    if said.question != question.id:
        raise PlatformUnsure(unsure("答复与所问的码不符", "the answer is about another code"))
    return CardHolder(
        id_number=said.id_number,
        name=said.name,
        issuing_region=said.issuing_region,
        token=said.token,
        as_of=said.as_of,
    )


def refused(code: str, text: str, text_en: str) -> CodeRefused | PlatformUnsure:
    """Return the error of a refused code: ours where we know the platform's code for it."""
    known = _REFUSALS.get(code)
    return CodeRefused(known, field="qr") if known else PlatformUnsure(unsure(text, text_en))


def unresolved(what: str) -> CodeUnresolved:
    """Return the error of a code that nobody could be asked about; ``what`` names the failure."""
    return CodeUnresolved(
        Reason(
            code="E_CARD_OFFLINE",
            text=f"平台无法连接，电子社保卡不能脱网核验（{what}）",
            text_en=f"an e-card cannot be resolved off line, and no platform answers ({what})",
            next_action="改用社会保障卡；或待网络恢复后请职工刷新二维码重扫",
            next_action_en="use the card; or scan a fresh code when the network is back",
        ),
        field="qr",
    )


class _Asked(codec.Strict, frozen=True):
    id: codec.Filled
    facility: codec.Filled
    operator: codec.Filled
    code: codec.Code
    at: codec.Aware


class _Said(codec.Tolerant, frozen=True):
    question: str
    id_number: codec.CitizenNumber
    name: codec.Short
    issuing_region: codec.Division
    token: codec.Short
    as_of: codec.Aware


def _refusal(code: str, text: str, text_en: str) -> Reason:
    return Reason(
        code=code,
        text=text,
        text_en=text_en,
        next_action="请职工刷新电子社保卡的二维码后重新扫码，或改用社会保障卡",
        next_action_en="have the worker refresh the e-card's code and scan it, or use the card",
    )


_REFUSALS = {
    reason.code: reason
    for reason in (
        _refusal("E_CARD_USED", "该二维码已经使用过", "this code was used already"),
        _refusal("E_CARD_EXPIRED", "该二维码已过期", "this code has expired"),
        _refusal("E_CARD_UNKNOWN", "平台不认识该二维码", "the platform does not know this code"),
    )
}
