"""The devices of every desk: agents, readers, scanners; what is wrong, and what was heard last."""

from dataclasses import dataclass, replace
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from drivers.monitor import ReaderState
from drivers.scanner import ScannerState
from edge.core.errors import Words
from edge.web.devices import DeviceNow, devices
from edge.web.look import Colour
from edge.web.pages.frame import Anyone, Screen
from edge.web.pages.lamps import reader_state, scanner_state
from edge.web.rooms import pages_room
from edge.web.texts import words

_HOLDS = frozenset(
    state.value for state in (ReaderState.PRESENT, ReaderState.LEFT_BEHIND, ReaderState.FAULT)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One device in the table; ``at`` is since when, or when an agent was heard last.

    ``holds``: whether a card lies in it; None where none can. ``first``: of those that hold one.
    """

    kind: Words
    name: str
    desks: str
    colour: Colour
    state: Words
    at: datetime
    told: Words | None
    code: str | None
    holds: bool | None
    first: bool = False


def router(screen: Screen) -> APIRouter:
    """Return the page and its fragment."""
    routes = pages_room()

    @routes.get("/devices")
    def page(request: Request, caller: Anyone) -> HTMLResponse:
        """Show every device."""
        return screen.page(request, caller, "devices.html", rows=_rows(screen))

    @routes.get("/pages/devices")
    def fragment(request: Request, caller: Anyone) -> HTMLResponse:
        """Render the table anew."""
        return screen.page(request, caller, "device_table.html", rows=_rows(screen))

    return routes


def _rows(screen: Screen) -> list[Row]:
    rows = [_row(device) for device in devices(screen.desk)]
    first = next((row for row in rows if row.holds), None)
    return [replace(row, first=row is first) for row in rows]


def _row(device: DeviceNow) -> Row:
    if device.kind == "agent":
        online = device.state == "online"
        colour = Colour.GOOD if online else Colour.BAD
        state = words("agent.online") if online else words("agent.offline")
    elif device.kind == "reader":
        colour, state = reader_state(ReaderState(device.state))
    else:
        colour, state = scanner_state(ScannerState(device.state))
    return Row(
        kind=words(f"device.{device.kind}"),
        name=device.name,
        desks="、".join(device.desks),
        colour=colour,
        state=state,
        at=device.seen_at or device.since,
        told=Words(device.text, device.text_en or device.text) if device.text else None,
        code=device.code,
        holds=device.state in _HOLDS if device.kind == "reader" and device.name else None,
    )
