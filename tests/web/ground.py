"""A site to ask: the floor under a few endpoints of the tests' own, and a browser to ask with."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from fastapi import FastAPI

from edge.clock import fresh_id
from edge.store import operators as op
from edge.store.keys import create_keys, load_keys
from edge.store.ledger import Ledger
from edge.store.operators import ADMINISTRATORS, Operator, Role, Scope
from edge.store.proofs import Proofs, enrol
from edge.store.tokens import create_token
from edge.store.vault import Vault
from edge.trust.crypto import second_factor_code
from edge.web.events import Hints
from edge.web.floor import Floor, Server, lay
from edge.web.look import Look
from edge.web.pace import Pace
from edge.web.problems import OPENAPI_RESPONSES
from edge.web.security import Address
from tests.laid import laid
from tests.passwords import quick_hash

PASSWORD = "synthetic-password-1"
HOST = "desk.test"


@dataclass(slots=True)
class SetClock:
    """A clock that shows what it was set to."""

    now: datetime = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the moment."""
        return self.now

    def advance(self, **time: float) -> None:
        """Let time pass."""
        self.now += timedelta(**time)


@dataclass(slots=True)
class HeardLog:
    """A log that keeps its lines."""

    lines: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    def info(self, event: str, **fields: object) -> None:
        """Keep the line."""
        self.lines.append((event, fields))

    warning = info
    error = info


@dataclass(slots=True, kw_only=True)
class Browser:
    """Sends requests to the application and keeps its cookies, as a browser on one page does."""

    app: FastAPI
    url: str
    cookies: httpx2.Cookies = field(default_factory=httpx2.Cookies)

    def ask(self, method: str, path: str, **request: Any) -> httpx2.Response:  # noqa: ANN401 - what httpx2 takes
        """Send one request and return the whole answer."""
        return asyncio.run(self._ask(method, path, request))

    def act(self, path: str, **request: Any) -> httpx2.Response:  # noqa: ANN401 - what httpx2 takes
        """POST as a script of our own page does: with its origin."""
        headers = {"Origin": self.url} | request.pop("headers", {})
        return self.ask("POST", path, headers=headers, **request)

    def log_in(self, name: str, desk: str = "1号窗", **other: str) -> httpx2.Response:
        """Log in with the password that every synthetic operator has, or with ``other`` words."""
        words = {"name": name, "password": PASSWORD, "desk": desk} | other
        return self.act("/api/v1/login", json=words)

    async def _ask(self, method: str, path: str, request: dict[str, Any]) -> httpx2.Response:
        transport = httpx2.ASGITransport(app=self.app)
        async with httpx2.AsyncClient(
            transport=transport, base_url=self.url, cookies=self.cookies
        ) as client:
            response = await client.request(method, path, **request)
            self.cookies = client.cookies
            return response


@dataclass(slots=True, kw_only=True)
class Ground:
    """The site: what a test may turn, and what it may look at."""

    app: FastAPI
    floor: Floor
    clock: SetClock
    log: HeardLog

    def browser(self, url: str = "") -> Browser:
        """Return a browser that was never here before."""
        return Browser(app=self.app, url=url or f"{self.floor.address.scheme}://{HOST}")

    def hire(self, name: str, role: Role) -> bytes:
        """Give somebody an account; return an administrator's second factor, else nothing."""
        with self.floor.store.transaction() as db:
            operator = Operator(fresh_id(), name, role)
            op.create_operator(db, operator, password_hash=quick_hash(PASSWORD), at=self.clock())
            if role not in ADMINISTRATORS:
                return b""
            return enrol(db, self.floor.proofs.vault, operator, at=self.clock())

    def code(self, secret: bytes) -> str:
        """Return what an authenticator shows now; without a secret, nothing."""
        return second_factor_code(secret, self.clock()) if secret else ""

    def connect(self, name: str, *scopes: Scope) -> dict[str, str]:
        """Give a hospital system a token; return the header it sends."""
        with self.floor.store.transaction() as db:
            token = create_token(db, fresh=fresh_id(), name=name, scopes=scopes, at=self.clock())
        return {"Authorization": f"Bearer {token}"}


@contextmanager
def ground_at(folder: Path, *, tls: bool = False, desks: tuple[str, ...] = ()) -> Iterator[Ground]:
    """Build a site in ``folder``; its endpoints are added by the tests."""
    folder.mkdir(exist_ok=True)
    store = laid(folder / "edge.db")
    create_keys(folder / "keys")
    keys = load_keys(folder / "keys")
    clock, log = SetClock(), HeardLog()
    app = FastAPI(responses=OPENAPI_RESPONSES)
    floor = Floor(
        store=store,
        clock=clock,
        address=Address(hosts=frozenset({HOST, "127.0.0.1"}), tls=tls, desks=desks),
        proofs=Proofs(store, Vault(keys), Ledger(keys), clock),
        hints=Hints(),
        look=Look(simulated=True),
        log=log,
        larger_bodies={"/upload": 1024 * 1024},
        pace=Pace(now=lambda: clock().timestamp()),
    )
    lay(app, floor)
    try:
        yield Ground(app=app, floor=floor, clock=clock, log=log)
    finally:
        store.close()


@contextmanager
def serving(ground: Ground) -> Iterator[tuple[Server, str]]:
    """Serve the ground on a free port of loopback; stop gracefully at the end."""
    config = uvicorn.Config(ground.app, port=0, log_config=None, timeout_graceful_shutdown=30)
    server = Server(config, ground.floor.hints)
    listener = config.bind_socket()
    port = listener.getsockname()[1]
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        assert server.up.wait(10)
        yield server, f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
