"""Server-sent hints: "this changed, fetch it again". Never the change itself, never an identity.

A hint is ``{topic, id, version}``; losing some costs one re-fetch (``resync``), never an error.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from edge import codec
from edge.core.errors import Fault, Words
from edge.web.rooms import open_room
from edge.web.security import AnyCaller

PING_S = 15.0
STREAM_S_MAX = 300.0
"""A stream ends after this; the browser opens it again, which asks anew who is there."""

WAITING_HINTS_MAX = 100
STREAMS_MAX = 200

_RETRY_MS = 2000
_PING = b": ping\n\n"


@dataclass(frozen=True, slots=True)
class Hint:
    """The thing ``id`` of kind ``topic`` is now at ``version``."""

    topic: str
    id: str
    version: int

    def line(self) -> bytes:
        """Return the event as it goes over the wire."""
        return b"event: hint\ndata: " + codec.encode(self) + b"\n\n"


CONNECTED = Hint("connected", "", 0)
RESYNC = Hint("resync", "", 0)
_ALL = (RESYNC.topic, RESYNC.id)


@dataclass(slots=True, eq=False)
class Subscription:
    """One open page's share: the newest hint of each thing, or one ``resync`` when too many."""

    _loop: asyncio.AbstractEventLoop
    _limit: int
    _waiting: dict[tuple[str, str], Hint] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _ended: bool = False

    async def take(self, wait_s: float) -> list[Hint] | None:
        """Return what is new: nothing after ``wait_s`` of silence, None when it has ended."""
        try:
            async with asyncio.timeout(wait_s):
                await self._news.wait()
        except TimeoutError:
            return []
        with self._guard:
            if self._ended:
                return None
            self._news.clear()
            taken, self._waiting = list(self._waiting.values()), {}
            return taken

    def offer(self, hint: Hint) -> None:
        """Add a hint, from any thread."""
        with self._guard:
            if _ALL in self._waiting:
                return
            self._waiting[hint.topic, hint.id] = hint
            if len(self._waiting) > self._limit:
                self._waiting = {_ALL: RESYNC}
        self._wake()

    def end(self) -> None:
        """Let ``take`` return None from now on, from any thread."""
        with self._guard:
            self._ended = True
        self._wake()

    def _wake(self) -> None:
        # A loop that was stopped with open streams has nobody left to wake.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._news.set)


class Hints:
    """The broker: any thread publishes, each open stream hears."""

    def __init__(
        self, *, waiting_max: int = WAITING_HINTS_MAX, streams_max: int = STREAMS_MAX
    ) -> None:
        self._waiting_max = waiting_max
        self._streams_max = streams_max
        self._open: set[Subscription] = set()
        self._closed = False
        self._guard = threading.Lock()

    def publish(self, topic: str, id: str, version: int) -> None:  # noqa: A002 - the wire's word
        """Tell every open page; call it after the commit, from any thread. Never blocks."""
        with self._guard:
            for subscription in self._open:
                subscription.offer(Hint(topic, id, version))

    @contextmanager
    def subscribed(self) -> Iterator[Subscription]:
        """Hear hints from now on; call it in the event loop.

        Raises:
            Fault: STREAMS_FULL, when too many pages are open.
        """
        subscription = Subscription(asyncio.get_running_loop(), self._waiting_max)
        with self._guard:
            self._require_room()
            self._open.add(subscription)
            if self._closed:
                subscription.end()
        try:
            yield subscription
        finally:
            with self._guard:
                self._open.discard(subscription)

    def require_room(self) -> None:
        """Raise ``Fault`` STREAMS_FULL when no further page can be served."""
        with self._guard:
            self._require_room()

    def open_count(self) -> int:
        """Return how many pages hear hints now."""
        with self._guard:
            return len(self._open)

    def close(self) -> None:
        """End every stream, present and to come: the service is stopping."""
        with self._guard:
            self._closed = True
            for subscription in self._open:
                subscription.end()

    def _require_room(self) -> None:
        if len(self._open) >= self._streams_max:
            raise Fault(
                "STREAMS_FULL",
                Words("打开的页面过多", "too many pages are open"),
                Words("关闭不用的页面后重试", "close pages that nobody needs, then try again"),
            )


def events_router(
    hints: Hints, *, ping_s: float = PING_S, stream_s_max: float = STREAM_S_MAX
) -> APIRouter:
    """Return the router of ``GET /api/v1/events``."""
    router = open_room()

    @router.get("/api/v1/events", response_class=StreamingResponse)
    async def events(_caller: AnyCaller) -> StreamingResponse:
        """Stream hints: ``connected`` first, a comment as ping when nothing happens."""
        hints.require_room()
        stream = _stream(hints, ping_s=ping_s, stream_s_max=stream_s_max)
        return StreamingResponse(stream, media_type="text/event-stream")

    return router


async def _stream(hints: Hints, *, ping_s: float, stream_s_max: float) -> AsyncIterator[bytes]:
    now = asyncio.get_running_loop().time
    ends_at = now() + stream_s_max
    with hints.subscribed() as subscription:
        yield b"retry: %d\n\n" % _RETRY_MS + CONNECTED.line()
        while now() < ends_at and (news := await subscription.take(ping_s)) is not None:
            yield b"".join(hint.line() for hint in news) or _PING
