"""The far end of the wire: the real simulator, or bytes that no real platform would send."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import BinaryIO

from starlette.types import ASGIApp, Receive, Scope, Send

from simulators.platform.app import build
from simulators.platform.codes import Codes
from simulators.platform.faults import Faults, Script
from simulators.platform.journal import Journal, Kept
from simulators.platform.register import load_register
from sync.envelope import SigningKey
from tests.sync.sender import FACILITY, HeldClock


class FarEnd:
    """The real simulator on a real port, with its faults and what it kept at hand."""

    def __init__(self, url: str, faults: Faults, journal: Journal, codes: Codes) -> None:
        self.url = url
        self.codes = codes
        self._faults = faults
        self._journal = journal

    def play(self, *faults: dict[str, object], seed: int = 0) -> None:
        """Replace the fault script; none ends all faults."""
        self._faults.play(Script.model_validate({"seed": seed, "fault": faults}))

    def kept(self) -> tuple[Kept, ...]:
        """Return what the platform accepted, in order."""
        return self._journal.kept()

    def kept_ids(self) -> list[str]:
        """Return the ids of what it accepted, in order."""
        return [kept.receipt.id for kept in self.kept()]


class Switchboard:
    """One server for all tests, connected to the platform of the test that runs."""

    def __init__(self) -> None:
        self.platform: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Put the call through."""
        if self.platform:
            await self.platform(scope, receive, send)


def far_end(
    key: SigningKey, clock: HeldClock, journal: Journal, codes: Codes | None = None
) -> tuple[ASGIApp, Faults]:
    """Return the simulator with the sample register, for one facility's key, and its faults."""
    faults = Faults()
    app = build(load_register(), clock, {FACILITY: key.public()}, faults, journal, codes)
    return app, faults


@contextmanager
def answering(reply: bytes) -> Iterator[str]:
    """Run a far end that answers every request with the same bytes, and yield its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=_answer_all, args=(listening, reply))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def _answer_all(listening: socket.socket, reply: bytes) -> None:
    with suppress(OSError):  # shut down: the test is over
        while True:
            connection, _ = listening.accept()
            with connection, connection.makefile("rb") as request:
                _read_whole(request)
                connection.sendall(reply)


def _read_whole(request: BinaryIO) -> None:
    length = 0
    while line := request.readline().strip().lower():
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    request.read(length)
