"""The network as a seed makes it: clear, flaky or gone, around the simulated platform itself.

One process and no socket: what the product's client sends is answered by the platform's receiver,
unless the dice lose, spoil, repeat or delay it.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from edge import codec
from simulators.platform.answers import Refusal, on_the_wire
from simulators.platform.batches import results
from simulators.platform.intake import Intake
from simulators.platform.releases import Releases
from sync.frame import messages_in, plain
from sync.line import Call, Reply, Silence

REMEMBERED = 50
"""Requests of which one may arrive once more, long after."""

_SPAN = re.compile(r"bytes=(\d+)-(\d+)")


class Weather(StrEnum):
    """How the link is."""

    CLEAR = "clear"
    FLAKY = "flaky"
    DOWN = "down"


class Fate(StrEnum):
    """What happens to one request."""

    GOOD = "good"
    LOST = "lost"
    """It never arrives."""
    UNANSWERED = "unanswered"
    """It arrives, and its answer does not."""
    TWICE = "twice"
    ERROR = "error"
    BUSY = "busy"
    GARBAGE = "garbage"
    """200, and a page of somebody's proxy; the work is done."""
    TRUNCATED = "truncated"
    WRONG = "wrong"
    """200, with an error in it."""


_FLAKY = {
    Fate.GOOD: 50,
    Fate.LOST: 12,
    Fate.UNANSWERED: 14,
    Fate.TWICE: 6,
    Fate.ERROR: 5,
    Fate.BUSY: 4,
    Fate.GARBAGE: 4,
    Fate.TRUNCATED: 3,
    Fate.WRONG: 2,
}
_GARBAGE = "<html>系统维护中</html>".encode()
_WRONG = codec.encode({"code": 500, "msg": "系统异常"})
_BEFORE: dict[Fate, Reply | Silence] = {
    Fate.LOST: Silence(sent=False, what="lost"),
    Fate.ERROR: Reply(503, {}, b""),
    Fate.BUSY: Reply(429, {"retry-after": "20"}, b""),
    Fate.WRONG: Reply(200, {}, _WRONG),
}
"""What is said before the platform has seen the request."""


@dataclass(slots=True)
class Network:
    """The wire and what lies behind it. ``old``: requests that may arrive again."""

    intake: Intake
    releases: Releases
    dice: random.Random
    weather: Weather = Weather.CLEAR
    old: list[bytes] = field(default_factory=list)

    def call(self, call: Call) -> Reply | Silence:
        """Carry one call, as the weather has it."""
        fate = self._fate()
        if fate in _BEFORE:
            return _BEFORE[fate]
        reply = self._arrive(call)
        if fate is Fate.TWICE:
            self._old_one_again()
            reply = self._arrive(call)
        return _spoilt(fate, reply)

    def close(self) -> None:
        """End nothing: a network stays."""

    def _fate(self) -> Fate:
        if self.weather is Weather.DOWN:
            return Fate.LOST
        if self.weather is Weather.CLEAR:
            return Fate.GOOD
        return self.dice.choices(list(_FLAKY), list(_FLAKY.values()))[0]

    def _old_one_again(self) -> None:
        if self.old:
            self.intake.receive(self.dice.choice(self.old))

    def _arrive(self, call: Call) -> Reply:
        if call.path.startswith("/v1/lists/"):
            return self._published(call)
        if call.path == "/v1/batches":
            return self._batch(call)
        if call.path.startswith("/v1/ledger-heads/"):
            head = self.intake.ledger_head(call.path.rpartition("/")[2])
            return _said(200, codec.encode(head)) if head else _said(404, b"")
        return self._answered(call)

    def _answered(self, call: Call) -> Reply:
        questions: dict[str, Callable[[bytes], dict[str, object] | Refusal]] = {
            "/v1/verifications": self.intake.inquire,
            "/v1/recollections": self.intake.recollect,
        }
        if call.path in questions:
            said = questions[call.path](call.content)
            if isinstance(said, Refusal):
                return _said(*on_the_wire(said))
            return _said(200, codec.encode(said))
        if call.path == "/v1/standings":
            return _said(*on_the_wire(self.intake.asked_about(call.content)))
        self._remember(call.content)
        return _said(*on_the_wire(self.intake.receive(call.content)))

    def _batch(self, call: Call) -> Reply:
        packed = call.headers.get("content-encoding") == "zstd"
        messages = messages_in(plain(call.content) if packed else call.content)
        for one in messages:
            self._remember(one)
        return _said(200, results(self.intake, messages))

    def _remember(self, signed: bytes) -> None:
        self.old = [*self.old[1 - REMEMBERED :], signed]

    def _published(self, call: Call) -> Reply:
        kind, name = call.path.rsplit("/", 2)[1:]
        if name == "timestamp.json":
            self.releases.publish_when_old()
        found = self.releases.repository.file(kind, name)
        if found is None:
            return _said(404, b"")
        content = found if isinstance(found, bytes) else found.read_bytes()
        span = _SPAN.fullmatch(call.headers.get("range", ""))
        if span is None:
            return _said(200, content)
        return _said(206, content[int(span[1]) : int(span[2]) + 1])


def _spoilt(fate: Fate, reply: Reply) -> Reply | Silence:
    match fate:
        case Fate.UNANSWERED:
            return Silence(sent=True, what="unanswered")
        case Fate.GARBAGE:
            return Reply(200, {"content-type": "text/html"}, _GARBAGE)
        case Fate.TRUNCATED:
            return replace(reply, body=reply.body[: len(reply.body) // 2])
        case _:
            return reply


def _said(status: int, body: bytes) -> Reply:
    return Reply(status, {"content-type": "application/json"}, body)
