"""Complaints at the desk: received, taken up, answered within their days (津 第四十条)."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from edge.core.complaint import Channel, ComplaintState
from edge.core.dates import local_day
from edge.steps.read_complaints import read_complaint, read_complaints
from edge.web.api.complaints import Handles, complaint_now
from edge.web.look import Colour
from edge.web.pages.frame import Screen
from edge.web.pages.lists import PAGE
from edge.web.rooms import pages_room

COLOURS = {
    ComplaintState.NEW: Colour.UNKNOWN,
    ComplaintState.IN_WORK: Colour.BUSY,
    ComplaintState.ANSWERED: Colour.GOOD,
}


def router(screen: Screen) -> APIRouter:
    """Return the list with its form, and the page of one complaint."""
    routes = pages_room()
    site = screen.desk.site

    @routes.get("/complaints")
    def page(request: Request, caller: Handles, *, everything: bool = False) -> HTMLResponse:
        """Show what is open, the earliest due first; or the newest, answered too."""
        found = read_complaints(site, only_open=not everything, limit=PAGE, by=caller.name)
        rows = [complaint_now(site, one) for one in found]
        return screen.page(
            request,
            caller,
            "complaints.html",
            rows=rows,
            everything=everything,
            channels=tuple(Channel),
            colours=COLOURS,
            today=local_day(site.clock()),
        )

    @routes.get("/complaints/{complaint}")
    def one(request: Request, caller: Handles, complaint: str) -> HTMLResponse:
        """Show one complaint and what is to be done."""
        found = complaint_now(site, read_complaint(site, complaint, by=caller.name))
        return screen.page(request, caller, "complaint.html", complaint=found, colours=COLOURS)

    return routes
