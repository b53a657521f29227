"""Workbooks to take away: a bill as ruled, what is not back, complaints, a day's end."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from edge.core.cases import CaseKind, CaseRef
from edge.steps.day_end import day_end
from edge.steps.read_complaints import read_complaints_of
from edge.steps.receive_complaint import complaint_report
from edge.steps.reconcile import receivables
from edge.store.operators import Role, Scope
from edge.web.api.claims import XLSX
from edge.web.api.complaints import Handles
from edge.web.api.deadlines import Closes
from edge.web.desk import Desk
from edge.web.rooms import api_room
from edge.web.security import Caller, require
from edge.workbooks.exports import (
    bill_workbook,
    complaints_workbook,
    day_end_workbook,
    receivables_workbook,
)

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

    @routes.get("/complaints/workbook", responses=_BYTES)
    def of_complaints(caller: Handles, first: date, last: date) -> Response:
        """Return what was complained of from ``first`` to ``last`` as XLSX; that is entered."""
        report = complaint_report(site, first, last)
        found = read_complaints_of(site, first, last, by=caller.name)
        return _sheet(f"complaints-{first}-{last}", complaints_workbook(found, report))

    @routes.get("/day-ends/{day}/workbook", responses=_BYTES)
    def of_day(_caller: Closes, day: date) -> Response:
        """Return a day's money by clerk and in all as XLSX."""
        found = day_end(site, day)
        return _sheet(f"day-{day}", day_end_workbook(day, found.by_clerk, found.total))

    return routes


def _sheet(name: str, content: bytes) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.xlsx"'}
    return Response(content, media_type=XLSX, headers=headers)
