"""A consumer is asked for batches; what comes ahead is had at once, or given back."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from sync import codec
from sync.pull import Pull
from sync.stream_api import UNREADABLE, Refused, numbers_of


class _Request(codec.Tolerant, frozen=True):
    batch: int


@dataclass
class Came:
    """A message, or with headers the consumer's word."""

    subject: str
    headers: dict[str, str] | None = None


@dataclass
class Consumer:
    """Gives what it has to whoever asks, and says when that was all."""

    has: list[str]
    asked: list[tuple[int, bool]] = field(default_factory=list)
    word: str = "404"

    def __post_init__(self) -> None:
        self.pull = Pull[Came](self._hear, "inbox")

    async def _hear(self, body: bytes, reply: str) -> None:
        count = codec.decode(body, _Request).batch
        self.asked.append((count, b"expires" in body))
        given, self.has = self.has[:count], self.has[count:]
        for one in given:
            await self.pull.hear(Came(one))
        if len(given) < count:
            await self.pull.hear(Came("inbox.0", {"Status": "404"}))  # a word on an earlier asking
            await self.pull.hear(Came(reply, {"Status": "100"}))  # an idle heartbeat
            await self.pull.hear(Came(reply, {"Status": self.word}))


def _took(consumer: Consumer, batches: Sequence[int], *, ahead: bool = False) -> list[list[str]]:
    async def all_of_them() -> list[list[str]]:
        return [
            [one.subject for one in await consumer.pull.take(batch, 0.01, ahead=ahead)]
            for batch in batches
        ]

    return asyncio.run(all_of_them())


def test_what_is_there_is_returned_and_nothing_where_nothing_comes() -> None:
    consumer = Consumer(list("abcde"))
    assert _took(consumer, [3, 3, 3]) == [["a", "b", "c"], ["d", "e"], []]
    assert consumer.asked == [(3, False), (3, False), (3, False), (1, True)]


def test_after_a_full_batch_the_next_is_asked_for_ahead() -> None:
    consumer = Consumer(list("abcde"))
    assert _took(consumer, [2], ahead=True) == [["a", "b"]]
    assert consumer.asked == [(2, False)] * 2
    assert _took(consumer, [2, 2], ahead=True) == [["c", "d"], ["e"]]
    assert consumer.asked == [(2, False)] * 3
    assert consumer.pull.left() == []


def test_what_came_ahead_can_be_given_back_once() -> None:
    consumer = Consumer(list("abc"))
    _took(consumer, [2], ahead=True)
    assert [one.subject for one in consumer.pull.left()] == ["c"]
    assert consumer.pull.left() == []


def test_a_consumer_that_does_not_serve_says_so() -> None:
    with pytest.raises(Refused) as refused:
        _took(Consumer([], word="409"), [1])
    assert refused.value.code == 409


def test_a_message_s_numbers_stand_in_where_it_is_acknowledged() -> None:
    assert numbers_of("$JS.ACK.GROUP.office.2.41.7.1795672320000000000.0") == (2, 41)
    with_domain = "$JS.ACK.hub.ACCT.GROUP.office.1.42.8.1795672320000000000.0.rand"
    assert numbers_of(with_domain) == (1, 42)
    for none in ("", "_INBOX.a.b", "$JS.ACK.GROUP.office.x.y.7.0.0"):
        with pytest.raises(Refused) as refused:
            numbers_of(none)
        assert refused.value.code == UNREADABLE
