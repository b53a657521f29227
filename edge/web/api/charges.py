"""A stay's bill: lines taken as JSON or as a sheet, shown page by page, and reported on."""

from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from pydantic import BaseModel, TypeAdapter

from edge import codec
from edge.core.charges import Charge, Refusal
from edge.sheets import Refusals
from edge.steps.charge import LINES_MAX, Received, charge
from edge.steps.report_charges import ChargeReport, report_charges
from edge.steps.show_charges import PAGE_LINES_MAX, show_charges
from edge.store.operators import Role, Scope
from edge.web.api.cells import CSV, SHEET, XLSX, cells_refused
from edge.web.desk import Desk
from edge.web.rooms import api_room
from edge.web.schema import spelt_out
from edge.web.security import Caller, require
from edge.workbooks.charges import read_charges

Charges = Annotated[Caller, Depends(require(Scope.CHARGE))]
Reads = Annotated[Caller, Depends(require(Role.DISCHARGE, Role.FINANCE, Scope.READ, Scope.CHARGE))]

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class ChargeLines:
    """The lines of one upload, as BILL.json writes them.

    ``hospital_total_fen`` is what the hospital's system says the whole bill comes to so far; it
    may come with no lines.
    """

    lines: list[Charge]
    hospital_total_fen: int | None = None


class LineNow(BaseModel):
    """One line as it was received; ``refused`` is why it cannot stand."""

    id: str
    date: date
    code: str
    name: str
    quantity: str
    price: str
    amount_fen: int
    injury_related: bool
    reverses: str | None
    refused: Refusal | None


class Page(BaseModel):
    """Some lines in the order they came; ``next`` is where the page after it begins, if any."""

    lines: list[LineNow]
    next: int | None


def router(desk: Desk) -> APIRouter:
    """Return the endpoints of a stay's bill."""
    routes = api_room("stays", at="/stays", takes_sheets=True)
    _taking(routes, desk)
    _showing(routes, desk)
    return routes


def _taking(routes: APIRouter, desk: Desk) -> None:
    @routes.post(
        "/{stay}/charges", openapi_extra=_CHARGES_BODY, responses={200: {"model": Received}}
    )
    def charges(
        caller: Charges,
        stay: str,
        upload: Annotated["_Upload", Depends(_upload)],
        hospital_total_fen: Annotated[int | None, Query(description=_TOTAL)] = None,
    ) -> Response:
        """Take charge lines, once each, as JSON, CSV or XLSX; say which cannot stand."""
        given = _given(upload)
        if isinstance(given, Refusals):
            return cells_refused(given.shown, given.count)
        total = given.hospital_total_fen
        received = charge(
            desk.site,
            stay,
            given.lines,
            caller.name,
            hospital_total_fen=hospital_total_fen if total is None else total,
        )
        desk.changed("stay", stay)
        return _json(received)


def _showing(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/{stay}/charges")
    def lines(
        _caller: Reads,
        stay: str,
        start: Annotated[int, Query(ge=0, le=LINES_MAX)] = 0,
        limit: Annotated[int, Query(ge=1, le=PAGE_LINES_MAX)] = PAGE_LINES_MAX,
    ) -> Page:
        """Show the lines of the bill, page by page."""
        shown, after = show_charges(desk.site, stay, start=start, limit=limit)
        return Page(
            lines=[
                LineNow(**codec.plain(line), refused=refusal.code if refusal else None)
                for line, refusal in shown
            ],
            next=after,
        )

    @routes.get("/{stay}/charges/report", responses={200: {"model": ChargeReport}})
    def report(_caller: Reads, stay: str) -> Response:
        """Report what cannot stand, what looks twice, and what differs from the hospital's sum."""
        return _json(report_charges(desk.site, stay))


@dataclass(frozen=True, slots=True)
class _Upload:
    kind: str
    body: bytes


async def _upload(request: Request) -> _Upload:
    """Return the body with its kind; a form of another site can send none of these.

    Raises:
        HTTPException: 415.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {JSON, CSV, XLSX}:
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    return _Upload(kind, await request.body())


def _given(upload: _Upload) -> ChargeLines | Refusals:
    if upload.kind == JSON:
        return codec.decode(upload.body, ChargeLines)
    lines = read_charges(upload.body)
    return lines if isinstance(lines, Refusals) else ChargeLines(list(lines))


def _json(value: object) -> Response:
    return Response(codec.encode(value), media_type=JSON)


_TOTAL = "with a sheet: what the hospital's system says the whole bill comes to, in fen"
_LINES = TypeAdapter(ChargeLines).json_schema()
_CHARGES_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {"schema": spelt_out(_LINES, _LINES["$defs"])},
            CSV: SHEET,
            XLSX: SHEET,
        },
    }
}
