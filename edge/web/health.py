"""Whether the service lives, and whether it can do its work. For machines, without login."""

import shutil
from datetime import timedelta

from fastapi import APIRouter, Response
from pydantic import BaseModel

from edge.core.errors import EdgeError
from edge.site import clock_behind
from edge.store.backup_shelf import is_late, kept_in
from edge.store.quarantine import require_compared
from edge.trust.tls import ends_soon, papers_of
from edge.web.desk import Desk
from edge.web.rooms import open_room
from sync.breaker import State

_NOT_READY = 503

DISK_FREE_MIN = 500_000_000
"""Bytes; with less, somebody must make room before the disk is full."""

LOG_OF_WRITES_MAX = 256_000_000
"""Bytes; more means that not even ending the reads has let it be brought into the database."""


class Health(BaseModel):
    """``ok``, or the code of what is wrong."""

    status: str


class Readiness(Health):
    """``circuit`` to the platform: closed, open (it is silent and left in peace) or half_open.

    The desk works on without the platform, so an open circuit is no reason to be unready.
    ``alarms`` are the codes of what somebody must mend before it becomes one.
    """

    circuit: State
    alarms: tuple[str, ...]


def health_router(desk: Desk) -> APIRouter:
    """Return ``GET /healthz`` (the process answers) and ``GET /readyz`` (it can settle)."""
    routes = open_room("health")

    @routes.get("/healthz")
    async def healthz() -> Health:
        """Answer while the process lives."""
        return Health(status="ok")

    @routes.get("/readyz")
    def readyz(response: Response) -> Readiness:
        """Answer 200 when the disk takes, the ledger is sound, the clock goes forward.

        And when the site, if it was restored, has been compared with the platform.
        """
        circuit = desk.site.platform.circuit()
        state = circuit.state if circuit else State.CLOSED
        try:
            if desk.site.store.trouble:
                raise desk.site.store.trouble.with_traceback(None)
            desk.site.ledger.require_sound()
            require_compared(desk.site.store.read())
            if desk.site.clock_went_back():
                raise clock_behind(desk.site.high_water())
        except EdgeError as wrong:
            response.status_code = _NOT_READY
            return Readiness(status=wrong.code, circuit=state, alarms=_alarms(desk))
        return Readiness(status="ok", circuit=state, alarms=_alarms(desk))

    return routes


def _alarms(desk: Desk) -> tuple[str, ...]:
    found = []
    papers = papers_of(desk.site.settings)
    try:
        if papers is not None and ends_soon(papers, desk.site.clock()):
            found.append("CERTIFICATE_ENDS")
        if shutil.disk_usage(desk.site.settings.data).free < DISK_FREE_MIN:
            found.append("DISK_SMALL")
        if desk.site.store.log_bytes() > LOG_OF_WRITES_MAX:
            found.append("DATABASE_LOG_LARGE")
        if _backup_is_late(desk):
            found.append("BACKUP_LATE")
    except EdgeError as wrong:
        found.append(wrong.code)
    return tuple(found)


def _backup_is_late(desk: Desk) -> bool:
    chosen = desk.site.settings.backup
    every = timedelta(hours=chosen.every_h)
    return chosen.folder is not None and is_late(kept_in(chosen.folder), desk.site.clock(), every)
