"""The API that hospital systems and our own pages call: ``/api/v1``. Names are the contract's."""

from fastapi import APIRouter

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


def api_rooms(desk: Desk) -> list[APIRouter]:
    """Return every endpoint under ``/api/v1`` but login and events."""
    rooms = (
        arrivals,
        readings,
        compat,
        agents,
        deadlines,  # before /stays/{stay}
        stays,
        fittings,
        identities,
        entry_sheets,
        manual,
        gathering,
        documents,
        exports,
        complaints,
        settlements,
        mappings,
        claims,
        inbox,
        messages,
        accounts,
        tokens,
        upkeep,
        charges,
        catalogues,
    )
    return [room.router(desk) for room in rooms] + [catalogues.confirming(desk)]
