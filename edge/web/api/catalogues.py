"""Catalogues over HTTP: what is held; a file uploaded, compared, and imported as it was seen."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from edge.core.catalogue import Insurance
from edge.steps.import_catalogue import Import, Outcome, Report, import_catalogue
from edge.store.catalogues import held_versions
from edge.store.operators import Role
from edge.web.api.accounts import prove
from edge.web.api.cells import CSV, SHEET, XLSX, cells_refused
from edge.web.desk import Desk
from edge.web.rooms import api_room
from edge.web.security import Caller, require
from edge.web.uploads import Upload

Imports = Annotated[Caller, Depends(require(Role.SYSTEM_ADMINISTRATOR))]


class UploadAsked(BaseModel):
    """As what the file is to be imported: a region's list, under a version's name.

    ``insurance`` says which of the region's lists, ``since`` the first day of the version; both may
    be left out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    region: str = Field(max_length=6)
    version: str = Field(max_length=40)
    insurance: Insurance | None = None
    since: date | None = None


class ImportForm(BaseModel):
    """The caller's own password again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    password: SecretStr


class VersionNow(BaseModel):
    """One version of a catalogue that is held; ``bed_day_fen`` None: it has no standard."""

    region: str
    version: str
    insurance: Insurance | None
    starts_on: date
    bed_day_fen: int | None
    row_count: int
    imported_at: datetime
    sha256: str


class ImportTold(BaseModel):
    """What a file changes, or has changed: rows new, said otherwise, and said no more.

    ``outcome``: ``dry_run`` waits for a yes, ``known`` was imported before, ``imported`` is done.
    """

    id: str
    outcome: Outcome
    region: str
    version: str
    insurance: Insurance | None
    starts_on: date
    row_count: int
    against: list[str]
    new_count: int
    changed_count: int
    ended_count: int


@dataclass(frozen=True, slots=True)
class _Sheet:
    body: bytes


async def _sheet(request: Request) -> _Sheet:
    """Return the body, which a form of another site cannot send.

    Raises:
        HTTPException: 415.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {CSV, XLSX}:
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    return _Sheet(await request.body())


def router(desk: Desk) -> APIRouter:
    """Return the endpoint that takes sheets, which knows no JSON, and those about what it took."""
    routes = api_room("catalogues", takes_sheets=True)
    site = desk.site

    @routes.post(
        "/catalogue/uploads",
        status_code=HTTPStatus.CREATED,
        response_model=ImportTold,
        openapi_extra=_SHEET_BODY,
    )
    def upload(
        caller: Imports,
        asked: Annotated[UploadAsked, Query()],
        sheet: Annotated[_Sheet, Depends(_sheet)],
    ) -> ImportTold | Response:
        """Compare a file (CSV or XLSX) with what is held; nothing is written."""
        whole = Import(path=Path("upload"), data=sheet.body, dry_run=True, **dict(asked))
        report = import_catalogue(site, whole, caller.name)
        if report.outcome is Outcome.REFUSED:
            return cells_refused(report.refused, report.refused_count)
        kept = Upload(
            id=site.fresh_id(), by=caller.name, at=site.clock(), asked=whole, report=report
        )
        desk.uploads.keep(kept)
        return _told(kept.id, report)

    routes.routes.extend(_confirming(desk).routes)
    return routes


def _confirming(desk: Desk) -> APIRouter:
    """Return the endpoints that list, and import what was looked at."""
    routes = api_room("catalogues")
    site = desk.site

    @routes.get("/catalogue/versions")
    def versions(_caller: Imports) -> list[VersionNow]:
        """List the versions that are held."""
        return [
            VersionNow(
                region=one.region,
                version=one.version,
                insurance=one.insurance,
                starts_on=one.starts_on,
                bed_day_fen=one.bed_day_fen,
                row_count=one.row_count,
                imported_at=one.imported_at,
                sha256=one.file_sha256,
            )
            for one in held_versions(site.store.read())
        ]

    @routes.post("/catalogue/uploads/{upload}/import")
    def confirm(caller: Imports, upload: str, given: ImportForm) -> ImportTold:
        """Import an upload exactly as it was compared; the caller's own password again."""
        prove(site, caller, given.password)
        kept = desk.uploads.of(upload, caller.name, now=site.clock())
        asked = replace(kept.asked, dry_run=False, compared_at=kept.report.compared_at)
        report = import_catalogue(site, asked, caller.name)
        desk.uploads.forget(upload)
        return _told(upload, report)

    return routes


def _told(upload: str, report: Report) -> ImportTold:
    return ImportTold(
        id=upload,
        outcome=report.outcome,
        region=report.region,
        version=report.version,
        insurance=report.insurance,
        starts_on=report.starts_on,
        row_count=report.row_count,
        against=list(report.against),
        new_count=len(report.diff.new),
        changed_count=len(report.diff.changed),
        ended_count=len(report.diff.ended),
    )


_SHEET_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {CSV: SHEET, XLSX: SHEET}}
}
