"""An event loop in a thread of its own, on which callers of other threads wait. Sends nothing."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from threading import Lock, Thread
from typing import Any, TypeVar

T = TypeVar("T")

_ASKED_MAX = 5
_GRACE_S = 0.2


class Ended(Exception):
    """The loop was closed; ``begun`` when the call was under way by then."""

    def __init__(self, *, begun: bool) -> None:
        super().__init__()
        self.begun = begun


class Looped:
    """The loop and its thread. Thread-safe; close it when done."""

    def __init__(self, name: str) -> None:
        self.loop = asyncio.new_event_loop()
        self._guard = Lock()
        self._closed = False
        self._tasks: set[asyncio.Task[Any]] = set()
        self._thread = Thread(target=self.loop.run_forever, name=name, daemon=True)
        self._thread.start()

    def run(self, what: Coroutine[Any, Any, T]) -> T:
        """Run one call and wait for what becomes of it.

        Raises:
            Ended: closed before, or meanwhile.
        """
        with self._guard:
            if self._closed:
                what.close()
                raise Ended(begun=False)
            answer = asyncio.run_coroutine_threadsafe(self._tracked(what), self.loop)
        try:
            return answer.result()
        except CancelledError:
            raise Ended(begun=True) from None

    def start(self, what: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Begin something that ``close`` ends; called on the loop."""
        task = self.loop.create_task(what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def close(self, hang_up: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Cut what is under way, run ``hang_up``, and end the thread."""
        with self._guard:
            if self._closed:
                return
            self._closed = True
            ended = asyncio.run_coroutine_threadsafe(self._end(hang_up), self.loop)
        ended.result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    async def _tracked(self, what: Coroutine[Any, Any, T]) -> T:
        return await self.start(what)

    async def _end(self, hang_up: Callable[[], Coroutine[Any, Any, None]]) -> None:
        # Only our own tasks: those that a client made inside them are the client's to end.
        # Asked more than once, and not waited for for ever: a client may miss that it is cancelled.
        under_way = set(self._tasks)
        for _ in range(_ASKED_MAX):
            for task in under_way:
                task.cancel()
            if under_way:
                _, under_way = await asyncio.wait(under_way, timeout=_GRACE_S)
        await hang_up()
