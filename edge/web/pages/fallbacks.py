"""Cases in manual reimbursement: how far each package is. Shows no identity."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from edge.core.fitting import Case, FittingState
from edge.core.stay import StayState
from edge.steps.gather_papers import Papers, papers_now
from edge.store.fittings import newest_fittings
from edge.store.operators import Role
from edge.store.stays import newest_stays
from edge.web.pages.frame import Screen
from edge.web.pages.lists import PAGE
from edge.web.rooms import pages_room
from edge.web.security import Caller, require

SeesManual = Annotated[Caller, Depends(require(Role.DISCHARGE, Role.FITTING, Role.FINANCE))]


@dataclass(frozen=True, slots=True)
class Row:
    """One case, the page it has, and its checklist as it stands."""

    case: Case
    path: str
    papers: Papers


def router(screen: Screen) -> APIRouter:
    """Return the list."""
    routes = pages_room()
    site = screen.desk.site

    @routes.get("/fallbacks")
    def page(
        request: Request, caller: SeesManual, after: Annotated[str, Query(max_length=64)] = ""
    ) -> HTMLResponse:
        """Show the stays that went to manual, newest first, and the newest fittings that did."""
        db = site.store.read()
        stays = newest_stays(db, state=StayState.MANUAL, after=after, limit=PAGE)
        fittings = [] if after else newest_fittings(db, site.vault, limit=PAGE)
        cases: list[tuple[Case, str]] = [(one, f"/stays/{one.id}") for one in stays]
        manual = [one for one in fittings if one.state is FittingState.MANUAL]
        cases += [(one, f"/fittings/{one.id}") for one in manual]
        rows = [Row(case, path, papers_now(site, case.ref)) for case, path in cases]
        return screen.page(
            request,
            caller,
            "fallbacks.html",
            rows=rows,
            after=after,
            next=stays[-1].id if len(stays) == PAGE else "",
        )

    return routes
