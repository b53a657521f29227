"""The office's processes: the workers, watched and begun again when one dies, and the screens."""

import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Lock

import uvicorn

from edge.loops.rounds import beside
from edge.loops.stopping import REQUESTS_S, STOP_S, leave_in_time
from edge.office.opening import Office
from edge.office.watching import looks_of
from edge.office.web import TOPIC, office_web
from edge.trust.leaf import Leaf
from edge.web.desk import version_at
from edge.web.events import Hints
from edge.web.floor import Server
from sync.stream import Stream

_FRESH_S = 10.0
_LOOK_S = 1.0


@contextmanager
def workers_of(office: Office, command: Sequence[str]) -> Iterator[Callable[[], None]]:
    """Run ``settings.workers`` processes of ``command``; one that dies is begun again.

    Gives what tells them to stop and waits for none. A worker ends when its standard input does:
    none outlives us, however we end.
    """
    running: list[subprocess.Popen[bytes]] = []
    guard, told = Lock(), Event()

    def keep(_ending: Event) -> None:
        while not told.wait(0 if len(running) < office.settings.workers else _LOOK_S):
            for one in [one for one in running if one.poll() is not None]:
                running.remove(one)
                office.log.warning("worker.ended", code=one.returncode)
                told.wait(_LOOK_S)
            with guard:
                if len(running) < office.settings.workers and not told.is_set():
                    running.append(subprocess.Popen(command, stdin=subprocess.PIPE))  # noqa: S603 - our own interpreter and words

    def stop() -> None:
        with guard:
            told.set()
            for one in running:
                one.terminate()

    with beside(keep, "office workers"):
        try:
            yield stop
        finally:
            stop()
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


def server_of(office: Office, hints: Hints, stop: Callable[[], None], stream: Stream) -> Server:
    """Return the HTTP server of the office's screens, ready to ``run()``.

    ``stream`` is what it looks at for the monitoring system. When it is told to stop it calls
    ``stop`` at once; the process has ended within three seconds.

    Raises:
        Fault, OSError: as ``Leaf``.
    """
    leaf = Leaf(office.settings.house(), office.clock, office.log)
    listening = leaf.context()
    config = uvicorn.Config(
        office_web(office, hints, looks_of(office, stream)),
        ssl_context_factory=(lambda *_: listening) if listening else None,
        host=office.settings.server.host,
        port=office.settings.server.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=REQUESTS_S,
    )

    def also_close() -> None:
        leave_in_time(office.log)
        stop()

    return Server(config, hints, also_close=also_close)


def _ended(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
