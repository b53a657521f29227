"""Hands messages to the platform as they are, and keeps its own words for whoever asked.

Signs nothing: what a campus signed is passed on byte for byte, as often as it takes, for the
platform is idempotent by the message's id. How a request looks is the dialect's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus

from edge.office.outgoing import Answered, Outgoing
from sync import codec
from sync.dialect import DIRECT, Act, Dialect, Request
from sync.errors import Reason
from sync.frame import BATCH_MESSAGES_MAX, batch, plain
from sync.line import Line, Reply, Silence
from sync.numbered import Numbered
from sync.outcome import (
    Accepted,
    NeedsPerson,
    Outcome,
    RetryAt,
    answered_for_another,
    classify,
    classify_batch,
    speaks_of,
)
from sync.silence import undelivered


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How the platform is spoken to: see ``platform`` in docs/group.md."""

    numbered: bool = False
    batch_max: int = 20
    packs: bool = True
    deadline_s: float = 10.0


class Handing:
    """The platform, for handing over. Thread-safe; the line is whoever's who made it."""

    def __init__(self, line: Line, clock: Callable[[], datetime], manner: Manner) -> None:
        self._line = line
        self._clock = clock
        self._manner = manner
        self._packs = manner.packs

    @property
    def batch_max(self) -> int:
        """How many messages go together."""
        return 1 if self._manner.numbered else min(self._manner.batch_max, BATCH_MESSAGES_MAX)

    def hand_over(self, messages: Sequence[Outgoing]) -> list[Answered]:
        """Hand over up to ``batch_max`` messages; say what became of each, in order.

        A batch that is refused whole is handed over again one by one: only what is wrong with a
        message of its own may be its answer.
        """
        if len(messages) == 1:
            return [self._alone(messages[0])]
        reply = self._batch(messages)
        now = self._clock()
        if isinstance(reply, Silence):
            return [Answered(one, undelivered(now, reply), None) for one in messages]
        asked = [(one.id, one.sha256) for one in messages]
        outcomes = classify_batch(reply.status, reply.headers, reply.body, now, asked)
        if isinstance(outcomes, tuple):
            return list(map(_answered, messages, outcomes, _spoken(reply)))
        if isinstance(outcomes, NeedsPerson):
            return [self._alone(one) for one in messages]
        return [Answered(one, outcomes, None) for one in messages]

    def _alone(self, message: Outgoing) -> Answered:
        reply = self._exchanged(Act.MESSAGE, message, message.payload)
        now = self._clock()
        if isinstance(reply, Silence):
            return Answered(message, undelivered(now, reply), None)
        outcome = classify(reply.status, reply.headers, reply.body, now)
        if not speaks_of(outcome, message_id=message.id, sha256=message.sha256):
            outcome = answered_for_another(now)
        return Answered(message, outcome, reply)

    def _batch(self, messages: Sequence[Outgoing]) -> Reply | Silence:
        packed = batch([one.payload for one in messages])
        if self._packs:
            reply = self._exchanged(Act.BATCH, messages[0], packed, packed=True)
            if isinstance(reply, Silence) or reply.status != HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
                return reply
            self._packs = False  # as it will say of the next one
        return self._exchanged(Act.BATCH, messages[0], plain(packed))

    def _exchanged(
        self, act: Act, first: Outgoing, content: bytes, *, packed: bool = False
    ) -> Reply | Silence:
        request = Request(
            act=act,
            id=first.id,
            content=content,
            at=self._clock(),
            deadline_s=self._manner.deadline_s,
            packed=packed,
        )
        dialect: Dialect = Numbered(first.facility) if self._manner.numbered else DIRECT
        reply = self._line.call(dialect.call(request))
        return reply if isinstance(reply, Silence) else dialect.read(request, reply)


class _Results(codec.Tolerant, frozen=True):
    results: tuple[codec.Raw, ...]


def _spoken(reply: Reply) -> list[Reply]:
    """Part a batch's answer into one reply a message, as each would have been answered alone."""
    said = codec.decode(reply.body, _Results)
    return [replace(reply, headers={}, body=bytes(one)) for one in said.results]


def _answered(message: Outgoing, outcome: Outcome, reply: Reply) -> Answered:
    match outcome:
        case Accepted():
            return Answered(message, outcome, replace(reply, status=int(HTTPStatus.OK)))
        case NeedsPerson():
            status = int(HTTPStatus.UNPROCESSABLE_ENTITY)
            return Answered(message, outcome, replace(reply, status=status))
        case RetryAt(reason=Reason(code="OUT_OF_ORDER")):
            return Answered(message, outcome, replace(reply, status=int(HTTPStatus.CONFLICT)))
        case _:
            return Answered(message, outcome, None)
