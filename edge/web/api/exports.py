"""Workbooks to take away: a case's bill as ruled, and what the facility has not got back."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from edge.core.cases import CaseKind, CaseRef
from edge.exports import bill_workbook, receivables_workbook
from edge.steps.reconcile import receivables
from edge.store.operators import Role, Scope
from edge.web.api.claims import XLSX
from edge.web.desk import Desk
from edge.web.rooms import api_room
from edge.web.security import Caller, require

OfStay = Annotated[Caller, Depends(require(Role.DISCHARGE, Role.FINANCE, Scope.READ))]
OfFitting = Annotated[Caller, Depends(require(Role.FITTING, Role.FINANCE, Scope.READ))]
OfFinance = Annotated[Caller, Depends(require(Role.FINANCE, Scope.READ))]

_BYTES: dict[int | str, dict[str, Any]] = {200: {"content": {XLSX: {}}}}


def router(desk: Desk) -> APIRouter:
    """Return the endpoints of workbooks; a claim's is beside the claim."""
    routes = api_room("workbooks")
    site = desk.site

    @routes.get("/stays/{stay}/workbook", responses=_BYTES)
    def of_stay(_caller: OfStay, stay: str) -> Response:
        """Return a stay's bill as XLSX: as settled, or as ruled now; it names no person."""
        return _sheet(f"bill-{stay}", bill_workbook(site, CaseRef(CaseKind.STAY, stay)))

    @routes.get("/fittings/{fitting}/workbook", responses=_BYTES)
    def of_fitting(_caller: OfFitting, fitting: str) -> Response:
        """Return a fitting's bill as XLSX, likewise."""
        return _sheet(f"bill-{fitting}", bill_workbook(site, CaseRef(CaseKind.FITTING, fitting)))

    @routes.get("/receivables/workbook", responses=_BYTES)
    def outstanding(_caller: OfFinance) -> Response:
        """Return what was advanced and is not back as XLSX, by age and by settlement."""
        found = receivables(site)
        made = receivables_workbook(found.settlements, found.bands)
        return _sheet(f"receivables-{found.as_of}", made)

    return routes


def _sheet(name: str, content: bytes) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.xlsx"'}
    return Response(content, media_type=XLSX, headers=headers)
