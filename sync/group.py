"""The seam between a campus and its group's office: subjects, receipts, questions passed through.

Pure: knows neither NATS nor PostgreSQL, and reads no envelope. The forms are in docs/group.md.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from sync import codec
from sync.errors import BadEnvelope, Reason
from sync.line import Call, Cause, Reply, Silence

GROUP_STREAM, DOWN_STREAM, UP_STREAM = "GROUP", "DOWN", "UP"
OFFICE_DURABLE = "office"

FACILITY_TOKEN = r"^[0-9A-Za-z_-]{1,40}$"  # noqa: S105 - a part of a subject, not a secret
"""A facility's id that may stand in a subject: no dots, no wildcards, no spaces."""

_FACILITY = re.compile(FACILITY_TOKEN)
_ORDER_LENGTH = 22  # base64url of 16 bytes and a half: stays do not meet
_PARTS = {"up": 3, "again": 3, "down": 3, "ask": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupReceipt:
    """The platform's own answer to one message, as the office received it.

    ``body`` is the answer to this message alone, also where it came in a batch; names of headers
    are lower case. The campus reads it as any answer (``sync.outcome.classify``).
    """

    id: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes


def up_subject(facility: str, order_key: str) -> str:
    """Return where a campus publishes what it says about one stay.

    Raises:
        BadEnvelope: FACILITY_TOKEN.
    """
    return f"up.{_token(facility)}.{_order(order_key)}"


def again_subject(facility: str, order_key: str) -> str:
    """Return where a campus with a server of its own publishes what the office has not received.

    The office's own stream takes it, past the campus's: one that lost its disk counts from 1 again,
    and the office's server gathers nothing of it up to the number that it had come to.

    Raises:
        BadEnvelope: FACILITY_TOKEN.
    """
    return f"again.{_token(facility)}.{_order(order_key)}"


def again_subjects(facility: str) -> str:
    """Return the subjects of all that a campus says past its own stream.

    Raises:
        BadEnvelope: FACILITY_TOKEN.
    """
    return f"again.{_token(facility)}.>"


def up_subjects(facility: str) -> str:
    """Return the subjects of all that a campus says.

    Raises:
        BadEnvelope: FACILITY_TOKEN.
    """
    return f"up.{_token(facility)}.>"


def receipt_subject(facility: str) -> str:
    """Return where a campus hears what became of its messages.

    Raises:
        BadEnvelope: FACILITY_TOKEN.
    """
    return f"down.{_token(facility)}.receipt"


def ask_subject(facility: str) -> str:
    """Return where a campus puts its questions.

    Raises:
        BadEnvelope: FACILITY_TOKEN.
    """
    return f"ask.{_token(facility)}"


def facility_of(subject: str) -> str | None:
    """Return whose subject this is; None when it is none of the group's."""
    parts = subject.split(".")
    if len(parts) != _PARTS.get(parts[0]) or not _FACILITY.fullmatch(parts[1]):
        return None
    return parts[1]


def receipt_on_the_wire(receipt: GroupReceipt) -> bytes:
    """Write a receipt as JSON: what the office does."""
    return codec.encode(
        _Receipt(
            id=receipt.id,
            status=receipt.status,
            headers=dict(receipt.headers),
            body=receipt.body.decode("utf-8", "replace"),
        )
    )


def read_receipt(body: bytes) -> GroupReceipt:
    """Read what ``receipt_on_the_wire`` wrote.

    Raises:
        BadEnvelope: BAD_RECEIPT.
    """
    try:
        said = codec.decode(body, _Receipt)
    except codec.NotThisShape as wrong:
        raise BadEnvelope(BAD_RECEIPT) from wrong
    return GroupReceipt(
        id=said.id, status=said.status, headers=said.headers, body=said.body.encode()
    )


def ask_on_the_wire(call: Call) -> bytes:
    """Write one call as JSON: what a campus asks the office to ask for it."""
    return codec.encode(
        _Asked(
            method=call.method,
            path=call.path,
            headers=dict(call.headers),
            body=_text(call.content),
            deadline_s=call.deadline_s,
        )
    )


def read_ask(payload: bytes) -> Call:
    """Read what ``ask_on_the_wire`` wrote.

    Raises:
        BadEnvelope: BAD_ASK.
    """
    try:
        asked = codec.decode(payload, _Asked)
        content = _bytes(asked.body)
    except ValueError as wrong:  # NotThisShape is one
        raise BadEnvelope(BAD_ASK) from wrong
    return Call(asked.method, asked.path, content, asked.deadline_s, asked.headers)


def reply_on_the_wire(reply: Reply | Silence) -> bytes:
    """Write what the office heard, or that it heard nothing."""
    if isinstance(reply, Silence):
        return codec.encode(_Silent(sent=reply.sent, what=reply.what, cause=reply.cause))
    headers, body = dict(reply.headers), _text(reply.body)
    return codec.encode(_Replied(status=reply.status, headers=headers, body=body))


def read_reply(payload: bytes) -> Reply | Silence:
    """Read what ``reply_on_the_wire`` wrote; what cannot be read is no answer."""
    try:
        said: _Replied | _Silent = codec.decode(payload, _Replied | _Silent)  # type: ignore[arg-type]
        if isinstance(said, _Silent):
            return Silence(sent=said.sent, what=said.what, cause=said.cause)
        return Reply(said.status, said.headers, _bytes(said.body))
    except ValueError:
        return Silence(sent=True, what="unreadable")


def _order(order_key: str) -> str:
    hashed = hashlib.sha256(order_key.encode()).digest()
    return base64.urlsafe_b64encode(hashed).decode()[:_ORDER_LENGTH]


def _token(facility: str) -> str:
    if not _FACILITY.fullmatch(facility):
        raise BadEnvelope(BAD_TOKEN, field="facility")
    return facility


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


class _Receipt(codec.Tolerant, frozen=True):
    id: codec.Filled
    status: codec.Count
    headers: dict[str, str]
    body: str


class _Asked(codec.Tolerant, frozen=True):
    method: codec.Filled
    path: codec.Filled
    headers: dict[str, str]
    body: str
    deadline_s: float


class _Replied(codec.Tolerant, frozen=True, tag_field="heard", tag="reply"):
    status: codec.Count
    headers: dict[str, str]
    body: str


class _Silent(codec.Tolerant, frozen=True, tag_field="heard", tag="silence"):
    sent: bool
    what: str
    cause: Cause


BAD_TOKEN = Reason(
    code="FACILITY_TOKEN",
    text="机构编号不能用作消息主题：只能有字母、数字、下划线和连字符",
    text_en="the facility's id cannot stand in a subject: letters, digits, _ and - only",
    next_action="与集团中心商定一个符合要求的机构编号",
    next_action_en="agree on another id with the group's office",
)
BAD_RECEIPT = Reason(
    code="BAD_RECEIPT",
    text="集团中心转来的回执无法读取",
    text_en="a receipt that the office passed on cannot be read",
    next_action="系统将按报文编号查询；反复出现时请集团中心核对版本",
    next_action_en="the message is asked for by its id; if this lasts, compare the releases",
)
BAD_ASK = Reason(
    code="BAD_ASK",
    text="院区转来的请求无法读取",
    text_en="a question that a campus passed on cannot be read",
    next_action="核对院区与集团中心的软件版本",
    next_action_en="compare the releases of campus and office",
)
