"""Whether a message can stand: its sums, its lines, and its place in the story of its stay. Pure.

Looks only at what the protocol fixes (docs/platform-protocol.md); other fields pass unread.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, assert_never

from edge import codec
from edge.core.errors import BadInput
from simulators.platform.answers import Later, LineProblem, Refusal
from sync.envelope import Envelope, Kind

_MAC = re.compile(r"[0-9A-F]{64}")


@dataclass(frozen=True, slots=True)
class Case:
    """What was kept so far of one stay or fitting. ``settlement`` is the effective one's id.

    ``head`` is the newest head of the facility's ledger, where the story is that of its heads.
    """

    opened_by: Kind | None = None
    discharged: bool = False
    cancelled: bool = False
    settlement: str | None = None
    reversed: frozenset[str] = frozenset()
    head: "Head | None" = None


@dataclass(frozen=True, slots=True)
class Head:
    """The ledger's newest entry as a facility signed it; ``mac`` is 64 hexadecimal digits."""

    seq: int
    mac: str
    signed: str


def case_after(case: Case, *, kind: Kind, message_id: str, body: dict[str, object]) -> Case:
    """Return the case once this message was kept."""
    match kind:
        case Kind.ADMISSION | Kind.FITTING:
            changes: dict[str, Any] = {"opened_by": kind}
        case Kind.DISCHARGE:
            changes = {"discharged": True}
        case Kind.CANCELLATION:
            changes = {"cancelled": True}
        case Kind.SETTLEMENT:
            changes = {"settlement": message_id}
        case Kind.REVERSAL:
            undone = case.reversed | ({case.settlement} if case.settlement else set())
            changes = {"settlement": None, "reversed": undone}
        case Kind.LEDGER_HEAD:
            changes = {"head": codec.convert(body, Head)}
        case (
            Kind.CHARGES
            | Kind.MANUAL
            | Kind.CLAIM
            | Kind.OBJECTION
            | Kind.CONFIRMATION
            | Kind.REIMBURSEMENT_ANSWER
            | Kind.HOOK
        ):
            changes = {}
        case _:
            assert_never(kind)
    return replace(case, **changes)


def check(envelope: Envelope, case: Case) -> Refusal | Later | None:
    """Return why this message is not kept, or None."""
    try:
        problem = _body_problem(envelope, case)
    except BadInput as wrong:
        problem = Refusal(code="BAD_FIELD", field=wrong.field)
    return replace(problem, id=envelope.id) if problem else _order_problem(envelope, case)


@dataclass(frozen=True, slots=True)
class _Charge:
    id: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class _Charges:
    lines: tuple[_Charge, ...]


@dataclass(frozen=True, slots=True)
class _Ruled:
    id: str
    amount_fen: int
    fund_fen: int
    personal_fen: int


@dataclass(frozen=True, slots=True)
class _Settlement:
    total_fen: int
    fund_fen: int
    personal_fen: int
    personal: dict[str, int] | None = None
    lines: tuple[_Ruled, ...] = ()


@dataclass(frozen=True, slots=True)
class _Reversal:
    original: str


def _body_problem(envelope: Envelope, case: Case) -> Refusal | None:
    match envelope.kind:
        case Kind.CHARGES:
            charges = codec.decode(envelope.body, _Charges)
            return _lines_problem(_repeated(line.id for line in charges.lines))
        case Kind.SETTLEMENT:
            return _settlement_problem(codec.decode(envelope.body, _Settlement))
        case Kind.REVERSAL:
            return _reversal_problem(codec.decode(envelope.body, _Reversal), case)
        case Kind.LEDGER_HEAD:
            return _head_problem(codec.decode(envelope.body, Head), case)
        case _:
            return None


def _settlement_problem(said: _Settlement) -> Refusal | None:
    mismatched = tuple(
        LineProblem(id=line.id, code="LINE_MISMATCH", field="amount_fen")
        for line in said.lines
        if line.amount_fen != line.fund_fen + line.personal_fen
    )
    problem = _lines_problem((*_repeated(line.id for line in said.lines), *mismatched))
    return problem or _total_problem(said)


def _total_problem(said: _Settlement) -> Refusal | None:
    """Hold fund + personal = total for the bill, its lines and the personal buckets."""
    wrong = ""
    if said.total_fen != said.fund_fen + said.personal_fen:
        wrong = "total_fen"
    elif said.personal is not None and sum(said.personal.values()) != said.personal_fen:
        wrong = "personal"
    elif said.lines and sum(line.amount_fen for line in said.lines) != said.total_fen:
        wrong = "lines.amount_fen"
    elif said.lines and sum(line.fund_fen for line in said.lines) != said.fund_fen:
        wrong = "lines.fund_fen"
    return Refusal(code="TOTAL_MISMATCH", field=wrong) if wrong else None


def _reversal_problem(said: _Reversal, case: Case) -> Refusal | None:
    """Refuse what names another settlement than the effective one; a missing one may yet come."""
    stands = said.original == case.settlement
    may_come = case.settlement is None and said.original not in case.reversed
    return None if stands or may_come else Refusal(code="NOT_SETTLED", field="original")


def _head_problem(said: Head, case: Case) -> Refusal | None:
    """Refuse a head that an honest ledger, which only grows, cannot have after the one we keep."""
    if not _MAC.fullmatch(said.mac) or said.seq < 1:
        return Refusal(code="BAD_FIELD", field="mac" if said.seq >= 1 else "seq")
    known = case.head
    if known and (said.seq < known.seq or (said.seq == known.seq and said.mac != known.mac)):
        return Refusal(code="HEAD_CONFLICT", field="seq")
    return None


def _lines_problem(lines: Iterable[LineProblem]) -> Refusal | None:
    found = tuple(lines)
    return Refusal(code="LINES_REFUSED", field="lines", lines=found) if found else None


def _repeated(ids: Iterable[str]) -> tuple[LineProblem, ...]:
    seen: set[str] = set()
    problems = []
    for line_id in ids:
        if line_id in seen:
            problems.append(LineProblem(id=line_id, code="DUPLICATE_LINE", field="id"))
        seen.add(line_id)
    return tuple(problems)


def _order_problem(envelope: Envelope, case: Case) -> Refusal | Later | None:
    refused = _contradiction(envelope.kind, case)
    if refused:
        return Refusal(code=refused, id=envelope.id)
    return None if _is_ready(envelope.kind, case) else Later(code="OUT_OF_ORDER", id=envelope.id)


def _contradiction(kind: Kind, case: Case) -> str:
    """Return which code a message of this kind is refused with for good, or nothing."""
    match kind:
        case Kind.ADMISSION | Kind.FITTING:
            return "ALREADY_OPEN" if case.opened_by else ""
        case Kind.CHARGES | Kind.DISCHARGE:
            return "CANCELLED" if case.cancelled else ""
        case Kind.CANCELLATION:
            return "ALREADY_DISCHARGED" if case.discharged else ""
        case Kind.SETTLEMENT | Kind.MANUAL:
            return "ALREADY_SETTLED" if case.settlement else ""
        case _:
            return ""


def _is_ready(kind: Kind, case: Case) -> bool:
    """Tell whether all has come that a message of this kind follows."""
    match kind:
        case Kind.CHARGES | Kind.DISCHARGE | Kind.CANCELLATION:
            return case.opened_by is not None
        case Kind.SETTLEMENT:
            return case.discharged or case.opened_by is Kind.FITTING
        case Kind.REVERSAL:
            return case.settlement is not None
        case (
            Kind.ADMISSION
            | Kind.FITTING
            | Kind.MANUAL
            | Kind.CLAIM
            | Kind.OBJECTION
            | Kind.CONFIRMATION
            | Kind.REIMBURSEMENT_ANSWER
            | Kind.LEDGER_HEAD
            | Kind.HOOK
        ):
            return True
        case _:
            assert_never(kind)
