"""The benches of start and memory: what they wait for, and what they weigh."""

import http.client
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

from bench.served import pss_bytes, wait_until_ready
from bench.works.memory import bare_bytes

ASKED: list[str] = []


class ReadyAtLast(BaseHTTPRequestHandler):
    """Not ready, not ready, ready."""

    def do_GET(self) -> None:
        """Answer."""
        ASKED.append(self.path)
        self.send_response(200 if len(ASKED) == 3 else 503)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


def test_a_service_is_ready_at_its_first_200() -> None:
    with HTTPServer(("127.0.0.1", 0), ReadyAtLast) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        wait_until_ready(http.client.HTTPConnection("127.0.0.1", server.server_port))
        server.shutdown()
    assert ASKED == ["/readyz"] * 3


def test_a_bare_python_weighs_less_than_this_one() -> None:
    assert 1_000_000 < bare_bytes() < pss_bytes(os.getpid())
