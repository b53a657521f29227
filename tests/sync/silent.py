"""A far end that is there and never says a word: it takes every call, and holds it open."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from queue import Queue
from threading import Thread

WAIT_S_MAX = 30.0
"""How long a call may take to come, or to be hung up; a machine of tests may be busy."""


@dataclass
class Silent:
    """``heard`` are the paths that were called, as they came; ``hung_up`` those whose caller left.

    It ends no call itself: a call that ended was ended by the caller.
    """

    url: str
    heard: "Queue[str]" = field(default_factory=Queue)
    hung_up: "Queue[str]" = field(default_factory=Queue)

    def called(self) -> str:
        """Return the path of the next call, once it has come."""
        return self.heard.get(timeout=WAIT_S_MAX)

    def left(self) -> str:
        """Return the path of the next call that its caller gave up, once one has."""
        return self.hung_up.get(timeout=WAIT_S_MAX)


@contextmanager
def silent_far_end() -> Iterator[Silent]:
    """Run one on a port of its own; until the block ends it holds every call."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        silent = Silent(f"http://127.0.0.1:{listening.getsockname()[1]}")
        Thread(target=_take_all, args=(listening, silent), daemon=True).start()
        try:
            yield silent
        finally:
            listening.shutdown(socket.SHUT_RDWR)


def _take_all(listening: socket.socket, silent: Silent) -> None:
    with suppress(OSError):  # shut down: the test is over
        while True:
            line, _ = listening.accept()
            Thread(target=_hold, args=(line, silent), daemon=True).start()


def _hold(line: socket.socket, silent: Silent) -> None:
    with line, suppress(OSError):
        said = b""
        while b"\r\n" not in said and (more := line.recv(65536)):
            said += more
        path = said.split(b" ", 2)[1].decode() if b" " in said else ""
        silent.heard.put(path)
        while line.recv(65536):
            pass
        silent.hung_up.put(path)
