"""Programs of the product as processes of their own, started warm.

One process that has loaded the product waits beside the tests and is forked for each program, so
that a start costs milliseconds where a fresh interpreter loads a thousand modules for a second.
What a program does, how it is signalled and killed, and how it ends is a real process's. A start
from nothing is tests/journeys/test_running's to show.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType

from tests.nursery import NEWS_BYTES_MAX


class Program(AbstractContextManager["Program"]):
    """A program under way: what it is told and says as text, its signals, its end.

    It is killed when the block ends, unless it has ended by then.
    """

    def __init__(
        self,
        module: str,
        words: Iterable[object] = (),
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        preloaded: Path | None = None,
    ) -> None:
        """Run ``python -m module words…`` in ``cwd`` with ``env`` (none: ours).

        ``preloaded`` is a shared library that is loaded before the C library.
        """
        asked = {
            "module": module,
            "words": [str(word) for word in words],
            "cwd": str(cwd or Path.cwd()),
            "environment": dict(os.environ if env is None else env),
        }
        self._news, told = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        stdin, writes = os.pipe()
        reads, stdout = os.pipe()
        self._complaints = TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed at exit
        theirs = [stdin, stdout, self._complaints.fileno(), told.fileno()]
        socket.send_fds(_nursery(preloaded), [json.dumps(asked).encode()], theirs)
        for handle in (stdin, stdout, told.detach()):
            os.close(handle)
        self.stdin = os.fdopen(writes, "w", encoding="utf-8")
        self.stdout = os.fdopen(reads, encoding="utf-8")
        self.pid = int(self._news.recv(NEWS_BYTES_MAX))
        self.returncode: int | None = None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Kill it if it is still there; close what is open."""
        self.send_signal(signal.SIGKILL)
        self.wait()
        with suppress(BrokenPipeError):
            self.stdin.close()
        self.stdout.close()
        self._complaints.close()

    def wait(self, seconds: float | None = None) -> int:
        """Return how it ended: its code, or minus the signal. Raises TimeoutError."""
        if self.returncode is None:
            self._news.settimeout(seconds)
            self.returncode = int(self._news.recv(NEWS_BYTES_MAX))
            self._news.close()
        return self.returncode

    def poll(self) -> int | None:
        """Return how it ended, or None while it runs."""
        try:
            return self.wait(0)
        except BlockingIOError:
            return None

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def complaints(self) -> str:
        """Return what it has written to standard error so far."""
        self._complaints.seek(0)
        return self._complaints.read()


def finished(
    module: str,
    *words: object,
    given: str = "",
    env: Mapping[str, str] | None = None,
    preloaded: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, ``given`` on its standard input; return all it said."""
    with Program(module, words, env=env, preloaded=preloaded) as program:
        with suppress(BrokenPipeError), program.stdin as stdin:
            stdin.write(given)
        said = program.stdout.read()
        code = program.wait()
        command = [module, *map(str, words)]
        return subprocess.CompletedProcess(command, code, said, program.complaints())


def start_nursery() -> None:
    """Start the process that is forked now: whoever is forked from us shares it."""
    _nursery(None)


@cache
def _nursery(preloaded: Path | None) -> socket.socket:
    """Start the process that is forked, once for each library; return the line to it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    handle = theirs.fileno()
    command = [sys.executable, "-m", "tests.nursery", str(handle)]
    more = {"LD_PRELOAD": str(preloaded)} if preloaded else {}
    root, env = Path(__file__).parents[1], {**os.environ, **more}
    process = subprocess.Popen(command, pass_fds=[handle], cwd=root, env=env)
    theirs.close()
    atexit.register(_ended, process, ours)
    return ours


def _ended(process: subprocess.Popen[bytes], line: socket.socket) -> None:
    line.close()
    process.wait()
