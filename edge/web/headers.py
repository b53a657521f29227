"""The rim of every request: a known host, a bounded body, headers that keep browsers strict.

Pure ASGI, so that an event stream flows through untouched. Knows no caller (see ``security``).
"""

import re
from collections.abc import Mapping
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.web.problems import Problem, problem_of

BODY_BYTES_MAX = 256 * 1024

_POLICY = "; ".join(
    (
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("script", "style", "img", "connect", "font")),
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_SAFE = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?", re.IGNORECASE)
_UNKNOWN_HOST = Problem(
    status=HTTPStatus.BAD_REQUEST,
    code="HOST_UNKNOWN",
    detail="访问所用的地址未登记",
    detail_en="this address of the service is not registered",
    next_action="改用登记的地址，或请信息科在 server.allowed_hosts 中登记",
    next_action_en="use a registered address, or have it added to server.allowed_hosts",
)


class SafeHeaders:
    """Adds the headers of TRUST §4; what does not say otherwise is never cached."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""

        async def safe_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_SAFE)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, safe_send)


class KnownHosts:
    """Refuses every request whose Host is not exactly one of ours (DNS rebinding).

    ``hosts`` are names without a port: the port is compared with the Origin (see ``security``).
    """

    def __init__(self, app: ASGIApp, *, hosts: frozenset[str]) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan" or _host_name(scope) in self._hosts:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await _UNKNOWN_HOST.response()(scope, receive, send)
        else:
            await send({"type": "websocket.close"})


class LimitedBody:
    """Refuses a body over its limit with 413: at once when it says its length, else when passed.

    ``larger`` gives the ends of the paths that take more, with their limits in bytes.
    """

    def __init__(
        self, app: ASGIApp, *, bytes_max: int = BODY_BYTES_MAX, larger: Mapping[str, int]
    ) -> None:
        self._app = app
        self._bytes_max = bytes_max
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit(scope["path"])
        if _said_length(scope) > limit:
            await problem_of(_too_large()).response()(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise _too_large()
            return message

        await self._app(scope, counted, send)

    def _limit(self, path: str) -> int:
        larger = (limit for end, limit in self._larger.items() if path.endswith(end))
        return max(larger, default=self._bytes_max)


def _host_name(scope: Scope) -> str:
    matched = _HOST.fullmatch(Headers(scope=scope).get("host", ""))
    return matched["name"].lower() if matched else ""


def _said_length(scope: Scope) -> int:
    said = Headers(scope=scope).get("content-length", "")
    return int(said) if said.isascii() and said.isdigit() else 0


def _too_large() -> HTTPException:
    return HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
