"""One process that takes what a group's campuses published: our worker, or the raw pipe.

Run as ``python -m bench.group_hands ours|raw ADDRESS SERVER KEYS``; it writes 0 when it is there,
then how many it has kept of each batch, until its standard input ends. KEYS is a folder with each
campus's public key. The raw pipe fetches, COPYs and acknowledges the same bytes, and looks at none
of them.
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
from edge.office.worker import FETCH_MAX, Work, Worker, collect_rarely
from edge.store.keys import load_keys
from edge.store.vault import Vault
from sync.envelope import PublicKey, load_public
from sync.line import Line
from sync.sodium import quick
from sync.stream import Address, Stream
from sync.streams import OFFICE

RAW_STREAM, RAW_DURABLE = "RAW", "raw"


def main(words: Sequence[str]) -> None:
    """Take until there is nobody left to take for."""
    way, address, server, folder = words
    ended = threading.Event()

    def watch() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=watch, daemon=True).start()
    if way == "raw":
        asyncio.run(_raw(address, server, ended))
    else:
        _ours(address, server, Path(folder), ended)


def _ours(address: str, server: str, folder: Path, ended: threading.Event) -> None:
    campuses = {
        file.stem: Campus(facility=file.stem, name=file.stem, keys=_ring(file), leaf=False)
        for file in folder.glob("*.pem")
    }
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
            post=BenchPost(stream, campuses, pull=OFFICE),
            handing=Handing(line, system_clock, Manner()),
            clock=system_clock,
            log=Quiet(),
        )
        worker = Worker(work)
        collect_rarely()
        _tell(0)
        while not ended.is_set():
            kept = worker.take()
            if kept and kept.new:
                _tell(kept.new)


async def _raw(address: str, server: str, ended: threading.Event) -> None:
    line = await nats.connect(server)
    pull = await line.jetstream().pull_subscribe_bind(consumer=RAW_DURABLE, stream=RAW_STREAM)
    with psycopg.connect(address, autocommit=True) as books:
        collect_rarely()
        _tell(0)
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
                _tell(len(came))
    await line.close()


def _tell(many: int) -> None:
    sys.stdout.write(f"{many}\n")
    sys.stdout.flush()


class BenchPost(StreamPost):
    """The post, whose stream stands already: the bench has made it."""

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
    key = quick(load_public(file.read_bytes()))
    return {key.kid: key}


if __name__ == "__main__":
    main(sys.argv[1:])
