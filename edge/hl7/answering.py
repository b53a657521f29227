"""A message in, its acknowledgement out: who sends, whether it was here before, what is done.

AA: done. AE: ours to refuse, with code, sentence and next action. AR: not even looked at.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock

from edge.core.errors import BadInput, Conflict, EdgeError, NotAllowed, NotFound, Words
from edge.digest import sha256
from edge.hl7.acknowledging import Acknowledgement, Code, Problem, acknowledged
from edge.hl7.acts import ACTS, PLACES, Done
from edge.hl7.reading import Message, Unreadable, is_known_version, read_message
from edge.site import Site
from edge.store.hl7_answers import Answered, answer_given, note_answer
from edge.store.tokens import ApiToken, token_of
from edge.web.pace import Pace
from sync.errors import SyncError


@dataclass(frozen=True, slots=True)
class Counter:
    """Where messages are taken: at a site, at a pace; ``changed`` is told of each stay."""

    site: Site
    changed: Callable[[str], object]
    pace: Pace = field(default_factory=Pace)
    one_at_a_time: Lock = field(default_factory=Lock)
    """A copy that comes by a second line finds the first one's answer."""


def answer(counter: Counter, given: bytes) -> bytes:
    """Do what a message says, once, and return its acknowledgement."""
    site = counter.site
    try:
        message = read_message(given)
    except Unreadable as wrong:
        return _said(site, None, Code.AR, [_unreadable(wrong)])
    try:
        system = _sender(counter, message)
        _require_acceptable(site, message)
    except (NotAllowed, BadInput) as refused:
        return _said(site, message, Code.AR, [_problem(refused)])
    try:
        with counter.one_at_a_time:
            return _once(counter, message, system, sha256(given))
    except EdgeError as refused:
        return _said(site, message, Code.AE, [_problem(refused)])
    except SyncError as silent:
        return _said(site, message, Code.AE, [_of_platform(silent)])
    except Exception as wrong:  # noqa: BLE001 - an answer must come; what was unforeseen is logged
        told = {"error": type(wrong).__name__, "message": message.event}
        site.log.error("hl7.failed", **told)  # noqa: TRY400 - a traceback may quote an identity
        return _said(site, message, Code.AE, [_INTERNAL])


def _once(counter: Counter, message: Message, system: ApiToken, digest: str) -> bytes:
    """Answer a message that was here before as before; do what a new one says."""
    site, control_id = counter.site, message.control_id
    before = answer_given(site.store.read(), site.vault, system=system.name, control_id=control_id)
    if before:
        if before.sha256 != digest:
            raise _reused(control_id)
        return before.answer
    _scope, act = ACTS[message.event]
    done = act(site, message, system.name)
    counter.changed(done.stay)
    said = _of_done(site, message, done)
    answered = Answered(system=system.name, control_id=control_id, sha256=digest, answer=said)
    with site.store.transaction() as db:
        note_answer(db, site.vault, answered, at=site.clock())
    return said


def _of_done(site: Site, message: Message, done: Done) -> bytes:
    """Acknowledge; lines that cannot stand are kept to be mended, and each is told."""
    places = {message.text("FT1-2", nth=n): n for n in range(1, message.count("FT1") + 1)}
    problems = [
        Problem(
            place=f"FT1[{places[line.id]}]",
            hl7=_NO_SUCH_VALUE,
            code=line.code,
            reason=Words(f"明细 {line.id}：{line.text}", f"line {line.id}: {line.text_en}"),
            next_action=_MEND_LINE,
        )
        for line in done.refused
    ]
    return _said(site, message, Code.AE if problems else Code.AA, problems, done.words)


def _sender(counter: Counter, message: Message) -> ApiToken:
    """Return whose token MSH-8 carries.

    Raises:
        NotAllowed: LOGIN_REQUIRED, TOO_MANY_CALLS, GRANT_MISSING.
    """
    token = token_of(counter.site.store.read(), message.text("MSH-8"), at=counter.site.clock())
    if token is None:
        raise NotAllowed(
            "LOGIN_REQUIRED",
            Words("MSH-8 中没有可用的令牌", "MSH-8 carries no token that counts"),
            Words("在医院系统中配置 edge tokens 生成的令牌", "configure the system's token"),
            field="MSH-8",
        )
    counter.pace.take(f"token {token.id}", token.calls_per_min)
    known = ACTS.get(message.event)
    if known and known[0] not in token.scopes:
        raise NotAllowed(
            "GRANT_MISSING",
            Words(f"该令牌无权发送 {message.event}", f"the token may not send {message.event}"),
            Words("请安全管理员授权", "ask the security administrator"),
            field="MSH-8",
        )
    return token


def _require_acceptable(site: Site, message: Message) -> None:
    """Refuse what no resending mends: no id, another version, type, or a mere test.

    Raises:
        BadInput: HL7_FIELD_MISSING, HL7_VERSION, HL7_EVENT, HL7_PROCESSING.
    """
    message.needed("MSH-10")
    if not is_known_version(message.text("MSH-12")):
        raise _not_taken("HL7_VERSION", "MSH-12", message.text("MSH-12"), "2.x")
    if message.event not in ACTS:
        raise _not_taken("HL7_EVENT", "MSH-9", message.event, ", ".join(ACTS))
    taken = ("P", "T", "D") if site.settings.desk.simulated else ("P",)
    if message.text("MSH-11") not in taken:
        raise _not_taken("HL7_PROCESSING", "MSH-11", message.text("MSH-11"), " or ".join(taken))


def _said(
    site: Site,
    message: Message | None,
    code: Code,
    problems: Sequence[Problem],
    words: str = "",
) -> bytes:
    return acknowledged(
        Acknowledgement(
            code=code,
            control_id=message.control_id if message else "",
            event=message.text("MSH-9.2") if message else "",
            to=(message.text("MSH-3"), message.text("MSH-4")) if message else ("", ""),
            words=words,
            problems=tuple(problems),
        ),
        facility=site.settings.facility.id,
        own_id=site.fresh_id(),
        now=site.clock(),
    )


def _problem(refused: EdgeError) -> Problem:
    return Problem(
        place=PLACES.get(refused.field, refused.field),
        hl7=_hl7_code(refused),
        code=refused.code,
        reason=refused.reason,
        next_action=refused.next_action,
    )


def _hl7_code(refused: EdgeError) -> tuple[str, str]:
    named = _HL7_CODES.get(refused.code)
    if named:
        return named
    match refused:
        case NotFound():
            return _UNKNOWN_KEY
        case BadInput():
            return _WRONG_TYPE
        case Conflict():
            return _NO_SUCH_VALUE
        case _:
            return _OUR_ERROR


def _of_platform(silent: SyncError) -> Problem:
    return Problem(
        place="",
        hl7=_OUR_ERROR,
        code=silent.code,
        reason=Words(silent.text, silent.text_en),
        next_action=Words(silent.next_action, silent.next_action_en),
    )


def _not_taken(code: str, place: str, said: str, taken: str) -> BadInput:
    return BadInput(
        code,
        Words(f"{place} 的值 {said} 不受理", f"{place} {said} is not taken"),
        Words(f"可用的值：{taken}", f"what is taken: {taken}"),
        field=place,
    )


def _reused(control_id: str) -> Conflict:
    return Conflict(
        "CONTROL_ID_REUSED",
        Words(
            f"消息编号 {control_id} 已用于另一内容的消息",
            f"control id {control_id} came with other content before",
        ),
        Words("每条新消息使用新的 MSH-10", "give each new message an MSH-10 of its own"),
        field="MSH-10",
    )


def _unreadable(wrong: Unreadable) -> Problem:
    return Problem(
        place="MSH",
        hl7=("100", "Segment sequence error"),
        code="HL7_UNREADABLE",
        reason=Words("消息无法读懂", wrong.why),
        next_action=Words("按 docs/hl7.md 改正后重发", "send it as docs/hl7.md describes"),
    )


_WRONG_TYPE = ("102", "Data type error")
_NO_SUCH_VALUE = ("103", "Table value not found")
_UNKNOWN_KEY = ("204", "Unknown key identifier")
_OUR_ERROR = ("207", "Application internal error")
_HL7_CODES = {
    "HL7_FIELD_MISSING": ("101", "Required field missing"),
    "HL7_EVENT": ("201", "Unsupported event code"),
    "HL7_PROCESSING": ("202", "Unsupported processing id"),
    "HL7_VERSION": ("203", "Unsupported version id"),
    "CONTROL_ID_REUSED": ("205", "Duplicate key identifier"),
    "STAY_EXISTS": ("205", "Duplicate key identifier"),
}
"""HL7 table 0357."""

_MEND_LINE = Words(
    "在医院系统中改正该明细后以同一编号重发", "correct the line and send it again under its id"
)
_INTERNAL = Problem(
    place="",
    hl7=_OUR_ERROR,
    code="INTERNAL",
    reason=Words("本机发生意外错误，已记入日志", "something unforeseen happened; it is in the log"),
    next_action=Words(
        "核对办理结果后重发；仍然如此请联系信息科",
        "look up the outcome, then send again; then call the IT office",
    ),
)
