"""The agent's HTTP client: dials out to the service with the desk's token. Reads no card.

Nothing is queued and nothing repeated here: a call that fails is over, and what it carried is gone.
"""

import ipaddress
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import httpx2

from drivers.agent.messages import (
    ANSWER_BYTES_MAX,
    Answer,
    BadMessage,
    DevicesNow,
    Hello,
    KeyOutcome,
    Request,
    Welcome,
    decode,
    encode,
)
from drivers.agent_errors import EdgeUnreachable
from drivers.authentication import KeyAnswers, KeyRequest
from drivers.key_errors import KeyMissing

T = TypeVar("T")

_CONNECT_S_MAX = 5.0
_ANSWER_S_MAX = 10.0
_ROOM = 8
"""Calls at once: the long poll, the beat, answers, keys, and what the counter passes on."""


class NoSession(Exception):
    """The service does not know this session: it was restarted, or heard nothing for too long."""


class Turned(Exception):
    """The service turns the agent away: ``code`` is stable, ``text`` and ``next_action`` its words.

    ``final``: trying again is no use; a person must act.
    """

    def __init__(self, code: str, text: str, next_action: str, *, final: bool) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.next_action = next_action
        self.final = final


class Misplaced(Exception):
    """The service's address or the CA file cannot be used; its text says why."""


class Link:
    """One agent's calls. Thread-safe; close it at the end (it is its own context manager).

    Raises:
        Misplaced: ``url`` is neither https nor this machine, or ``ca`` is no file of certificates.
    """

    def __init__(self, url: str, *, token: str, ca: Path | None = None) -> None:
        _require_private(url)
        self._client = httpx2.Client(
            base_url=url.rstrip("/"),
            verify=_trusting(url, ca),
            headers={"authorization": f"Bearer {token}"},
            timeout=httpx2.Timeout(_ANSWER_S_MAX, connect=_CONNECT_S_MAX),
            limits=httpx2.Limits(max_connections=_ROOM),
            follow_redirects=False,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Drop every connection."""
        self._client.close()

    def open(self, hello: Hello) -> Welcome:
        """Begin a session.

        Raises:
            EdgeUnreachable: nobody answers there.
            Turned: the service will not have this agent.
        """
        return self._ask("/sessions", encode(hello), Welcome)

    def report(self, session: str, devices: DevicesNow) -> None:
        """Say what stands at the desk now.

        Raises:
            EdgeUnreachable, NoSession, Turned.
        """
        self._post("/devices", encode(devices), session=session)

    def requests(self, session: str, wait_s: float) -> tuple[Request, ...]:
        """Wait up to ``wait_s`` for something to do.

        Raises:
            EdgeUnreachable, NoSession, Turned.
        """
        patience_s = wait_s + _ANSWER_S_MAX
        raw = self._post("/requests", b"{}", session=session, patience_s=patience_s)
        return _read(raw, tuple[Request, ...])

    def answer(self, session: str, answer: Answer) -> None:
        """Answer one request.

        Raises:
            EdgeUnreachable, NoSession, Turned.
        """
        self._post("/answers", encode(answer), session=session)

    def leave(self, session: str) -> None:
        """End the session, so that nobody waits for us.

        Raises:
            EdgeUnreachable, NoSession, Turned.
        """
        self._post("/farewells", b"{}", session=session)

    def key(self, session: str, request: KeyRequest) -> KeyAnswers:
        """Return what the platform's HSM makes of a card's challenges.

        Raises:
            KeyMissing: nobody gives an answer.
        """
        try:
            outcome = self._ask("/card-keys", encode(request), KeyOutcome, session=session)
        except (EdgeUnreachable, NoSession, Turned) as silent:
            raise KeyMissing(zh="连不上结算服务", en="the service cannot be reached") from silent
        if outcome.answers:
            return outcome.answers
        told = outcome.fault
        if told is None:
            raise KeyMissing
        raise KeyMissing.told(
            field=told.field, number=told.number, text=told.text, text_en=told.text_en
        )

    def pass_on(self, path: str, body: bytes, authorization: str) -> tuple[int, str, bytes]:
        """Pass a hospital program's call on, with its own token; return status, type and body.

        Raises:
            EdgeUnreachable.
        """
        headers = {"authorization": authorization, "content-type": "application/json"}
        with self._answered(path, body, headers, _ANSWER_S_MAX) as (status, kind, raw):
            return status, kind, raw

    def _ask(self, path: str, body: bytes, kind: type[T], *, session: str = "") -> T:
        return _read(self._post(path, body, session=session), kind)

    def _post(
        self, path: str, body: bytes, *, session: str = "", patience_s: float = _ANSWER_S_MAX
    ) -> bytes:
        headers = {"content-type": "application/json", "edge-session": session}
        where = f"/api/v1/agent{path}"
        with self._answered(where, body, headers, patience_s) as (status, _, raw):
            if status < httpx2.codes.MULTIPLE_CHOICES:
                return raw
            raise _refusal(status, raw)

    @contextmanager
    def _answered(
        self, path: str, body: bytes, headers: dict[str, str], patience_s: float
    ) -> Iterator[tuple[int, str, bytes]]:
        timeout = httpx2.Timeout(patience_s, connect=_CONNECT_S_MAX)
        try:
            with self._client.stream(
                "POST", path, content=body, headers=headers, timeout=timeout
            ) as answer:
                raw = _bounded(answer)
        except (httpx2.HTTPError, ssl.SSLError) as silent:
            raise EdgeUnreachable(en=type(silent).__name__, zh=type(silent).__name__) from silent
        yield answer.status_code, answer.headers.get("content-type", ""), raw


def _bounded(answer: httpx2.Response) -> bytes:
    raw = b""
    for part in answer.iter_bytes():
        raw += part
        if len(raw) > ANSWER_BYTES_MAX:
            raise EdgeUnreachable(zh="应答过长", en="its answer is too long")
    return raw


def _read(raw: bytes, kind: type[T]) -> T:
    try:
        return decode(raw, kind)
    except BadMessage as wrong:
        raise EdgeUnreachable(zh="应答不是约定的格式", en="its answer is not ours") from wrong


_OVER = "AGENT_SESSION_OVER"
_PATIENT = frozenset({"AGENT_ELSEWHERE"})
"""Codes after which it is worth trying again: the other agent may end."""

_BUSY = 500


def _refusal(status: int, raw: bytes) -> Exception:
    """Return what a problem document means to an agent."""
    try:
        told = decode(raw, dict[str, object])
    except BadMessage:
        told = {}
    code = str(told.get("code", f"HTTP_{status}"))
    if code == _OVER:
        return NoSession()
    if status >= _BUSY or not told:
        return EdgeUnreachable(zh=code, en=code)
    return Turned(
        code,
        str(told.get("detail_en") or told.get("detail", "")),
        str(told.get("next_action_en") or told.get("next_action", "")),
        final=code not in _PATIENT,
    )


def _trusting(url: str, ca: Path | None) -> ssl.SSLContext:
    """Return what certificates are checked against: the site's own CA alone, or the system's."""
    if not ca and url.startswith("http:"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # on this machine: nothing to check, or load
    try:
        return ssl.create_default_context(cafile=str(ca) if ca else None)
    except (OSError, ssl.SSLError) as wrong:
        raise Misplaced(f"{ca}: no usable certificates ({wrong})") from wrong


def _require_private(url: str) -> None:
    """Refuse to send a desk's token, and cards, over a network in the clear."""
    try:
        asked = httpx2.URL(url)
    except httpx2.InvalidURL as wrong:
        raise Misplaced(f"{url}: no address") from wrong
    if asked.scheme == "https" and asked.host:
        return
    if asked.scheme == "http" and _is_here(asked.host):
        return
    raise Misplaced(f"{url}: must be https, or http on this machine")


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
