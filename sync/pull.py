"""A durable consumer that is asked for its messages, some at a time. Knows no connection.

Messages come by a callback and are counted, not awaited one by one: at hundreds in a batch, a task
for each would cost more than all the rest of a fetch.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Generic, Protocol, TypeVar

from sync import codec
from sync.stream_api import require_served

ANSWER_S = 2.0
"""How long a consumer may take to say that it has nothing."""

_IDLE = "100"


class Came(Protocol):
    """What the client hands over: a message of the stream, or the consumer's own word."""

    subject: str
    headers: dict[str, str] | None


M = TypeVar("M", bound=Came)

Ask = Callable[[bytes, str], Awaitable[None]]
"""Sends a request to the consumer: its body, and where it is to be answered."""


class Pull(Generic[M]):
    """One caller at a time takes; ``hear`` is the callback of whatever comes under ``inbox``."""

    def __init__(self, ask: Ask, inbox: str) -> None:
        self._ask = ask
        self._inbox = inbox
        self._asks = 0
        self._reply = ""
        self._ahead = False
        self._found: deque[M] = deque()
        self._words: list[M] = []
        self._enough = 1
        self._ready = asyncio.Event()

    async def hear(self, message: M) -> None:
        """Keep what came; wake whoever takes when it is enough, or when there is no more."""
        status = message.headers and message.headers.get("Status")
        if not status:
            self._found.append(message)  # one that an earlier asking waited for counts too
            if len(self._found) >= self._enough:
                self._ready.set()
        elif message.subject == self._reply and status != _IDLE:
            self._words.append(message)
            self._ready.set()

    async def take(self, batch: int, wait_s: float, *, ahead: bool = False) -> list[M]:
        """Return what is there; else wait for the first, and return it with what came with it.

        ``ahead``: after a full batch ask for the next one, which comes while this one is worked on.

        Raises:
            TimeoutError: the consumer says nothing at all; it may not stand yet.
            Refused: it says that it does not serve.
        """
        if not self._ahead:
            await self._say(batch, {"no_wait": True})
        self._ahead = False
        ready, answered = await self._gathered(batch, ANSWER_S)
        if len(ready) == batch and ahead:
            await self._say(batch, {"no_wait": True})
            self._ahead = True
        if ready:
            return ready
        if not answered:
            raise TimeoutError
        await self._say(1, {"expires": int(wait_s * 1e9)})
        first, _ = await self._gathered(1, wait_s)
        if not first or batch == 1:
            return first
        await self._say(batch - 1, {"no_wait": True})
        rest, _ = await self._gathered(batch - 1, ANSWER_S)
        return first + rest

    def left(self) -> list[M]:
        """Return what came ahead and was not taken; it is to be given back."""
        left = list(self._found)
        self._found.clear()
        return left

    async def _say(self, count: int, how: Mapping[str, object]) -> None:
        self._asks += 1
        self._reply, self._enough = f"{self._inbox}.{self._asks}", count
        self._words.clear()
        self._ready.clear()
        await self._ask(codec.encode({"batch": count, **how}), self._reply)

    async def _gathered(self, count: int, wait_s: float) -> tuple[list[M], bool]:
        """Return what came, and whether the consumer has said that there is no more."""
        if len(self._found) < count:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._ready.wait()
        found = [self._found.popleft() for _ in range(min(count, len(self._found)))]
        for word in self._words:
            headers = word.headers or {}
            require_served(headers["Status"], headers.get("Description", ""))
        return found, bool(self._words)
