"""A case in manual reimbursement: handing it over, and what was handed over."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from edge import codec
from edge.core.adjudication import Bill
from edge.core.cases import CaseKind, CaseRef
from edge.core.fallback import Ground, ManualPackage, Paper
from edge.core.fitting import Fitting
from edge.core.identity import Identity, masked_number
from edge.core.reversal import REASON_LENGTH_MAX
from edge.core.stay import Stay
from edge.core.verification import Verdict
from edge.steps.fall_back import Request, fall_back, package_handed
from edge.store.operators import Role, Scope
from edge.web.api.ruling import Ruling
from edge.web.desk import Desk
from edge.web.rooms import api_room
from edge.web.security import Caller, require

HandsOver = Annotated[Caller, Depends(require(Role.DISCHARGE, Scope.SETTLE))]
HandsOverFitting = Annotated[Caller, Depends(require(Role.FITTING, Scope.SETTLE))]
SeesFitting = Annotated[Caller, Depends(require(Role.FITTING, Role.FINANCE, Scope.SETTLE))]
Sees = Annotated[Caller, Depends(require(Role.DISCHARGE, Role.FINANCE, Scope.SETTLE))]


class ManualForm(BaseModel):
    """Why the case goes to manual, as clerk and worker decided it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=REASON_LENGTH_MAX),
    ]
    identification: str | None = Field(default=None, max_length=64)
    third_party: bool = False


class Package(BaseModel):
    """All that the documents of a manual reimbursement are made of, as of ``handed_at``."""

    stay: Stay | None
    fitting: Fitting | None
    person: Identity
    ground: Ground
    reason: str
    verdict: Verdict
    bill: Bill
    ruling: Ruling
    papers: tuple[Paper, ...]
    reversed_settlement: str | None
    handed_at: datetime


def router(desk: Desk) -> APIRouter:
    """Return the endpoints of manual reimbursement, of stays and of fittings."""
    routes = api_room("manual")
    _of_stays(routes, desk)
    _of_fittings(routes, desk)
    return routes


def _of_stays(routes: APIRouter, desk: Desk) -> None:
    @routes.post("/stays/{stay}/manual", responses=_PACKAGE)
    def hand_over(caller: HandsOver, stay: str, given: ManualForm) -> Response:
        """Hand a stay that cannot settle directly to manual; asked again, the same package."""
        return _handed_over(desk, CaseRef(CaseKind.STAY, stay), given, caller)

    @routes.get("/stays/{stay}/manual", responses=_PACKAGE)
    def handed(caller: Sees, stay: str) -> Response:
        """Return what was handed over; the person is masked, and showing them is entered."""
        return _shown(package_handed(desk.site, CaseRef(CaseKind.STAY, stay), caller.name))


def _of_fittings(routes: APIRouter, desk: Desk) -> None:
    @routes.post("/fittings/{fitting}/manual", responses=_PACKAGE)
    def hand_over_fitting(caller: HandsOverFitting, fitting: str, given: ManualForm) -> Response:
        """Hand a fitting that cannot settle directly to manual; asked again, the same package."""
        return _handed_over(desk, CaseRef(CaseKind.FITTING, fitting), given, caller)

    @routes.get("/fittings/{fitting}/manual", responses=_PACKAGE)
    def handed_fitting(caller: SeesFitting, fitting: str) -> Response:
        """Return what was handed over; the person is masked, and showing them is entered."""
        return _shown(package_handed(desk.site, CaseRef(CaseKind.FITTING, fitting), caller.name))


def _handed_over(desk: Desk, case: CaseRef, given: ManualForm, caller: Caller) -> Response:
    request = Request(
        case=case,
        reason=given.reason,
        identification=given.identification,
        third_party=given.third_party,
    )
    package = fall_back(desk.site, request, caller.name)
    desk.changed(case.kind, case.id)
    return _shown(package)


def _shown(package: ManualPackage) -> Response:
    person = replace(package.person, number=masked_number(package.person.number))
    body = codec.encode(replace(package, person=person))
    return Response(body, media_type="application/json")


_PACKAGE: dict[int | str, dict[str, Any]] = {200: {"model": Package}}
