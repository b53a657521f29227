"""The lists of the desk: stays by state, what is due, what a number finds. Shows no identity."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from edge.case.bill import case_ruled
from edge.core.dates import local_day
from edge.core.deadline import Urgency
from edge.core.fitting import Fitting
from edge.core.stay import Stay, StayState
from edge.core.verification.ground import ground_of
from edge.steps.list_due import list_due
from edge.store.database import Rows
from edge.store.fittings import fittings_numbered_like
from edge.store.operators import Role
from edge.store.stays import count_stays, newest_stays, stays_numbered_like
from edge.store.verifications import load_verification
from edge.web.api.stays import Filled
from edge.web.look import Colour
from edge.web.pages.bill_counts import BillCounts, bill_counts
from edge.web.pages.deadline import TimeLeft, time_left
from edge.web.pages.frame import AtDesk, Screen
from edge.web.rooms import pages_room
from edge.web.security import Caller, require

PAGE = 20
"""Rows of one page: what a screen of 768 pixels shows with little scrolling."""

_OPEN = (StayState.ADMITTED, StayState.DISCHARGED, StayState.REVERSED)
_SHOWN = (*_OPEN, StayState.SETTLED, StayState.MANUAL)

SeesStays = Annotated[Caller, Depends(require(Role.ADMISSION, Role.DISCHARGE, Role.FINANCE))]
SeesDue = Annotated[Caller, Depends(require(Role.DISCHARGE, Role.FINANCE))]
After = Annotated[str, Query(max_length=64)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A stay in a list: its days, its time left to settle; in hospital, its filing's end and bill.

    ``filing_colour`` is that of an end that is near (UNKNOWN) or over (BAD); else None.
    """

    stay: Stay
    days: int
    left: TimeLeft | None
    filing_until: date | None = None
    filing_colour: Colour | None = None
    lines: BillCounts | None = None


def router(screen: Screen) -> APIRouter:
    """Return the lists and their fragments."""
    routes = pages_room()
    _stays(routes, screen)
    _due(routes, screen)
    _search(routes, screen)
    return routes


def _stays(routes: APIRouter, screen: Screen) -> None:
    @routes.get("/stays")
    def page(
        request: Request, caller: SeesStays, state: StayState | None = None, after: After = ""
    ) -> HTMLResponse:
        """Show the stays of one state, or all, the newest first."""
        return screen.page(request, caller, "stays_page.html", **_page(screen, state, after))

    @routes.get("/pages/stay-list")
    def fragment(
        request: Request, caller: SeesStays, state: StayState | None = None, after: After = ""
    ) -> HTMLResponse:
        """Render the list anew."""
        return screen.page(request, caller, "stay_list.html", **_page(screen, state, after))


def _page(screen: Screen, state: StayState | None, after: str) -> dict[str, object]:
    site = screen.desk.site
    db, now = site.store.read(), site.high_water()
    stays = newest_stays(db, state=state, after=after, limit=PAGE)
    return {
        "rows": _rows(screen, stays, now),
        "state": state,
        "states": _SHOWN,
        "counts": count_stays(db, *_OPEN),
        "query": f"state={state.value}&" if state else "",
        "after": after,
        "next": stays[-1].id if len(stays) == PAGE else "",
    }


def _rows(screen: Screen, stays: Iterable[Stay], now: datetime) -> list[Row]:
    return [_row(screen, stay, now) for stay in stays]


def _row(screen: Screen, stay: Stay, now: datetime) -> Row:
    site = screen.desk.site
    db = site.store.read()
    until = lines = None
    if stay.state is StayState.ADMITTED:
        admission = load_verification(db, site.vault, stay.verification_id)
        until = admission.facts.filing.valid_to if admission.facts.filing else None
        ruling = case_ruled(site, db, stay).ruling
        lines = bill_counts(ruling, site.outbox.of_case(db, stay.id))
    return Row(
        stay=stay,
        days=days_in(screen, stay),
        left=time_left(stay, now),
        filing_until=until,
        filing_colour=_nearness(screen, stay, until, local_day(now)) if until else None,
        lines=lines,
    )


def _nearness(screen: Screen, stay: Stay, until: date, today: date) -> Colour | None:
    site = screen.desk.site
    ground = ground_of(site.rulebook, stay.insured_region, site.settings.facility.region, today)
    return nearness(until, today=today, soon=ground.soon)


def nearness(until: date, *, today: date, soon: date) -> Colour | None:
    """Return how a filing's last day looks: over, as near as the insured region's pack warns of."""
    if until < today:
        return Colour.BAD
    return Colour.UNKNOWN if until <= soon else None


def days_in(screen: Screen, stay: Stay) -> int:
    """Return the days of a stay so far, its first and its last included."""
    last = stay.discharged_at or screen.desk.site.clock()
    return (local_day(last) - local_day(stay.admitted_at)).days + 1


def _due(routes: APIRouter, screen: Screen) -> None:
    @routes.get("/due")
    def page(
        request: Request, caller: SeesDue, urgency: Urgency | None = None, after: After = ""
    ) -> HTMLResponse:
        """Show the stays to be settled, the one whose time ends first before the others."""
        return screen.page(request, caller, "due_page.html", **_waiting(screen, urgency, after))

    @routes.get("/pages/due")
    def fragment(
        request: Request, caller: SeesDue, urgency: Urgency | None = None, after: After = ""
    ) -> HTMLResponse:
        """Render the list anew."""
        return screen.page(request, caller, "due_list.html", **_waiting(screen, urgency, after))

    @routes.get("/due/next")
    def following(_caller: SeesDue, beside: After = "") -> RedirectResponse:
        """Go to the next stay to be settled, besides the one on the screen."""
        due = (one.stay.id for one in list_due(screen.desk.site, limit=2).due)
        stay = next((one for one in due if one != beside), "")
        return RedirectResponse(f"/stays/{stay}" if stay else "/due", status_code=303)


def _waiting(screen: Screen, urgency: Urgency | None, after: str) -> dict[str, object]:
    site = screen.desk.site
    page = list_due(site, only=urgency, after=after or None, limit=PAGE)
    return {
        "rows": [(one.stay, time_left(one.stay, page.as_of)) for one in page.due],
        "urgency": urgency,
        "urgencies": tuple(Urgency),
        "counts": page.counts,
        "query": f"urgency={urgency.value}&" if urgency else "",
        "after": after,
        "next": page.after or "",
    }


def _search(routes: APIRouter, screen: Screen) -> None:
    site = screen.desk.site

    @routes.get("/search", response_model=None)
    def search(
        request: Request, caller: AtDesk, q: Annotated[Filled, Query(max_length=64)]
    ) -> Response:
        """Find cases by the beginning of the hospital's number; go to the only one at once."""
        db = site.store.read()
        stays, fittings = _found(screen, db, q)
        paths = [f"/stays/{one.id}" for one in stays] + [f"/fittings/{one.id}" for one in fittings]
        if len(paths) == 1:
            return RedirectResponse(paths[0], status_code=303)
        now = site.high_water()
        return screen.page(
            request,
            caller,
            "found.html",
            asked=q,
            rows=_rows(screen, stays, now),
            fittings=fittings,
        )


def _found(screen: Screen, db: Rows, number: str) -> tuple[list[Stay], list[Fitting]]:
    """Return the cases of this number, or all whose number begins so."""
    stays = stays_numbered_like(db, number, limit=PAGE)
    fittings = fittings_numbered_like(db, screen.desk.site.vault, number, limit=PAGE)
    same = [one for one in stays if one.hospital_number == number]
    alike = [one for one in fittings if one.hospital_number == number]
    return (same, alike) if same or alike else (stays, fittings)
