"""After the audit: object to a deduction, confirm what is agreed, and see what is still to come."""

from dataclasses import dataclass
from datetime import date

from edge.claiming import ClaimNow, claim_now, order_key
from edge.core.claim import (
    NOTE_LENGTH_MAX,
    ClaimState,
    Month,
    month_of,
    read_month,
    require_claim_state,
)
from edge.core.dates import local_day
from edge.core.errors import BadInput, NotFound, Words
from edge.core.reconciliation import (
    Advanced,
    Band,
    Found,
    Objection,
    ageing,
    deducted_by_settlement,
    objection_until,
    recovered,
    require_confirmable,
    require_objectable,
)
from edge.core.settlement import require_key, reused_key
from edge.site import About, Site
from edge.store.audits import (
    Confirmation,
    add_confirmation,
    add_objection,
    audit_of,
    deduction_of,
    objection_with,
)
from edge.store.claims import candidates, claim_of, standing_claims
from edge.store.database import Rows
from sync.envelope import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Protest:
    """One objection: to which deduction of which month, and why."""

    month: Month
    deduction: str
    text: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receivables:
    """What the facility has advanced and not got back, as of a day, by age."""

    as_of: date
    outstanding_fen: int
    deducted_fen: int
    bands: tuple[Band, ...]
    settlements: tuple[Advanced, ...]


def object_to(site: Site, request: Protest, operator: str) -> Objection:
    """Object to a deduction once; the same key gives the same objection.

    Raises:
        BadInput: IDEMPOTENCY_KEY, NOTE_NEEDED.
        NotFound: UNKNOWN_DEDUCTION, in this month.
        Conflict: IDEMPOTENCY_KEY_REUSED, CLAIM_STATE, OBJECTION_MADE, OBJECTION_TOO_LATE.
    """
    require_key(request.key)
    text = _said(request.text)
    with site.store.transaction() as db:
        same = objection_with(db, site.vault, key=request.key)
        if same:
            if same.deduction != request.deduction:
                raise reused_key()
            return same
        _require_objectable(site, db, request)
        body = {"month": str(request.month), "deduction": request.deduction, "text": text}
        about = About(order_key(request.month))
        objection = Objection(
            id=site.send_about(db, Kind.OBJECTION, about, operator, body),
            deduction=request.deduction,
            text=text,
            operator=operator,
            made_at=site.clock(),
        )
        add_objection(db, site.vault, objection, key=request.key)
        site.ledger.enter(
            db,
            kind="deduction.objected",
            operator=operator,
            subject=str(request.month),
            now=objection.made_at,
            deduction=objection.deduction,
            objection=objection.id,
        )
    return objection


def confirm(site: Site, month: Month, said: Found, operator: str) -> Confirmation:
    """Confirm what the audit approved, after every answer; asked again, give the same.

    Raises:
        BadInput: NOTE_NEEDED, when the note is too long.
        Conflict: CLAIM_STATE, before the audit or while an objection is open; CLAIM_CHANGED;
            DIFFERENCES_UNEXPLAINED.
    """
    if len(said.note) > NOTE_LENGTH_MAX:
        raise _note_needed()
    with site.store.transaction() as db:
        now = claim_now(site, db, month)
        if now.confirmation:
            return now.confirmation
        require_claim_state(month, now.state, ClaimState.AUDITED)
        if now.claim is None or now.reconciliation is None:
            raise AssertionError(now.state)  # the state says that both are there
        require_confirmable(said, now.balance.due_fen, now.reconciliation)
        return _confirmed(site, db, now, said, operator)


def receivables(site: Site) -> Receivables:
    """Return what was advanced for the fund and is not back, by days since the settlement."""
    db = site.store.read()
    now = site.clock()
    day = local_day(now)
    advanced = [*_advanced_unclaimed(db, month_of(now)), *_advanced_claimed(site, db)]
    return Receivables(
        as_of=day,
        outstanding_fen=sum(one.outstanding_fen for one in advanced),
        deducted_fen=sum(one.deducted_fen for one in advanced),
        bands=ageing(advanced, day),
        settlements=tuple(one for one in advanced if one.outstanding_fen),
    )


def _require_objectable(site: Site, db: Rows, request: Protest) -> None:
    found = deduction_of(db, site.vault, request.deduction)
    claim = claim_of(db, request.month)
    if found is None or claim is None or found[0] != claim.id:
        raise _unknown_deduction(request.deduction)
    state = claim_now(site, db, request.month).state
    require_claim_state(request.month, state, ClaimState.AUDITED, ClaimState.DISPUTED)
    audit = audit_of(db, site.vault, claim.id)
    term = site.settings.claims.objection_days
    until = objection_until(audit.audited_at, term) if audit else None
    before = objection_with(db, site.vault, deduction=request.deduction)
    require_objectable(before, until=until, now=site.clock())


def _confirmed(site: Site, db: Rows, now: ClaimNow, said: Found, operator: str) -> Confirmation:
    if now.claim is None:
        raise AssertionError(now.state)
    body = {
        "month": str(now.month),
        "claim": now.claim.id,
        "approved_fen": said.approved_fen,
        "note": said.note.strip(),
    }
    about = About(order_key(now.month))
    confirmation = Confirmation(
        claim=now.claim.id,
        message_id=site.send_about(db, Kind.CONFIRMATION, about, operator, body),
        approved_fen=said.approved_fen,
        note=said.note.strip(),
        operator=operator,
        confirmed_at=site.clock(),
    )
    add_confirmation(db, site.vault, confirmation)
    site.ledger.enter(
        db,
        kind="claim.confirmed",
        operator=operator,
        subject=str(now.month),
        now=confirmation.confirmed_at,
        claim=now.claim.id,
        approved_fen=said.approved_fen,
        differences=len(now.reconciliation.differences) if now.reconciliation else 0,
    )
    return confirmation


def _advanced_unclaimed(db: Rows, month: Month) -> list[Advanced]:
    """Return what no claim holds yet; what is to be taken back counts against it."""
    return [
        Advanced(
            settlement=one.item.settlement,
            settled_on=one.item.settled_on,
            insured_region=one.item.insured_region,
            fund_fen=one.item.fund_fen,
        )
        for one in candidates(db, month)
    ]


def _advanced_claimed(site: Site, db: Rows) -> list[Advanced]:
    advanced: list[Advanced] = []
    for claim in standing_claims(db):
        now = claim_now(site, db, read_month(claim.month))
        lost = deducted_by_settlement(now.audited, now.objections)
        known = {item.settlement for item in now.audited}
        due = {
            item.settlement: item.fund_fen - lost.get(item.settlement, 0)
            for item in now.items
            if item.settlement in known
        }
        got = recovered(due, now.balance.paid_fen)
        advanced += [
            Advanced(
                settlement=item.settlement,
                settled_on=item.settled_on,
                insured_region=item.insured_region,
                fund_fen=item.fund_fen,
                deducted_fen=lost.get(item.settlement, 0),
                recovered_fen=got.get(item.settlement, 0),
            )
            for item in now.items
        ]
    return advanced


def _said(text: str) -> str:
    text = text.strip()
    if not 1 <= len(text) <= NOTE_LENGTH_MAX:
        raise _note_needed()
    return text


def _note_needed() -> BadInput:
    return BadInput(
        "NOTE_NEEDED",
        Words("须填写说明（400 字以内）", "say why, in at most 400 characters"),
        Words("填写后重新提交", "write it and send again"),
        field="text",
    )


def _unknown_deduction(deduction: str) -> NotFound:
    return NotFound(
        "UNKNOWN_DEDUCTION",
        Words(
            f"本月审核中没有该扣除：{deduction[:64]}", f"no deduction {deduction[:64]} this month"
        ),
        Words("刷新月结后重新选择", "look at the claim again and choose"),
        field="deduction",
    )
