"""HTTP itself: one call, one reply or silence, within one deadline. Knows no message.

The one importer of ``httpx2`` in ``sync``, which comes with the first call. The calls run on an
event loop in a thread of its own: only there can one deadline cut a call short wherever it hangs,
in the name look-up, the TLS handshake or an answer that drips in byte by byte.
"""

import asyncio
import ipaddress
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import SplitResult, urlsplit

from sync.errors import PlatformMisplaced, Reason
from sync.frame import Unpackable, plain
from sync.looped import Ended, Looped
from sync.tls import certificate_refused, untrusted

if TYPE_CHECKING:
    import httpx2

ANSWER_BYTES_MAX = 2 * 1024 * 1024
CONNECTIONS_MAX = 8
ZSTD = "zstd"


class Cause(Enum):
    """Why there was no answer, where that is known."""

    NETWORK = "network"
    PLATFORM_CERTIFICATE = "platform_certificate"
    OUR_CERTIFICATE = "our_certificate"
    CIRCUIT = "circuit"
    STOPPED = "stopped"
    """We hung up ourselves: it says nothing of the platform."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request. ``deadline_s`` is for all of it, from name look-up to the last byte."""

    method: str
    path: str
    content: bytes
    deadline_s: float
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. Names of headers are lower case; ``body`` is empty when it was too large."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer; ``sent`` when the first byte of the request may have left."""

    sent: bool
    what: str
    cause: Cause = Cause.NETWORK


class Caller(Protocol):
    """What makes calls: this machine's own line, or somebody who is asked to make them."""

    def call(self, call: Call) -> Reply | Silence:
        """Make one call and wait for what becomes of it."""

    def close(self) -> None:
        """Cut what is under way."""


class Line:
    """The event loop in its thread, and the client that lives on it. Thread-safe.

    Raises:
        PlatformMisplaced: ``base_url`` is not https, and not this machine.
    """

    def __init__(self, base_url: str, tls: ssl.SSLContext | None) -> None:
        self._url = _private(base_url)
        self._tls = tls
        self._client: httpx2.AsyncClient | None = None  # of the loop's thread alone
        self._looped = Looped("platform-line")

    def call(self, call: Call) -> Reply | Silence:
        """Make one call and wait for what becomes of it."""
        try:
            return self._looped.run(self._exchange(call))
        except Ended as ended:
            return Silence(sent=ended.begun, what="closed", cause=Cause.STOPPED)

    def close(self) -> None:
        """Cut what is under way and close every connection."""
        self._looped.close(self._cut)

    async def _cut(self) -> None:
        if self._client:
            await self._client.aclose()

    async def _exchange(self, call: Call) -> Reply | Silence:
        try:
            import httpx2  # noqa: PLC0415 - a twentieth of a start, for the first call

            client = self._client = self._client or _client(self._url, self._tls)
        except OSError as ours:  # no more files may be open
            return Silence(sent=False, what=type(ours).__name__)
        sent = False

        async def watch(event: str, _info: Mapping[str, Any]) -> None:
            nonlocal sent
            sent = sent or event.endswith("send_request_headers.started")

        request = client.build_request(
            call.method,
            call.path,
            content=call.content,
            headers=call.headers,
            timeout=call.deadline_s,
            extensions={"trace": watch},
        )
        try:
            async with asyncio.timeout(call.deadline_s):
                try:
                    return await _reply(client, request)
                except (httpx2.HTTPError, httpx2.StreamError, OSError) as lost:
                    timed_out = isinstance(lost, httpx2.TimeoutException)
                    cause = await self._cause(lost, begun=sent and not timed_out)
                    return Silence(sent, type(lost).__name__, cause)
        except TimeoutError:
            return Silence(sent, "TimeoutError")

    async def _cause(self, lost: Exception, *, begun: bool) -> Cause:
        """Tell a certificate that one side does not accept from a line that fails."""
        if untrusted(lost):
            return Cause.PLATFORM_CERTIFICATE
        if begun and self._tls:
            host, port = str(self._url.hostname), self._url.port or 443
            if await certificate_refused(host, port, self._tls):
                return Cause.OUR_CERTIFICATE
        return Cause.NETWORK


def _client(base_url: SplitResult, tls: ssl.SSLContext | None) -> "httpx2.AsyncClient":
    import httpx2  # noqa: PLC0415 - as told above

    return httpx2.AsyncClient(
        base_url=base_url.geturl(),
        verify=tls or _usual_trust(base_url),
        trust_env=False,
        follow_redirects=False,
        limits=httpx2.Limits(max_connections=CONNECTIONS_MAX),
        headers={"accept": "application/json", "accept-encoding": f"{ZSTD}, identity"},
    )


def _usual_trust(base_url: SplitResult) -> ssl.SSLContext | bool:
    # A platform on this machine is called without TLS: then every authority of the world, which
    # takes 40 ms to load, is no use.
    return base_url.scheme == "https" or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


async def _reply(client: "httpx2.AsyncClient", request: "httpx2.Request") -> Reply:
    response = await client.send(request, stream=True)
    try:
        return Reply(response.status_code, dict(response.headers), await _bounded(response))
    finally:
        await response.aclose()


async def _bounded(response: "httpx2.Response") -> bytes:
    """Return the body, or nothing when it is too large or packed in a way we did not ask for."""
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    if packing not in {"identity", ZSTD}:
        return b""
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > ANSWER_BYTES_MAX:
            return b""
    return _unpacked(bytes(body)) if packing == ZSTD else bytes(body)


def _unpacked(body: bytes) -> bytes:
    try:
        return plain(body, ANSWER_BYTES_MAX)
    except Unpackable:
        return b""


def _private(base_url: str) -> SplitResult:
    """Identities travel only over TLS, or not off this machine at all."""
    try:
        url = urlsplit(base_url)
        host, _port = url.hostname or "", url.port
    except ValueError as wrong:
        raise PlatformMisplaced(_BAD_ADDRESS, field="url") from wrong
    if not base_url.isprintable() or " " in base_url or not host:
        raise PlatformMisplaced(_BAD_ADDRESS, field="url")
    if url.scheme != "https" and not (url.scheme == "http" and _is_this_machine(host)):
        raise PlatformMisplaced(_BAD_ADDRESS, field="url")
    return url


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
