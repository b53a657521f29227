"""Settle a case that has ended: verify again, rule, and commit all of it in one transaction.

Decision, settlement, ledger entry and messages are kept together or not at all.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from edge import codec
from edge.case.bill import case_ruled
from edge.case.reverification import reverified
from edge.case.telling import Told, is_typed, typed
from edge.case.verdict import forbidding
from edge.core.cases import CaseRef
from edge.core.entry_sheet import SheetKind, settlement_fields
from edge.core.fitting import Case, Fitting
from edge.core.settlement import (
    Blocked,
    OfflineLimits,
    Terms,
    bill_packs,
    held_to_preview,
    hindered,
    over_offline_limits,
    paid_twice,
    require_key,
    require_same_day,
    reused_key,
    settlement_terms,
)
from edge.core.verification import Basis
from edge.digest import sha256
from edge.site import Site
from edge.site.rulings import Ruled
from edge.store.books import row_sha256
from edge.store.cases import load_case, move_case, said_total
from edge.store.database import Rows
from edge.store.desk_cases import DeskCase, finish_case, require_at_desk
from edge.store.drafts import whole_body
from edge.store.people import identity_of
from edge.store.reimbursements import ReimbursementState, reimbursement_of
from edge.store.settlements import (
    Settlement,
    add_settlement,
    on_list_since,
    settlement_before,
)
from edge.store.verifications import Verification, save_verification
from sync.envelope import Kind

DRAFTED_BYTES_MAX = 5 * 1024 * 1024
"""Up to this many bytes of bill or ruling a message is sure to fit the wire (8 MiB in base64)."""

_OFFLINE_WINDOW = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One press of the button: ``key`` was made when the form was rendered.

    ``identification`` is the card read at discharge; left out, the person's latest one counts.
    ``preview`` is the hash of the ruling that was shown; left out, what is ruled now is settled.
    ``desk_case`` is the case that the desk had when the page was opened; left out, no desk is held
    to it.
    """

    case: CaseRef
    key: str
    identification: str | None = None
    overdue_reason: str = ""
    preview: str = ""
    desk_case: DeskCase | None = None


@dataclass(frozen=True, slots=True)
class AlreadySettled:
    """Another press was first; its receipt."""

    winner: Settlement


def settle(site: Site, request: Request, operator: str) -> Settlement | Blocked | AlreadySettled:
    """Settle once, however often it is asked: the same key gets the same answer.

    Raises:
        BadInput: IDEMPOTENCY_KEY, missing or too long.
        Conflict: IDEMPOTENCY_KEY_REUSED, for another case; STAY_STATE, FITTING_STATE; CASE_CHANGED;
            CASE_NOT_AT_DESK.
        Fault: LEDGER_BROKEN.
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
        site.ledger.require_sound()
        case = load_case(db, site.vault, request.case)
        if request.desk_case:
            require_at_desk(db, request.desk_case, case.person_id)
        require_same_day(case, verification.facts.admitted_at)
        outcome = case_ruled(site, db, case)
        terms = settlement_terms(
            case,
            verification.verdict,
            outcome.ruling,
            now=verification.at,
            overdue_reason=request.overdue_reason,
            hospital_total_fen=said_total(db, case),
        )
        terms = hindered(
            terms, forbidding(site, db, case, outcome.bill, notice=verification.facts.notice)
        )
        terms = _held_to_preview(site, request, case, verification, outcome, terms)
        if isinstance(terms, Terms):
            terms = _stopped(site, db, case, terms, verification) or terms
        save_verification(db, site.vault, verification)
        if isinstance(terms, Blocked):
            _note_blocked(site, db, case, terms, verification, operator)
            return terms
        settlement = _settlement(site, request, verification, outcome, terms)
        finish_case(db, verification.identification_id, at=verification.at)
        return _committed(site, db, case, settlement, outcome, operator)


def _settled_before(site: Site, db: Rows, request: Request) -> Settlement | AlreadySettled | None:
    before = settlement_before(db, site.vault, request.key, request.case)
    if before is None:
        return None
    if before.idempotency_key != request.key:
        return AlreadySettled(before)
    if before.case != request.case:
        raise reused_key()
    return before


def _verified_again(site: Site, request: Request, operator: str) -> Verification:
    """Ask anew about identity and filing (津 第二十五条), outside any transaction."""
    case = load_case(site.store.read(), site.vault, request.case)
    if not case.is_settled:  # settled since we looked: the transaction will find the winner
        case.require_ended()
    return reverified(site, case, operator, identification=request.identification)


def _held_to_preview(
    site: Site,
    request: Request,
    case: Case,
    verification: Verification,
    outcome: Ruled,
    terms: Terms | Blocked,
) -> Terms | Blocked:
    if not request.preview:
        return terms
    changes = site.previews.since(request.preview, outcome.ruling)
    verdict = verification.verdict
    return held_to_preview(terms, changes, was=case.admission_decision, verdict=verdict)


def _stopped(
    site: Site, db: Rows, case: Case, terms: Terms, verification: Verification
) -> Blocked | None:
    """Stop what the insured region pays by hand, or what goes over the limits of the list."""
    paid_by_hand = reimbursement_of(db, case.id)
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
    site: Site, request: Request, verification: Verification, outcome: Ruled, terms: Terms
) -> Settlement:
    catalogue = codec.encode(outcome.bill.catalogue)
    bill = codec.encode_around(outcome.bill, catalogue=catalogue)
    return Settlement(
        id=site.fresh_id(),
        case=request.case,
        verification_id=verification.id,
        idempotency_key=request.key,
        total_fen=terms.total_fen,
        fund_fen=terms.fund_fen,
        personal_fen=terms.personal_fen,
        basis=verification.basis,
        overdue_reason=request.overdue_reason.strip() if terms.overdue else None,
        bill=bill,
        ruling=codec.encode(outcome.ruling),
        catalogue_sha256=sha256(catalogue),
        packs=bill_packs(site.rulebook, outcome.bill),
        settled_at=verification.at,
    )


def _committed(
    site: Site, db: Rows, case: Case, settlement: Settlement, outcome: Ruled, operator: str
) -> Settlement:
    told = _tell(site, db, case, settlement, outcome, operator)
    settlement = replace(settlement, message_id=told.message_id, entry_sheet_id=told.entry_sheet_id)
    move_case(db, case.settled())
    add_settlement(db, site.vault, settlement)
    site.ledger.enter(
        db,
        kind=f"{case.ref.kind}.settled",
        operator=operator,
        subject=case.id,
        now=settlement.settled_at,
        settlement=settlement.id,
        verification=settlement.verification_id,
        ruling_sha256=sha256(settlement.ruling),
        row_sha256=row_sha256(db, "settlements", settlement.id),
        overdue_reason=settlement.overdue_reason,
        **_totals(settlement),
    )
    facts = {"settlement": settlement.id, **_totals(settlement)}
    site.tell_systems(db, "case.settled", case, operator, facts)
    return settlement


def _tell(
    site: Site, db: Rows, case: Case, settlement: Settlement, outcome: Ruled, operator: str
) -> Told:
    """Send what was settled, or lay it down to be typed.

    What is sent says all but the lines: these lie in the settlement, once, until it is made.
    """
    if isinstance(case, Fitting) and is_typed(case):
        fields = settlement_fields(
            case,
            identity_of(db, site.vault, case.person_id),
            outcome.bill,
            outcome.ruling,
            facility=site.settings.facility.name,
            at=settlement.settled_at,
        )
        return typed(site, db, case, SheetKind.SETTLEMENT, fields)

    def send(kind: Kind, head: dict[str, object]) -> str:
        if max(len(settlement.bill), len(settlement.ruling)) <= DRAFTED_BYTES_MAX:
            return site.send_draft(db, kind, case, operator, (head, settlement.id))
        # So long that the wire may refuse it: then it is refused here, with its cause.
        whole = whole_body(kind, codec.encode(head), settlement)
        return site.send(db, kind, case, operator, codec.Raw(whole))

    send(Kind.CHARGES, _charges_head(case, settlement))
    head = {**_settlement_head(case, settlement, outcome), **_totals(settlement)}
    return Told(message_id=send(Kind.SETTLEMENT, head))


def _totals(settlement: Settlement) -> dict[str, int]:
    return {
        "total_fen": settlement.total_fen,
        "fund_fen": settlement.fund_fen,
        "personal_fen": settlement.personal_fen,
    }


def _charges_head(case: Case, settlement: Settlement) -> dict[str, object]:
    said: dict[str, object] = {case.ref.kind.value: case.id, "settlement": settlement.id}
    return {**said, "fitted": _fitted(case)} if isinstance(case, Fitting) else said


def _fitted(fitting: Fitting) -> dict[str, object]:
    devices = [
        {
            "line": line.charge.id,
            "act": line.act,
            "serial": line.serial,
            "model": line.model,
            "last_fitted_on": line.last_fitted_on and line.last_fitted_on.isoformat(),
        }
        for line in fitting.lines
    ]
    return {
        "fitted_at": fitting.began_at.isoformat(),
        "notice": fitting.notice.id if fitting.notice else None,
        "devices": devices,
    }


def _settlement_head(case: Case, settlement: Settlement, outcome: Ruled) -> dict[str, object]:
    return {
        case.ref.kind.value: case.id,
        "settlement": settlement.id,
        "hospital_number": case.hospital_number,
        "basis": settlement.basis,
        "settled_at": settlement.settled_at.isoformat(),
        "bill_sha256": sha256(settlement.bill),
        "ruling_sha256": sha256(settlement.ruling),
        "personal": codec.plain(outcome.ruling.personal),
    }


def _note_blocked(
    site: Site, db: Rows, case: Case, blocked: Blocked, verification: Verification, operator: str
) -> None:
    site.ledger.enter(
        db,
        kind="settlement.blocked",
        operator=operator,
        subject=case.id,
        now=verification.at,
        verification=verification.id,
        blocks=[block.code for block in blocked.blocks],
    )
