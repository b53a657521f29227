"""The agency's audit, its answers, statements and payments, written down. Each returns its facts.

Deductions are the facility's matter: nothing here touches a settlement or the worker's share.
"""

from dataclasses import dataclass
from datetime import date

from edge import codec
from edge.core.claim import Month, read_month
from edge.core.errors import BadInput, Conflict, NotFound, Words
from edge.core.reconciliation import (
    Answer,
    AuditedItem,
    Deduction,
    DeductionClass,
    Payment,
    contradiction,
)
from edge.site import Site
from edge.store.audits import (
    Audit,
    Statement,
    add_answer,
    add_audit,
    add_payment,
    add_statement,
    audit_of,
    deduction_of,
    objection_with,
    payment_known,
)
from edge.store.claims import claim_with_id
from edge.store.database import Rows
from sync.dispatch import Dispatch

_NAME_SHOWN_MAX = 64
_LOOK = Words(
    "与经办机构核对；确认无需处理后在“下行”中登记",
    "compare with the agency; when there is nothing to do, set it aside with a note",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Deducted:
    id: str
    line: str = ""
    amount_fen: int
    kind: DeductionClass
    reason: str
    article: str = ""
    points: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Audited:
    settlement: str
    fund_fen: int
    approved_fen: int
    deductions: tuple[_Deducted, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _AuditResult:
    claim: str
    month: str
    items: tuple[_Audited, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answered:
    objection: str
    lifted_fen: int
    text: str
    article: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stated:
    month: str
    count: int
    claimed_fen: int
    deducted_fen: int
    approved_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paid:
    id: str
    month: str
    amount_fen: int
    paid_on: date
    reference: str = ""


def audit_result(site: Site, db: Rows, dispatch: Dispatch) -> dict[str, object]:
    """Write an audit down, line by line.

    Raises:
        BadInput: BAD_FIELD; AUDIT_CONTRADICTS, when its sums do not add up.
        NotFound: UNKNOWN_CLAIM.
        Conflict: AUDIT_REPEATED.
    """
    said = codec.decode(dispatch.body, _AuditResult)
    claim = claim_with_id(db, said.claim)
    if claim is None or claim.month != said.month:
        raise _unknown_claim(said.claim)
    items = tuple(_item(one) for one in said.items)
    wrong = contradiction(items)
    if wrong:
        raise _contradicts(wrong.settlement, wrong.what)
    repeated = [d.id for i in items for d in i.deductions if deduction_of(db, site.vault, d.id)]
    if audit_of(db, site.vault, claim.id) or repeated:
        raise _repeated(said.month)
    audit = Audit(claim=claim.id, audited_at=dispatch.moment, items=items)
    add_audit(db, site.vault, audit, dispatch=dispatch.id)
    return {
        "count": len(items),
        "approved_fen": sum(item.approved_fen for item in items),
        "deductions": sum(len(item.deductions) for item in items),
    }


def objection_answer(site: Site, db: Rows, dispatch: Dispatch) -> dict[str, object]:
    """Write the answer to an objection down.

    Raises:
        BadInput: BAD_FIELD; ANSWER_CONTRADICTS, when it lifts more than was deducted.
        NotFound: UNKNOWN_OBJECTION.
        Conflict: ANSWER_REPEATED.
    """
    said = codec.decode(dispatch.body, _Answered)
    objection = objection_with(db, site.vault, id_=said.objection)
    found = deduction_of(db, site.vault, objection.deduction) if objection else None
    if objection is None or found is None:
        raise _unknown_objection(said.objection)
    if objection.answer:
        raise _answered_before(said.objection)
    if not 0 <= said.lifted_fen <= found[1].amount_fen:
        raise _lifts_too_much(said.objection)
    answer = Answer(
        lifted_fen=said.lifted_fen,
        text=said.text,
        article=said.article,
        answered_at=dispatch.moment,
    )
    add_answer(db, site.vault, objection.id, answer, dispatch=dispatch.id)
    return {"objection": objection.id, "lifted_fen": said.lifted_fen}


def statement(_site: Site, db: Rows, dispatch: Dispatch) -> dict[str, object]:
    """Write a monthly statement down; whether it agrees with our claim is shown beside it.

    Raises:
        BadInput: BAD_FIELD, CLAIM_MONTH.
    """
    said = codec.decode(dispatch.body, _Stated)
    stated = Statement(
        month=str(read_month(said.month)),
        count=said.count,
        claimed_fen=said.claimed_fen,
        deducted_fen=said.deducted_fen,
        approved_fen=said.approved_fen,
        stated_at=dispatch.moment,
    )
    add_statement(db, stated, dispatch=dispatch.id)
    return {"month": stated.month, "approved_fen": stated.approved_fen}


def payment(_site: Site, db: Rows, dispatch: Dispatch) -> dict[str, object]:
    """Write a payment down, once by the agency's own number.

    Raises:
        BadInput: BAD_FIELD, CLAIM_MONTH.
        Conflict: PAYMENT_REPEATED.
    """
    said = codec.decode(dispatch.body, _Paid)
    month: Month = read_month(said.month)
    if not said.amount_fen or not said.id:
        raise _no_payment()
    if payment_known(db, said.id):
        raise _paid_before(said.id)
    paid = Payment(
        id=said.id,
        amount_fen=said.amount_fen,
        paid_on=said.paid_on,
        reference=said.reference,
    )
    add_payment(db, month, paid, dispatch=dispatch.id)
    return {"month": str(month), "payment": paid.id, "amount_fen": paid.amount_fen}


def _item(said: _Audited) -> AuditedItem:
    return AuditedItem(
        settlement=said.settlement,
        fund_fen=said.fund_fen,
        approved_fen=said.approved_fen,
        deductions=tuple(
            Deduction(
                id=one.id,
                settlement=said.settlement,
                line=one.line,
                amount_fen=one.amount_fen,
                kind=one.kind,
                reason=one.reason,
                article=one.article,
                points=one.points,
            )
            for one in said.deductions
        ),
    )


def _unknown_claim(claim: str) -> NotFound:
    claim = _cut(claim)
    zh, en = f"审核所指的月结申请不存在：{claim}", f"no claim {claim} was made"
    return NotFound("UNKNOWN_CLAIM", Words(zh, en), _LOOK, field="claim")


def _contradicts(settlement: str, what: str) -> BadInput:
    settlement = _cut(settlement)
    zh = f"审核结果自相矛盾（{settlement} 的 {what}）"
    en = f"the audit contradicts itself: {what} of {settlement}"
    return BadInput("AUDIT_CONTRADICTS", Words(zh, en), _LOOK, field=what)


def _unknown_objection(objection: str) -> NotFound:
    objection = _cut(objection)
    words = Words(f"没有该异议：{objection}", f"no objection {objection}")
    return NotFound("UNKNOWN_OBJECTION", words, _LOOK, field="objection")


def _lifts_too_much(objection: str) -> BadInput:
    objection = _cut(objection)
    words = Words(f"答复核减金额不符：{objection}", f"it lifts another sum: {objection}")
    return BadInput("ANSWER_CONTRADICTS", words, _LOOK, field="lifted_fen")


def _no_payment() -> BadInput:
    words = Words("拨付没有编号或金额为零", "the payment has no number, or is of nothing")
    return BadInput("PAYMENT_EMPTY", words, _LOOK, field="amount_fen")


def _repeated(month: str) -> Conflict:
    words = Words(f"{month} 的审核结果已收到过", f"there is an audit of {month} already")
    return Conflict("AUDIT_REPEATED", words, _LOOK, field="claim")


def _answered_before(objection: str) -> Conflict:
    objection = _cut(objection)
    words = Words(f"该异议已有答复：{objection}", f"{objection} was answered already")
    return Conflict("ANSWER_REPEATED", words, _LOOK, field="objection")


def _paid_before(payment_id: str) -> Conflict:
    payment_id = _cut(payment_id)
    words = Words(f"该拨付已入账：{payment_id}", f"{payment_id} was counted already")
    return Conflict("PAYMENT_REPEATED", words, _LOOK, field="id")


def _cut(name: str) -> str:
    """Return a name that another chose, cut to what a sentence can hold."""
    return name[:_NAME_SHOWN_MAX]
