"""The clerk's pages: arrival, verdict, stay. Shows what is; every act goes through the API."""

from fastapi import APIRouter

from edge.web.desk import Desk
from edge.web.look import Look
from edge.web.pages import (
    admin,
    arrival,
    audit,
    bill_lines,
    claims,
    complaints,
    devices,
    fallbacks,
    fittings,
    frame,
    lists,
    messages,
    overview,
    stay,
    verdict,
)


def pages_rooms(desk: Desk, look: Look) -> list[APIRouter]:
    """Return every page and fragment."""
    screen = frame.Screen(desk, look)
    rooms = (
        frame,
        arrival,
        verdict,
        lists,
        messages,
        stay,
        bill_lines,
        devices,
        claims,
        fallbacks,
        complaints,
        fittings,
        overview,
        audit,
        admin,
    )
    return [room.router(screen) for room in rooms]
