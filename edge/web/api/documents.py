"""Documents over HTTP: made once, handed out as they were made, each print counted."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from edge.core.cases import CaseKind, CaseRef
from edge.core.claim import read_month
from edge.core.errors import NotAllowed, Words
from edge.core.paper import DocumentKind
from edge.core.paper.handed import Referral
from edge.core.paper.office import Day, Head
from edge.paperwork import (
    Order,
    bundle_order,
    claim_form_order,
    day_end_order,
    entry_sheet_order,
    manual_order,
    reconciliation_order,
    referral_order,
    slip_order,
    statement_order,
)
from edge.paperwork.settled import settlement_to_print
from edge.site import Site
from edge.steps.day_end import day_end
from edge.steps.keep_document import hand_out, keep_document, note_print
from edge.store.documents import (
    Document,
    Owner,
    OwnerKind,
    document_of,
    documents_of,
    load_document,
)
from edge.store.operators import Role, Scope
from edge.web.desk import Desk
from edge.web.rooms import api_room
from edge.web.security import Caller, Grant, require

MAY: dict[OwnerKind, frozenset[Grant]] = {
    OwnerKind.STAY: frozenset({Role.DISCHARGE, Role.FINANCE, Scope.SETTLE}),
    OwnerKind.FITTING: frozenset({Role.FITTING, Role.FINANCE, Scope.SETTLE}),
    OwnerKind.CLAIM: frozenset({Role.FINANCE, Scope.READ}),
    OwnerKind.DAY: frozenset({Role.DISCHARGE, Role.FINANCE, Role.AUDITOR, Scope.READ}),
    OwnerKind.COMPLAINT: frozenset({Role.ADMISSION, Role.DISCHARGE, Role.FITTING, Role.FINANCE}),
}
"""Who may see, make and print the documents of what."""

ANY: frozenset[Grant] = frozenset().union(*MAY.values())

OfStay = Annotated[Caller, Depends(require(*MAY[OwnerKind.STAY]))]
OfFitting = Annotated[Caller, Depends(require(*MAY[OwnerKind.FITTING]))]
OfClaim = Annotated[Caller, Depends(require(*MAY[OwnerKind.CLAIM]))]
OfDay = Annotated[Caller, Depends(require(*MAY[OwnerKind.DAY]))]
OfSettlement = Annotated[Caller, Depends(require(*(MAY[OwnerKind.STAY] | MAY[OwnerKind.FITTING])))]
OfAny = Annotated[Caller, Depends(require(*ANY))]

_BYTES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {}, "application/zip": {}}}
}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CaseDocumentForm(_Body):
    """Which document of the case; of a settlement, the effective one counts."""

    kind: Literal["statement", "payment_slip", "manual_package", "manual_bundle"]


class FittingDocumentForm(_Body):
    """Which document of the fitting; ``entry_sheet`` needs the sheet's id."""

    kind: Literal["statement", "payment_slip", "manual_package", "manual_bundle", "entry_sheet"]
    entry_sheet: str = Field(default="", max_length=64)


class ClaimDocumentForm(_Body):
    """Which document of the month."""

    kind: Literal["claim_form", "reconciliation_report"]


class ReferralForm(_Body):
    """The opinion as the physicians gave it; ``cannot``: what is beyond this facility."""

    condition: str = Field(min_length=1, max_length=600)
    opinion: str = Field(min_length=1, max_length=600)
    cannot: tuple[Literal["diagnose", "treat"], ...] = Field(min_length=1, max_length=2)
    destination: str = Field(min_length=1, max_length=100)
    physician: str = Field(min_length=1, max_length=40)
    expert: str = Field(default="", max_length=40)
    employer: str = Field(default="", max_length=100)
    injured_on: str = Field(default="", max_length=20)
    phone: str = Field(default="", max_length=40)
    address: str = Field(default="", max_length=100)


class DocumentNow(BaseModel):
    """A document without its bytes. ``reprints`` is how often it was printed again."""

    id: str
    kind: DocumentKind
    title: str
    subject: str
    media: str
    sha256: str
    size: int
    dated: datetime
    made_by: str
    made_at: datetime
    shown: int
    printed: int
    reprints: int


def router(desk: Desk) -> APIRouter:
    """Return the endpoints of documents."""
    routes = api_room("documents")
    _of_stays(routes, desk)
    _of_fittings(routes, desk)
    _of_the_office(routes, desk)
    _handed_out(routes, desk)
    return routes


def _of_stays(routes: APIRouter, desk: Desk) -> None:
    site = desk.site

    @routes.get("/stays/{stay}/documents")
    def of_stay(_caller: OfStay, stay: str) -> list[DocumentNow]:
        """List what was made of a stay, newest first."""
        return _listed(site, Owner(OwnerKind.STAY, stay))

    @routes.post("/stays/{stay}/documents")
    def make_of_stay(caller: OfStay, stay: str, given: CaseDocumentForm) -> DocumentNow:
        """Make a document of a stay; one that was made before is given again."""
        order = _case_order(site, CaseRef(CaseKind.STAY, stay), DocumentKind(given.kind))
        return document_now(keep_document(site, order, caller.name))

    @routes.post("/stays/{stay}/referral-opinions")
    def refer(caller: OfStay, stay: str, given: ReferralForm) -> DocumentNow:
        """Make a treating facility's referral opinion; said otherwise it is another document."""
        said = Referral(**given.model_dump())
        order = referral_order(site, site.store.read(), stay, said)
        return document_now(keep_document(site, order, caller.name))


def _of_fittings(routes: APIRouter, desk: Desk) -> None:
    site = desk.site

    @routes.get("/fittings/{fitting}/documents")
    def of_fitting(_caller: OfFitting, fitting: str) -> list[DocumentNow]:
        """List what was made of a fitting, newest first."""
        return _listed(site, Owner(OwnerKind.FITTING, fitting))

    @routes.post("/fittings/{fitting}/documents")
    def make_of_fitting(caller: OfFitting, fitting: str, given: FittingDocumentForm) -> DocumentNow:
        """Make a document of a fitting; one that was made before is given again."""
        ref, kind = CaseRef(CaseKind.FITTING, fitting), DocumentKind(given.kind)
        if kind is DocumentKind.ENTRY_SHEET:
            order = entry_sheet_order(site, site.store.read(), given.entry_sheet, of=ref)
        else:
            order = _case_order(site, ref, kind)
        return document_now(keep_document(site, order, caller.name))

    @routes.get("/settlements/{settlement}/statement.pdf", responses=_BYTES)
    def statement(caller: OfSettlement, settlement: str) -> Response:
        """Return the settlement's statement as it was made; made now, if it was not before."""
        db = site.store.read()
        known = document_of(db, DocumentKind.STATEMENT, settlement)
        if known is None:
            order = statement_order(site, db, settlement)
            _require(caller, order.owner)
            known = keep_document(site, order, caller.name)
        _require(caller, known.owner)
        return _bytes(site, known.id, caller)


def _of_the_office(routes: APIRouter, desk: Desk) -> None:
    site = desk.site

    @routes.get("/claims/{month}/documents")
    def of_claim(_caller: OfClaim, month: str) -> list[DocumentNow]:
        """List what was made of a month's claim, newest first."""
        return _listed(site, Owner(OwnerKind.CLAIM, str(read_month(month))))

    @routes.post("/claims/{month}/documents")
    def make_of_claim(caller: OfClaim, month: str, given: ClaimDocumentForm) -> DocumentNow:
        """Make the claim's form, once; or a report on the reconciliation as it is now."""
        is_form = given.kind == "claim_form"
        ordered = claim_form_order if is_form else reconciliation_order
        order = ordered(site, site.store.read(), read_month(month))
        return document_now(keep_document(site, order, caller.name))

    @routes.get("/day-ends/{day}/documents")
    def of_day(_caller: OfDay, day: date) -> list[DocumentNow]:
        """List the sheets that were made of a day, newest first."""
        return _listed(site, Owner(OwnerKind.DAY, day.isoformat()))

    @routes.post("/day-ends/{day}/documents")
    def make_of_day(caller: OfDay, day: date) -> DocumentNow:
        """Make the day-end sheet as of now, with the ledger's head."""
        return document_now(keep_document(site, _day_order(site, day), caller.name))


def _handed_out(routes: APIRouter, desk: Desk) -> None:
    site = desk.site

    @routes.get("/documents/{document}")
    def one(caller: OfAny, document: str) -> DocumentNow:
        """Return a document without its bytes."""
        found = load_document(site.store.read(), document)
        _require(caller, found.owner)
        return document_now(found)

    @routes.get("/documents/{document}/content", responses=_BYTES)
    def content(caller: OfAny, document: str) -> Response:
        """Return the bytes as they were made; that they were shown is entered."""
        _require(caller, load_document(site.store.read(), document).owner)
        return _bytes(site, document, caller)

    @routes.post("/documents/{document}/prints", status_code=201)
    def printed(caller: OfAny, document: str) -> DocumentNow:
        """Count a print that came out, as the clerk says; from the second on it is a reprint."""
        _require(caller, load_document(site.store.read(), document).owner)
        return document_now(note_print(site, document, caller.name))


def document_now(document: Document) -> DocumentNow:
    """Return a document as the API shows it."""
    return DocumentNow(
        id=document.id,
        kind=document.kind,
        title=document.title,
        subject=document.subject,
        media=document.media,
        sha256=document.sha256,
        size=document.size,
        dated=document.dated,
        made_by=document.made_by,
        made_at=document.made_at,
        shown=document.shown,
        printed=document.printed,
        reprints=max(document.printed - 1, 0),
    )


def _case_order(site: Site, ref: CaseRef, kind: DocumentKind) -> Order:
    db = site.store.read()
    if kind is DocumentKind.MANUAL_PACKAGE:
        return manual_order(site, db, ref)
    if kind is DocumentKind.MANUAL_BUNDLE:
        return bundle_order(site, db, ref)
    settlement = settlement_to_print(site, db, ref)
    ordered = statement_order if kind is DocumentKind.STATEMENT else slip_order
    return ordered(site, db, settlement)


def _day_order(site: Site, day: date) -> Order:
    closed = day_end(site, day)
    head = closed.head
    return day_end_order(
        Day(
            date=day,
            as_of=closed.as_of,
            facility=site.settings.facility.name,
            by_clerk=closed.by_clerk,
            total=closed.total,
            overdue=closed.overdue_now,
            waiting=closed.messages.waiting,
            refused=closed.messages.refused,
            head=Head(seq=head.seq, mac=head.mac, signed=head.signed) if head else None,
        )
    )


def _listed(site: Site, owner: Owner) -> list[DocumentNow]:
    return [document_now(one) for one in documents_of(site.store.read(), owner)]


def _bytes(site: Site, document_id: str, caller: Caller) -> Response:
    document, content = hand_out(site, document_id, caller.name)
    ending = "zip" if document.media.endswith("zip") else "pdf"
    headers = {
        "Content-Disposition": f'inline; filename="{document.kind}-{document.id}.{ending}"',
        "Document-Sha256": document.sha256,
        "Document-Shown": str(document.shown),
        "Document-Printed": str(document.printed),
    }
    return Response(content, media_type=document.media, headers=headers)


def _require(caller: Caller, owner: Owner) -> None:
    if not _may(caller.grants, owner.kind):
        raise NotAllowed(
            "GRANT_MISSING",
            Words("当前账号无权查看该单据", "this account may not see this document"),
            Words("由有权限的人员办理", "ask someone who may"),
        )


def _may(grants: Iterable[Grant], kind: OwnerKind) -> bool:
    return not MAY[kind].isdisjoint(grants)
