"""What the desk asks the platform about a person, and what comes back. Decides nothing with it.

The answer's fragments have the shape of FACTS.json (docs/platform-protocol.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sync import codec
from sync.envelope import PublicKey, SigningKey, open_bytes, sign_bytes
from sync.errors import BadEnvelope, PlatformUnsure, Reason

QUESTION_TYPE = "injury-question+jws"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Whether this person may be treated for this service at this moment.

    ``id`` is fresh for each question; the answer repeats it. ``service`` and ``moment`` are as in
    FACTS.json; ``at`` is aware. ``filing`` and ``notice`` name the papers shown, or are empty.
    ``stay`` is the order key of the stay or fitting that asks again, empty before there is one:
    what it has used of a filing or a notice itself is not held against it.
    """

    id: str
    operator: str
    id_number: str
    name: str
    service: str
    moment: str
    at: datetime
    filing: str = ""
    notice: str = ""
    stay: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the platform's register says, as of ``as_of``.

    ``facts`` has the keys facility, worker, filing, contribution and notice, the last three
    possibly None. ``proof`` is the answer byte for byte: keep it sealed beside the decision.
    """

    facts: Mapping[str, Any]
    as_of: datetime
    proof: bytes


def sign_question(question: Question, facility: str, key: SigningKey) -> bytes:
    """Return the question as JWS compact bytes, spoken by ``facility``."""
    asked = _Asked(
        id=question.id,
        facility=facility,
        operator=question.operator,
        id_number=question.id_number,
        name=question.name,
        service=question.service,
        moment=question.moment,
        at=question.at.astimezone(UTC),
        filing=question.filing,
        notice=question.notice,
        stay=question.stay,
    )
    return sign_bytes(codec.encode(asked), QUESTION_TYPE, key)


def open_question(signed: bytes, public_keys: Mapping[str, PublicKey]) -> tuple[str, Question]:
    """Return the asking facility and its question.

    Raises:
        BadEnvelope: TOO_LARGE, BAD_SIGNATURE, BAD_QUESTION.
    """
    payload = open_bytes(signed, QUESTION_TYPE, public_keys)
    try:
        asked = codec.decode(payload, _Asked)
    except codec.NotThisShape as wrong:
        raise BadEnvelope(BAD_QUESTION) from wrong
    question = Question(
        id=asked.id,
        operator=asked.operator,
        id_number=asked.id_number,
        name=asked.name,
        service=asked.service,
        moment=asked.moment,
        at=asked.at,
        filing=asked.filing,
        notice=asked.notice,
        stay=asked.stay,
    )
    return asked.facility, question


def read_answer(body: bytes, question: Question) -> Answer:
    """Read an answer to this very question about this very person.

    Raises:
        PlatformUnsure: unreadable, or about another question or person.
    """
    try:
        said = codec.decode(body, _Said)
    except codec.NotThisShape as wrong:
        raise PlatformUnsure(unsure("答复无法读取", "the answer cannot be read")) from wrong
    if said.question != question.id or said.worker.get("id_number") != question.id_number:
        raise PlatformUnsure(unsure("答复与所问人员不符", "the answer is about somebody else"))
    facts = {
        "facility": said.facility,
        "worker": said.worker,
        "filing": said.filing,
        "contribution": said.contribution,
        "notice": said.notice,
    }
    return Answer(facts=facts, as_of=said.source.as_of, proof=body)


def unsure(text: str, text_en: str) -> Reason:
    """Return the reason PLATFORM_UNSURE in these words."""
    return Reason(
        code="PLATFORM_UNSURE",
        text=f"平台未能给出明确答复：{text}",
        text_en=f"the platform gives no clear answer: {text_en}",
        next_action="稍后重新核验；仍无结果时电话联系参保地经办机构",
        next_action_en="verify again later; if it stays so, call the insured region's agency",
    )


def unreachable(what: str) -> Reason:
    """Return the reason PLATFORM_UNREACHABLE; ``what`` names the failure."""
    return Reason(
        code="PLATFORM_UNREACHABLE",
        text=f"平台未在时限内答复（{what}）",
        text_en=f"the platform did not answer in time ({what})",
        next_action="按缓存名单核验，或待网络恢复后重新核验",
        next_action_en="verify from the list, or again when the network is back",
    )


class _Asked(codec.Strict, frozen=True):
    id: codec.Filled
    facility: codec.Filled
    operator: codec.Filled
    id_number: codec.Filled
    name: str
    service: codec.Filled
    moment: codec.Filled
    at: codec.Aware
    filing: str
    notice: str
    stay: str


class _Source(codec.Tolerant, frozen=True):
    as_of: codec.Aware


class _Said(codec.Tolerant, frozen=True):
    question: str
    facility: dict[str, Any]
    worker: dict[str, Any]
    source: _Source
    filing: dict[str, Any] | None = None
    contribution: dict[str, Any] | None = None
    notice: dict[str, Any] | None = None


BAD_QUESTION = Reason(
    code="BAD_QUESTION",
    text="核验请求内容不符合协议",
    text_en="the question does not follow the protocol",
    next_action="按平台协议文档改正后重新核验",
    next_action_en="correct it as the protocol document says and verify again",
)
