"""A group's servers, campuses and takers laid out for a measurement; slices go through by turns.

Two streams on one hub, two tables in one PostgreSQL (fsync on): ours, and the raw pipe's. Nothing
is emptied between slices, so that what is full is measured full.
"""

import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from bench import group_campuses
from bench.group_hands import RAW_DURABLE, RAW_STREAM
from bench.processor import machine_s, spent_s
from edge.office.books import Books
from edge.office.schema import bring_up
from edge.store.keys import create_keys
from sync.envelope import new_key
from sync.stream import Address, Stream
from sync.streams import OFFICE, PullPlan, StreamPlan, group_plan
from tests.nats_server import hub
from tests.postgres import postgres

OURS, RAW = "ours", "raw"
PARTS = ("taker", "PostgreSQL", "nats-server", "publisher")
_BEFORE = {OURS: "-", RAW: "raw."}
"""What stands before a subject, so that it goes to the stream of a way; ``-`` is nothing."""

_SILENT_S_MAX = 120.0
_CHUNK = 65536


@dataclass(frozen=True, slots=True)
class Spent:
    """One slice: how long it took by the wall, and what each part spent of the processors.

    ``machine_s`` is what everybody on the machine spent, our own included.
    """

    wall_s: float
    parts_s: dict[str, float]
    machine_s: float

    @property
    def own_s(self) -> float:
        """What our own parts spent together."""
        return sum(self.parts_s.values())


class Takers:
    """Processes of one way; what they have kept comes through one pipe."""

    def __init__(self, way: str, many: int, words: Sequence[str]) -> None:
        self._reads, writes = os.pipe()
        command = [sys.executable, "-m", "bench.group_hands", way, *words]
        self.running = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=writes)  # noqa: S603 - our own words
            for _ in range(many)
        ]
        os.close(writes)
        self._left = b""
        there = 0
        while there < many:
            there += len(self._told())

    def kept(self, count: int) -> None:
        """Wait until they have kept so many more."""
        while count > 0:
            count -= sum(self._told())

    def stop(self) -> None:
        """End them."""
        for one in self.running:
            if one.stdin:
                one.stdin.close()
        for one in self.running:
            one.wait()
        os.close(self._reads)

    def _told(self) -> list[int]:
        ready, _, _ = select.select([self._reads], [], [], _SILENT_S_MAX)
        read = os.read(self._reads, _CHUNK) if ready else b""
        if not read:
            raise RuntimeError("the takers have ended, or keep nothing")
        *lines, self._left = (self._left + read).split(b"\n")
        return [int(line) for line in lines]


class Campuses:
    """The process that publishes for all campuses."""

    def __init__(self, server: str, file: Path) -> None:
        command = [sys.executable, "-m", "bench.group_campuses", server, str(file)]
        pipe = subprocess.PIPE
        self.running = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)  # noqa: S603 - our own words

    def say(self, way: str, count: int) -> None:
        """Have so many more published."""
        _stream_of(self.running.stdin).write(f"{_BEFORE[way]} {count}\n")
        _stream_of(self.running.stdin).flush()

    def said(self) -> None:
        """Wait until the stream has them."""
        if _stream_of(self.running.stdout).readline() != "done\n":
            raise RuntimeError("the publisher has ended")

    def stop(self) -> None:
        """End it."""
        _stream_of(self.running.stdin).close()
        self.running.wait()


@dataclass
class Pipe:
    """All of it; ``passed`` counts what went through each way."""

    books: Books
    campuses: Campuses
    takers: dict[str, Takers]
    servers: dict[str, int]
    passed: dict[str, int] = field(default_factory=lambda: {OURS: 0, RAW: 0})

    def slice(self, way: str, count: int) -> Spent:
        """Have so many more published and kept; say what it took."""
        before, machine, start = self._parts(way), machine_s(), time.perf_counter()
        self.campuses.say(way, count)
        self.takers[way].kept(count)
        self.campuses.said()
        wall = time.perf_counter() - start
        after = self._parts(way)
        self.passed[way] += count
        parts = {name: after[name] - before[name] for name in PARTS}
        return Spent(wall, parts, machine_s() - machine)

    def check(self) -> None:
        """See that each table has every message once.

        Raises:
            RuntimeError: it has not.
        """
        db = self.books.read()
        for way, counted in (
            (OURS, "select count(*) as many from envelopes"),
            (RAW, "select count(*) as many from raw"),
        ):
            row = db.one(counted)
            if not row or row["many"] != self.passed[way]:
                raise RuntimeError(f"{way}: {row} of {self.passed[way]}")

    def _parts(self, way: str) -> dict[str, float]:
        return {
            "taker": sum(spent_s(one.pid) for one in self.takers[way].running),
            "PostgreSQL": spent_s(self.servers["PostgreSQL"], with_children=True),
            "nats-server": spent_s(self.servers["nats-server"]),
            "publisher": spent_s(self.campuses.running.pid),
        }


@contextmanager
def pipe(campuses: int, envelopes: int, workers: int = 1) -> Iterator[Pipe]:
    """Run the servers, write the envelopes, start the processes; clear all away at the end."""
    with ExitStack() as open_:
        folder = Path(open_.enter_context(tempfile.TemporaryDirectory(prefix="bench-group-")))
        create_keys(folder / "keys")
        keys = {f"B{number:04}": new_key() for number in range(campuses)}
        for name, key in keys.items():
            (folder / f"{name}.pem").write_bytes(key.public().pem())
        file = folder / "envelopes"
        group_campuses.write(file, group_campuses.said(keys, envelopes))
        database = open_.enter_context(postgres(durable=True))
        server = open_.enter_context(hub(folder / "hub"))
        address = database.new_database()
        books = open_.enter_context(closing(Books(address)))
        bring_up(books)
        books.read().execute("create table raw (body bytea not null)")
        _declare(server.url, list(keys))
        words = [address, server.url, str(folder)]
        takers: dict[str, Takers] = {}
        for way, many in ((OURS, workers), (RAW, 1)):
            takers[way] = Takers(way, many, words)
            open_.callback(takers[way].stop)
        said = Campuses(server.url, file)
        open_.callback(said.stop)
        pids = {"PostgreSQL": database.process, "nats-server": server.process}
        servers = {name: one.pid for name, one in pids.items() if one}
        yield Pipe(books, said, takers, servers)


def _declare(server: str, facilities: list[str]) -> None:
    """Have the office's own stream and consumer stand, and the raw pipe's of the same form."""
    plans = (
        group_plan((), facilities),
        OFFICE,
        StreamPlan(name=RAW_STREAM, subjects=("raw.>",), age_s_max=group_plan(()).age_s_max),
        PullPlan(stream=RAW_STREAM, durable=RAW_DURABLE),
    )
    with closing(Stream(Address(servers=(server,), name="bench"))) as stream:
        silence = stream.declare(*plans)
    if silence:
        raise RuntimeError(silence)


def _stream_of(stream: IO[str] | None) -> IO[str]:
    if stream is None:
        raise RuntimeError("begun without a pipe")
    return stream
