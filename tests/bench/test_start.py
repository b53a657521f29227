"""The benches of start and memory: what they wait for, and what they weigh."""

import http.client
import os
import ssl
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

from bench.served import Service, ended, pss_bytes, quietly, wait_until_ready
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


def test_the_processor_is_counted_while_a_program_runs_and_once_it_has_ended() -> None:
    one = Service(Path(), 0, ssl.create_default_context())
    before_ns = one.spent_ns()
    one.process = quietly(["-c", "sum(range(10**6)); print(flush=True); input()"])
    assert one.process.stdout
    one.process.stdout.readline()
    assert one.spent_ns() > before_ns
    ended(one.process)
    one.process = None
    assert one.spent_ns() > before_ns
