"""``python -m bench.receiver FILE KEY``: a durable far end, lean: verify, keep, sync, receipts.

What waits while the disk syncs is synced together (group commit). Speaks just enough HTTP/1.1 for
batches; judges nothing. Prints its port, and ends with its input.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from sync import codec
from sync.envelope import PublicKey, digest, key_ring, load_public, open_signed
from sync.frame import messages_in, plain


class Receiver:
    """Keeps batches in one file."""

    def __init__(self, file: Path, key: PublicKey) -> None:
        self._file = file.open("wb", buffering=0)
        self._ring = key_ring(key)
        self._waiting: list[asyncio.Future[None]] = []
        self._syncing: asyncio.Task[None] | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection until it ends."""
        while head := await _head(reader):
            body = await reader.readexactly(_length(head))
            answer = receipts(messages_in(plain(body)), self._ring)
            self._file.write(body)
            await self._synced()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(answer) + answer)
            await writer.drain()
        writer.close()

    async def _synced(self) -> None:
        ready = asyncio.get_running_loop().create_future()
        self._waiting.append(ready)
        if self._syncing is None:
            self._syncing = asyncio.create_task(self._sync())
        await ready

    async def _sync(self) -> None:
        while self._waiting:
            together, self._waiting = self._waiting, []
            await asyncio.to_thread(os.fdatasync, self._file.fileno())
            for ready in together:
                ready.set_result(None)
        self._syncing = None


def receipts(messages: Sequence[bytes], ring: dict[str, PublicKey]) -> bytes:
    """Verify each message and return the answer to the batch."""
    results = [
        {
            "state": "accepted",
            "id": open_signed(signed, ring).id,
            "sha256": digest(signed),
            "receipt": "R0000000001",
            "received_at": "2026-11-22T01:00:00Z",
        }
        for signed in messages
    ]
    return codec.encode({"results": results})


async def main(receiver: Receiver) -> None:
    """Receive until our input ends."""
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    async with server:
        await asyncio.to_thread(sys.stdin.read)


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


def _length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])


if __name__ == "__main__":
    kept, pem = map(Path, sys.argv[1:])
    asyncio.run(main(Receiver(kept, load_public(pem.read_bytes()))))
