"""The rooms that endpoints stand in, and how a room joins the application: as it is.

FastAPI's ``include_router`` builds every endpoint a second time, and a third time where routers
stand in routers; that was half a second of each start. A room is given its whole prefix, its tags
and its dependencies before its first endpoint, and its routes are then taken over; a late room is
taken over with its door closed.
"""

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer

from edge.web.late import LateRoom, LateRoute
from edge.web.problems import OPENAPI_RESPONSES
from edge.web.security import json_only

# Lets nobody in (each endpoint's ``require`` does): it tells the OpenAPI document of the token.
_TOKEN = HTTPBearer(auto_error=False, description="the token of a hospital system (edge tokens)")


def api_room(*tags: str, at: str = "", takes_sheets: bool = False) -> APIRouter:
    """Return a room under ``/api/v1`` + ``at``; what is sent to it is JSON, or sheets as well."""
    bodies = [] if takes_sheets else [Depends(json_only)]
    return APIRouter(
        prefix=f"/api/v1{at}",
        tags=[*tags],
        dependencies=[Depends(_TOKEN), *bodies],
        responses=OPENAPI_RESPONSES,
        route_class=LateRoute,
    )


def neighbours_room(at: str, *tags: str, route: type[APIRoute]) -> APIRouter:
    """Return a room of another language under ``at``, whose calls know their own bodies."""
    return APIRouter(
        prefix=at,
        tags=[*tags],
        dependencies=[Depends(_TOKEN)],
        responses=OPENAPI_RESPONSES,
        route_class=route,
    )


def pages_room() -> APIRouter:
    """Return a room of pages: people see them, the API's document does not."""
    return APIRouter(include_in_schema=False, route_class=LateRoute)


def open_room(*tags: str) -> APIRouter:
    """Return a room at the root, with its place in the API's document."""
    return APIRouter(tags=[*tags], responses=OPENAPI_RESPONSES, route_class=LateRoute)


def join(app: FastAPI, *rooms: APIRouter | LateRoom) -> None:
    """Let ``app`` answer with the endpoints of these rooms, in their order."""
    for room in rooms:
        app.router.routes.extend([room] if isinstance(room, LateRoom) else room.routes)
