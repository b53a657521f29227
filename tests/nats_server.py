"""Real stream servers for tests: an office's hub and campuses' leaves, on free ports of loopback.

Debian's ``nats-server``, each with a store of its own in the folder given; only what was started
here is stopped. A release from 2.10 on syncs each write (``sync_interval: always``); the one before
has no such setting.
"""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import sample

from sync.streams import HUB

_READY_S_MAX = 10.0
_LOOK_AGAIN_S = 0.01
_SYNCS_SINCE = (2, 10)
_PORTS = range(21_000, 31_000)


@dataclass
class NatsServer:
    """One server; ``url`` is for clients, ``leaf_port`` where leaves connect (0: nowhere)."""

    folder: Path
    words: str
    port: int
    leaf_port: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"nats://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What it has said so far."""
        return (self.folder / "server.log").read_text(encoding="utf-8")

    def start(self) -> None:
        """Start it, or start it again on the store that it had, and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "server.conf"
        file.write_text(self.words, encoding="utf-8")
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                ["nats-server", "-c", file],
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
            )
        deadline = time.monotonic() + _READY_S_MAX
        while not _answers(self.port):
            assert self.process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(_LOOK_AGAIN_S)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        assert self.process
        self.process.kill()
        self.process.wait()

    def forget(self, kept: Path | None = None) -> None:
        """Lose the store, or what came since ``kept`` was copied from it. It must be down."""
        shutil.rmtree(self.folder / "store")
        if kept:
            shutil.copytree(kept, self.folder / "store")

    def stop(self) -> None:
        """End it in good order, if it runs."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait()


@contextmanager
def hub(folder: Path, *, ping_s: int = 0, known_as: int = 0) -> Iterator[NatsServer]:
    """Run an office's server: JetStream domain ``hub``, and a door for leaves.

    With ``ping_s`` it asks a silent line for life that often; else as the server does by itself.
    ``known_as`` is the port that leaves are told of, where it is not its own: they connect again to
    what they were told.
    """
    told = f', advertise: "127.0.0.1:{known_as}"' if known_as else ""
    with ports_of_our_own(2) as (port, leaf_port):
        doors = f'leafnodes {{ listen: "127.0.0.1:{leaf_port}"{told} }}\n'
        words = _words(folder, HUB, port, ping_s) + doors
        server = NatsServer(folder, words, port, leaf_port)
        with running(server):
            yield server


@contextmanager
def leaf(folder: Path, facility: str, hub_port: int, *, ping_s: int = 0) -> Iterator[NatsServer]:
    """Run a campus's server, connected to the hub's leaf port (or to what stands before it)."""
    remote = (
        "leafnodes { reconnect: 1, remotes: [ { "
        f'url: "nats-leaf://127.0.0.1:{hub_port}", deny_exports: ["up.>"] '
        "} ] }\n"
    )
    with ports_of_our_own(1) as [port]:
        server = NatsServer(folder, _words(folder, facility, port, ping_s) + remote, port)
        with running(server):
            yield server


@contextmanager
def running(server: NatsServer) -> Iterator[None]:
    """Run a server until the block ends."""
    server.start()
    try:
        yield
    finally:
        server.stop()


def _words(folder: Path, domain: str, port: int, ping_s: int) -> str:
    synced = "sync_interval: always, " if version() >= _SYNCS_SINCE else ""
    pings = f'ping_interval: "{ping_s}s"\nping_max: 1\n' if ping_s else ""
    return pings + (
        f'server_name: "{domain}-{port}"\nlisten: "127.0.0.1:{port}"\nmax_payload: 8MB\n'
        f'jetstream {{ store_dir: "{folder / "store"}", domain: "{domain}", {synced}'
        'cipher: aes, key: "a key of the tests" }\n'
    )


@cache
def version() -> tuple[int, ...]:
    """Return the release of this machine's server."""
    told = subprocess.run(["nats-server", "--version"], capture_output=True, check=True, text=True)
    found = re.search(r"v(\d+)\.(\d+)\.(\d+)", told.stdout + told.stderr)
    assert found, told
    return tuple(map(int, found.groups()))


@contextmanager
def ports_of_our_own(count: int) -> Iterator[list[int]]:
    """Give ports that no other test has until the block ends, though nobody listens there yet.

    A server that is killed and started again must find its port free. They lie below those that the
    system gives to whoever asks for any, and who has one holds a name in the same network.
    """
    with ExitStack() as names:
        ports: list[int] = []
        for port in sample(_PORTS, len(_PORTS)):
            if len(ports) == count:
                break
            name = names.enter_context(socket.socket(socket.AF_UNIX))
            with suppress(OSError), socket.socket() as tried:
                name.bind(f"\0injury-desk-test-port-{port}")
                tried.bind(("127.0.0.1", port))
                ports.append(port)
        yield ports


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as line:
        return line.recv(4) == b"INFO"
    return False
