"""Serves the platform simulator from a thread, on a real port, until the block ends."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

_STARTING_S = 10.0


@contextmanager
def serve(app: ASGIApp, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve ``app`` and yield its base URL; ``port`` 0 takes a free one. Stops when the block ends.

    Raises:
        OSError: the port is taken.
        TimeoutError: the server did not come up.
    """
    with socket.create_server((host, port)) as listening:
        # Accepted connections inherit it; asyncio does not set it on a socket made like this one,
        # and head and body of an answer would then wait 40 ms for each other.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server = _Server(
            uvicorn.Config(
                app,
                http=_Protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="critical",
                proxy_headers=False,
                timeout_graceful_shutdown=0,
            )
        )
        thread = Thread(target=server.run, args=([listening],), name="platform-simulator")
        thread.start()
        try:
            if not server.up.wait(_STARTING_S):
                raise TimeoutError("the platform simulator did not start")
            yield f"http://{host}:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


class _Server(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()


class _Protocol(H11Protocol):
    """Hands the connection to the application, so that a fault can cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}
