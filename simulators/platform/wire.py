"""The wire between the receiver and the edge, disturbed as the fault script says. ASGI middleware.

``down``, ``error`` and ``busy`` strike before the platform has seen the request; ``lose_ack``,
``garbage``, ``truncated``, ``huge``, ``drip`` and ``wrong_signature`` after it has done its work;
``duplicate`` and ``reorder`` change how often and when it sees it.
"""

import asyncio
import re
from contextlib import suppress
from typing import assert_never

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulators.platform.faults import LIST_FAULT, Fault, Faults, Place
from sync.dialect import Act
from sync.numbered import PATH, TRANSACTIONS

HUGE_BYTES = 4 * 1024 * 1024
_HUGE_PIECE = 64 * 1024
_PLACES: dict[str, Place] = {
    "/v1/messages": "messages",
    "/v1/batches": "messages",
    "/v1/verifications": "verifications",
    "/v1/credentials": "credentials",
    "/v1/card-keys": "card_keys",
    "/v1/recollections": "recollections",
    "/v1/standings": "status",
    "/v1/inbox": "inbox",
    f"{PATH}/{TRANSACTIONS[Act.MESSAGE]}": "messages",
    f"{PATH}/{TRANSACTIONS[Act.STATUS]}": "status",
    f"{PATH}/{TRANSACTIONS[Act.VERIFICATION]}": "verifications",
    f"{PATH}/{TRANSACTIONS[Act.CREDENTIAL]}": "credentials",
    f"{PATH}/{TRANSACTIONS[Act.CARD_KEY]}": "card_keys",
    f"{PATH}/{TRANSACTIONS[Act.RECOLLECTION]}": "recollections",
    f"{PATH}/{TRANSACTIONS[Act.INBOX]}": "inbox",
}
REORDER_S_MAX = 1.0
"""How long a request waits to be overtaken, when the script says nothing."""
# The hexadecimal signatures of a list's metadata; the third part of a JWS.
_SIGNATURE = re.compile(rb'("sig": ?"|[\w-]{8,}\.[\w-]{8,}\.)([\w-])')
_GARBAGE = "<html>系统维护中</html>".encode()


class DisturbedWire:
    """Passes requests on, unless a fault strikes."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults
        self._overtaken = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        place = _place(scope)
        fault = self._faults.strike(place) if place else None
        if fault is None:
            await self._app(scope, receive, send)
            self._overtaken.set()
        else:
            await self._disturb(fault, scope, receive, send)

    async def _disturb(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        match fault.do:
            case "down":
                await _hang_up(scope, receive)
            case "error":
                await _respond(send, fault.status, b"simulated fault")
            case "busy":
                await _respond(send, 429, b"", retry_after=fault.retry_after)
            case "delay":
                await asyncio.sleep(fault.seconds)
                await self._app(scope, receive, send)
            case "duplicate" | "reorder":
                await self._rearrange(fault, scope, receive, send)
            case "stale_list" | "rolled_back_list":
                await self._app({**scope, LIST_FAULT: fault.do}, receive, send)
            case "lose_ack" | "garbage" | "truncated" | "huge" | "drip" | "wrong_signature":
                answer = _Answer()
                await self._app(scope, receive, answer.take)
                await _spoil(fault, answer, scope, receive, send)
            case _:
                assert_never(fault.do)

    async def _rearrange(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        """Bring the request twice, or after a later one."""
        request = await _whole(receive)
        if fault.do == "duplicate":
            await self._app(scope, _again(request), _Answer().take)
        else:
            self._overtaken.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._overtaken.wait(), fault.seconds or REORDER_S_MAX)
        await self._app(scope, _again(request), send)


async def _whole(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


def _again(body: bytes) -> Receive:
    """Return what brings the same request once more."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


class _Answer:
    """The undisturbed answer, held back."""

    def __init__(self) -> None:
        self.start: Message = {}
        self.body = b""

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.body += message.get("body", b"")


async def _spoil(fault: Fault, answer: _Answer, scope: Scope, receive: Receive, send: Send) -> None:
    match fault.do:
        case "garbage":
            await _respond(send, 200, _GARBAGE)
        case "huge":
            await _flood(send)
        case "truncated":
            await send(answer.start)
            await send(_piece(answer.body[: len(answer.body) // 2]))
            await _hang_up(scope, receive, after_sending=True)
        case "drip":
            await _drip(fault.seconds, answer, send)
        case "wrong_signature":
            await send(answer.start)
            await send(_piece(_forged(answer.body), more=False))
        case _:
            await _hang_up(scope, receive)


def _forged(body: bytes) -> bytes:
    """Change the first character of every signature in an answer; its length stays."""

    def other(found: re.Match[bytes]) -> bytes:
        return found[1] + (b"1" if found[2] == b"0" else b"0")

    return _SIGNATURE.sub(other, body)


async def _flood(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(HUGE_BYTES // _HUGE_PIECE):
        await send(_piece(b" " * _HUGE_PIECE))
    await send(_piece(b"", more=False))


async def _drip(seconds: float, answer: _Answer, send: Send) -> None:
    await send(answer.start)
    for place in range(len(answer.body)):
        await asyncio.sleep(seconds)
        await send(_piece(answer.body[place : place + 1]))
    await send(_piece(b"", more=False))


async def _respond(send: Send, status: int, body: bytes, *, retry_after: str = "") -> None:
    headers = [(b"content-length", str(len(body)).encode())]
    if retry_after:
        headers.append((b"retry-after", retry_after.encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send(_piece(body, more=False))


async def _hang_up(scope: Scope, receive: Receive, *, after_sending: bool = False) -> None:
    """Drop the connection: at once with a reset, or once what was sent has left."""
    transport: asyncio.Transport = scope["state"]["transport"]
    if after_sending:
        transport.close()
    else:
        transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass


def _piece(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


def _place(scope: Scope) -> Place | None:
    if scope["type"] != "http":
        return None
    path: str = scope["path"]
    if path.startswith("/v1/lists/"):
        return "list_release" if path.endswith("/timestamp.json") else "lists"
    return _PLACES.get(path)
