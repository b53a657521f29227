"""The gateway of a campus of a group: what the relay hands over goes into the campus's own stream.

Publishes the signed bytes as they are, waits a short while for what the office heard of them, and
else leaves them on their way: asked for by their own id before anything else, as any message whose
outcome is not known. Records nothing (``sync.receipts`` and the relay do).
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Protocol

from sync import codec
from sync.errors import Reason
from sync.group import again_subject, up_subject
from sync.jws import unbase64url
from sync.line import Silence
from sync.message import Claimed
from sync.outcome import (
    BLINKS,
    NeedsPerson,
    NotReceived,
    Outcome,
    RetryAt,
    Standing,
    Unknown,
    on_its_way,
    sent_without_answer,
)
from sync.streams import TOO_LARGE, Outgoing, PubAck

RECEIPT_WAIT_S = 2.0
_COUNTED_MAX = 1000


class Publisher(Protocol):
    """What keeps messages for the office: ``sync.stream.Stream``."""

    def publish_all(self, messages: Sequence[Outgoing], /) -> Sequence[PubAck | Silence]:
        """Have several kept; what became of each, in order."""

    def close(self) -> None:
        """Cut what is under way."""


class Asks(Protocol):
    """Who can be asked what became of a message: ``sync.platform.Platform``."""

    def status_of(self, message_id: str, payload: bytes) -> Standing:
        """Ask what became of a message."""

    def close(self) -> None:
        """Cut what is under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How many messages were published, and how many receipts came, since the start."""

    published: int
    unpublished: int
    heard: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a campus publishes: ``batch_max`` messages together, whose receipts it waits for a while.

    ``leaf``: its stream server is its own. What that one has kept and the office has not received
    is published to the office's own stream then, by turns with its own.
    """

    batch_max: int = 1
    receipt_wait_s: float = RECEIPT_WAIT_S
    leaf: bool = True


class Campus:
    """The far end of a campus, as the relay needs it. Thread-safe."""

    def __init__(
        self,
        publisher: Publisher,
        asks: Asks,
        *,
        facility: str,
        clock: Callable[[], datetime],
        manner: Manner = Manner(),
    ) -> None:
        self._publisher = publisher
        self._asks = asks
        self._facility = facility
        self._clock = clock
        self._manner = manner
        self._awaited = _Awaited()
        self._refusals = _Counts()
        self._missing = _Counts()
        self._counting = threading.Lock()
        self._figures = Figures(published=0, unpublished=0, heard=0)

    @property
    def batch_max(self) -> int:
        """How many messages are published, and waited for, together."""
        return self._manner.batch_max

    def deliver(self, message_id: str, payload: bytes) -> Outcome:
        """Publish one signed message as it is; return what the office heard of it in time."""
        said = codec.decode(unbase64url(payload.split(b".")[1]), _Said)
        return self._deliver([_Message(message_id, said.order_key, payload)])[0]

    def deliver_batch(self, messages: Sequence[Claimed]) -> Sequence[Outcome]:
        """Publish several as they are, and wait for them together; outcomes in order."""
        return self._deliver([_Message(one.id, one.order_key, one.payload) for one in messages])

    def status_of(self, message_id: str, payload: bytes) -> Standing:
        """Ask, through the office, what became of a message.

        An office that gives no answer holds up nothing else: what is published waits there.
        """
        standing = self._asks.status_of(message_id, payload)
        if isinstance(standing, NeedsPerson):
            self._refusals.note(message_id)
        if isinstance(standing, NotReceived):
            self._missing.note(message_id)
        if not isinstance(standing, Unknown):
            return standing
        if standing.whole_platform or standing.reason.code in BLINKS:
            return on_its_way(self._clock())
        return standing

    def heard(self, message_id: str, outcome: Outcome) -> None:
        """Hear what became of a message: whoever waits for it goes on.

        "Not now" leaves it on its way: the office has it, and may hand it over at any moment.
        """
        self._count(heard=1)
        if isinstance(outcome, RetryAt):
            outcome = Unknown(at=outcome.at, reason=outcome.reason)
        if isinstance(outcome, NeedsPerson):
            self._refusals.note(message_id)
        self._awaited.tell(message_id, outcome)

    def close(self) -> None:
        """Cut what is under way, and wait for no receipt any more: what was published is there."""
        self._awaited.close()
        self._publisher.close()
        self._asks.close()

    def figures(self) -> Figures:
        """Return what was counted since the start."""
        with self._counting:
            return self._figures

    def _deliver(self, messages: Sequence["_Message"]) -> list[Outcome]:
        ids = [one.id for one in messages]
        with self._awaited.expecting(ids):
            acks = self._published(messages)
            kept = [one for one, ack in zip(ids, acks, strict=True) if isinstance(ack, PubAck)]
            self._count(published=len(kept), unpublished=len(ids) - len(kept))
            told = self._awaited.wait(kept, self._manner.receipt_wait_s)
        now = self._clock()
        return [
            _unpublished(now, ack) if isinstance(ack, Silence) else _received(now, told.get(one))
            for one, ack in zip(ids, acks, strict=True)
        ]

    def _published(self, messages: Sequence["_Message"]) -> list[PubAck | Silence]:
        """Publish each; what cannot reach the office's stream now waits in our own."""
        past = [self._missing.count(one.id) % 2 == 1 and self._manner.leaf for one in messages]
        forms = [self._past(one) if by else self._outgoing(one)
                 for one, by in zip(messages, past, strict=True)]  # fmt: skip
        acks = list(self._publisher.publish_all(forms))
        back = [n for n, ack in enumerate(acks)
                if past[n] and isinstance(ack, Silence) and not ack.sent]  # fmt: skip
        if back:
            kept = self._publisher.publish_all([self._outgoing(messages[n]) for n in back])
            for n, ack in zip(back, kept, strict=True):
                acks[n] = ack
        return acks

    def _outgoing(self, one: "_Message") -> Outgoing:
        """Put a message into the stream's form.

        One that was refused and is sent again is no duplicate to the stream: its id there says so.
        """
        refused = self._refusals.count(one.id)
        return Outgoing(
            subject=up_subject(self._facility, one.order_key),
            body=one.payload,
            message_id=f"{one.id}.{refused}" if refused else one.id,
        )

    def _past(self, one: "_Message") -> Outgoing:
        """Put a message into the form of the office's own stream, which never had it."""
        return Outgoing(
            subject=again_subject(self._facility, one.order_key),
            body=one.payload,
            message_id=f"{one.id}.again{self._missing.count(one.id)}",
        )

    def _count(self, *, published: int = 0, unpublished: int = 0, heard: int = 0) -> None:
        with self._counting:
            self._figures = Figures(
                published=self._figures.published + published,
                unpublished=self._figures.unpublished + unpublished,
                heard=self._figures.heard + heard,
            )


@dataclass(frozen=True, slots=True)
class _Message:
    id: str
    order_key: str
    payload: bytes


class _Said(codec.Tolerant, frozen=True):
    order_key: str


class _Awaited:
    """Messages for whose receipts somebody waits, and the receipts that came meanwhile."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._told: dict[str, Outcome | None] = {}
        self._closed = False

    def expecting(self, ids: Sequence[str]) -> "_Expecting":
        return _Expecting(self._news, self._told, ids)

    def tell(self, message_id: str, outcome: Outcome) -> None:
        with self._news:
            if message_id in self._told:
                self._told[message_id] = outcome
                self._news.notify_all()

    def wait(self, ids: Sequence[str], wait_s: float) -> Mapping[str, Outcome]:
        with self._news:
            told = partial(self._all_told, ids)
            self._news.wait_for(told, wait_s)
            return {one: heard for one in ids if (heard := self._told[one])}

    def close(self) -> None:
        with self._news:
            self._closed = True
            self._news.notify_all()

    def _all_told(self, ids: Sequence[str]) -> bool:
        return self._closed or all(self._told[one] for one in ids)


class _Expecting:
    """The time during which receipts of these messages are kept for whoever waits."""

    def __init__(
        self, news: threading.Condition, told: dict[str, Outcome | None], ids: Sequence[str]
    ) -> None:
        self._news = news
        self._told = told
        self._ids = ids

    def __enter__(self) -> None:
        with self._news:
            self._told.update(dict.fromkeys(self._ids))

    def __exit__(self, *_: object) -> None:
        with self._news:
            for one in self._ids:
                self._told.pop(one, None)


class _Counts:
    """How often something was heard of a message; the oldest are forgotten."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._counts: OrderedDict[str, int] = OrderedDict()

    def note(self, message_id: str) -> None:
        with self._guard:
            self._counts[message_id] = self._counts.pop(message_id, 0) + 1
            if len(self._counts) > _COUNTED_MAX:
                self._counts.popitem(last=False)

    def count(self, message_id: str) -> int:
        with self._guard:
            return self._counts.get(message_id, 0)


def _received(now: datetime, told: Outcome | None) -> Outcome:
    return told or on_its_way(now)


def _unpublished(now: datetime, silence: Silence) -> Outcome:
    if silence.what == TOO_LARGE:
        return RetryAt(at=now, reason=STREAM_TOO_SMALL)
    if silence.sent:
        return sent_without_answer(now, silence.what)
    reason = replace(
        STREAM_UNREACHABLE,
        text=STREAM_UNREACHABLE.text.format(silence.what),
        text_en=STREAM_UNREACHABLE.text_en.format(silence.what),
    )
    return RetryAt(at=now, reason=reason, whole_platform=True)


STREAM_UNREACHABLE = Reason(
    code="STREAM_UNREACHABLE",
    text="本院区的消息服务器不收报文（{}），报文尚未发出",
    text_en="the campus's stream server takes no message ({}); nothing was sent",
    next_action="系统会自动重发；持续出现时请信息科检查 nats-server（edge doctor）",
    next_action_en="it is sent again by itself; if this lasts, see to nats-server (edge doctor)",
)
STREAM_TOO_SMALL = Reason(
    code="STREAM_TOO_SMALL",
    text="报文超过消息服务器允许的大小，尚未发出",
    text_en="the message is larger than the stream server takes; nothing was sent",
    next_action="请信息科调高 nats-server 的 max_payload（院区与集团中心两端），之后自动发送",
    next_action_en="raise max_payload of nats-server, here and at the office; it goes by then",
)
