"""A group's office takes in: publish, check, keep, acknowledge; against the raw pipe's same bytes.

Campuses publish envelopes of about 800 bytes through one hub; workers in processes of their own
take them. The raw pipe has the same publisher and one taker that fetches, COPYs into a plain table
and acknowledges, and looks at nothing. Growth is told over the campuses. ``ENVELOPES=1000000`` in
the environment is the whole of it.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import nats
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, StreamConfig

from bench.frame import Work
from edge.office.books import Books
from edge.office.schema import bring_up
from edge.store.keys import create_keys
from sync import codec
from sync.envelope import Envelope, Kind, SigningKey, new_key, sign
from sync.group import GROUP_STREAM, up_subject
from tests.nats_server import hub
from tests.postgres import postgres

ENVELOPES = int(os.environ.get("ENVELOPES", "20000"))
CAMPUSES = (1, 10, 100, 200)
WORKERS = (1, 2)
ROUNDS = 3
TOGETHER = 500
MESSAGES_A_STAY = 4

_NOW = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
_LOOK_AGAIN_S = 0.02


@dataclass
class Pipe:
    """The servers, what is published through them, and who takes it at the other end."""

    books: Books
    address: str
    server: str
    folder: Path
    made: list[tuple[str, bytes]]
    turn: int = 0
    takers: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def ready(self, way: str, takers: int) -> None:
        """Empty books and stream, and have takers wait at a consumer of their own."""
        self.stop()
        self.turn += 1
        db = self.books.read()
        db.execute("set session_replication_role = replica")  # what is kept is never truncated
        db.execute("truncate envelopes, receipts, quarantine, heads, campuses, raw")
        asyncio.run(_consumer(self.server, self._durable))
        words = [way, self.address, self.server, str(self.folder), self._durable]
        command = [sys.executable, "-m", "bench.group_hands", *words]
        for _ in range(takers):
            pipe_ = subprocess.PIPE
            taker = subprocess.Popen(command, stdin=pipe_, stdout=pipe_)  # noqa: S603 - our own words
            self.takers.append(taker)
            if taker.stdout:
                taker.stdout.readline()  # it is there

    def run(self, table: str) -> None:
        """Publish all, and wait until the table has all."""
        asyncio.run(_published(self.server, self.made, self.turn))
        while self._kept(table) < len(self.made):
            if any(one.poll() is not None for one in self.takers):
                raise RuntimeError("a taker has ended")
            time.sleep(_LOOK_AGAIN_S)

    def stop(self) -> None:
        """End the takers."""
        for one in self.takers:
            if one.stdin:
                one.stdin.close()
            one.wait()
        self.takers.clear()

    @property
    def _durable(self) -> str:
        return f"bench-{self.turn}"

    def _kept(self, table: str) -> int:
        counted = {
            "envelopes": "select count(*) as many from envelopes",
            "raw": "select count(*) as many from raw",
        }[table]
        row = self.books.read().one(counted)
        return int(row["many"]) if row else 0


def works() -> Iterator[Work]:
    """Yield the intake by campuses, then by workers."""
    for campuses in CAMPUSES:
        with pipe(campuses, ENVELOPES) as laid:
            yield _work(laid, campuses, 1, size=campuses)
            if campuses == CAMPUSES[-1]:
                for workers in WORKERS[1:]:
                    yield _work(laid, campuses, workers)


def _work(laid: Pipe, campuses: int, workers: int, size: int = 0) -> Work:
    return Work(
        name="group",
        work=f"{len(laid.made):,} envelopes of {campuses} campuses, {workers} worker(s)",
        ours=partial(laid.run, "envelopes"),
        floor=partial(laid.run, "raw"),
        before=partial(laid.ready, "ours", workers),
        before_floor=partial(laid.ready, "raw", 1),
        size=size,
        few=ROUNDS,
    )


@contextmanager
def pipe(campuses: int, envelopes: int) -> Iterator[Pipe]:
    """Run the servers and make the envelopes; clear all away at the end."""
    with ExitStack() as open_:
        folder = Path(open_.enter_context(tempfile.TemporaryDirectory(prefix="bench-group-")))
        create_keys(folder / "keys")
        keys = {f"B{number:04}": new_key() for number in range(campuses)}
        for name, key in keys.items():
            (folder / f"{name}.pem").write_bytes(key.public().pem())
        database = open_.enter_context(postgres(durable=True))
        address = database.new_database()
        server = open_.enter_context(hub(folder / "hub"))
        books = open_.enter_context(closing(Books(address)))
        bring_up(books)
        books.read().execute("create table raw (body bytea not null)")
        asyncio.run(_stream(server.url))
        laid = Pipe(books, address, server.url, folder, list(published(keys, envelopes)))
        open_.callback(laid.stop)
        yield laid


def published(keys: dict[str, SigningKey], count: int) -> Iterator[tuple[str, bytes]]:
    """Yield subjects and signed messages; the campuses take turns."""
    facilities = list(keys)
    body = codec.encode({"stay": "a" * 32, "service": "inpatient_medical", "note": "x" * 200})
    for number in range(count):
        facility = facilities[number % len(facilities)]
        envelope = Envelope(
            id=f"m-{number:08}",
            kind=Kind.ADMISSION,
            order_key=f"stay-{number // (MESSAGES_A_STAY * len(facilities))}",
            facility=facility,
            treatment_region="120000",
            insured_region="510000",
            operator="desk-1",
            moment=_NOW,
            body=body,
        )
        yield up_subject(facility, envelope.order_key), sign(envelope, keys[facility])


async def _stream(server: str) -> None:
    line = await nats.connect(server)
    config = StreamConfig(name=GROUP_STREAM, subjects=["up.>"], duplicate_window=1.0)
    await line.jetstream().add_stream(config)
    await line.close()


async def _consumer(server: str, durable: str) -> None:
    line = await nats.connect(server)
    streams = line.jetstream()
    await streams.purge_stream(GROUP_STREAM)
    config = ConsumerConfig(durable_name=durable, ack_wait=60, max_ack_pending=4 * TOGETHER)
    await streams.add_consumer(GROUP_STREAM, config)
    await line.close()


async def _published(server: str, made: list[tuple[str, bytes]], turn: int) -> None:
    line = await nats.connect(server)
    streams = line.jetstream()
    for start in range(0, len(made), TOGETHER):
        numbered = enumerate(made[start : start + TOGETHER], start)
        await asyncio.gather(*(_one(streams, turn, number, one) for number, one in numbered))
    await line.close()


async def _one(streams: JetStreamContext, turn: int, number: int, one: tuple[str, bytes]) -> None:
    subject, body = one
    await streams.publish(subject, body, headers={"Nats-Msg-Id": f"{turn}.{number}"})
