"""The month's claim over HTTP: what it is, sending it, and what becomes of it. Finance's own."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from edge import codec
from edge.claiming import ClaimNow, claim_now, claim_terms
from edge.core.claim import (
    NOTE_LENGTH_MAX,
    ClaimPaper,
    ClaimState,
    Hold,
    Item,
    Month,
    Sum,
    by_region,
    by_service,
    read_month,
    summed,
)
from edge.core.reconciliation import (
    AuditedItem,
    Balance,
    Band,
    Compared,
    Found,
    Objection,
    Payment,
)
from edge.core.verification import Verdict
from edge.steps.claim import (
    Disagreement,
    Reverified,
    Submission,
    decide_disagreement,
    disagreement,
    reverify,
    submit,
    withdraw,
)
from edge.steps.reconcile import Protest, Receivables, confirm, object_to, receivables
from edge.store.audits import Confirmation, Statement
from edge.store.operators import Role, Scope
from edge.web.desk import Desk
from edge.web.rooms import api_room
from edge.web.security import Caller, require
from edge.workbooks.claim import claim_workbook
from sync.message import State

Reads = Annotated[Caller, Depends(require(Role.FINANCE, Scope.READ))]
Acts = Annotated[Caller, Depends(require(Role.FINANCE))]
Note = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=NOTE_LENGTH_MAX)
]
_KEY = "required, at most 200 characters; one for each form, the same when you try again"
Key = Annotated[str, Header(alias="Idempotency-Key", description=_KEY)]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SubmissionForm(_Body):
    """What the person saw of the draft: how many items, and what the fund is asked for."""

    count: int
    fund_fen: int


class ConfirmationForm(_Body):
    """What the person saw approved; ``note`` accounts for differences, where there are any."""

    approved_fen: int
    note: str = Field(default="", max_length=NOTE_LENGTH_MAX)


class ObjectionForm(_Body):
    """Why this deduction is not right."""

    deduction: str = Field(min_length=1, max_length=64)
    text: Note


class WithdrawalForm(_Body):
    """Why a claim that the platform refused is taken back."""

    note: Note


class DecisionForm(_Body):
    """What is done with a settlement about which the platform says otherwise now."""

    decision: Literal["claim", "leave_out"]
    note: Note


class HeldItem(BaseModel):
    """A settlement that is not in the claim, and why."""

    item: Item
    hold: Hold


class Papers(BaseModel):
    """What the claim takes on paper and by wire, once and by settlement."""

    by_claim: tuple[ClaimPaper, ...]
    by_settlement: tuple[ClaimPaper, ...]


class Compare(BaseModel):
    """Total first, then detail."""

    agreed: bool
    totals_agree: bool
    ours: Sum
    theirs_count: int
    theirs_fen: int
    rows: tuple[Compared, ...]


class ClaimShown(BaseModel):
    """A month as it stands; before it is claimed, what a claim would be now."""

    month: str
    state: ClaimState
    due_on: date | None
    due_article: str | None
    sum: Sum
    by_service: dict[str, Sum]
    by_region: dict[str, Sum]
    items: tuple[Item, ...]
    held: tuple[HeldItem, ...]
    papers: dict[str, Papers]
    claim: str | None
    submitted_at: datetime | None
    delivery: State | None
    audited_at: datetime | None
    object_until: date | None
    audited: tuple[AuditedItem, ...]
    reconciliation: Compare | None
    objections: tuple[Objection, ...]
    balance: Balance
    open_fen: int
    payments: tuple[Payment, ...]
    confirmation: Confirmation | None
    statement: Statement | None
    statement_agrees: bool | None


class Answered(BaseModel):
    """One answer about a worker's cover: whose word, as of when, and the verdict."""

    basis: str
    at: datetime
    as_of: datetime | None
    verdict: Verdict


class DisagreementShown(BaseModel):
    """Both answers about a settlement that rests on the list, and what a person decided."""

    settlement: str
    then: Answered
    now: Answered
    decision: str | None
    decided_by: str | None
    note: str | None


class Aged(BaseModel):
    """What the facility has advanced and not got back, by days since the settlement."""

    as_of: date
    outstanding_fen: int
    deducted_fen: int
    bands: tuple[Band, ...]
    settlements: list[dict[str, Any]]


def router(desk: Desk) -> APIRouter:
    """Return the endpoints of claims and of what is still to come."""
    routes = api_room("claims")
    _month(routes, desk)
    _acts(routes, desk)
    _disagreements(routes, desk)

    @routes.get("/receivables")
    def outstanding(_caller: Reads) -> Aged:
        """Say what was advanced and is not back, by age."""
        return aged(receivables(desk.site))

    return routes


def _month(routes: APIRouter, desk: Desk) -> None:
    site = desk.site

    @routes.get("/claims/{month}")
    def one(_caller: Reads, month: str) -> ClaimShown:
        """Show a month (``2026-11``): the draft, or the claim with all that came of it."""
        return claim_shown(desk, read_month(month))

    @routes.get("/claims/{month}/workbook", responses={200: {"content": {XLSX: {}}}})
    def sheets(_caller: Reads, month: str) -> Response:
        """Return the month as XLSX: items, papers, deductions, differences."""
        now = claim_now(site, site.store.read(), read_month(month))
        made = claim_workbook(now, claim_terms(site, now))
        name = f'attachment; filename="claim-{now.month}.xlsx"'
        return Response(made, media_type=XLSX, headers={"Content-Disposition": name})


def _acts(routes: APIRouter, desk: Desk) -> None:
    site = desk.site

    @routes.post("/claims/{month}/reverification")
    def ask_again(caller: Acts, month: str) -> Reverified:
        """Ask the platform again about what rests on the cached list."""
        return reverify(site, read_month(month), caller.name)

    @routes.post("/claims/{month}/submission", status_code=201)
    def submission(
        caller: Acts, month: str, given: SubmissionForm, idempotency_key: Key = ""
    ) -> ClaimShown:
        """Claim the month, once: only what was seen is sent."""
        request = Submission(
            month=read_month(month),
            key=idempotency_key,
            count=given.count,
            fund_fen=given.fund_fen,
        )
        submit(site, request, caller.name)
        return _changed(desk, request.month)

    @routes.post("/claims/{month}/withdrawal")
    def withdrawal(caller: Acts, month: str, given: WithdrawalForm) -> ClaimShown:
        """Take back a claim that the platform refused; the month can be claimed anew."""
        withdraw(site, read_month(month), given.note, caller.name)
        return _changed(desk, read_month(month))

    @routes.post("/claims/{month}/objections", status_code=201)
    def objection(
        caller: Acts, month: str, given: ObjectionForm, idempotency_key: Key = ""
    ) -> Objection:
        """Object to a deduction, once."""
        request = Protest(
            month=read_month(month),
            deduction=given.deduction,
            text=given.text,
            key=idempotency_key,
        )
        made = object_to(site, request, caller.name)
        desk.changed("claim", str(request.month))
        return made

    @routes.post("/claims/{month}/confirmation")
    def confirmation(caller: Acts, month: str, given: ConfirmationForm) -> ClaimShown:
        """Confirm what the audit approved; asked again, nothing changes."""
        said = Found(given.approved_fen, given.note)
        confirm(site, read_month(month), said, caller.name)
        return _changed(desk, read_month(month))


def _disagreements(routes: APIRouter, desk: Desk) -> None:
    site = desk.site

    @routes.get("/settlements/{settlement}/disagreement")
    def both(_caller: Reads, settlement: str) -> DisagreementShown:
        """Show what the list said when it was settled, and what the platform says now."""
        return _both_answers(disagreement(site, site.store.read(), settlement))

    @routes.post("/settlements/{settlement}/disagreement")
    def decide(caller: Acts, settlement: str, given: DecisionForm) -> DisagreementShown:
        """Decide: claim it all the same, or leave it out and reverse it."""
        found = decide_disagreement(site, settlement, given.decision, given.note, caller.name)
        return _both_answers(found)


def _changed(desk: Desk, month: Month) -> ClaimShown:
    desk.changed("claim", str(month))
    return claim_shown(desk, month)


def claim_shown(desk: Desk, month: Month) -> ClaimShown:
    """Return a month as it stands, with all that came of it."""
    site, db = desk.site, desk.site.store.read()
    now = claim_now(site, db, month)
    terms = claim_terms(site, now)
    return ClaimShown(
        month=str(month),
        state=now.state,
        due_on=terms.due_on,
        due_article=terms.due_article,
        sum=summed(now.items),
        by_service={key.value: one for key, one in by_service(now.items).items()},
        by_region=dict(by_region(now.items)),
        items=now.items,
        held=tuple(HeldItem(item=one.item, hold=one.hold) for one in now.held if one.hold),
        papers={
            service.value: Papers(by_claim=lists.by_claim, by_settlement=lists.by_settlement)
            for service, lists in terms.papers.items()
        },
        claim=now.claim.id if now.claim else None,
        submitted_at=now.claim.submitted_at if now.claim else None,
        delivery=site.outbox.get(db, now.claim.id).state if now.claim else None,
        audited_at=now.audit.audited_at if now.audit else None,
        object_until=terms.object_until,
        audited=now.audited,
        reconciliation=_compare(now),
        objections=now.objections,
        balance=now.balance,
        open_fen=now.balance.open_fen,
        payments=now.payments,
        confirmation=now.confirmation,
        statement=now.statement,
        statement_agrees=_statement_agrees(now),
    )


def _compare(now: ClaimNow) -> Compare | None:
    found = now.reconciliation
    if found is None:
        return None
    return Compare(
        agreed=found.agreed,
        totals_agree=found.totals_agree,
        ours=found.ours,
        theirs_count=found.theirs_count,
        theirs_fen=found.theirs_fen,
        rows=found.rows,
    )


def _statement_agrees(now: ClaimNow) -> bool | None:
    if now.statement is None:
        return None
    said = (now.statement.claimed_fen, now.statement.deducted_fen, now.statement.approved_fen)
    return said == (now.balance.claimed_fen, now.balance.deducted_fen, now.balance.due_fen)


def _both_answers(found: Disagreement) -> DisagreementShown:
    then, now = (
        Answered(basis=one.basis, at=one.at, as_of=one.as_of, verdict=one.verdict)
        for one in (found.then, found.now)
    )
    return DisagreementShown(
        settlement=found.settlement,
        then=then,
        now=now,
        decision=found.said.decision,
        decided_by=found.said.decided_by,
        note=found.said.note,
    )


def aged(found: Receivables) -> Aged:
    """Return what is outstanding as the API shows it."""
    settlements: Sequence[dict[str, Any]] = [
        {**codec.plain(one), "outstanding_fen": one.outstanding_fen} for one in found.settlements
    ]
    return Aged(
        as_of=found.as_of,
        outstanding_fen=found.outstanding_fen,
        deducted_fen=found.deducted_fen,
        bands=found.bands,
        settlements=list(settlements),
    )
