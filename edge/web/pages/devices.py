"""The devices of every desk: agents, readers, scanners; what is wrong, and what was heard last."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from edge.core.errors import Words
from edge.web.devices import DeviceNow, devices
from edge.web.look import Colour
from edge.web.pages.frame import AtDesk, Screen
from edge.web.pages.lamps import DEVICE_STATES

_KINDS = {
    "agent": Words("读卡程序", "Agent"),
    "reader": Words("读卡器", "Reader"),
    "scanner": Words("扫码器", "Scanner"),
}
_ONLINE = Words("已连接", "connected")
_OFFLINE = Words("未连接", "offline")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One device in the table; ``at`` is since when, or when an agent was heard last."""

    kind: Words
    name: str
    desks: str
    colour: Colour
    state: Words
    at: datetime
    told: str


def router(screen: Screen) -> APIRouter:
    """Return the page and its fragment."""
    routes = APIRouter()

    @routes.get("/devices")
    def page(request: Request, caller: AtDesk) -> HTMLResponse:
        """Show every device."""
        return screen.page(request, caller, "devices.html", rows=_rows(screen))

    @routes.get("/pages/devices")
    def fragment(request: Request, caller: AtDesk) -> HTMLResponse:
        """Render the table anew."""
        return screen.page(request, caller, "device_table.html", rows=_rows(screen))

    return routes


def _rows(screen: Screen) -> list[Row]:
    return [_row(device) for device in devices(screen.desk)]


def _row(device: DeviceNow) -> Row:
    if device.kind == "agent":
        online = device.state == "online"
        colour, state = (Colour.GOOD, _ONLINE) if online else (Colour.BAD, _OFFLINE)
    else:
        colour, state = DEVICE_STATES[device.state]
    return Row(
        kind=_KINDS[device.kind],
        name=device.name,
        desks="、".join(device.desks),
        colour=colour,
        state=state,
        at=device.seen_at or device.since,
        told=device.text or "",
    )
