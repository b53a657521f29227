"""Who did what, and whether the chain holds. No case and no identity."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from edge.core.dates import SHANGHAI
from edge.core.errors import Fault
from edge.site import Site
from edge.store.ledger import SEQ_MAX, Asked, latest
from edge.store.names import NAME_LENGTH_MAX
from edge.web.api.messages import Inspects
from edge.web.pages.frame import Screen
from edge.web.rooms import pages_room

ENTRIES = 50


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, SHANGHAI)


def _or_none(given: object) -> object:
    return given or None  # a field of a form that was left empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One entry of the ledger; ``body`` holds no identity."""

    seq: int
    at: datetime
    operator: str
    kind: str
    subject: str
    body: str


class Wish(BaseModel):
    """Which acts a page shows; ``since`` and ``until`` are days, both included."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    before: int | None = Field(default=None, ge=1, le=SEQ_MAX)
    subject: str = Field(default="", max_length=64)
    operator: str = Field(default="", max_length=NAME_LENGTH_MAX)
    kind: str = Field(default="", max_length=60)
    since: Annotated[date | None, BeforeValidator(_or_none)] = None
    until: Annotated[date | None, BeforeValidator(_or_none)] = None

    def whole(self) -> Asked:
        """Return it as the ledger is asked."""
        return Asked(
            since=_midnight(self.since) if self.since else None,
            until=_midnight(self.until + timedelta(days=1)) if self.until else None,
            subject=self.subject,
            operator=self.operator,
            kind=self.kind,
            before=self.before,
        )


def router(screen: Screen) -> APIRouter:
    """Return the audit's page."""
    routes = pages_room()
    _audit(routes, screen)
    return routes


def _audit(routes: APIRouter, screen: Screen) -> None:
    site = screen.desk.site

    @routes.get("/audit")
    def audit(
        request: Request,
        caller: Inspects,
        asked: Annotated[Wish, Query()],
    ) -> HTMLResponse:
        """Show the newest acts: those of somebody, of a kind, about one subject, of a span."""
        found = latest(site.store.read(), limit=ENTRIES, asked=asked.whole())
        rows = [
            Act(
                seq=one.seq,
                at=datetime.fromisoformat(one.act.at),
                operator=one.act.operator,
                kind=one.act.kind,
                subject=one.act.subject,
                body=one.act.body,
            )
            for one in found
        ]
        return screen.page(
            request,
            caller,
            "audit.html",
            rows=rows,
            asked=asked,
            same=urlencode(asked.model_dump(exclude={"before"}, exclude_none=True, mode="json")),
            before=asked.before,
            next=rows[-1].seq if len(rows) == ENTRIES else None,
            broken=_broken(site),
        )


def _broken(site: Site) -> Fault | None:
    """Return what the last verification of the chain found; None: it holds."""
    try:
        site.ledger.require_sound()
    except Fault as fault:
        return fault
    return None
