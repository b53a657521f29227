"""A loop in its thread: it runs calls for others, and closing it waits for nobody for ever."""

import asyncio

import pytest

from sync.looped import Ended, Looped


async def _nothing() -> None:
    """Hang up nothing."""


async def _deaf(begun: asyncio.Event, times: int) -> None:
    """Miss that it is cancelled, so many times."""
    begun.set()
    for _ in range(times):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue
    await asyncio.Event().wait()


async def _begin(looped: Looped, times: int) -> None:
    begun = asyncio.Event()
    looped.start(_deaf(begun, times))
    await begun.wait()


def test_a_task_that_misses_its_end_is_told_again() -> None:
    looped = Looped("test")
    looped.run(_begin(looped, 1))
    looped.close(_nothing)
    with pytest.raises(Ended) as ended:
        looped.run(_nothing())
    assert not ended.value.begun
    looped.close(_nothing)
