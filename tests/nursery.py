"""The process that has loaded the product and is forked for each program that a test starts.

Run as ``python -m tests.nursery HANDLE``. A request comes over the socket HANDLE with four
handles: the program's three standard streams, and a line on which its process id is told and, when
it ends, how. Between this process and the program stands one that waits for its end.
"""

import gc
import json
import os
import runpy
import signal
import socket
import sys
import threading
from importlib import import_module
from typing import Any

NEWS_BYTES_MAX = 32
_REQUEST_BYTES_MAX = 1 << 17
_LOADED = (
    "edge.app",
    "edge.commands.accounts",
    "edge.commands.agent",
    "edge.commands.backups",
    "edge.commands.catalogues",
    "edge.commands.claims",
    "edge.commands.operation",
    "edge.commands.upkeep",
    "edge.doctor",
    "edge.site.founding",
    "edge.site.opening",
    "simulators.commands.card",
    "simulators.commands.hospital",
    "simulators.commands.platform",
    "simulators.commands.scanner",
    "simulators.hospital",
    "simulators.platform.app",
    "drivers.pcsc",
)
_LATE = (
    "babel.messages.pofile",
    "edge.dispatches",
    "edge.loops.backing_up",
    "edge.loops.collecting",
    "edge.loops.taking",
    "edge.loops.watched",
    "edge.paperwork",
    "edge.steps.remind",
    "httpx2",
    "jinja2",
)
"""What a service loads when it is first asked for, but its rooms."""


def main(line: socket.socket) -> None:
    """Fork for each request; in a fork, become the program and return when it has ended."""
    for module in _LOADED:
        import_module(module)
    load_late()
    # A fork has one thread: whoever loads with threads may not be loaded here.
    assert threading.active_count() == 1
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        request, handles, _, _ = socket.recv_fds(line, _REQUEST_BYTES_MAX, 4)
        if not request:
            return
        if os.fork() == 0:
            line.close()
            _bear(json.loads(request), handles)
            return
        for handle in handles:
            os.close(handle)


def load_late() -> None:
    """Load what each fork would load for itself."""
    from edge.web import api, pages

    rooms = [f"{place.__name__}.{name}" for place in (api, pages) for name in place.ROOMS]
    for module in (*_LATE, *rooms):
        import_module(module)


def _bear(asked: dict[str, Any], handles: list[int]) -> None:
    """Fork the program, tell its id and its end; in the program, run it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with socket.socket(fileno=handles.pop()) as news:
        program = os.fork()
        if program:
            for handle in handles:
                os.close(handle)
            news.send(str(program).encode())
            _, status = os.waitpid(program, 0)
            news.send(str(os.waitstatus_to_exitcode(status)).encode())
            os._exit(0)
    for place, handle in enumerate(handles):
        os.dup2(handle, place)
        os.close(handle)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.argv = [asked["module"], *asked["words"]]
    runpy.run_module(asked["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
