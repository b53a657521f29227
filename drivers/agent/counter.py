"""The ``iReadCardBas`` calls on the desk's own PC, for a hospital's program there. Off by default.

Listens on loopback alone and passes each call on to the service with the caller's own token: the
service reads the card through this agent, enters who got it in its ledger, and answers. A browser
is refused. Nothing is kept, nothing is logged.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import BoundedSemaphore, Thread

from drivers.agent.link import Link
from drivers.agent.messages import BadMessage, decode, encode
from drivers.agent_errors import EdgeUnreachable
from drivers.compat import Answer, error_answer

HERE = "127.0.0.1"
PATHS = frozenset(f"/api/v1/compat/iReadCardBas{step}" for step in ("", "_HSM_Step1", "_HSM_Step2"))
BODY_BYTES_MAX = 4096

_CALLS_AT_ONCE = 4
_LINE_S_MAX = 10.0
_JSON = "application/json"


@contextmanager
def counter(link: Link, desk: str, port: int) -> Iterator[int]:
    """Serve until the block ends; yield the port (0 takes a free one).

    Raises:
        OSError: the port is taken.
    """
    server = _Counter(link, desk, port)
    thread = Thread(target=server.serve_forever, name="agent counter", daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Counter(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = False

    def __init__(self, link: Link, desk: str, port: int) -> None:
        super().__init__((HERE, port), _Call)
        self.link = link
        self.desk = desk
        self.room = BoundedSemaphore(_CALLS_AT_ONCE)

    @property
    def hosts(self) -> frozenset[str]:
        """What a caller may have called us: any other name was meant for somebody else."""
        return frozenset(f"{name}:{self.server_port}" for name in (HERE, "localhost"))


class _Call(BaseHTTPRequestHandler):
    server: _Counter
    timeout = _LINE_S_MAX
    server_version, sys_version = "counter", ""

    def do_POST(self) -> None:
        """Pass one call on."""
        refused = self._refusal()
        if refused:
            self._send(refused, "text/plain", b"")
            return
        if not self.server.room.acquire(blocking=False):
            self._send(HTTPStatus.SERVICE_UNAVAILABLE, "text/plain", b"")
            return
        try:
            self._pass_on()
        finally:
            self.server.room.release()

    def log_message(self, *_given: object) -> None:
        """Tell nobody."""

    def _refusal(self) -> HTTPStatus | None:
        headers = self.headers
        length = headers.get("content-length", "")
        # A page in a browser always says where it comes from, and must not reach the reader.
        if headers.get("host", "") not in self.server.hosts or "origin" in headers:
            return HTTPStatus.FORBIDDEN
        if self.path not in PATHS:
            return HTTPStatus.NOT_FOUND
        if not headers.get("authorization", "").startswith("Bearer "):
            return HTTPStatus.UNAUTHORIZED
        if headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
            return HTTPStatus.UNSUPPORTED_MEDIA_TYPE
        if not length.isdecimal() or int(length) > BODY_BYTES_MAX:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        return None

    def _pass_on(self) -> None:
        try:
            given = decode(self._body(), dict[str, object])
        except BadMessage:
            self._send(HTTPStatus.BAD_REQUEST, "text/plain", b"")
            return
        # This program speaks for its desk only, whatever the caller names.
        body = encode(given | {"desk": self.server.desk})
        try:
            status, kind, raw = self.server.link.pass_on(
                self.path, body, self.headers["authorization"]
            )
        except EdgeUnreachable as silent:
            self._send(HTTPStatus.OK, _JSON, _told(silent))
            return
        self._send(status, kind, raw)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers["content-length"]))

    def _send(self, status: int, kind: str, raw: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(raw)))
        self.send_header("cache-control", "no-store")
        self.end_headers()
        self.wfile.write(raw)


def _told(fault: EdgeUnreachable) -> bytes:
    """Return a fault as the service's own endpoint tells one."""
    answer: Answer = error_answer(fault)
    told = {
        "number": answer.number,
        "pOutInfo": answer.text,
        "code": fault.code,
        "text": fault.text,
    }
    return encode(told)
