"""The calls under ``/api/fhir``: tokens with scopes, the same steps as the API."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException, Request, Response

from edge.claiming import claim_now
from edge.core.cases import CaseKind
from edge.core.claim import read_month
from edge.core.settlement import Blocked
from edge.steps.charge import charge
from edge.steps.identify import identify
from edge.steps.preview import preview
from edge.steps.settle import AlreadySettled, settle
from edge.steps.verify import verify
from edge.store.cases import load_case
from edge.store.operators import Scope
from edge.store.settlements import Settlement, settlement_of
from edge.web.api.receipts import KEY, previewed_tag, settled_before
from edge.web.desk import Desk
from edge.web.devices import Presentation, desk_of, presented
from edge.web.fhir import PREFIX, claims, coverage
from edge.web.fhir.capability import capabilities
from edge.web.fhir.outcome import FhirRoute, answer, of_blocks, of_lines, of_problem
from edge.web.fhir.payments import reconciled
from edge.web.fhir.resources import read, wrong_field
from edge.web.fhir.words import MEDIA_TYPE
from edge.web.rooms import neighbours_room
from edge.web.security import AnyCaller, Caller, require, require_grant

Verifies = Annotated[Caller, Depends(require(Scope.VERIFY))]
Settles = Annotated[Caller, Depends(require(Scope.SETTLE))]
Reads = Annotated[Caller, Depends(require(Scope.READ))]
Key = Annotated[str, Header(alias="Idempotency-Key", description=KEY)]


async def body_of(request: Request) -> bytes:
    """Return a body that calls itself FHIR's JSON: no form of another site can.

    Raises:
        HTTPException: 415.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {MEDIA_TYPE, "application/json"}:
        raise HTTPException(415)
    return await request.body()


Body = Annotated[bytes, Depends(body_of)]


def router(desk: Desk) -> APIRouter:
    """Return every call under ``/api/fhir``."""
    routes = neighbours_room(PREFIX, "fhir", route=FhirRoute)
    _reading(routes, desk)
    _eligibility(routes, desk)
    _claim(routes, desk)
    return routes


def _reading(routes: APIRouter, desk: Desk) -> None:
    site = desk.site

    @routes.get("/metadata", responses=_ANSWERS)
    def metadata(_caller: AnyCaller) -> Response:
        """Say what of FHIR is spoken here."""
        return answer(capabilities(at=site.clock(), facility=site.settings.facility.name))

    @routes.get("/PaymentReconciliation/{month}", responses=_ANSWERS)
    def payment(_caller: Reads, month: str) -> Response:
        """Show what was paid for a month (``2026-11``), by settlement."""
        asked = read_month(month)
        now = claim_now(site, site.store.read(), asked)
        return answer(reconciled(asked, now, at=site.clock()))


def _eligibility(routes: APIRouter, desk: Desk) -> None:
    @routes.post(
        "/CoverageEligibilityRequest",
        status_code=201,
        responses=_ANSWERS,
        openapi_extra=_body("CoverageEligibilityRequest"),
    )
    def eligibility(caller: Verifies, body: Body) -> Response:
        """Verify whoever is presented at a desk, or was identified: one decision, all reasons."""
        given = read(body, coverage.KIND, coverage.EligibilityRequest)
        question = coverage.question_of(given)
        known = question.identification or _identified(desk, caller, question.desk)
        verification = verify(desk.site, known, question.asked, caller.name)
        desk.changed("verification", verification.id)
        return answer(coverage.response_of(verification), 201)


def _identified(desk: Desk, caller: Caller, place: str) -> str:
    require_grant(caller, Scope.IDENTIFY)
    presentation = Presentation(desk=place)
    at = desk_of(caller, presentation, desk)
    shown = presented(desk, presentation, at)
    identification = identify(desk.site, shown, caller.name, desk=at)
    desk.changed("identification", identification.id)
    return identification.id


def _claim(routes: APIRouter, desk: Desk) -> None:
    @routes.post("/Claim", status_code=201, responses=_ANSWERS, openapi_extra=_body("Claim"))
    def claim(caller: Settles, body: Body, idempotency_key: Key = "") -> Response:
        """Take the lines that come along, then preview (predetermination) or settle (claim).

        409 lists what is in the way; of a case settled before it contains the receipt.
        """
        given = read(body, "Claim", claims.ClaimGiven)
        refused = _charged(desk, caller, given)
        if refused:
            return refused
        if given.use == "predetermination":
            return _previewed(desk, given)
        return _settled(desk, caller, given, idempotency_key)


def _charged(desk: Desk, caller: Caller, given: claims.ClaimGiven) -> Response | None:
    """Take the claim's lines, once each; return the answer that tells which cannot stand."""
    case, lines = claims.case_of(given), claims.lines_of(given)
    site = desk.site
    if not lines or settlement_of(site.store.read(), site.vault, case):
        return None  # what was settled is answered as before, or with its receipt
    if case.kind is not CaseKind.STAY:
        raise wrong_field("Claim.item", "a fitting's lines come when it is fitted")
    require_grant(caller, Scope.CHARGE)
    received = charge(site, case.id, lines, caller.name)
    desk.changed("stay", case.id)
    return of_lines(received.refused, given.paths) if received.refused else None


def _previewed(desk: Desk, given: claims.ClaimGiven) -> Response:
    site = desk.site
    outcome = preview(site, claims.case_of(given))
    region = outcome.bill.insured_region
    shown = claims.previewed(
        given, outcome, tag=previewed_tag(outcome.ruling), region=region, at=site.clock()
    )
    return answer(shown, 201)


def _settled(desk: Desk, caller: Caller, given: claims.ClaimGiven, key: str) -> Response:
    site = desk.site
    request = claims.request_of(given, key=key)
    outcome = settle(site, request, caller.name)
    desk.changed(request.case.kind, request.case.id)
    region = load_case(site.store.read(), site.vault, request.case).insured_region
    match outcome:
        case Settlement():
            return answer(claims.settled(outcome, region=region), 201)
        case AlreadySettled(winner):
            return of_problem(settled_before(), claims.settled(winner, region=region))
        case Blocked():
            return of_blocks(outcome)


def _body(kind: str) -> dict[str, Any]:
    """Describe a body for the API's document: FHIR's own definition says the rest."""
    schema = {
        "type": "object",
        "description": f"FHIR R4B {kind} (docs/fhir.md)",
        "required": ["resourceType"],
        "properties": {"resourceType": {"type": "string", "enum": [kind]}},
    }
    return {"requestBody": {"required": True, "content": {MEDIA_TYPE: {"schema": schema}}}}


_ANSWERS: dict[int | str, dict[str, Any]] = {
    "2XX": {
        "description": "FHIR R4B (docs/fhir.md)",
        "content": {MEDIA_TYPE: {"schema": {"type": "object"}}},
    }
}
