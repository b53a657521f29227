"""The service as a process of its own: started, waited for, weighed, ended. Measures nothing."""

import http.client
import os
import resource
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory

from edge.clock import fresh_id, system_clock
from edge.settings import load_settings
from edge.site.founding import found_site

_LOOK_S = 0.002
_READY_S_MAX = 60.0
_KIB = 1024


@dataclass(slots=True)
class Service:
    """A founded site, its page's port, and its process while there is one."""

    settings_file: Path
    port: int
    trust: ssl.SSLContext
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and return at its first 200 from ``/readyz``."""
        words = ["-m", "edge", "serve", "--config", str(self.settings_file)]
        self.process = quietly(words)
        wait_until_ready(http.client.HTTPSConnection("127.0.0.1", self.port, context=self.trust))

    def spent_ns(self) -> int:
        """Return the processor's time of the running service, and of every program that ended."""
        ended_ones = resource.getrusage(resource.RUSAGE_CHILDREN)
        ended_s = ended_ones.ru_utime + ended_ones.ru_stime
        return int(ended_s * 1e9) + (_alive_ns(self.process.pid) if self.process else 0)

    def stop(self) -> None:
        """End it, if it runs."""
        if self.process:
            ended(self.process)
            self.process = None


@contextmanager
def service() -> Iterator[Service]:
    """Found a site on a free port; whatever runs at the end is ended."""
    with TemporaryDirectory() as folder:
        founded = found_site(Path(folder) / "site", clock=system_clock, fresh_id=fresh_id)
        with service_of(founded.settings_file, "port = 8443") as one:
            yield one


@contextmanager
def service_of(settings_file: Path, port_line: str) -> Iterator[Service]:
    """Give a founded site a free port, in the place of that line; end it at the end if it runs."""
    port = _free_port()
    told = settings_file.read_text(encoding="utf-8")
    settings_file.write_text(told.replace(port_line, f"port = {port}"), encoding="utf-8")
    trust = ssl.create_default_context(cafile=load_settings(settings_file).data / "tls" / "ca.pem")
    one = Service(settings_file, port, trust)
    try:
        yield one
    finally:
        one.stop()


def quietly(words: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start our own interpreter with these words; its log goes nowhere."""
    return subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, *words],
        env={**os.environ, "MALLOC_ARENA_MAX": "2"},  # as the unit of config/systemd does
        stdin=subprocess.PIPE,  # ours, or it would end at once where ours has ended
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def ended(process: subprocess.Popen[bytes]) -> None:
    """End a process and wait for it."""
    process.terminate()
    process.communicate()


def wait_until_ready(line: http.client.HTTPConnection) -> None:
    """Ask ``/readyz`` until it answers 200.

    Raises:
        TimeoutError: it never does.
    """
    until = time.monotonic() + _READY_S_MAX
    while time.monotonic() < until:
        with suppress(OSError, http.client.HTTPException):
            line.request("GET", "/readyz")
            answer = line.getresponse()
            answer.read()
            if answer.status == HTTPStatus.OK:
                line.close()
                return
        line.close()
        time.sleep(_LOOK_S)
    raise TimeoutError


def pss_bytes(pid: int) -> int:
    """Return a process's share of the memory: what it has alone, and its part of what is shared."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    [pss] = [line.split()[1] for line in lines if line.startswith("Pss:")]
    return int(pss) * _KIB


def _alive_ns(pid: int) -> int:
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text(encoding="ascii").split()[0]) for task in tasks)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
