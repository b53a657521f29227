"""The office's processes: the workers, watched and begun again when one dies, and the screens."""

import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event

import uvicorn

from edge.loops.rounds import beside
from edge.office.opening import Office
from edge.office.web import TOPIC, office_web
from edge.trust.leaf import Leaf
from edge.web.desk import version_at
from edge.web.events import Hints
from edge.web.floor import Server

GRACE_S = 3
_FRESH_S = 10.0
_LOOK_S = 1.0
_STOP_S = 15.0


@contextmanager
def workers_of(office: Office, command: Sequence[str]) -> Iterator[None]:
    """Run ``settings.workers`` processes of ``command``; one that dies is begun again.

    A worker ends when its standard input does: none outlives us, however we end.
    """
    running: list[subprocess.Popen[bytes]] = []

    def keep(ending: Event) -> None:
        while not ending.wait(0 if len(running) < office.settings.workers else _LOOK_S):
            for one in [one for one in running if one.poll() is not None]:
                running.remove(one)
                office.log.warning("worker.ended", code=one.returncode)
                ending.wait(_LOOK_S)
            if len(running) < office.settings.workers:
                running.append(subprocess.Popen(command, stdin=subprocess.PIPE))  # noqa: S603 - our own interpreter and words

    try:
        with beside(keep, "office workers"):
            yield
    finally:
        for one in running:
            one.terminate()
        for one in running:
            _ended(one)


@contextmanager
def kept_fresh(office: Office, hints: Hints) -> Iterator[None]:
    """Have open pages fetch anew now and then: the workers are other processes and tell nobody."""

    def tell(ending: Event) -> None:
        while not ending.wait(_FRESH_S):
            hints.publish(TOPIC, "", version_at(office.clock()))

    with beside(tell, "office hints"):
        yield


def until_told() -> None:
    """Wait until this process is told to stop, or whoever began it is gone."""
    told = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.set())

    def watch() -> None:
        with open(0, "rb", closefd=False) as stdin:
            while stdin.read(1):
                pass
        told.set()

    threading.Thread(target=watch, name="parent", daemon=True).start()
    told.wait()


def server_of(office: Office, hints: Hints) -> Server:
    """Return the HTTP server of the office's screens, ready to ``run()``.

    Raises:
        Fault, OSError: as ``Leaf``.
    """
    leaf = Leaf(office.settings.house(), office.clock, office.log)
    listening = leaf.context()
    config = uvicorn.Config(
        office_web(office, hints),
        ssl_context_factory=(lambda *_: listening) if listening else None,
        host=office.settings.server.host,
        port=office.settings.server.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    return Server(config, hints)


def _ended(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
