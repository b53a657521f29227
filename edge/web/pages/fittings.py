"""The fitting counter: who comes for which device, what was fitted, settlement, what is typed."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from edge.core.fitting import Fitting, FittingState
from edge.core.verification import Device, DeviceAct
from edge.steps.bring_back import show_sheets
from edge.steps.preview import preview
from edge.steps.reveal import Ground
from edge.store.entry_sheets import waiting_sheets
from edge.store.fittings import load_fitting, newest_fittings
from edge.store.operators import Role
from edge.store.settlements import settlement_of
from edge.store.verifications import load_verification
from edge.web.case_at_desk import opened_under
from edge.web.pages.arrival import card_shown
from edge.web.pages.bill_counts import is_sent
from edge.web.pages.case_panels import case_panels
from edge.web.pages.frame import Screen
from edge.web.pages.lists import PAGE
from edge.web.pages.person import shown_on_page
from edge.web.pages.stay import OpenedUnder, bill_shown, settled_bill
from edge.web.pages.verdict import verdict_shown
from edge.web.rooms import pages_room
from edge.web.security import Caller, require

LINES_OFFERED = 3
"""Rows of the forms; whoever fits more at once sends them from their own system."""

SeesFittings = Annotated[Caller, Depends(require(Role.FITTING, Role.FINANCE))]


def router(screen: Screen) -> APIRouter:
    """Return the counter's page, one fitting's page, and their fragments."""
    routes = pages_room()
    _counter(routes, screen)
    _one(routes, screen)
    return routes


def _counter(routes: APIRouter, screen: Screen) -> None:
    @routes.get("/fittings")
    def counter(
        request: Request, caller: SeesFittings, after: Annotated[str, Query(max_length=64)] = ""
    ) -> HTMLResponse:
        """Show the reader with the question, and the newest fittings."""
        return screen.page(
            request,
            caller,
            "fittings.html",
            acts=tuple(DeviceAct),
            offered=range(LINES_OFFERED),
            **card_shown(screen, caller.desk),
            **_list(screen, after),
        )

    @routes.get("/pages/fitting-card")
    def card(request: Request, caller: SeesFittings) -> HTMLResponse:
        """Render the reader's panel anew."""
        shown = card_shown(screen, caller.desk)
        rows = range(LINES_OFFERED)
        return screen.page(
            request, caller, "fitting_card.html", acts=tuple(DeviceAct), offered=rows, **shown
        )

    @routes.get("/pages/fittings")
    def listed(
        request: Request, caller: SeesFittings, after: Annotated[str, Query(max_length=64)] = ""
    ) -> HTMLResponse:
        """Render the list anew."""
        return screen.page(request, caller, "fitting_list.html", **_list(screen, after))


def _list(screen: Screen, after: str) -> dict[str, object]:
    site = screen.desk.site
    db = site.store.read()
    fittings = newest_fittings(db, site.vault, after=after, limit=PAGE)
    return {
        "fittings": fittings,
        "untyped": [one.case.id for one in waiting_sheets(db, site.vault, limit=PAGE)],
        "after": after,
        "next": fittings[-1].id if len(fittings) == PAGE else "",
    }


def _one(routes: APIRouter, screen: Screen) -> None:
    site = screen.desk.site

    @routes.get("/fittings/{fitting}")
    def page(
        request: Request, caller: SeesFittings, fitting: str, case: OpenedUnder = ""
    ) -> HTMLResponse:
        """Show a fitting with its person, and the sheet that is typed into the national site."""
        person_id = load_fitting(site.store.read(), site.vault, fitting).person_id
        person = shown_on_page(screen.desk, caller, person_id=person_id, subject=fitting)
        # A sheet names the person: it is entered that it was shown, or it is not shown.
        types = Role.FITTING in caller.grants and site.store.trouble is None
        sheets = show_sheets(site, fitting, caller.name) if types else []
        shown = {"person": person, "sheets": sheets, "grounds": Ground}
        shown |= _fitting(screen, caller, fitting, case)
        return screen.page(request, caller, "fitting.html", **shown)

    @routes.get("/pages/fittings/{fitting}")
    def fragment(
        request: Request, caller: SeesFittings, fitting: str, case: OpenedUnder = ""
    ) -> HTMLResponse:
        """Render the fitting anew, without its person."""
        shown = _fitting(screen, caller, fitting, case)
        return screen.page(request, caller, "fitting_now.html", **shown)


def _fitting(screen: Screen, caller: Caller, fitting_id: str, desk_case: str) -> dict[str, object]:
    site = screen.desk.site
    db = site.store.read()
    fitting = load_fitting(db, site.vault, fitting_id)
    settlement = settlement_of(db, site.vault, fitting.ref)
    case = settled_bill(settlement) if settlement else preview(site, fitting.ref)
    chosen = settlement.verification_id if settlement else fitting.verification_id
    verification = load_verification(db, site.vault, chosen)
    return {
        "fitting": fitting,
        "settlement": settlement,
        "key": site.fresh_id(),
        "desk_case": desk_case or opened_under(screen.desk, caller),
        "messages": (messages := site.outbox.of_case(db, fitting.id)),
        "sent": is_sent(messages),
        "acts": tuple(DeviceAct),
        "rows_asked": _asked(fitting, verification.facts.devices or ()),
        "records": fitting.state in {FittingState.VERIFIED, FittingState.FITTED},
        "bill": bill_shown(case),
        "preview": "" if settlement else site.previews.remember(case.ruling),
        **verdict_shown(screen.desk, verification),
        **case_panels(screen, caller, fitting, settlement),
    }


def _asked(fitting: Fitting, devices: tuple[Device, ...]) -> list[Device | None]:
    """Return the rows of the form: the devices asked for, the notice's, and room for more."""
    named = fitting.notice.items if fitting.notice else None
    asked: list[Device | None] = [*devices] or [Device(code=item.code) for item in named or ()]
    return asked + [None] * max(LINES_OFFERED - len(asked), 0)
