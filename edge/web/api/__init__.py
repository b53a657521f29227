"""The API that hospital systems and our own pages call: ``/api/v1``. Names are the contract's."""

from fastapi import APIRouter, Depends
from fastapi.security import HTTPBearer

from edge.web.api import (
    accounts,
    agents,
    arrivals,
    catalogues,
    charges,
    claims,
    compat,
    complaints,
    deadlines,
    documents,
    entry_sheets,
    exports,
    fittings,
    gathering,
    identities,
    inbox,
    manual,
    mappings,
    messages,
    readings,
    settlements,
    stays,
    tokens,
    upkeep,
)
from edge.web.desk import Desk
from edge.web.security import json_only

# Lets nobody in (each endpoint's ``require`` does): it tells the OpenAPI document of the token.
_TOKEN = HTTPBearer(auto_error=False, description="the token of a hospital system (edge tokens)")


def api_router(desk: Desk) -> APIRouter:
    """Return every endpoint under ``/api/v1`` but login and events."""
    takes_json = APIRouter(dependencies=[Depends(json_only)])
    takes_json.include_router(arrivals.router(desk), tags=["arrivals"])
    takes_json.include_router(readings.router(desk), tags=["arrivals"])
    takes_json.include_router(compat.router(desk), tags=["compat"])
    takes_json.include_router(agents.router(desk), tags=["agents"])
    takes_json.include_router(deadlines.router(desk))  # before /stays/{stay}
    takes_json.include_router(stays.router(desk), tags=["stays"])
    takes_json.include_router(fittings.router(desk), tags=["fittings"])
    takes_json.include_router(identities.router(desk), tags=["identities"])
    takes_json.include_router(entry_sheets.router(desk), tags=["fittings"])
    takes_json.include_router(manual.router(desk), tags=["manual"])
    takes_json.include_router(gathering.router(desk), tags=["manual"])
    takes_json.include_router(documents.router(desk), tags=["documents"])
    takes_json.include_router(exports.router(desk), tags=["workbooks"])
    takes_json.include_router(complaints.router(desk), tags=["complaints"])
    takes_json.include_router(settlements.router(desk), tags=["settlements"])
    takes_json.include_router(mappings.router(desk), tags=["catalogues"])
    takes_json.include_router(claims.router(desk), tags=["claims"])
    takes_json.include_router(inbox.router(desk), tags=["claims"])
    takes_json.include_router(messages.router(desk), tags=["messages"])
    takes_json.include_router(accounts.router(desk), tags=["accounts"])
    takes_json.include_router(tokens.router(desk), tags=["accounts"])
    takes_json.include_router(catalogues.confirming(desk), tags=["catalogues"])
    takes_json.include_router(upkeep.router(desk), tags=["upkeep"])
    router = APIRouter(prefix="/api/v1", dependencies=[Depends(_TOKEN)])
    router.include_router(takes_json)
    router.include_router(charges.router(desk), tags=["stays"])  # takes sheets, too
    router.include_router(catalogues.router(desk), tags=["catalogues"])  # takes sheets
    return router
