"""The clerk's pages: arrival, verdict, stay. Shows what is; every act goes through the API."""

from fastapi import APIRouter

from edge.web.desk import Desk
from edge.web.look import Look
from edge.web.pages import (
    admin,
    arrival,
    audit,
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


def pages_router(desk: Desk, look: Look) -> APIRouter:
    """Return every page and fragment."""
    router = APIRouter(include_in_schema=False)
    screen = frame.Screen(desk, look)
    for pages in (
        frame,
        arrival,
        verdict,
        lists,
        messages,
        stay,
        devices,
        claims,
        fallbacks,
        complaints,
        fittings,
        overview,
        audit,
        admin,
    ):
        router.include_router(pages.router(screen))
    return router
