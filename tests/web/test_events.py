"""Hints reach every open page, never pile up, and end when the service stops."""

import asyncio
import json
import threading
from collections.abc import Iterator

import httpx2
import pytest

from edge.core.errors import Fault
from edge.store.operators import Scope
from edge.web.events import RESYNC, Hint, Hints, _stream
from tests.plain import NO_TLS
from tests.web.ground import Ground, serving

CONNECTED = {"topic": "connected", "id": "", "version": 0}


def _heard(lines: Iterator[str]) -> dict[str, object]:
    line = next(line for line in lines if line.startswith("data: "))
    heard: dict[str, object] = json.loads(line.removeprefix("data: "))
    return heard


def test_a_page_hears_what_another_thread_publishes(ground: Ground) -> None:
    headers = ground.connect("HIS", Scope.READ)
    publish = threading.Thread(target=ground.floor.hints.publish, args=("stay", "s1", 7))
    with (
        serving(ground) as (_, url),
        httpx2.stream("GET", f"{url}/api/v1/events", headers=headers, verify=NO_TLS) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        lines = answer.iter_lines()
        assert _heard(lines) == CONNECTED
        publish.start()
        assert _heard(lines) == {"topic": "stay", "id": "s1", "version": 7}
        publish.join()


def test_open_streams_do_not_hold_up_the_end(ground: Ground) -> None:
    headers = ground.connect("HIS", Scope.READ)
    with (
        serving(ground) as (server, url),
        httpx2.stream("GET", f"{url}/api/v1/events", headers=headers, verify=NO_TLS) as answer,
    ):
        lines = answer.iter_lines()
        assert _heard(lines) == CONNECTED
        server.should_exit = True
        assert not [line for line in lines if line.startswith("data: ")]
    assert not ground.log.lines


def test_a_stranger_hears_nothing(ground: Ground) -> None:
    assert ground.browser().ask("GET", "/api/v1/events").status_code == 401


def test_a_page_that_left_is_forgotten() -> None:
    hints = Hints(streams_max=1)

    async def come_and_go() -> None:
        for _ in range(3):
            with hints.subscribed():
                pass

    asyncio.run(come_and_go())


def test_only_the_newest_hint_of_a_thing_waits() -> None:
    async def story() -> list[Hint] | None:
        hints = Hints()
        with hints.subscribed() as page:
            for version in range(5):
                hints.publish("stay", "s1", version)
            hints.publish("reader", "r1", 1)
            return await page.take(60)

    assert asyncio.run(story()) == [Hint("stay", "s1", 4), Hint("reader", "r1", 1)]


def test_a_slow_page_gets_one_resync_and_then_goes_on() -> None:
    async def story() -> tuple[list[Hint] | None, list[Hint] | None]:
        hints = Hints(waiting_max=10)
        with hints.subscribed() as page:
            for number in range(1000):
                hints.publish("stay", f"s{number}", 1)
            late = await page.take(60)
            hints.publish("stay", "s7", 2)
            return late, await page.take(60)

    assert asyncio.run(story()) == ([RESYNC], [Hint("stay", "s7", 2)])


def test_threads_publish_at_once_and_nothing_is_lost() -> None:
    async def story() -> set[str]:
        hints = Hints(waiting_max=400)
        with hints.subscribed() as page:

            def publish(topic: str) -> None:
                for number in range(50):
                    hints.publish(topic, f"{number}", 1)

            threads = [threading.Thread(target=publish, args=(f"t{n}",)) for n in range(4)]
            for thread in threads:
                thread.start()
            heard: set[str] = set()
            while len(heard) < 200:
                heard |= {hint.topic + hint.id for hint in await page.take(60) or []}
            for thread in threads:
                thread.join()
            return heard

    assert len(asyncio.run(story())) == 200


def test_silence_is_filled_with_pings_and_a_stream_ends_by_itself() -> None:
    async def story() -> list[bytes]:
        stream = _stream(Hints(), ping_s=0.001, stream_s_max=0.05)
        return [part async for part in stream]

    first, *rest = asyncio.run(story())
    assert first.startswith(b"retry: ")
    assert b'"connected"' in first
    assert set(rest) == {b": ping\n\n"}


def test_after_closing_new_streams_end_at_once() -> None:
    async def story() -> list[bytes]:
        hints = Hints()
        hints.close()
        return [part async for part in _stream(hints, ping_s=60, stream_s_max=60)]

    assert len(asyncio.run(story())) == 1


def test_the_number_of_open_pages_is_bounded() -> None:
    async def story() -> None:
        hints = Hints(streams_max=2)
        with hints.subscribed(), hints.subscribed(), pytest.raises(Fault) as full:
            hints.require_room()
        assert full.value.code == "STREAMS_FULL"
        hints.require_room()

    asyncio.run(story())


def test_publishing_to_a_loop_that_is_gone_is_no_fault() -> None:
    hints = Hints()
    loop = asyncio.new_event_loop()
    subscribed = hints.subscribed()

    async def stay_open() -> None:
        subscribed.__enter__()

    loop.run_until_complete(stay_open())
    loop.close()
    hints.publish("stay", "s1", 1)
    hints.close()
    subscribed.__exit__(None, None, None)
