"""The wire between the receiver and the edge, disturbed as the fault script says. ASGI middleware.

``down``, ``error`` and ``busy`` strike before the platform has seen the request; ``lose_ack``,
``garbage``, ``truncated``, ``huge`` and ``drip`` strike after it has done its work.
"""

import asyncio
from typing import assert_never

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulators.platform.faults import Fault, Faults, Place

HUGE_BYTES = 4 * 1024 * 1024
_HUGE_PIECE = 64 * 1024
_PLACES: dict[str, Place] = {
    "/v1/messages": "messages",
    "/v1/batches": "messages",
    "/v1/verifications": "verifications",
    "/v1/credentials": "credentials",
    "/v1/card-keys": "card_keys",
    "/v1/recollections": "recollections",
    "/v1/inbox": "inbox",
}
_GARBAGE = "<html>系统维护中</html>".encode()


class DisturbedWire:
    """Passes requests on, unless a fault strikes."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        place = _place(scope)
        fault = self._faults.strike(place) if place else None
        if fault is None:
            await self._app(scope, receive, send)
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
            case "lose_ack" | "garbage" | "truncated" | "huge" | "drip":
                answer = _Answer()
                await self._app(scope, receive, answer.take)
                await _spoil(fault, answer, scope, receive, send)
            case _:
                assert_never(fault.do)


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
        case _:
            await _hang_up(scope, receive)


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
    if path.startswith("/v1/messages/"):
        return "status"
    if path.startswith("/v1/lists/"):
        return "lists"
    return _PLACES.get(path)
