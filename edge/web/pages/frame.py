"""The frame around every page: who is at work, what they may do, and the lamps."""

from dataclasses import dataclass
from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from drivers.monitor import ReaderState
from edge.store.operators import Role
from edge.web.api.arrivals import Verifies
from edge.web.api.stays import Admits, Discharges, Settles
from edge.web.desk import Desk
from edge.web.look import Header, Look
from edge.web.pages.lamps import lamps
from edge.web.security import Caller, require

AtDesk = Annotated[
    Caller, Depends(require(Role.ADMISSION, Role.DISCHARGE, Role.FITTING, Role.FINANCE))
]

_FRAGMENT = "/pages/header"
_DOORS = {"verify": Verifies, "admit": Admits, "discharge": Discharges, "settle": Settles}


@dataclass(frozen=True, slots=True)
class Screen:
    """Renders the pages of one desk service."""

    desk: Desk
    look: Look

    def page(
        self, request: Request, caller: Caller, template: str, **context: object
    ) -> HTMLResponse:
        """Render a whole page in its frame, or a fragment that ignores the frame."""
        header = self.header(caller)
        return self.look.page(request, template, header=header, may=acts_of(caller), **context)

    def header(self, caller: Caller) -> Header:
        """Return what stands on top of every page."""
        site = self.desk.site
        counts = site.outbox.status(site.store.read())
        return Header(
            desk=caller.desk,
            clerk=caller.name,
            lamps=lamps(self.desk, caller.desk),
            waiting=counts.pending + counts.sending + counts.unknown + counts.rejected,
            fragment=_FRAGMENT,
            topics="reader scanner message stay verification",
            left_behind=any(
                view.state is ReaderState.LEFT_BEHIND for view in self.desk.shown_at(caller.desk)
            ),
        )


def acts_of(caller: Caller) -> frozenset[str]:
    """Return the acts whose endpoints let this caller in: no page offers what would be refused."""
    return frozenset(act for act, door in _DOORS.items() if _lets_in(door, caller))


def router(screen: Screen) -> APIRouter:
    """Return the header's own fragment."""
    routes = APIRouter()

    @routes.get(_FRAGMENT)
    def header(request: Request, caller: AtDesk) -> HTMLResponse:
        """Render the header anew."""
        return screen.page(request, caller, "header.html")

    return routes


def _lets_in(door: object, caller: Caller) -> bool:
    _, depends = get_args(door)
    return bool(depends.dependency.grants & caller.grants)
