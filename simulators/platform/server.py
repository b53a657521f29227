"""Serves the platform simulator from a thread, on a real port, until the block ends."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

_STARTING_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPapers:
    """Files, PEM: our certificate and key; with ``clients`` only holders of its certificates."""

    certificate: Path
    key: Path
    clients: Path | None = None


@contextmanager
def serve(
    app: ASGIApp, *, host: str = "127.0.0.1", port: int = 0, papers: ServerPapers | None = None
) -> Iterator[str]:
    """Serve ``app`` and yield its base URL; ``port`` 0 takes a free one. Stops when the block ends.

    With ``papers`` over TLS, and to nobody without a certificate when they name the clients' CA.

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
                ssl_certfile=papers.certificate if papers else None,
                ssl_keyfile=papers.key if papers else None,
                ssl_ca_certs=str(papers.clients) if papers and papers.clients else None,
                ssl_cert_reqs=ssl.CERT_REQUIRED if papers and papers.clients else ssl.CERT_NONE,
            )
        )
        thread = Thread(target=server.run, args=([listening],), name="platform-simulator")
        thread.start()
        try:
            if not server.up.wait(_STARTING_S):
                raise TimeoutError("the platform simulator did not start")
            yield f"{'https' if papers else 'http'}://{host}:{listening.getsockname()[1]}"
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
