"""The one HTTP client: asks about a person, hands over messages, asks what became of them.

Decides nothing about retries, order or storage, and keeps nothing. Inside, the calls run on an
event loop in a thread of its own: only there can one deadline cut a call short wherever it hangs,
in the name look-up, the TLS handshake or an answer that drips in byte by byte.
"""

import asyncio
import ipaddress
import ssl
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx2

from sync.card_key import CardKeyAnswer, CardKeyQuestion, read_card_key, sign_card_key
from sync.e_card import CardHolder, CodeQuestion, read_holder, refused, sign_code, unresolved
from sync.envelope import SigningKey, digest
from sync.errors import PlatformMisplaced, PlatformUnreachable, PlatformUnsure, Reason
from sync.lists.offer import Missing, Span
from sync.outcome import (
    NeedsPerson,
    Outcome,
    Standing,
    answered_for_another,
    classify,
    classify_standing,
    not_sent,
    sent_without_answer,
    speaks_of,
    still_unknown,
)
from sync.question import Answer, Question, read_answer, sign_question, unreachable, unsure

_SIGNED = {"content-type": "application/jose"}
ANSWER_BYTES_MAX = 2 * 1024 * 1024
CONNECTIONS_MAX = 8


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds in all for one call, from name look-up to the last byte of the answer."""

    ask_s: float = 1.0
    deliver_s: float = 10.0


class Platform:
    """The far end. Thread-safe; close it when done (it is its own context manager).

    ``tls`` carries the facility's client certificate and the platform's CA when they are not the
    system's. Proxies and credentials from the environment are never used.

    Raises:
        PlatformMisplaced: ``base_url`` is not https, and not this machine.
    """

    def __init__(
        self,
        base_url: str,
        *,
        facility: str,
        key: SigningKey,
        clock: Callable[[], datetime],
        deadlines: Deadlines = Deadlines(),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        _require_private(base_url)
        self._facility = facility
        self._key = key
        self._clock = clock
        self._deadlines = deadlines
        self._line = _Line(_client(base_url, tls))

    def ask(self, question: Question) -> Answer:
        """Ask about one person, within ``Deadlines.ask_s`` in all.

        Raises:
            PlatformUnreachable: no answer in time, or the platform cannot answer anybody now.
            PlatformUnsure: it answers, but not this question, or it does not know the person.
        """
        signed = sign_question(question, self._facility, self._key)
        call = _Call("POST", "/v1/verifications", signed, self._deadlines.ask_s)
        reply = self._line.call(call)
        if isinstance(reply, _Silence):
            raise PlatformUnreachable(unreachable(reply.what))
        if reply.status == httpx2.codes.OK:
            return read_answer(reply.body, question)
        raise self._not_answered(reply)

    def resolve(self, question: CodeQuestion) -> CardHolder:
        """Ask whose e-card showed a code, within ``Deadlines.ask_s`` in all. A code counts once.

        Raises:
            CodeRefused: E_CARD_USED, E_CARD_EXPIRED, E_CARD_UNKNOWN.
            CodeUnresolved: no answer in time; the code may have been used up all the same.
            PlatformUnsure: it answers, but not this question.
        """
        signed = sign_code(question, self._facility, self._key)
        reply = self._line.call(_Call("POST", "/v1/credentials", signed, self._deadlines.ask_s))
        if isinstance(reply, _Silence):
            raise unresolved(reply.what)
        if reply.status == httpx2.codes.OK:
            return read_holder(reply.body, question)
        outcome = classify(reply.status, reply.headers, reply.body, self._clock())
        if isinstance(outcome, NeedsPerson):
            reason = outcome.reason
            raise refused(reason.code, reason.text, reason.text_en)
        raise unresolved(f"HTTP {reply.status}")

    def card_key(self, question: CardKeyQuestion) -> CardKeyAnswer:
        """Ask what a 3.0 card's key makes of its challenges, within ``Deadlines.ask_s`` in all.

        Raises:
            PlatformUnreachable: no answer in time, or the platform cannot answer anybody now.
            PlatformUnsure: it answers, but not this question, or holds no key for this card.
        """
        signed = sign_card_key(question, self._facility, self._key)
        reply = self._line.call(_Call("POST", "/v1/card-keys", signed, self._deadlines.ask_s))
        if isinstance(reply, _Silence):
            raise PlatformUnreachable(unreachable(reply.what))
        if reply.status == httpx2.codes.OK:
            return read_card_key(reply.body, question)
        raise self._not_answered(reply)

    def deliver(self, message_id: str, payload: bytes) -> Outcome:
        """Hand over one signed message, as it is, and read what became of it."""
        call = _Call("POST", "/v1/messages", payload, self._deadlines.deliver_s)
        reply = self._line.call(call)
        now = self._clock()
        if isinstance(reply, _Silence):
            return sent_without_answer(now, reply.what) if reply.sent else not_sent(now, reply.what)
        outcome = classify(reply.status, reply.headers, reply.body, now)
        ours = speaks_of(outcome, message_id=message_id, sha256=digest(payload))
        return outcome if ours else answered_for_another(now)

    def status_of(self, message_id: str, payload: bytes) -> Standing:
        """Ask what became of a message that was sent and not answered."""
        path = f"/v1/messages/{quote(message_id, safe='')}"
        reply = self._line.call(_Call("GET", path, b"", self._deadlines.deliver_s))
        now = self._clock()
        if isinstance(reply, _Silence):
            return still_unknown(not_sent(now, reply.what))
        standing = classify_standing(reply.status, reply.headers, reply.body, now)
        ours = speaks_of(standing, message_id=message_id, sha256=digest(payload))
        return standing if ours else answered_for_another(now)

    def fetch(self, path: str, span: Span | None) -> bytes:
        """Return a published file, or a span of it: at most ``ANSWER_BYTES_MAX`` at a time.

        Raises:
            Missing: there is no such file.
            PlatformUnreachable: no answer in time, or not what was asked for.
        """
        headers = {"range": f"bytes={span.first}-{span.last}"} if span else {}
        reply = self._line.call(_Call("GET", path, b"", self._deadlines.deliver_s, headers))
        if isinstance(reply, _Silence):
            raise PlatformUnreachable(unreachable(reply.what))
        if reply.status == httpx2.codes.NOT_FOUND:
            raise Missing(path)
        wanted = httpx2.codes.PARTIAL_CONTENT if span else httpx2.codes.OK
        if reply.status != wanted:
            raise PlatformUnreachable(unreachable(f"HTTP {reply.status}"))
        return reply.body

    def close(self) -> None:
        """Cut what is under way and close every connection."""
        self._line.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _not_answered(self, reply: "_Reply") -> PlatformUnsure | PlatformUnreachable:
        outcome = classify(reply.status, reply.headers, reply.body, self._clock())
        if isinstance(outcome, NeedsPerson):
            return PlatformUnsure(unsure(outcome.reason.text, outcome.reason.text_en))
        return PlatformUnreachable(unreachable(f"HTTP {reply.status}"))


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    path: str
    content: bytes
    deadline_s: float
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Silence:
    """No answer; ``sent`` when the first byte of the request may have left."""

    sent: bool
    what: str


class _Line:
    """The event loop in its thread, and the client that lives on it."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client
        self._guard = Lock()
        self._closed = False
        self._calls: set[asyncio.Task[_Reply | _Silence]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="platform-line", daemon=True)
        self._thread.start()

    def call(self, call: _Call) -> _Reply | _Silence:
        with self._guard:
            if self._closed:
                return _Silence(sent=False, what="closed")
            answer = asyncio.run_coroutine_threadsafe(self._tracked(call), self._loop)
        try:
            return answer.result()
        except CancelledError:
            return _Silence(sent=True, what="closed")

    def close(self) -> None:
        with self._guard:
            if self._closed:
                return
            self._closed = True
            hung_up = asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop)
        hung_up.result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _tracked(self, call: _Call) -> _Reply | _Silence:
        exchange = asyncio.ensure_future(self._exchange(call))
        self._calls.add(exchange)
        exchange.add_done_callback(self._calls.discard)
        return await exchange

    async def _exchange(self, call: _Call) -> _Reply | _Silence:
        sent = False

        async def watch(event: str, _info: Mapping[str, Any]) -> None:
            nonlocal sent
            sent = sent or event.endswith("send_request_headers.started")

        request = self._client.build_request(
            call.method,
            call.path,
            content=call.content,
            headers={**call.headers, **(_SIGNED if call.content else {})},
            timeout=call.deadline_s,
            extensions={"trace": watch},
        )
        try:
            async with asyncio.timeout(call.deadline_s):
                return await self._reply(request)
        except (httpx2.HTTPError, httpx2.StreamError, OSError) as lost:
            return _Silence(sent=sent, what=type(lost).__name__)

    async def _reply(self, request: httpx2.Request) -> _Reply:
        response = await self._client.send(request, stream=True)
        try:
            return _Reply(response.status_code, dict(response.headers), await _bounded(response))
        finally:
            await response.aclose()

    async def _hang_up(self) -> None:
        # Only our own tasks: those that the client made inside them are the client's to end.
        under_way = tuple(self._calls)
        for exchange in under_way:
            exchange.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        await self._client.aclose()


def _client(base_url: str, tls: ssl.SSLContext | None) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        base_url=base_url,
        verify=tls or True,
        trust_env=False,
        follow_redirects=False,
        limits=httpx2.Limits(max_connections=CONNECTIONS_MAX),
        headers={"accept": "application/json", "accept-encoding": "identity"},
    )


async def _bounded(response: httpx2.Response) -> bytes:
    """Return the body, or nothing when it is packed (we asked for plain) or too large."""
    if "content-encoding" in response.headers:
        return b""
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > ANSWER_BYTES_MAX:
            return b""
    return bytes(body)


def _require_private(base_url: str) -> None:
    """Identities travel only over TLS, or not off this machine at all."""
    try:
        url = httpx2.URL(base_url)
    except httpx2.InvalidURL as wrong:
        raise PlatformMisplaced(_BAD_ADDRESS) from wrong
    if not (url.scheme == "https" and url.host) and not (
        url.scheme == "http" and _is_this_machine(url.host)
    ):
        raise PlatformMisplaced(_BAD_ADDRESS)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


_BAD_ADDRESS = Reason(
    code="PLATFORM_ADDRESS",
    text="平台地址不可用：必须是 https 地址（本机除外）",
    text_en="the platform's address cannot be used: it must be https, except on this machine",
    next_action="在 site.toml 中改正 platform.url",
    next_action_en="correct platform.url in site.toml",
)
