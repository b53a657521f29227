"""Reverse a settlement: a reason, two persons who prove themselves, one transaction.

Deletes nothing; the case may then be settled again or go to manual reimbursement.
"""

from dataclasses import dataclass, field, replace

from edge.case.telling import Told, typed
from edge.core.cases import CaseKind, CaseRef
from edge.core.entry_sheet import SheetKind, SheetState, require_closed, reversal_fields
from edge.core.errors import Conflict, NotAllowed, Words
from edge.core.fitting import Case
from edge.core.reversal import (
    Reversal,
    require_two_persons,
    required_reason,
)
from edge.core.settlement import require_key, reused_key
from edge.site import Site
from edge.store.books import row_sha256
from edge.store.cases import load_case, move_case
from edge.store.database import Rows
from edge.store.entry_sheets import load_sheet
from edge.store.operators import Role
from edge.store.reversals import add_reversal, reversal_of, reversal_with_key
from edge.store.settlements import Settlement, load_settlement
from sync.envelope import Kind
from sync.message import State

REVERSERS = {
    CaseKind.STAY: frozenset({Role.DISCHARGE, Role.FINANCE}),
    CaseKind.FITTING: frozenset({Role.FITTING, Role.FINANCE}),
}
"""Who may reverse the settlement of such a case, and who may stand beside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One press of the button. ``password`` is the operator's own, typed again."""

    settlement: str
    key: str
    reason: str
    password: str = field(repr=False)
    second_person: str
    second_password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AlreadyReversed:
    """Another press was first; what it did."""

    winner: Reversal


def reverse(site: Site, request: Request, operator: str) -> Reversal | AlreadyReversed:
    """Undo a settlement once, however often it is asked: the same key gets the same answer.

    What was done before is told without passwords: telling changes nothing.

    Raises:
        BadInput: IDEMPOTENCY_KEY, FIELD_EMPTY, REASON_TOO_LONG, SECOND_PERSON_SAME.
        NotFound: UNKNOWN_SETTLEMENT.
        NotAllowed: REAUTHENTICATION_FAILED, SECOND_PERSON_REFUSED; both are entered in the ledger.
        Conflict: IDEMPOTENCY_KEY_REUSED, for another settlement; SETTLEMENT_REJECTED;
            ENTRY_SHEET_WAITING.
        Fault: LOGIN_BUSY, LEDGER_BROKEN.
    """
    require_key(request.key)
    request = replace(request, reason=required_reason(request.reason))
    db = site.store.read()
    case = load_settlement(db, site.vault, request.settlement).case
    before = _reversed_before(site, db, request)
    if before:
        return before
    _require_both(site, request, case, operator)
    with site.store.transaction() as db:
        before = _reversed_before(site, db, request)
        if before:
            return before
        site.ledger.require_sound()
        return _committed(site, db, request, operator)


def _reversed_before(site: Site, db: Rows, request: Request) -> Reversal | AlreadyReversed | None:
    same_press = reversal_with_key(db, site.vault, request.key)
    if same_press:
        if same_press.settlement_id != request.settlement:
            raise reused_key()
        return same_press
    winner = reversal_of(db, site.vault, request.settlement)
    return AlreadyReversed(winner) if winner else None


def _require_both(site: Site, request: Request, case: CaseRef, operator: str) -> None:
    """Let both prove themselves, outside any transaction: a password takes its time."""
    require_two_persons(operator=operator, second_person=request.second_person)
    for name, password, refusal in (
        (operator, request.password, _not_you()),
        (request.second_person, request.second_password, _no_second_person()),
    ):
        known = site.proofs().again(name, password)
        if known is None or known.role not in REVERSERS[case.kind]:
            _note_refused(site, request, case, operator, refusal.code)
            raise refusal


def _note_refused(site: Site, request: Request, case: CaseRef, operator: str, code: str) -> None:
    # The second name is not told: a password may have been typed in its place.
    site.log.warning("reversal.refused", settlement=request.settlement, code=code)
    with site.store.transaction() as db:
        site.ledger.enter(
            db,
            kind="reversal.refused",
            operator=operator,
            subject=case.id,
            now=site.clock(),
            settlement=request.settlement,
            code=code,
        )


def _committed(site: Site, db: Rows, request: Request, operator: str) -> Reversal:
    settlement = load_settlement(db, site.vault, request.settlement)
    case = load_case(db, site.vault, settlement.case).reversed()
    told = _tell(site, db, case, settlement, request, operator)
    reversal = Reversal(
        id=site.fresh_id(),
        settlement_id=settlement.id,
        idempotency_key=request.key,
        operator=operator,
        second_person=request.second_person,
        reason=request.reason,
        message_id=told.message_id,
        entry_sheet_id=told.entry_sheet_id,
        reversed_at=site.clock(),
    )
    add_reversal(db, site.vault, reversal)
    move_case(db, case)
    site.ledger.enter(
        db,
        kind="settlement.reversed",
        operator=operator,
        subject=case.id,
        now=reversal.reversed_at,
        settlement=settlement.id,
        reversal=reversal.id,
        row_sha256=row_sha256(db, "reversals", reversal.id),
        second_person=reversal.second_person,
        total_fen=settlement.total_fen,
        fund_fen=settlement.fund_fen,
        personal_fen=settlement.personal_fen,
    )
    facts: dict[str, object] = {"settlement": settlement.id, "reversal": reversal.id}
    site.tell_systems(db, "settlement.reversed", case, operator, facts)
    return reversal


def _tell(
    site: Site, db: Rows, case: Case, settlement: Settlement, request: Request, operator: str
) -> Told:
    """Tell the platform the way it was told, unless it never had the settlement."""
    if settlement.entry_sheet_id:
        return _typed(site, db, case, settlement.entry_sheet_id, request)
    message_id = settlement.message_id or ""
    original = site.outbox.get(db, message_id)
    if original.state is State.REJECTED:
        if original.resolved_at is None:
            raise _rejected()
        return Told()
    body = {
        case.ref.kind.value: case.id,
        "settlement": settlement.id,
        "original": message_id,
        "reason": request.reason,
        "second_person": request.second_person,
        "total_fen": settlement.total_fen,
        "fund_fen": settlement.fund_fen,
        "personal_fen": settlement.personal_fen,
    }
    return Told(message_id=site.send(db, Kind.REVERSAL, case, operator, body))


def _typed(site: Site, db: Rows, case: Case, sheet_id: str, request: Request) -> Told:
    """Have a settlement that was typed taken back by hand, too."""
    original = load_sheet(db, site.vault, sheet_id)
    require_closed(original)
    if original.state is SheetState.WITHDRAWN:
        return Told()
    fields = reversal_fields(original, reason=request.reason, at=site.clock())
    return typed(site, db, case, SheetKind.REVERSAL, fields)


def _not_you() -> NotAllowed:
    return NotAllowed(
        "REAUTHENTICATION_FAILED",
        Words(
            "本人密码不正确、账号已锁定，或岗位无权冲正",
            "your own password is wrong, your account is locked, or you may not reverse",
        ),
        Words("重新输入登录密码", "type the password with which you logged in"),
        field="password",
    )


def _no_second_person() -> NotAllowed:
    # One sentence for every cause: a stranger must not learn which accounts exist.
    return NotAllowed(
        "SECOND_PERSON_REFUSED",
        Words(
            "复核人账号或密码不正确、已停用或锁定，或岗位无权复核",
            "the second person's account or password is wrong, disabled or locked, or may not"
            " reverse",
        ),
        Words("请另一位有权冲正的人员本人输入", "let a colleague who may reverse type it"),
        field="second_person",
    )


def _rejected() -> Conflict:
    return Conflict(
        "SETTLEMENT_REJECTED",
        Words("该结算报文已被平台退回，尚未处理", "the platform refused this settlement's message"),
        Words(
            "先在“同步”中重发该报文或登记处理结果，再冲正",
            "retry or resolve that message first, then reverse",
        ),
        field="settlement",
    )
