"""What is due: the stays by their settlement clock, and a day's end."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from edge import codec
from edge.core.day_end import ClerkDay
from edge.core.deadline import Urgency
from edge.steps.day_end import PrintedHead, Waiting, day_end
from edge.steps.list_due import list_due
from edge.store.deadlines import PAGE_MAX
from edge.store.operators import Role, Scope
from edge.web.api.stays import Reads, StayNow, stay_now
from edge.web.desk import Desk
from edge.web.rooms import api_room
from edge.web.security import Caller, require

Closes = Annotated[Caller, Depends(require(Role.DISCHARGE, Role.FINANCE, Role.AUDITOR, Scope.READ))]


class DueNow(BaseModel):
    """A stay whose clock runs; ``left_s`` is in seconds, negative once it is overdue."""

    stay: StayNow
    urgency: Urgency
    left_s: int


class DueList(BaseModel):
    """One page, the stay that ends first before the others; ``counts`` are of all pages.

    ``after`` asks for the next page; null on the last.
    """

    as_of: datetime
    counts: dict[Urgency, int]
    due: list[DueNow]
    after: str | None


class DayEndNow(BaseModel):
    """A day's money by clerk and in all, in fen; what is overdue or waits is so at ``as_of``."""

    date: date
    as_of: datetime
    by_clerk: tuple[ClerkDay, ...]
    total: ClerkDay
    overdue_now: int
    messages: Waiting
    head: PrintedHead | None


def router(desk: Desk) -> APIRouter:
    """Return the endpoints of the settlement clock and of a day's end."""
    routes = api_room()
    site = desk.site

    @routes.get("/stays/due", tags=["stays"])
    def what_is_due(
        _caller: Reads,
        only: Urgency | None = None,
        after: Annotated[str | None, Query(max_length=64)] = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = PAGE_MAX,
    ) -> DueList:
        """List the discharged stays that are not settled, by their deadline."""
        page = list_due(site, only=only, after=after, limit=limit)
        return DueList(
            as_of=page.as_of,
            counts=page.counts,
            due=[
                DueNow(stay=stay_now(one.stay), urgency=one.urgency, left_s=one.left_s)
                for one in page.due
            ],
            after=page.after,
        )

    @routes.get("/day-ends/{day}", tags=["ledger"], responses=_DAY_END)
    def sheet(_caller: Closes, day: date) -> Response:
        """Add up one day; its head, printed, shows later whether the ledger was cut."""
        return Response(codec.encode(day_end(site, day)), media_type="application/json")

    return routes


_DAY_END: dict[int | str, dict[str, Any]] = {200: {"model": DayEndNow}}
