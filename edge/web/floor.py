"""The floor under every page and call: rims, problems, login, hints, the look's files, the manual.

Laid once, in the composition root; knows no business endpoint.
"""

from asyncio.sslproto import SSLProtocol
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from socket import socket
from threading import Event

import uvicorn
from fastapi import FastAPI
from fastapi.responses import RedirectResponse

from edge.clock import Clock
from edge.log import Log
from edge.store.database import Store
from edge.store.proofs import Proofs
from edge.web.events import Hints, events_router
from edge.web.headers import KnownHosts, LimitedBody, SafeHeaders
from edge.web.login import login_router
from edge.web.look import STATIC_PATH, Look, LookFiles, asset
from edge.web.manual import MANUAL_PATH, ManualFiles
from edge.web.pace import Pace
from edge.web.problems import NothingLeaks, answer_problems
from edge.web.rooms import join
from edge.web.security import Address, Guard, post_guard

TLS_RECORD_BYTES = 16 * 1024
"""What a record holds at most (RFC 8446 section 5.1), and so what one reading can give."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """What the floor is made of.

    ``larger_bodies``: ends of paths that take bodies over ``headers.BODY_BYTES_MAX``, in bytes.
    """

    store: Store
    clock: Clock
    address: Address
    proofs: Proofs
    hints: Hints
    look: Look
    log: Log
    larger_bodies: Mapping[str, int] = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)


def lay(app: FastAPI, floor: Floor) -> None:
    """Put the floor under ``app``; its other routers may come before or after."""
    guard = Guard(floor.store, floor.clock, floor.address, floor.pace)
    post_guard(app, guard)
    answer_problems(app, floor.look)
    # The last one added stands outermost.
    app.add_middleware(NothingLeaks, log=floor.log, look=floor.look)
    app.add_middleware(LimitedBody, larger=floor.larger_bodies)
    app.add_middleware(KnownHosts, hosts=floor.address.hosts)
    app.add_middleware(SafeHeaders)
    login = login_router(guard, floor.proofs, floor.look, floor.log)
    join(app, login, events_router(floor.hints))
    app.mount(STATIC_PATH, LookFiles(), name="static")
    app.mount(MANUAL_PATH, ManualFiles(), name="manual")

    @app.get("/favicon.ico", include_in_schema=False)
    async def icon() -> RedirectResponse:
        """Lead a browser to the icon from a PDF, which cannot name one."""
        return RedirectResponse(asset("icon.svg"))


class Server(uvicorn.Server):
    """uvicorn that says when it is ``up``, and ends the streams before it stops.

    Otherwise it would wait for them. ``also_close`` ends what else waits.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        hints: Hints,
        *,
        also_close: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(config)
        self.up = Event()
        self._hints = hints
        self._also_close = also_close

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Begin to listen."""
        # asyncio holds a buffer of 256 KiB ready for each connection; agents and pages that hear
        # hints keep theirs open all day: 100 MB at two hundred desks.
        SSLProtocol.max_size = TLS_RECORD_BYTES
        await super().startup(sockets)
        self.up.set()

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Stop gracefully."""
        self._hints.close()
        self._also_close()
        await super().shutdown(sockets)
