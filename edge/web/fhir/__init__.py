"""FHIR R4B under ``/api/fhir``: a neighbour's language for a few of the API's calls.

Each resource ends in the same steps as the JSON of ``edge.web.api``; nothing is decided here.
"""

from importlib import import_module

from fastapi import APIRouter

from edge.web.desk import Desk
from edge.web.late import LateRoom

PREFIX = "/api/fhir"


def fhir_room(desk: Desk) -> LateRoom:
    """Return every call under ``/api/fhir``, loaded when somebody speaks FHIR."""

    def furnish() -> APIRouter:
        routes: APIRouter = import_module(f"{__name__}.routes").router(desk)
        return routes

    return LateRoom(PREFIX, furnish=furnish)
