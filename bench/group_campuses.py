"""What a group's campuses say, written to a file once, and one process that publishes from it.

Run as ``python -m bench.group_campuses SERVER FILE``; each line of its input, ``PREFIX COUNT``, has
it publish so many more with that before their subjects (``-``: nothing), and is answered when the
stream has them all.
"""

import asyncio
import struct
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg

from sync import codec
from sync.envelope import Envelope, Kind, SigningKey, sign
from sync.group import up_subject

MESSAGES_A_STAY = 4
UNDER_WAY_MAX = 2000
"""How many are published and not acknowledged yet."""

_NOW = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
_LENGTHS = struct.Struct(">HI")


def said(keys: dict[str, SigningKey], count: int) -> Iterator[tuple[str, bytes]]:
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


def write(file: Path, messages: Iterable[tuple[str, bytes]]) -> None:
    """Write subjects and messages one after the other, each with its lengths before it."""
    with file.open("wb") as out:
        for subject, body in messages:
            out.write(_LENGTHS.pack(len(subject), len(body)) + subject.encode() + body)


def read(lying: IO[bytes], count: int) -> Iterator[tuple[str, bytes]]:
    """Yield the next ``count`` of what ``write`` wrote."""
    for _ in range(count):
        subject_length, body_length = _LENGTHS.unpack(lying.read(_LENGTHS.size))
        yield lying.read(subject_length).decode(), lying.read(body_length)


def main(words: Sequence[str]) -> None:
    """Publish what is asked for until there is nobody left to ask."""
    server, file = words
    asyncio.run(_publishing(server, Path(file)))


async def _publishing(server: str, file: Path) -> None:
    line = await nats.connect(server)
    publisher = _Publisher(line)
    await line.subscribe(f"{publisher.inbox}.*", cb=publisher.hear)
    places: dict[str, IO[bytes]] = {}
    while asked := await asyncio.to_thread(sys.stdin.readline):
        prefix, count = asked.split()
        if prefix not in places:
            places[prefix] = file.open("rb")
        await publisher.publish(prefix.strip("-"), read(places[prefix], int(count)))
        sys.stdout.write("done\n")
        sys.stdout.flush()
    for lying in places.values():
        lying.close()
    await line.close()


class _Publisher:
    """Publishes without waiting for each: acknowledgements are counted as they come."""

    def __init__(self, line: Client) -> None:
        self.inbox = line.new_inbox()
        self._line = line
        self._under_way = 0
        self._number = 0
        self._fewer = asyncio.Event()

    async def publish(self, prefix: str, messages: Iterator[tuple[str, bytes]]) -> None:
        """Publish, and wait until the stream has all."""
        for subject, body in messages:
            self._number += 1
            self._under_way += 1
            headers = {"Nats-Msg-Id": str(self._number)}
            reply = f"{self.inbox}.a"
            await self._line.publish(prefix + subject, body, reply=reply, headers=headers)
            if self._under_way >= UNDER_WAY_MAX:
                await self._until(UNDER_WAY_MAX // 2)
        await self._until(0)

    async def hear(self, told: Msg) -> None:
        """Count one that the stream has."""
        if b'"error"' in told.data or not told.data:
            raise RuntimeError(told.data)
        self._under_way -= 1
        self._fewer.set()

    async def _until(self, left: int) -> None:
        while self._under_way > left:
            self._fewer.clear()
            await self._fewer.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
