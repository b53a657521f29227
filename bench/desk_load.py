"""What 200 desks do all day: a case a minute each, over HTTP, and the page that shows it."""

import http.client
import ssl
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import quantiles
from threading import Lock
from typing import Any

from bench.desk_agents import desk_name
from edge import codec
from edge.clock import fresh_id, system_clock
from simulators.hospital.bill import thirty_lines
from simulators.hospital.inpatient import admitted_at, first_day
from simulators.hospital.people import DETERMINATION

_CARD_S_MAX = 30.0
_PATIENCE_S = 60.0
_REFUSALS = range(400, 500)
_TOO_FAST = 429


class NoVerdict(Exception):
    """The service gave no answer that a desk could act on."""


@dataclass(slots=True)
class Taken:
    """Seconds of every call, by what it was; refusals by code, and what was no verdict."""

    api_s: list[float] = field(default_factory=list)
    page_s: list[float] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    bases: Counter[str] = field(default_factory=Counter)
    cases: int = 0
    fund_fen: int = 0
    guard: Lock = field(default_factory=Lock)


def p99_ms(seconds: list[float]) -> float:
    """Return the 99th percentile in milliseconds."""
    return quantiles(seconds, n=100)[-1] * 1000


@dataclass(slots=True)
class DeskCalls:
    """One desk's connection. ``cookie`` is a clerk's, for the pages."""

    number: int
    address: tuple[str, int]
    trust: ssl.SSLContext
    token: str
    cookie: str
    taken: Taken

    def case(self, presented: float) -> None:
        """Do a whole case for the worker whose card was put in at that moment."""
        with self._line() as line:
            try:
                self._case(line, presented)
            except NoVerdict as wrong:
                with self.taken.guard:
                    self.taken.errors[str(wrong)] += 1
                return
            except _Refused as refused:
                with self.taken.guard:
                    self.taken.refusals[str(refused)] += 1
                return
        with self.taken.guard:
            self.taken.cases += 1

    def _case(self, line: http.client.HTTPSConnection, presented: float) -> None:
        shown = self._identified(line, presented)
        asked = {"identification": shown, "service": "inpatient_medical", "moment": "admission"}
        verdict = self._said(line, "/verifications", asked)
        began = admitted_at(system_clock())
        stay = self._said(
            line,
            "/stays",
            {
                "verification": verdict["id"],
                "hospital_number": f"ZY{fresh_id()[:12]}",
                "determination": DETERMINATION,
                "injured_parts": "左胫骨",
                "admitted_at": began.isoformat(),
            },
        )
        path = f"/stays/{stay['id']}"
        self._said(line, f"{path}/charges", {"lines": thirty_lines(first_day(began))})
        self._said(line, f"{path}/discharge", {})
        self._said(line, f"{path}/preview", {})
        self._page(line, path)
        receipt = self._said(line, f"{path}/settlement", {}, key=fresh_id())
        with self.taken.guard:
            self.taken.fund_fen += receipt["fund_fen"]
            self.taken.bases[receipt["basis"]] += 1
        self._page(line, path)

    def _identified(self, line: http.client.HTTPSConnection, presented: float) -> str:
        """Ask for the card that lies in the reader; it takes a moment to be read."""
        asked = {"desk": desk_name(self.number)}
        while True:
            try:
                return str(self._said(line, "/identifications", asked)["id"])
            except _Refused:
                if time.monotonic() > presented + _CARD_S_MAX:
                    raise
                time.sleep(0.05)

    def _said(
        self, line: http.client.HTTPSConnection, path: str, body: object, *, key: str = ""
    ) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        headers |= {"idempotency-key": key} if key else {}
        begun = time.perf_counter()
        status, content = _asked(line, ("POST", f"/api/v1{path}", codec.encode(body), headers))
        with self.taken.guard:
            self.taken.api_s.append(time.perf_counter() - begun)
        said: dict[str, Any] = codec.decode(content, dict[str, Any])
        if status in _REFUSALS:
            raise _Refused(f"{path.rpartition('/')[2]} {said.get('code')}")
        return said

    def _page(self, line: http.client.HTTPSConnection, path: str) -> None:
        begun = time.perf_counter()
        _asked(line, ("GET", path, b"", {"cookie": self.cookie}))
        with self.taken.guard:
            self.taken.page_s.append(time.perf_counter() - begun)

    @contextmanager
    def _line(self) -> Iterator[http.client.HTTPSConnection]:
        line = http.client.HTTPSConnection(*self.address, context=self.trust, timeout=_PATIENCE_S)
        try:
            yield line
        finally:
            line.close()


class _Refused(Exception):
    """The service says why not: a verdict."""


def logged_in(address: tuple[str, int], trust: ssl.SSLContext, name: str, password: str) -> str:
    """Return the cookie of a clerk who has logged in at the first desk."""
    line = http.client.HTTPSConnection(*address, context=trust, timeout=_PATIENCE_S)
    body = codec.encode({"name": name, "password": password, "desk": "desk-000"})
    host = f"https://{address[0]}:{address[1]}"
    headers = {"content-type": "application/json", "origin": host}
    line.request("POST", "/api/v1/login", body, headers)
    answer = line.getresponse()
    answer.read()
    line.close()
    return str(answer.headers["set-cookie"]).partition(";")[0]


def _asked(
    line: http.client.HTTPSConnection, request: tuple[str, str, bytes, dict[str, str]]
) -> tuple[int, bytes]:
    """Return status and body of an answer that is a verdict, a 4xx with a code among them.

    Raises:
        NoVerdict: 5xx, too fast, a page that is none, or no answer.
    """
    method, path, body, headers = request
    try:
        line.request(method, path, body or None, headers)
        answer = line.getresponse()
        content = answer.read()
    except (OSError, http.client.HTTPException) as lost:
        raise NoVerdict(type(lost).__name__) from lost
    good = answer.status < _REFUSALS.start
    refusal = method == "POST" and answer.status in _REFUSALS and answer.status != _TOO_FAST
    if (method == "GET" and answer.status != http.client.OK) or not (good or refusal):
        raise NoVerdict(f"HTTP {answer.status} {path.rpartition('/')[2][:20]} {_code(content)}")
    return answer.status, content


def _code(content: bytes) -> str:
    """Return the code of a problem, or nothing where it is a page."""
    return str(codec.decode(content, dict[str, Any])["code"]) if content[:1] == b"{" else ""
