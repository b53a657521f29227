"""The API that hospital systems and our own pages call: ``/api/v1``. Names are the contract's."""

from fastapi import APIRouter, Depends
from fastapi.security import HTTPBearer

from edge.web.api import arrivals, compat, manual, messages, settlements, stays
from edge.web.desk import Desk
from edge.web.security import json_only

# Lets nobody in (each endpoint's ``require`` does): it tells the OpenAPI document of the token.
_TOKEN = HTTPBearer(auto_error=False, description="the token of a hospital system (edge tokens)")


def api_router(desk: Desk) -> APIRouter:
    """Return every endpoint under ``/api/v1`` but login and events."""
    router = APIRouter(prefix="/api/v1", dependencies=[Depends(json_only), Depends(_TOKEN)])
    router.include_router(arrivals.router(desk), tags=["arrivals"])
    router.include_router(compat.router(desk), tags=["compat"])
    router.include_router(stays.router(desk), tags=["stays"])
    router.include_router(manual.router(desk), tags=["stays"])
    router.include_router(settlements.router(desk), tags=["settlements"])
    router.include_router(messages.router(desk), tags=["messages"])
    return router
