"""Letters for one listener far away: any thread posts, one long poll takes. Knows no content."""

import asyncio
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Mailbox(Generic[T]):
    """At most ``room`` letters; once closed it takes and gives none."""

    room: int
    _letters: deque[T] = field(default_factory=deque)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _waiting: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None
    _closed: bool = False

    def post(self, letter: T) -> bool:
        """Add a letter; tell whether there was room."""
        with self._guard:
            if self._closed or len(self._letters) >= self.room:
                return False
            self._letters.append(letter)
            self._wake()
        return True

    async def take(self, wait_s: float) -> tuple[T, ...] | None:
        """Return what is there, or comes within ``wait_s``; None once it is closed.

        A later ``take`` sends an earlier one home empty-handed.
        """
        news = asyncio.Event()
        with self._guard:
            self._wake()
            self._waiting = asyncio.get_running_loop(), news
            if self._letters or self._closed:
                news.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await news.wait()
        with self._guard:
            if self._closed:
                return None
            if self._waiting is None or self._waiting[1] is not news:
                return ()
            taken = tuple(self._letters)
            self._letters.clear()
            return taken

    def waits(self) -> int:
        """Return how many letters nobody has taken yet."""
        with self._guard:
            return len(self._letters)

    def close(self) -> None:
        """Give nothing more, from any thread."""
        with self._guard:
            self._closed = True
            self._letters.clear()
            self._wake()

    def _wake(self) -> None:
        if self._waiting:
            loop, news = self._waiting
            # A loop that was stopped has nobody left to wake.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(news.set)
