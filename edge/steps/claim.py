"""Claim a month: ask again about what rests on the list, and send what stands, once.

What the platform says otherwise becomes a task with both answers; a person decides.
"""

from dataclasses import dataclass
from typing import Literal

from edge.case.reverification import reverified
from edge.claiming import draft_now, order_key
from edge.core.cases import CaseRef
from edge.core.claim import (
    NOTE_LENGTH_MAX,
    Item,
    Month,
    by_region,
    by_service,
    require_over,
    require_seen,
    summed,
)
from edge.core.errors import BadInput, Conflict, NotFound, Words
from edge.core.settlement import require_key, reused_key
from edge.core.verification import Basis, Decision
from edge.site import About, Site
from edge.store.cases import load_case
from edge.store.claims import (
    Claim,
    Decided,
    Reverification,
    add_claim,
    add_reverification,
    claim_of,
    claim_with_key,
    decide,
    reverification_of,
    unverified,
    withdraw_claim,
)
from edge.store.database import Rows
from edge.store.settlements import load_settlement
from edge.store.verifications import Verification, load_verification, save_verification
from sync.envelope import Kind
from sync.message import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One press of the button, with what the person saw."""

    month: Month
    key: str
    count: int
    fund_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reverified:
    """What asking again came to: how many agree, disagree, and could not be asked now."""

    agree: int = 0
    disagree: int = 0
    unanswered: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A settlement on the list about which the platform says otherwise now: both answers."""

    settlement: str
    then: Verification
    now: Verification
    said: Reverification


def reverify(site: Site, month: Month, operator: str) -> Reverified:
    """Ask the platform about each settlement on the list that is to be claimed, once.

    One that gets no answer on line is asked about again the next time.
    """
    counted = {"agree": 0, "disagree": 0, "unanswered": 0}
    for settlement_id, case in unverified(site.store.read(), month):
        verification = reverified(site, load_case(site.store.read(), site.vault, case), operator)
        if verification.basis != Basis.ONLINE:
            counted["unanswered"] += 1
            continue
        agrees = verification.verdict.decision is Decision.DIRECT
        counted["agree" if agrees else "disagree"] += 1
        _keep(site, settlement_id, case, verification, operator)
    return Reverified(**counted)


def submit(site: Site, request: Submission, operator: str) -> Claim:
    """Send the month's claim once, however often it is asked: the same key, the same answer.

    Raises:
        BadInput: IDEMPOTENCY_KEY.
        Conflict: IDEMPOTENCY_KEY_REUSED, for another month; CLAIM_MONTH_OPEN, CLAIM_SENT,
            CLAIM_EMPTY, CLAIM_CHANGED.
    """
    require_key(request.key)
    before = _same_press(site.store.read(), request)
    if before:
        return before
    require_over(request.month, site.clock())
    reverify(site, request.month, operator)
    with site.store.transaction() as db:
        before = _same_press(db, request)
        if before:
            return before
        _require_unclaimed(db, request.month)
        made = draft_now(db, request.month)
        require_seen(made, count=request.count, fund_fen=request.fund_fen)
        return _sent(site, db, request, made.items, operator)


def withdraw(site: Site, month: Month, note: str, operator: str) -> None:
    """Take back a claim that the platform refused, so that the month can be claimed anew.

    Raises:
        BadInput: NOTE_NEEDED.
        Conflict: CLAIM_NOT_REFUSED: there is none, or the platform has it or may have it.
    """
    note = _noted(note)
    with site.store.transaction() as db:
        claim = claim_of(db, month)
        message = site.outbox.get(db, claim.id) if claim else None
        if claim is None or message is None or message.state is not State.REJECTED:
            raise _not_refused(month)
        now = site.clock()
        if message.resolved_at is None:
            site.outbox.resolve(db, claim.id, note=note, operator=operator, now=now)
        withdraw_claim(db, claim.id)
        site.ledger.enter(
            db,
            kind="claim.withdrawn",
            operator=operator,
            subject=claim.month,
            now=now,
            claim=claim.id,
            fund_fen=claim.fund_fen,
        )


def disagreement(site: Site, db: Rows, settlement_id: str) -> Disagreement:
    """Return both answers about a settlement on the list.

    Raises:
        NotFound: UNKNOWN_SETTLEMENT; NO_DISAGREEMENT.
    """
    settlement = load_settlement(db, site.vault, settlement_id)
    said = reverification_of(db, site.vault, settlement_id)
    if said is None or said.agrees:
        raise _no_disagreement()
    return Disagreement(
        settlement=settlement_id,
        then=load_verification(db, site.vault, settlement.verification_id),
        now=load_verification(db, site.vault, said.verification),
        said=said,
    )


def decide_disagreement(
    site: Site, settlement_id: str, decision: Literal["claim", "leave_out"], note: str, by: str
) -> Disagreement:
    """Keep a person's decision: claim it all the same, or leave it out (then it is reversed).

    Raises:
        BadInput: NOTE_NEEDED.
        NotFound: UNKNOWN_SETTLEMENT; NO_DISAGREEMENT.
        Conflict: DISAGREEMENT_DECIDED.
    """
    note = _noted(note)
    with site.store.transaction() as db:
        found = disagreement(site, db, settlement_id)
        if found.said.decision:
            raise _decided_already()
        now = site.clock()
        said = Decided(decision=decision, note=note, by=by, at=now)
        decide(db, site.vault, settlement_id, said)
        site.ledger.enter(
            db,
            kind="disagreement.decided",
            operator=by,
            subject=settlement_id,
            now=now,
            decision=decision,
        )
        return disagreement(site, db, settlement_id)


def _keep(
    site: Site, settlement_id: str, case: CaseRef, verification: Verification, operator: str
) -> None:
    agrees = verification.verdict.decision is Decision.DIRECT
    with site.store.transaction() as db:
        if reverification_of(db, site.vault, settlement_id):
            return
        save_verification(db, site.vault, verification)
        add_reverification(
            db,
            Reverification(
                settlement=settlement_id,
                verification=verification.id,
                agrees=agrees,
                at=verification.at,
            ),
        )
        site.ledger.enter(
            db,
            kind="settlement.reverified",
            operator=operator,
            subject=case.id,
            now=verification.at,
            settlement=settlement_id,
            verification=verification.id,
            agrees=agrees,
        )


def _same_press(db: Rows, request: Submission) -> Claim | None:
    known = claim_with_key(db, request.key)
    if known and known.month != str(request.month):
        raise reused_key()
    return known


def _require_unclaimed(db: Rows, month: Month) -> None:
    if claim_of(db, month):
        raise Conflict(
            "CLAIM_SENT",
            Words(f"{month} 已申请月结，未重复申请", f"{month} was claimed already, and not twice"),
            Words(
                "查看已有的月结申请；被平台退回的先撤回",
                "look at the claim that there is; one that the platform refused is withdrawn first",
            ),
            field="month",
        )


def _sent(
    site: Site, db: Rows, request: Submission, items: tuple[Item, ...], operator: str
) -> Claim:
    whole = summed(items)
    body = {
        "month": str(request.month),
        "count": whole.count,
        "total_fen": whole.total_fen,
        "fund_fen": whole.fund_fen,
        "by_service": {key.value: one.fund_fen for key, one in by_service(items).items()},
        "by_region": {key: one.fund_fen for key, one in by_region(items).items()},
        "items": [
            {
                "settlement": item.settlement,
                "kind": item.kind,
                "stay": item.stay,
                "message": item.message_id,
                "confirmation": item.confirmation,
                "service": item.service,
                "insured_region": item.insured_region,
                "total_fen": item.total_fen,
                "fund_fen": item.fund_fen,
            }
            for item in items
        ],
    }
    about = About(order_key(request.month))
    claim = Claim(
        id=site.send_about(db, Kind.CLAIM, about, operator, body),
        month=str(request.month),
        idempotency_key=request.key,
        item_count=whole.count,
        fund_fen=whole.fund_fen,
        operator=operator,
        submitted_at=site.clock(),
    )
    add_claim(db, claim, items)
    site.ledger.enter(
        db,
        kind="claim.submitted",
        operator=operator,
        subject=claim.month,
        now=claim.submitted_at,
        claim=claim.id,
        count=whole.count,
        fund_fen=whole.fund_fen,
    )
    return claim


def _no_disagreement() -> NotFound:
    return NotFound(
        "NO_DISAGREEMENT",
        Words("该结算没有复核分歧", "the platform does not disagree about this settlement"),
        Words("刷新月结后重新选择", "look at the claim again and choose"),
        field="settlement",
    )


def _decided_already() -> Conflict:
    return Conflict(
        "DISAGREEMENT_DECIDED",
        Words("该分歧已有处理决定", "this disagreement was decided already"),
        Words("查看处理记录；需要改变时冲正该结算", "see the decision; reverse to change it"),
        field="settlement",
    )


def _not_refused(month: Month) -> Conflict:
    return Conflict(
        "CLAIM_NOT_REFUSED",
        Words(f"{month} 没有被平台退回的月结申请", f"no claim of {month} was refused"),
        Words("只有被退回的申请可以撤回后重新申请", "only a refused claim is withdrawn"),
        field="month",
    )


def _noted(note: str) -> str:
    note = note.strip()
    if not 1 <= len(note) <= NOTE_LENGTH_MAX:
        raise _note_needed()
    return note


def _note_needed() -> BadInput:
    return BadInput(
        "NOTE_NEEDED",
        Words("须填写处理依据（400 字以内）", "say on what ground, in at most 400 characters"),
        Words("填写后重新提交", "write it and send again"),
        field="note",
    )
