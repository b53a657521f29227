"""The API that hospital systems and our own pages call: ``/api/v1``. Names are the contract's.

A room is loaded when one of its paths is first asked for: which they are stands here.
"""

from collections.abc import Mapping
from importlib import import_module

from fastapi import APIRouter

from edge.web.desk import Desk
from edge.web.late import LateRoom

_API = "/api/v1"

ROOMS: Mapping[str, tuple[str, ...]] = {
    "arrivals": ("/arrivals", "/identifications", "/presentations", "/readers", "/verifications"),
    "readings": ("/readings",),
    "compat": ("/compat",),
    "agents": ("/agent",),
    "deadlines": ("/stays/due", "/day-ends"),  # before /stays/{stay}
    "stays": ("/stays",),
    "fittings": ("/fittings",),
    "identities": ("/stays", "/fittings"),
    "entry_sheets": ("/entry-sheets", "/fittings"),
    "manual": ("/stays", "/fittings"),
    "gathering": ("/stays", "/fittings"),
    "documents": ("/documents", "/stays", "/fittings", "/settlements", "/claims", "/day-ends"),
    "exports": ("/stays", "/fittings", "/complaints", "/receivables", "/day-ends"),
    "complaints": ("/complaints",),
    "settlements": ("/settlements",),
    "mappings": ("/catalogue/mappings",),
    "claims": ("/claims", "/receivables", "/settlements"),
    "inbox": ("/sync",),
    "messages": ("/audit", "/sync"),
    "accounts": ("/accounts",),
    "tokens": ("/tokens",),
    "upkeep": ("/backups", "/packs"),
    "charges": ("/stays",),
    "catalogues": ("/catalogue",),
}
"""The module of each room and where its paths begin, in the order in which they are tried."""


def api_rooms(desk: Desk) -> list[LateRoom]:
    """Return every endpoint under ``/api/v1`` but login and events."""
    return [_room(name, desk) for name in ROOMS]


def _room(name: str, desk: Desk) -> LateRoom:
    def furnish() -> APIRouter:
        routes: APIRouter = import_module(f"{__name__}.{name}").router(desk)
        return routes

    return LateRoom(*(f"{_API}{path}" for path in ROOMS[name]), furnish=furnish)
