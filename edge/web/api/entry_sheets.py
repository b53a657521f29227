"""The login channel: sheets to copy from, and the confirmation numbers that come back."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from edge.core.entry_sheet import NUMBER_LENGTH_MAX, EntrySheet, SheetField, SheetKind, SheetState
from edge.core.reversal import REASON_LENGTH_MAX
from edge.site import Site
from edge.steps.bring_back import confirm, show_sheets, withdraw
from edge.store.entry_sheets import PAGE_MAX, waiting_sheets
from edge.store.operators import Role
from edge.web.desk import Desk
from edge.web.rooms import api_room
from edge.web.security import Caller, require

Types = Annotated[Caller, Depends(require(Role.FITTING))]
Lists = Annotated[Caller, Depends(require(Role.FITTING, Role.FINANCE))]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Confirmation(_Body):
    """The number that the national site gave."""

    number: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=NUMBER_LENGTH_MAX),
    ]


class Withdrawal(_Body):
    """Why the sheet was never typed."""

    note: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=REASON_LENGTH_MAX),
    ] = Field(description="why nothing was typed")


class SheetNow(BaseModel):
    """Where a sheet stands; ``late`` once its number should have been brought back."""

    id: str
    fitting: str
    kind: SheetKind
    state: SheetState
    made_at: datetime
    late: bool
    confirmation: str | None
    closed_by: str | None
    closed_at: datetime | None
    note: str


class WholeSheet(SheetNow):
    """A sheet with what is copied, in this order."""

    fields: tuple[SheetField, ...]


def router(desk: Desk) -> APIRouter:
    """Return the endpoints of the login channel."""
    routes = api_room("fittings")
    site = desk.site

    @routes.get("/fittings/{fitting}/entry-sheets")
    def sheets(caller: Types, fitting: str) -> list[WholeSheet]:
        """Return what is typed of a fitting; it names the person, so showing it is entered."""
        return [_whole(site, sheet) for sheet in show_sheets(site, fitting, caller.name)]

    @routes.get("/entry-sheets")
    def waiting(
        _caller: Lists, limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = PAGE_MAX
    ) -> list[SheetNow]:
        """List the sheets whose number nobody has brought back, the longest waiting first."""
        known = waiting_sheets(site.store.read(), site.vault, limit=limit)
        return [SheetNow(**_now(site, sheet)) for sheet in known]

    @routes.post("/entry-sheets/{sheet}/confirmation")
    def confirmation(caller: Types, sheet: str, given: Confirmation) -> SheetNow:
        """Bring back the confirmation number; the same again changes nothing."""
        return _closed(desk, confirm(site, sheet, given.number, caller.name))

    @routes.post("/entry-sheets/{sheet}/withdrawal")
    def withdrawal(caller: Types, sheet: str, given: Withdrawal) -> SheetNow:
        """Close a sheet that was never typed; its settlement is then reversed."""
        return _closed(desk, withdraw(site, sheet, given.note, caller.name))

    return routes


def _closed(desk: Desk, sheet: EntrySheet) -> SheetNow:
    desk.changed("fitting", sheet.case.id)
    return SheetNow(**_now(desk.site, sheet))


def _whole(site: Site, sheet: EntrySheet) -> WholeSheet:
    return WholeSheet(**_now(site, sheet), fields=sheet.fields)


def _now(site: Site, sheet: EntrySheet) -> dict[str, Any]:
    within_h = site.settings.fittings.entry_late_h
    return {
        "id": sheet.id,
        "fitting": sheet.case.id,
        "kind": sheet.kind,
        "state": sheet.state,
        "made_at": sheet.made_at,
        "late": sheet.is_late(site.clock(), within_h=within_h),
        "confirmation": sheet.confirmation,
        "closed_by": sheet.closed_by,
        "closed_at": sheet.closed_at,
        "note": sheet.note,
    }
