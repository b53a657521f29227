"""The clerk's pages: arrival, verdict, stay. Shows what is; every act goes through the API.

A room is loaded when one of its paths is first asked for: which they are stands here.
"""

from collections.abc import Mapping
from importlib import import_module

from fastapi import APIRouter

from edge.web.desk import Desk
from edge.web.late import LateRoom
from edge.web.look import Look

ROOMS: Mapping[str, tuple[str, ...]] = {
    "frame": ("/pages/header",),
    "arrival": ("/", "/pages/card", "/pages/stays"),
    "verdict": ("/verifications", "/pages/verifications"),
    "lists": ("/due", "/search", "/stays", "/pages/due", "/pages/stay-list"),
    "messages": ("/messages", "/pages/messages"),
    "stay": ("/stays", "/pages/stays"),
    "bill_lines": ("/stays", "/fittings"),
    "devices": ("/devices", "/pages/devices"),
    "claims": ("/claims", "/pages/claims"),
    "fallbacks": ("/fallbacks",),
    "complaints": ("/complaints",),
    "fittings": ("/fittings", "/pages/fitting-card", "/pages/fittings"),
    "overview": ("/overview", "/pages/overview"),
    "audit": ("/audit",),
    "admin": ("/admin",),
}
"""The module of each room and where its paths begin, in the order in which they are tried."""


def pages_rooms(desk: Desk, look: Look) -> list[LateRoom]:
    """Return every page and fragment."""
    return [_room(name, desk, look) for name in ROOMS]


def _room(name: str, desk: Desk, look: Look) -> LateRoom:
    def furnish() -> APIRouter:
        from edge.web.pages.frame import Screen  # noqa: PLC0415 - with the first page

        routes: APIRouter = import_module(f"{__name__}.{name}").router(Screen(desk, look))
        return routes

    return LateRoom(*ROOMS[name], furnish=furnish)
