"""Who did what, and whether the chain holds; accounts and tokens. No case and no identity."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from edge.core.errors import Fault
from edge.site import Site
from edge.store.catalogues import held_versions
from edge.store.ledger import Asked, latest
from edge.store.operators import Role, operators, tokens
from edge.web.api.messages import Inspects
from edge.web.pages.frame import Screen
from edge.web.security import Caller, require

ENTRIES = 50

Manages = Annotated[
    Caller, Depends(require(Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR))
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One entry of the ledger; ``body`` holds no identity."""

    seq: int
    at: datetime
    operator: str
    kind: str
    subject: str
    body: str


def router(screen: Screen) -> APIRouter:
    """Return the audit's page and the administrators'."""
    routes = APIRouter()
    _audit(routes, screen)
    _admin(routes, screen)
    return routes


def _audit(routes: APIRouter, screen: Screen) -> None:
    site = screen.desk.site

    @routes.get("/audit")
    def audit(
        request: Request,
        caller: Inspects,
        before: Annotated[int | None, Query(ge=1)] = None,
        subject: Annotated[str, Query(max_length=64)] = "",
    ) -> HTMLResponse:
        """Show the newest acts, those about one subject if it is named."""
        found = latest(
            site.store.read(), limit=ENTRIES, asked=Asked(before=before, subject=subject)
        )
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
            subject=subject,
            before=before,
            next=rows[-1].seq if len(rows) == ENTRIES else None,
            broken=_broken(site),
        )


def _admin(routes: APIRouter, screen: Screen) -> None:
    site = screen.desk.site

    @routes.get("/admin")
    def admin(request: Request, caller: Manages) -> HTMLResponse:
        """Show accounts and tokens to security, what the site runs on to IT."""
        db = site.store.read()
        security = Role.SECURITY_ADMINISTRATOR in caller.grants
        return screen.page(
            request,
            caller,
            "admin.html",
            security=security,
            people=operators(db) if security else [],
            tokens=tokens(db) if security else [],
            desks=site.settings.desks,
            catalogues=held_versions(db),
            packs=site.rulebook.packs,
        )


def _broken(site: Site) -> Fault | None:
    """Return what the last verification of the chain found; None: it holds."""
    try:
        site.ledger.require_sound()
    except Fault as fault:
        return fault
    return None
