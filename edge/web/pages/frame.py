"""The frame around every page: who is at work, what they may do, and the lamps."""

from dataclasses import dataclass
from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from drivers.monitor import ReaderState
from edge.store.operators import DESK_ROLES, Role
from edge.store.verifications import unanswered_since
from edge.web.api.arrivals import Confirms, Verifies
from edge.web.api.deadlines import Closes
from edge.web.api.fittings import Fits
from edge.web.api.messages import Acts
from edge.web.api.readings import Tries
from edge.web.api.stays import Admits, Discharges, Plans, Settles
from edge.web.desk import Desk
from edge.web.look import Banner, Colour, Header, Look
from edge.web.pages.lamps import lamps
from edge.web.pages.screens import chapter_of, links
from edge.web.rooms import pages_room
from edge.web.security import Caller, require
from edge.web.texts import words

AtDesk = Annotated[
    Caller, Depends(require(Role.ADMISSION, Role.DISCHARGE, Role.FITTING, Role.FINANCE))
]

Anyone = Annotated[Caller, Depends(require(*Role))]
"""Every page's frame is everybody's; what stands in it is not."""

_FRAGMENT = "/pages/header"
_DOORS = {
    "verify": Verifies,
    "confirm": Confirms,
    "admit": Admits,
    "plan": Plans,
    "discharge": Discharges,
    "settle": Settles,
    "fit": Fits,
    "deliver": Acts,
    "try": Tries,
    "close": Closes,
}


@dataclass(frozen=True, slots=True)
class Screen:
    """Renders the pages of one desk service."""

    desk: Desk
    look: Look

    def page(
        self, request: Request, caller: Caller, template: str, **context: object
    ) -> HTMLResponse:
        """Render a whole page in its frame, or a fragment that ignores the frame."""
        header = self.header(caller, request.url.path)
        acts = acts_of(caller)
        finds = bool(DESK_ROLES & caller.grants)
        return self.look.page(request, template, header=header, may=acts, finds=finds, **context)

    def header(self, caller: Caller, path: str) -> Header:
        """Return what stands on top of every page."""
        site = self.desk.site
        counts = site.outbox.status(site.store.read())
        waiting = counts.pending + counts.sending + counts.unknown + counts.rejected
        shown, trouble = lamps(self.desk, caller.desk), site.store.trouble
        return Header(
            desk=caller.desk,
            clerk=caller.name,
            lamps=shown,
            waiting=waiting,
            fragment=_FRAGMENT,
            topics="reader scanner message stay verification disk",
            shift_since=caller.since,
            links=links(caller, path),
            chapter=chapter_of(path),
            banner=self._banner(waiting) if shown[-1].colour is Colour.BAD else None,
            trouble=(trouble.reason, trouble.next_action) if trouble else None,
            left_behind=any(
                view.state is ReaderState.LEFT_BEHIND for view in self.desk.shown_at(caller.desk)
            ),
        )

    def _banner(self, waiting: int) -> Banner:
        """Say what an outage of the platform leaves, to whom it matters: everybody."""
        site = self.desk.site
        contact = self.desk.relay.last_contact()
        since = [unanswered_since(site.store.read()), contact.at if contact else None]
        offline = site.settings.offline.settlement == "within_limits"
        return Banner(
            since=min(filter(None, since), default=site.clock()),
            works=words("banner.list_works") if offline else words("banner.nothing_settles"),
            waits=words("banner.waits", count=waiting),
        )


def acts_of(caller: Caller) -> frozenset[str]:
    """Return the acts whose endpoints let this caller in: no page offers what would be refused."""
    return frozenset(act for act, door in _DOORS.items() if lets_in(door, caller))


def lets_in(door: object, caller: Caller) -> bool:
    """Tell whether an endpoint's door lets this caller in."""
    _, depends = get_args(door)
    return bool(depends.dependency.grants & caller.grants)


def router(screen: Screen) -> APIRouter:
    """Return the header's own fragment."""
    routes = pages_room()

    @routes.get(_FRAGMENT)
    def header(request: Request, caller: Anyone) -> HTMLResponse:
        """Render the header anew."""
        return screen.page(request, caller, "header.html")

    return routes
