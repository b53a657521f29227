"""The edge service as a process that kills itself at a named point of the relay, once armed.

Run as ``python -m tests.journeys.doomed_service SITE_FILE POINT``: it prints its port, serves, and
dies by SIGKILL at POINT after a file ``armed`` has appeared beside the settings file.
"""

import os
import signal
import socket
import sys
from contextlib import closing
from pathlib import Path

from drivers.pcsc import PcscReaders
from edge.app import running, server
from edge.settings import load_settings
from edge.site.opening import open_site


def main(settings_file: Path, fatal: str) -> None:
    """Serve until killed."""
    armed = settings_file.with_name("armed")

    def crash(point: str) -> None:
        if point == fatal and armed.exists():
            os.kill(os.getpid(), signal.SIGKILL)

    with (
        open_site(load_settings(settings_file)) as site,
        closing(PcscReaders()) as readers,
        running(site, readers, crash=crash) as desk,
        socket.create_server(("127.0.0.1", 0)) as listening,
    ):
        sys.stdout.write(f"{listening.getsockname()[1]}\n")
        sys.stdout.flush()
        server(desk).run([listening])


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
