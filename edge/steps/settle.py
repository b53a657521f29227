"""Settle a discharged stay: verify again, rule, and commit all of it in one transaction.

Decision, settlement, ledger entry and messages are kept together or not at all.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from edge import codec
from edge.case import Ruled, ruled
from edge.core.settlement import (
    Blocked,
    OfflineLimits,
    Terms,
    bill_packs,
    over_offline_limits,
    paid_twice,
    require_key,
    reused_key,
    settlement_terms,
)
from edge.core.stay import Stay, StayState, require_state
from edge.core.verification import Basis
from edge.digest import sha256
from edge.reverification import reverified
from edge.site import Site
from edge.store.bills import hospital_total, lines_of
from edge.store.database import Rows
from edge.store.desk_cases import finish_case
from edge.store.reimbursements import ReimbursementState, reimbursement_of
from edge.store.settlements import (
    Settlement,
    add_settlement,
    on_list_since,
    settlement_of,
    settlement_with_key,
)
from edge.store.stays import load_stay, move_stay
from edge.store.verifications import Verification, save_verification
from sync.envelope import Kind

_OFFLINE_WINDOW = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One press of the button: ``key`` was made when the form was rendered.

    ``identification`` is the card read at discharge; left out, the person's latest one counts.
    """

    stay: str
    key: str
    identification: str | None = None
    overdue_reason: str = ""


@dataclass(frozen=True, slots=True)
class AlreadySettled:
    """Another press was first; its receipt."""

    winner: Settlement


def settle(site: Site, request: Request, operator: str) -> Settlement | Blocked | AlreadySettled:
    """Settle once, however often it is asked: the same key gets the same answer.

    Raises:
        BadInput: IDEMPOTENCY_KEY, missing or too long.
        Conflict: IDEMPOTENCY_KEY_REUSED, for another stay; STAY_STATE.
    """
    require_key(request.key)
    before = _settled_before(site, site.store.read(), request)
    if before:
        return before
    verification = _verified_again(site, request, operator)
    with site.store.transaction() as db:
        before = _settled_before(site, db, request)
        if before:
            return before
        stay = load_stay(db, request.stay)
        case = ruled(site, stay, lines_of(db, site.vault, stay.id))
        terms = settlement_terms(
            stay,
            verification.verdict,
            case.ruling,
            now=verification.at,
            overdue_reason=request.overdue_reason,
            hospital_total_fen=hospital_total(db, stay.id),
        )
        if isinstance(terms, Terms):
            terms = _stopped(site, db, stay, terms, verification) or terms
        save_verification(db, site.vault, verification)
        if isinstance(terms, Blocked):
            _note_blocked(site, db, stay, terms, verification, operator)
            return terms
        settlement = _settlement(site, request, verification, case, terms)
        finish_case(db, verification.identification_id, at=verification.at)
        return _committed(site, db, stay, settlement, case, operator)


def _settled_before(site: Site, db: Rows, request: Request) -> Settlement | AlreadySettled | None:
    same_press = settlement_with_key(db, site.vault, request.key)
    if same_press:
        if same_press.stay_id != request.stay:
            raise reused_key()
        return same_press
    winner = settlement_of(db, site.vault, request.stay)
    return AlreadySettled(winner) if winner else None


def _verified_again(site: Site, request: Request, operator: str) -> Verification:
    """Ask anew about identity and filing (津 第二十五条), outside any transaction."""
    stay = load_stay(site.store.read(), request.stay)
    # Settled since we looked: the transaction will find the winner and its receipt.
    require_state(stay, StayState.DISCHARGED, StayState.REVERSED, StayState.SETTLED)
    return reverified(site, stay, operator, identification=request.identification)


def _stopped(
    site: Site, db: Rows, stay: Stay, terms: Terms, verification: Verification
) -> Blocked | None:
    """Stop what the insured region pays by hand, or what goes over the limits of the list."""
    paid_by_hand = reimbursement_of(db, stay.id)
    if paid_by_hand:
        return paid_twice(reimbursed=paid_by_hand is ReimbursementState.REIMBURSED)
    if verification.basis is Basis.LIST:
        return _within_offline_limits(site, db, terms, verification)
    return None


def _within_offline_limits(
    site: Site, db: Rows, terms: Terms, verification: Verification
) -> Blocked | None:
    offline = site.settings.offline
    limits = OfflineLimits(
        fund_fen_max=offline.fund_fen_max,
        count_max=offline.count_max,
        total_fen_max=offline.total_fen_max,
    )
    before = on_list_since(db, verification.at - _OFFLINE_WINDOW)
    return over_offline_limits(terms, before, limits)


def _settlement(
    site: Site, request: Request, verification: Verification, case: Ruled, terms: Terms
) -> Settlement:
    bill = codec.encode(case.bill)
    return Settlement(
        id=site.fresh_id(),
        stay_id=request.stay,
        verification_id=verification.id,
        idempotency_key=request.key,
        total_fen=terms.total_fen,
        fund_fen=terms.fund_fen,
        personal_fen=terms.personal_fen,
        basis=verification.basis,
        overdue_reason=request.overdue_reason.strip() if terms.overdue else None,
        bill=bill,
        ruling=codec.encode(case.ruling),
        catalogue_sha256=sha256(codec.encode(case.bill.catalogue)),
        packs=bill_packs(site.rulebook, case.bill),
        message_id="",  # told in ``_committed``, once there is a message
        settled_at=verification.at,
    )


def _committed(
    site: Site, db: Rows, stay: Stay, settlement: Settlement, case: Ruled, operator: str
) -> Settlement:
    totals = {
        "total_fen": settlement.total_fen,
        "fund_fen": settlement.fund_fen,
        "personal_fen": settlement.personal_fen,
    }
    site.send(db, Kind.CHARGES, stay, operator, _charges_message(settlement, case))
    told = {**_message(stay, settlement, case), **totals}
    settlement = replace(
        settlement, message_id=site.send(db, Kind.SETTLEMENT, stay, operator, told)
    )
    add_settlement(db, site.vault, settlement)
    move_stay(db, replace(stay, state=StayState.SETTLED))
    site.ledger.enter(
        db,
        kind="stay.settled",
        operator=operator,
        subject=stay.id,
        now=settlement.settled_at,
        settlement=settlement.id,
        verification=settlement.verification_id,
        ruling_sha256=sha256(settlement.ruling),
        overdue_reason=settlement.overdue_reason,
        **totals,
    )
    return settlement


def _charges_message(settlement: Settlement, case: Ruled) -> dict[str, object]:
    return {
        "stay": settlement.stay_id,
        "settlement": settlement.id,
        "lines": case.bill.lines,  # as they are: turned into dictionaries first it takes longer
    }


def _message(stay: Stay, settlement: Settlement, case: Ruled) -> dict[str, object]:
    return {
        "stay": stay.id,
        "settlement": settlement.id,
        "hospital_number": stay.hospital_number,
        "basis": settlement.basis,
        "settled_at": settlement.settled_at.isoformat(),
        "bill_sha256": sha256(settlement.bill),
        "ruling_sha256": sha256(settlement.ruling),
        "personal": codec.plain(case.ruling.personal),
        "lines": [
            {
                "id": line.id,
                "amount_fen": line.amount_fen,
                "fund_fen": line.fund_fen,
                "personal_fen": line.personal_fen,
                "reason": line.reason,
                "article": line.article,
                "catalogue_row": line.catalogue_row,
            }
            for line in case.ruling.lines
        ],
    }


def _note_blocked(
    site: Site, db: Rows, stay: Stay, blocked: Blocked, verification: Verification, operator: str
) -> None:
    site.ledger.enter(
        db,
        kind="settlement.blocked",
        operator=operator,
        subject=stay.id,
        now=verification.at,
        verification=verification.id,
        blocks=[block.code for block in blocked.blocks],
    )
