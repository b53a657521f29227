"""A line between two programs, held by hand: it passes, falls silent, breaks, or crawls.

A program connects to ``port`` as it would to the far end. What falls silent is not closed: that is
how a line looks whose middle has gone (a router, a firewall that forgot it), and whoever is at its
ends must find out for themselves.
"""

import asyncio
import random
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")

_PIECE, _CRAWLING_PIECE = 65_536, 700
_CRAWL_S, _LOOK_AGAIN_S = 0.002, 0.05
_BEFORE_A_BREAK = (200, 6_000)


class Manner(StrEnum):
    """How the line is now."""

    PASSES = "passes"
    SILENT = "silent"
    """What stands passes nothing for ever, and is not closed; what is begun comes to nothing."""
    CUT = "cut"
    """All is reset, and so is whatever is begun."""
    BREAKS = "breaks"
    """Each connection is reset somewhere within its next few thousand bytes."""
    CRAWLS = "crawls"
    """A few hundred bytes at a time."""


class Forwarder:
    """Passes on what comes to ``port`` to another port here; ``broken`` counts breaks."""

    def __init__(self, far_port: int, *, port: int = 0, seed: int = 0) -> None:
        self.port = port
        self.broken = 0
        self._far_port = far_port
        self._ending = False
        self._chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._manner = Manner.PASSES
        self._lines: set[_Line] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="forwarder", daemon=True)

    def begin(self) -> None:
        """Listen."""
        self._thread.start()
        starting = asyncio.start_server(self._came, "127.0.0.1", self.port)
        self._server = self._wait(starting)
        self.port = self._server.sockets[0].getsockname()[1]

    def turn(self, manner: Manner) -> None:
        """Be another way from now on."""
        self._wait(self._turned(manner))

    def end(self) -> None:
        """Cut all, and listen no more."""
        self._wait(self._ended())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _wait(self, what: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result()

    async def _turned(self, manner: Manner) -> None:
        self._manner = manner
        for line in list(self._lines):
            if manner is Manner.SILENT:
                line.dead = True
            if manner is Manner.CUT:
                line.reset()
            line.left = self._left()

    async def _ended(self) -> None:
        self._ending = True
        self._server.close()
        await asyncio.sleep(0)  # who was let in a moment ago is seen now
        while self._tasks:
            for line in list(self._lines):
                line.reset()
            await asyncio.wait(list(self._tasks), timeout=_LOOK_AGAIN_S)

    async def _came(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        line = _Line([back], left=self._left(), dead=self._manner is Manner.SILENT)
        self._lines.add(line)
        try:
            if self._manner is Manner.CUT or self._ending:
                return
            far, on = await self._far_end()
            line.ends.append(on)
            await asyncio.gather(self._pump(near, on, line), self._pump(far, back, line))
        except OSError:
            pass
        finally:
            await line.closed()
            self._lines.discard(line)
            self._tasks.discard(task)

    async def _far_end(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to the far end as soon as it is there: a server that begins again takes a moment.

        Raises:
            OSError: we end before.
        """
        while True:
            try:
                return await asyncio.open_connection("127.0.0.1", self._far_port)
            except OSError:
                if self._ending:
                    raise
                await asyncio.sleep(_LOOK_AGAIN_S)

    async def _pump(
        self, from_: asyncio.StreamReader, to: asyncio.StreamWriter, line: "_Line"
    ) -> None:
        """Pass on one way until it ends; a line that is dead tells neither end of the other's."""
        crawls = self._manner is Manner.CRAWLS
        while data := await from_.read(_CRAWLING_PIECE if crawls else _PIECE):
            if line.dead:
                continue
            if line.left is not None and line.left < len(data):
                to.write(data[: line.left])  # in the midst of what was said
                self.broken += 1
                line.reset()
                return
            line.left = None if line.left is None else line.left - len(data)
            to.write(data)
            await to.drain()
            crawls = self._manner is Manner.CRAWLS
            if crawls:
                await asyncio.sleep(_CRAWL_S)
        if not line.dead:
            line.reset()

    def _left(self) -> int | None:
        breaks = self._manner is Manner.BREAKS
        return self._chance.randint(*_BEFORE_A_BREAK) if breaks else None


class _Line:
    """One connection; ``left`` bytes of it pass before it breaks."""

    def __init__(self, ends: list[asyncio.StreamWriter], *, left: int | None, dead: bool) -> None:
        self.ends = ends
        self.left = left
        self.dead = dead

    def reset(self) -> None:
        """Hang up on both ends."""
        for one in self.ends:
            with suppress(OSError, RuntimeError):
                one.transport.abort()

    async def closed(self) -> None:
        """Hang up, and wait until that is done."""
        self.reset()
        for one in self.ends:
            one.close()
            with suppress(OSError):
                await one.wait_closed()


@contextmanager
def forwarder(far_port: int, *, port: int = 0, seed: int = 0) -> Iterator[Forwarder]:
    """Run a line to a port of this machine, from ``port`` or any, until the block ends."""
    line = Forwarder(far_port, port=port, seed=seed)
    line.begin()
    try:
        yield line
    finally:
        line.end()
