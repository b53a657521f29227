"""One process that takes what a group's campuses published: our worker, or the raw pipe.

Run as ``python -m bench.group_hands ours|raw ADDRESS SERVER KEYS DURABLE``; it takes until its
standard input ends. KEYS is a folder with each campus's public key. The raw pipe fetches, COPYs
and acknowledges the same bytes, and looks at none of them.
"""

import asyncio
import sys
import threading
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

import nats
import nats.errors
import psycopg

from edge.clock import system_clock
from edge.office.books import Books
from edge.office.campus import Campus
from edge.office.handing import Handing, Manner
from edge.office.post import StreamPost
from edge.office.worker import FETCH_MAX, Work, Worker
from edge.store.keys import load_keys
from edge.store.vault import Vault
from sync.envelope import PublicKey, load_public
from sync.group import GROUP_STREAM
from sync.line import Line
from sync.stream import Address, Stream
from sync.streams import PullPlan

IN_FLIGHT = 4 * FETCH_MAX


def main(words: Sequence[str]) -> None:
    """Take until there is nobody left to take for."""
    way, address, server, folder, durable = words
    ended = threading.Event()

    def watch() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=watch, daemon=True).start()
    if way == "raw":
        asyncio.run(_raw(address, server, durable, ended))
    else:
        _ours(address, server, Path(folder), durable, ended)


def _ours(address: str, server: str, folder: Path, durable: str, ended: threading.Event) -> None:
    campuses = {
        file.stem: Campus(facility=file.stem, name=file.stem, keys=_ring(file), leaf=False)
        for file in folder.glob("*.pem")
    }
    pull = PullPlan(stream=GROUP_STREAM, durable=durable, pending_max=IN_FLIGHT)
    line = Line("http://127.0.0.1:9", None)
    with (
        closing(Books(address)) as books,
        closing(Stream(Address(servers=(server,), name="bench"))) as stream,
        closing(line),
    ):
        work = Work(
            books=books,
            vault=Vault(load_keys(folder / "keys")),
            campuses=campuses,
            post=BenchPost(stream, campuses, pull=pull),
            handing=Handing(line, system_clock, Manner()),
            clock=system_clock,
            log=Quiet(),
        )
        worker = Worker(work)
        sys.stdout.write("there\n")
        sys.stdout.flush()
        while not ended.is_set():
            worker.take()


async def _raw(address: str, server: str, durable: str, ended: threading.Event) -> None:
    line = await nats.connect(server)
    pull = await line.jetstream().pull_subscribe_bind(consumer=durable, stream=GROUP_STREAM)
    with psycopg.connect(address, autocommit=True) as books:
        sys.stdout.write("there\n")
        sys.stdout.flush()
        while not ended.is_set():
            with suppress(nats.errors.TimeoutError, TimeoutError):
                came = await pull.fetch(FETCH_MAX, timeout=1)
                with (
                    books.cursor() as cursor,
                    cursor.copy("copy raw (body) from stdin (format binary)") as copy,
                ):
                    copy.set_types(["bytea"])
                    for one in came:
                        copy.write_row((one.data,))
                for one in came:
                    await one.ack()
    await line.close()


class BenchPost(StreamPost):
    """The post, whose stream stands already: the bench has made it as it needs it."""

    def declared(self) -> bool:
        """Say so."""
        return True


class Quiet:
    """A log of nothing."""

    def info(self, event: str, **fields: object) -> None:
        """Keep nothing."""

    warning = info
    error = info


def _ring(file: Path) -> dict[str, PublicKey]:
    key = load_public(file.read_bytes())
    return {key.kid: key}


if __name__ == "__main__":
    main(sys.argv[1:])
