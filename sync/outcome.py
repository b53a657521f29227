"""What became of a message, and how an HTTP answer of the platform is read as just one of these.

Pure: no network, no clock, no storage. The wire form is described in docs/platform-protocol.md.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from sync import codec
from sync.errors import Reason

RETRY_AFTER_MAX = timedelta(hours=6)
# No pause, theirs or ours, is longer: a moment beyond it was set by a clock that has jumped back.
PAUSE_MAX = timedelta(hours=12)
LINES_MAX = 10_000
TEXT_MAX = 500

# A line that blinks: worth another try at once, where other answers are worth a pause.
BLINKS = frozenset({"PLATFORM_UNREACHABLE", "NO_ANSWER", "UNREADABLE_ANSWER", "RECEIPT_MISMATCH"})

_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_TIMEOUT, _CONFLICT, _TOO_EARLY, _TOO_MANY, _BUSY, _NOT_FOUND = 408, 409, 425, 429, 503, 404
_NOT_NOW = {_TIMEOUT, _CONFLICT, _TOO_EARLY, _TOO_MANY}
# The door is shut for every message alike (keys, address, load); none of them was looked at.
_DOOR = {401, 403, _NOT_FOUND, 405, 407, _TIMEOUT, 421, _TOO_EARLY, _TOO_MANY, _BUSY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The platform has it. ``sha256`` is of the bytes that it received."""

    message_id: str
    sha256: str
    receipt: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRefusal:
    """One line of the body that the platform refuses."""

    id: str
    code: str
    field: str
    text: str
    text_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsPerson:
    """Refused: sending it again changes nothing until somebody acts.

    ``message_id`` is empty when the platform could not read whose message it was.
    """

    reason: Reason
    message_id: str = ""
    field: str = ""
    lines: tuple[LineRefusal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryAt:
    """Not taken, and certainly not kept: send again, not before ``at``.

    ``whole_platform`` says that no other message would fare better now.
    """

    at: datetime
    reason: Reason
    whole_platform: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """It may have been taken: ask by its own id, not before ``at``, before anything else."""

    at: datetime
    reason: Reason
    whole_platform: bool = False


@dataclass(frozen=True, slots=True)
class NotReceived:
    """The platform, asked by id, never got it: it is sent again, same id and same bytes."""


Outcome = Accepted | RetryAt | NeedsPerson | Unknown
Standing = Accepted | NeedsPerson | Unknown | NotReceived


def classify(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> Outcome:
    """Read the answer to a sent message. ``body`` is empty when it was cut or too large.

    Only a receipt accepts; only the platform's own refusal, or a 4xx about this very request,
    parks; what clearly says "not now" is retried; everything else leaves the outcome unknown.
    """
    report = _report(body)
    match report:
        case _Receipt():
            return _accepted(report) if _succeeded(status) else _unreadable(status, now)
        case _Refusal() if _succeeded(status) or (
            _asked_wrongly(status) and status not in _NOT_NOW
        ):
            return _refused(report)
        case _Later() if status not in {_TOO_MANY, _BUSY}:
            return RetryAt(at=_retry_after(headers, now), reason=_reason(report))
        case _:
            return _by_status(status, headers, now)


def classify_batch(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    asked: Sequence[tuple[str, str]],
) -> tuple[Outcome, ...] | Outcome:
    """Read the answer to a batch: one outcome a message, or one that holds for all of them.

    ``asked`` has each message's id and SHA-256, in order. A result that speaks of another message,
    or of other bytes, leaves its message unknown.
    """
    results = _results(body) if _succeeded(status) else None
    if results is None or len(results.results) != len(asked):
        # No single report speaks for a batch, not even one that accepts.
        return classify(status, headers, b"" if _succeeded(status) else body, now)
    return tuple(
        _result(report, now, message_id=message_id, sha256=sha256)
        for report, (message_id, sha256) in zip(results.results, asked, strict=True)
    )


def classify_standing(
    status: int, headers: Mapping[str, str], body: bytes, now: datetime
) -> Standing:
    """Read the answer to "what became of it?"; what is no answer leaves it unknown."""
    if status == _NOT_FOUND and isinstance(_report(body), _Absent):
        return NotReceived()
    outcome = classify(status, headers, body, now)
    match outcome:
        case RetryAt():
            return still_unknown(outcome)
        case NeedsPerson(message_id=""):  # the question was refused, not the message
            return Unknown(at=now, reason=outcome.reason)
        case _:
            return outcome


def speaks_of(answer: Standing | RetryAt, *, message_id: str, sha256: str) -> bool:
    """Tell whether an answer is about this message and, when it accepts, about these bytes."""
    match answer:
        case Accepted():
            return answer.message_id == message_id and answer.sha256 == sha256
        case NeedsPerson():
            return answer.message_id in {"", message_id}
        case _:
            return True


def not_sent(now: datetime, what: str) -> RetryAt:
    """Return the outcome of a try that never left; ``what`` names the failure."""
    return RetryAt(at=now, reason=_unreachable(what), whole_platform=True)


def sent_without_answer(now: datetime, what: str) -> Unknown:
    """Return the outcome of a message that left unanswered; ``what`` names the failure."""
    return Unknown(at=now, reason=_no_answer("NO_ANSWER", what))


def on_its_way(now: datetime) -> Unknown:
    """Return the outcome of a message that a group's stream keeps and nobody has answered yet."""
    return Unknown(at=now, reason=_ON_ITS_WAY)


def is_on_its_way(outcome: Outcome) -> bool:
    """Tell whether nothing is known but that the stream has it."""
    return isinstance(outcome, Unknown) and outcome.reason == _ON_ITS_WAY


def answered_for_another(now: datetime) -> Unknown:
    """Return the outcome when the receipt names other bytes or another message."""
    return Unknown(at=now, reason=_no_answer("RECEIPT_MISMATCH", "receipt of something else"))


def still_unknown(question: RetryAt) -> Unknown:
    """Return what an unanswered question leaves of a message that was unknown before."""
    return Unknown(at=question.at, reason=question.reason, whole_platform=question.whole_platform)


class _Receipt(codec.Tolerant, frozen=True, tag_field="state", tag="accepted"):
    id: str
    sha256: str
    receipt: codec.Filled
    received_at: codec.Aware


class _Line(codec.Tolerant, frozen=True):
    id: str
    code: str
    field: str = ""
    text: str = ""
    text_en: str = ""


class _Refusal(codec.Tolerant, frozen=True, tag_field="state", tag="rejected"):
    code: str
    id: str = ""
    field: str = ""
    text: str = ""
    text_en: str = ""
    next_action: str = ""
    next_action_en: str = ""
    lines: tuple[_Line, ...] = ()


class _Later(codec.Tolerant, frozen=True, tag_field="state", tag="later"):
    code: str
    text: str = ""
    text_en: str = ""
    next_action: str = ""
    next_action_en: str = ""


class _Absent(codec.Tolerant, frozen=True, tag_field="state", tag="not_received"):
    pass


_Report = _Receipt | _Refusal | _Later | _Absent


class _Results(codec.Tolerant, frozen=True):
    results: tuple[_Receipt | _Refusal | _Later, ...]


def _results(body: bytes) -> _Results | None:
    try:
        return codec.decode(body, _Results)
    except codec.NotThisShape:
        return None


def _result(
    report: "_Receipt | _Refusal | _Later", now: datetime, *, message_id: str, sha256: str
) -> Outcome:
    match report:
        case _Receipt():
            outcome: Outcome = _accepted(report)
        case _Refusal():
            outcome = _refused(report)
        case _Later():
            outcome = RetryAt(at=now, reason=_reason(report))
    ours = speaks_of(outcome, message_id=message_id, sha256=sha256)
    return outcome if ours else answered_for_another(now)


def _report(body: bytes) -> _Report | None:
    try:
        report: _Report = codec.decode(body, _Report)  # type: ignore[arg-type]
    except codec.NotThisShape:
        return None
    return report


def _succeeded(status: int) -> bool:
    return 200 <= status < 300  # noqa: PLR2004 - RFC 9110 section 15.3


def _asked_wrongly(status: int) -> bool:
    return 400 <= status < 500  # noqa: PLR2004 - RFC 9110 section 15.5


def _by_status(status: int, headers: Mapping[str, str], now: datetime) -> Outcome:
    if status in _DOOR:
        at = _retry_after(headers, now)
        return RetryAt(at=at, reason=_door_closed(status), whole_platform=True)
    if status == _CONFLICT or not _asked_wrongly(status):
        return _unreadable(status, now)
    return NeedsPerson(reason=_http_refusal(status))


def _accepted(report: _Receipt) -> Outcome:
    return Accepted(
        message_id=report.id,
        sha256=report.sha256,
        receipt=_clean(report.receipt),
        received_at=report.received_at,
    )


def _refused(report: _Refusal) -> NeedsPerson:
    lines = tuple(
        LineRefusal(
            id=_clean(line.id),
            code=_code(line.code),
            field=_clean(line.field),
            text=_clean(line.text),
            text_en=_clean(line.text_en),
        )
        for line in report.lines[:LINES_MAX]
    )
    return NeedsPerson(
        reason=_reason(report), message_id=report.id, field=_clean(report.field), lines=lines
    )


def _reason(report: _Refusal | _Later) -> Reason:
    return Reason(
        code=_code(report.code),
        text=_clean(report.text),
        text_en=_clean(report.text_en),
        next_action=_clean(report.next_action),
        next_action_en=_clean(report.next_action_en),
    )


def _retry_after(headers: Mapping[str, str], now: datetime) -> datetime:
    """Return the moment that Retry-After names (RFC 9110 section 10.2.3), kept within bounds."""
    given = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    return min(max(_moment(given.strip(), now), now), now + RETRY_AFTER_MAX)


def _moment(given: str, now: datetime) -> datetime:
    if given.isascii() and given.isdigit():
        return now + timedelta(seconds=min(int(given[:9]), RETRY_AFTER_MAX.total_seconds()))
    try:
        read = parsedate_to_datetime(given)
    except (ValueError, OverflowError):
        return now
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _clean(text: str) -> str:
    """Keep what a screen and a log may show of the other side's text."""
    return "".join(filter(str.isprintable, text[:TEXT_MAX]))


def _code(given: str) -> str:
    return given if _CODE.fullmatch(given) else "PLATFORM_REFUSAL"


def _unreadable(status: int, now: datetime) -> Unknown:
    return Unknown(at=now, reason=_no_answer("UNREADABLE_ANSWER", f"HTTP {status}"))


def _no_answer(code: str, what: str) -> Reason:
    return Reason(
        code=code,
        text=f"报文已发出，结果未知（{what}）",
        text_en=f"the message was sent, its outcome is not known ({what})",
        next_action="系统将按报文编号向平台查询；查明前请勿重复结算",
        next_action_en="the platform will be asked by the message's id; do not settle again",
    )


def _unreachable(what: str) -> Reason:
    return Reason(
        code="PLATFORM_UNREACHABLE",
        text=f"平台无法连接（{what}），报文尚未发出",
        text_en=f"the platform cannot be reached ({what}); nothing was sent",
        next_action="系统会自动重发；持续出现时请信息科检查网络",
        next_action_en="it is sent again by itself; if this lasts, check the network",
    )


def _door_closed(status: int) -> Reason:
    return Reason(
        code=f"HTTP_{status}",
        text=f"平台暂不受理本机构的报文（HTTP {status}）",
        text_en=f"the platform takes no message of this facility now (HTTP {status})",
        next_action="系统会自动重发；持续出现时请信息科核对平台地址与证书",
        next_action_en="it is sent again by itself; if this lasts, check address and certificates",
    )


def _http_refusal(status: int) -> Reason:
    return Reason(
        code=f"HTTP_{status}",
        text=f"平台拒收该报文，未说明原因（HTTP {status}）",
        text_en=f"the platform refused the message without a reason (HTTP {status})",
        next_action="联系平台技术支持，查明原因后在待处理列表中重发或登记处理结果",
        next_action_en="ask the platform's support, then retry or note how it was resolved",
    )


_ON_ITS_WAY = Reason(
    code="ON_ITS_WAY",
    text="报文已交集团中心传送，尚无回执",
    text_en="the message is on its way through the group's office; no receipt yet",
    next_action="系统会自动取回执或按报文编号查询；查明前请勿重复结算",
    next_action_en="its receipt is fetched, or it is asked for by its id; do not settle again",
)
