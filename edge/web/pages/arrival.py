"""Arrival: what the reader holds, and the newest stays. Shows no identity."""

from collections.abc import Sequence

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from drivers.monitor import ReaderState, ReaderView
from drivers.scanner import ScannerState, ScannerView
from edge.core.errors import Words
from edge.store.stays import newest_stays
from edge.web.pages.deadline import time_left
from edge.web.pages.frame import Anyone, AtDesk, Screen
from edge.web.pages.screens import start_of
from edge.web.rooms import pages_room
from edge.web.texts import words

STAYS_SHOWN = 20

_READY = frozenset({ReaderState.PRESENT, ReaderState.LEFT_BEHIND})


def router(screen: Screen) -> APIRouter:
    """Return the arrival page and its fragments."""
    routes = pages_room()

    @routes.get("/", response_model=None)
    def arrival(request: Request, caller: Anyone) -> Response:
        """Show the reader and the newest stays, to whom it is for; others their own start page."""
        if start_of(caller) != "/":
            return RedirectResponse(start_of(caller), status_code=303)
        card = card_shown(screen, caller.desk)
        return screen.page(request, caller, "arrival.html", **card, **_stays(screen))

    @routes.get("/pages/card")
    def card(request: Request, caller: AtDesk) -> HTMLResponse:
        """Render the reader's panel anew."""
        return screen.page(request, caller, "card.html", **card_shown(screen, caller.desk))

    @routes.get("/pages/stays")
    def stays(request: Request, caller: AtDesk) -> HTMLResponse:
        """Render the newest stays anew."""
        return screen.page(request, caller, "stays.html", **_stays(screen))

    return routes


def card_shown(screen: Screen, desk: str) -> dict[str, object]:
    """Say what is ready at the desk: its newest, a card (with its reader) or a scanned code.

    ``since`` when, and in which reader a card can be read ``again``.
    """
    views = screen.desk.shown_at(desk)
    ready = next((view for view in views if view.state in _READY), None)
    shown = screen.desk.scanner_at(desk)
    scanned = shown is not None and shown.state is ScannerState.SCANNED
    if shown and scanned and (ready is None or shown.since >= ready.since):
        return {"ready": True, "reader": "", "told": None, "again": "", "since": shown.since}
    if ready:
        name, since = ready.name, ready.since
        return {"ready": True, "reader": name, "told": None, "again": name, "since": since}
    unusable = [shown] if shown and shown.state is ScannerState.UNUSABLE else []
    faulty = next((view.name for view in views if view.state is ReaderState.FAULT), "")
    told = _told((*unusable, *views))
    return {"ready": False, "reader": "", "told": told, "again": faulty, "since": None}


def _told(views: Sequence[ReaderView | ScannerView]) -> dict[str, Words | None]:
    """Say what keeps us from a card or code: the first fault, or that we wait for one."""
    for view in views:
        if view.error:
            text = Words(view.error.text, view.error.text_en)
            return {
                "text": text,
                "next": Words(view.error.next_action, view.error.next_action_en),
            }
    reading = any(view.state is ReaderState.READING for view in views)
    return {"text": words("card.reading") if reading else words("card.waiting"), "next": None}


def _stays(screen: Screen) -> dict[str, object]:
    site = screen.desk.site
    now = site.high_water()
    stays = newest_stays(site.store.read(), limit=STAYS_SHOWN)
    return {"stays": [(stay, time_left(stay, now)) for stay in stays]}
