"""Whether the service lives, and whether it can do its work. For machines, without login."""

from fastapi import APIRouter, Response
from pydantic import BaseModel

from edge.core.errors import EdgeError
from edge.site import clock_behind
from edge.web.desk import Desk

_NOT_READY = 503


class Health(BaseModel):
    """``ok``, or the code of what is wrong."""

    status: str


def health_router(desk: Desk) -> APIRouter:
    """Return ``GET /healthz`` (the process answers) and ``GET /readyz`` (it can settle)."""
    routes = APIRouter(tags=["health"])

    @routes.get("/healthz")
    async def healthz() -> Health:
        """Answer while the process lives."""
        return Health(status="ok")

    @routes.get("/readyz")
    def readyz(response: Response) -> Health:
        """Answer 200 when the database serves, the ledger is sound and the clock goes forward."""
        try:
            desk.site.ledger.require_sound()
            if desk.site.clock_went_back():
                raise clock_behind(desk.site.high_water())
        except EdgeError as wrong:
            response.status_code = _NOT_READY
            return Health(status=wrong.code)
        return Health(status="ok")

    return routes
