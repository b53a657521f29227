"""Streams: publish, fetch and acknowledge, ask and answer. Knows no message.

The one importer of ``nats``. The client runs on an event loop in a thread of its own, as
``sync.line`` does; every method here waits for what becomes of the call, within a deadline. A call
made while there is no connection is never kept to be sent later: what waits, waits in the outbox.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error, MaxPayloadError, NoRespondersError, OutboundBufferLimitError

from sync import codec
from sync.line import Cause, Silence
from sync.looped import Ended, Looped
from sync.pull import Pull
from sync.stream_api import (
    UNREADABLE,
    Ack,
    ConsumerInfo,
    KeptMessage,
    Refused,
    StreamInfo,
    api,
    consumer_config,
    numbers_of,
    stream_config,
    told,
)
from sync.streams import (
    TOO_LARGE,
    Address,
    Asked,
    Outgoing,
    PubAck,
    PullPlan,
    StreamPlan,
)

__all__ = ["TOO_LARGE", "Address", "Asked", "Delivery", "Outgoing", "PubAck", "Stream"]

T = TypeVar("T")

PUBLISH_S, DECLARE_S = 5.0, 10.0
ANSWERERS = 8
_CONNECT_S, _AGAIN_S, _PING_S, _GRACE_S = 2, 1, 10, 1.0
_MESSAGE_ID = "Nats-Msg-Id"


class Delivery:
    """One message of a stream, ours until it is acknowledged or its time is over.

    ``times`` is how often it has been delivered, this time included.
    """

    def __init__(self, message: Msg, run: "Callable[[Coroutine[Any, Any, None]], object]") -> None:
        self._message = message
        self._run = run
        self.acked = message.ack
        self.subject: str = message.subject
        self.headers: Mapping[str, str] = message.headers or {}
        self.body: bytes = message.data
        self.times, self.sequence = numbers_of(message.reply)

    def ack(self) -> None:
        """Say that it is done with. One that the server does not hear of comes again."""
        self._run(self._message.ack())

    def nak(self, delay_s: float | None = None) -> None:
        """Give it back, to come again at once, or after a while."""
        self._run(self._message.nak(delay=delay_s))


Handler = Callable[[Asked], bytes | None]


class Stream:
    """A connection to the stream servers, made when first needed and kept up. Thread-safe.

    Close it when done.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._trouble = ""
        self._client = Client()
        self._connecting: asyncio.Task[None] | None = None
        self._up = asyncio.Event()
        self._pulls: dict[str, Pull[Msg]] = {}
        self._answerers = ThreadPoolExecutor(ANSWERERS, "stream-answer")
        self._looped = Looped("stream")

    def publish(
        self, subject: str, body: bytes, message_id: str, deadline_s: float = PUBLISH_S
    ) -> PubAck | Silence:
        """Have one message kept, and wait until the stream says that it is."""
        [what] = self.publish_all(
            [Outgoing(subject=subject, body=body, message_id=message_id)], deadline_s
        )
        return what

    def publish_all(
        self, messages: Sequence[Outgoing], deadline_s: float = PUBLISH_S
    ) -> list[PubAck | Silence]:
        """Have several kept, side by side; what became of each, in order."""

        async def all_of_them() -> list[PubAck | Silence]:
            return await asyncio.gather(*(self._published(one, deadline_s) for one in messages))

        answers = self._run(all_of_them())
        return [answers] * len(messages) if isinstance(answers, Silence) else answers

    def request(self, subject: str, body: bytes, deadline_s: float) -> bytes | Silence:
        """Ask whoever answers on a subject; a question that nobody hears now is not kept."""
        return self._run(self._requested(subject, body, deadline_s))

    def fetch(
        self, pull: PullPlan, *, batch: int, wait_s: float, domain: str = "", ahead: bool = False
    ) -> list[Delivery] | Silence:
        """Take up to ``batch`` messages of a durable consumer; none when none came in time.

        ``ahead``: while a full batch is worked on, the next one comes; ``close`` gives it back.
        """
        return self._run(self._fetched(pull, batch, wait_s, domain, ahead=ahead))

    def ack_all(self, deliveries: Sequence[Delivery]) -> Silence | None:
        """Say of several at once that they are done with."""

        async def all_of_them() -> None:
            for one in deliveries:
                await one.acked()

        return self._run(all_of_them())

    def serve(self, subject: str, queue: str, handler: Handler) -> Silence | None:
        """Answer what is asked on a subject, with others of the same ``queue``; from now on.

        ``handler`` runs in one of a few threads; where it returns None, who asks waits in vain.
        Once begun, a lost connection does not end it.
        """
        return self._run(self._served(subject, queue, handler))

    def declare(self, *plans: StreamPlan | PullPlan, domain: str = "") -> Silence | None:
        """See to it that these streams and consumers stand, made anew or changed as planned."""
        return self._run(self._declared(plans, domain))

    def held(self, stream: str, *, domain: str = "") -> int | Silence:
        """Return how many messages a stream holds."""
        return self._run(self._held(stream, domain))

    def waiting(self, pull: PullPlan, *, domain: str = "") -> int | Silence:
        """Return how many messages a durable consumer has yet to hand out or hear of again."""
        return self._run(self._waiting(pull, domain))

    def stands(self, stream: str) -> StreamInfo | Silence:
        """Return how a stream of this very server stands."""
        return self._run(self._asked("", f"STREAM.INFO.{stream}", b"", StreamInfo))

    def read_of(self, pull: PullPlan) -> ConsumerInfo | Silence:
        """Return how a durable consumer of this very server stands."""
        what = f"CONSUMER.INFO.{pull.stream}.{pull.durable}"
        return self._run(self._asked("", what, b"", ConsumerInfo))

    def kept_since(self, stream: str, sequence: int) -> datetime | Silence:
        """Return when a message of this very server's stream came."""
        asked = codec.encode({"seq": sequence})
        told = self._run(self._asked("", f"STREAM.MSG.GET.{stream}", asked, KeptMessage))
        return told if isinstance(told, Silence) else told.message.time

    def version(self) -> str | Silence:
        """Return the server's release."""
        return self._run(self._version())

    def payload_max(self) -> int | None:
        """Return how many bytes the server takes in one message, once there is a connection."""
        return self._client.max_payload if self._client.is_connected else None

    def connected(self) -> bool:
        """Tell whether there is a connection now."""
        return bool(self._client.is_connected)

    def trouble(self) -> str:
        """Return what the connection last failed of; empty when it did not."""
        return self._trouble

    def close(self) -> None:
        """Cut what is under way and end the connection."""
        self._looped.close(self._hang_up)
        self._answerers.shutdown(wait=False, cancel_futures=True)

    def _run(self, what: Coroutine[Any, Any, T]) -> T | Silence:
        """Run one call; what the client raises is silence."""
        try:
            return self._looped.run(what)
        except Ended as ended:
            return Silence(sent=ended.begun, what="closed", cause=Cause.STOPPED)
        except _LOST as lost:
            return _silence(lost)

    async def _connected(self, wait_s: float) -> None:
        """Wait for the connection; making it goes on when the wait ends.

        Raises:
            OutboundBufferLimitError: there is none now.
        """
        if self._connecting is None or _failed(self._connecting):
            self._connecting = self._looped.start(self._connect())
        if not self._client.is_connected:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._up.wait()
        if not self._client.is_connected:
            raise OutboundBufferLimitError

    async def _connect(self) -> None:
        address = self._address
        await self._client.connect(
            list(address.servers),
            name=address.name,
            user=address.user,
            password=address.password,
            tls=address.tls,
            inbox_prefix=address.inbox,
            error_cb=self._note_trouble,
            disconnected_cb=self._note_down,
            reconnected_cb=self._note_up,
            pending_size=0,  # what cannot be sent now is told, not kept for later
            reconnect_time_wait=_AGAIN_S,
            connect_timeout=_CONNECT_S,
            max_reconnect_attempts=-1,
            ping_interval=_PING_S,
        )
        await self._note_up()

    async def _note_up(self) -> None:
        self._trouble = ""
        self._up.set()

    async def _note_down(self) -> None:
        self._up.clear()

    async def _note_trouble(self, trouble: Exception) -> None:
        self._trouble = str(trouble)[:_TROUBLE_LENGTH_MAX] or type(trouble).__name__

    async def _published(self, one: Outgoing, deadline_s: float) -> PubAck | Silence:
        try:
            await self._connected(_CONNECT_S)
            if len(one.body) + _HEADERS_MAX > self._client.max_payload:
                raise MaxPayloadError  # the server would hang up: its limit counts the headers
            headers = {_MESSAGE_ID: one.message_id}
            reply = await self._client.request(one.subject, one.body, deadline_s, headers=headers)
            ack = told(reply.data, Ack)
        except _LOST as lost:
            return _silence(lost)
        return PubAck(ack.stream, ack.seq, ack.duplicate)

    async def _requested(self, subject: str, body: bytes, deadline_s: float) -> bytes:
        begun = time.monotonic()
        await self._connected(deadline_s)
        left_s = deadline_s - (time.monotonic() - begun)
        return (await self._client.request(subject, body, timeout=left_s)).data

    async def _fetched(
        self, pull: PullPlan, batch: int, wait_s: float, domain: str, *, ahead: bool
    ) -> list[Delivery]:
        await self._connected(_CONNECT_S)
        subject = api(domain, f"CONSUMER.MSG.NEXT.{pull.stream}.{pull.durable}")
        if subject not in self._pulls:
            self._pulls[subject] = await self._pulled(subject)
        messages = await self._pulls[subject].take(batch, wait_s, ahead=ahead)
        return [Delivery(message, self._run) for message in messages]

    async def _pulled(self, subject: str) -> Pull[Msg]:
        async def ask(body: bytes, reply: str) -> None:
            await self._client.publish(subject, body, reply=reply)

        inbox = self._client.new_inbox()
        pull = Pull[Msg](ask, inbox)
        await self._client.subscribe(f"{inbox}.*", cb=pull.hear)
        return pull

    async def _served(self, subject: str, queue: str, handler: Handler) -> None:
        await self._connected(_CONNECT_S)

        async def answer(message: Msg, came_at: float) -> None:
            try:
                body = await self._looped.loop.run_in_executor(
                    self._answerers, _answered, handler, message, came_at
                )
                if body is not None:
                    await message.respond(body)
            except Exception as wrong:  # noqa: BLE001 - who asked waits in vain; others are heard
                self._trouble = _named(wrong)

        async def hear(message: Msg) -> None:
            self._looped.start(answer(message, time.monotonic()))

        await self._client.subscribe(subject, queue=queue, cb=hear)
        await self._client.flush()

    async def _declared(self, plans: Sequence[StreamPlan | PullPlan], domain: str) -> None:
        for plan in plans:
            if isinstance(plan, PullPlan):
                what = f"CONSUMER.DURABLE.CREATE.{plan.stream}.{plan.durable}"
                await self._declared_as(domain, what, consumer_config(plan))
                continue
            try:
                await self._declared_as(domain, f"STREAM.CREATE.{plan.name}", stream_config(plan))
            except Refused as wrong:
                if wrong.code != _STANDS_OTHERWISE:
                    raise
                await self._declared_as(domain, f"STREAM.UPDATE.{plan.name}", stream_config(plan))

    async def _declared_as(self, domain: str, what: str, config: object) -> None:
        await self._asked(domain, what, codec.encode(config), dict)

    async def _held(self, stream: str, domain: str) -> int:
        return (await self._asked(domain, f"STREAM.INFO.{stream}", b"", StreamInfo)).state.messages

    async def _waiting(self, pull: PullPlan, domain: str) -> int:
        what = f"CONSUMER.INFO.{pull.stream}.{pull.durable}"
        info = await self._asked(domain, what, b"", ConsumerInfo)
        return info.num_pending + info.num_ack_pending

    async def _asked(self, domain: str, what: str, body: bytes, shape: type[T]) -> T:
        """Ask the server about its streams; raises what the client raises, or Refused."""
        await self._connected(_CONNECT_S)
        reply = await self._client.request(api(domain, what), body, DECLARE_S)
        return told(reply.data, shape)

    async def _version(self) -> str:
        await self._connected(_CONNECT_S)
        told = self._client.connected_server_version
        return f"{told.major}.{told.minor}.{told.patch}"

    async def _hang_up(self) -> None:
        if self._connecting is None:
            return
        with suppress(*_LOST):
            for message in [one for pull in self._pulls.values() for one in pull.left()]:
                await message.nak()
        with suppress(*_LOST):
            async with asyncio.timeout(_GRACE_S):
                await self._client.close()


_LOST = (Error, OSError, TimeoutError, Refused)
_UNSENT = (OutboundBufferLimitError, NoRespondersError, MaxPayloadError, Refused)
_HEADERS_MAX, _STANDS_OTHERWISE, _TROUBLE_LENGTH_MAX = 512, 10058, 200


def _failed(task: asyncio.Task[None]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


def _silence(lost: BaseException) -> Silence:
    unread = isinstance(lost, Refused) and lost.code == UNREADABLE  # it may have acknowledged
    return Silence(sent=unread or not isinstance(lost, _UNSENT), what=_named(lost))


def _named(lost: BaseException) -> str:
    if isinstance(lost, OutboundBufferLimitError):
        return "no connection"
    return (isinstance(lost, Refused) and str(lost)) or type(lost).__name__


def _answered(handler: Handler, message: Msg, came_at: float) -> bytes | None:
    waited_s = time.monotonic() - came_at
    return handler(Asked(subject=message.subject, body=message.data, waited_s=waited_s))
