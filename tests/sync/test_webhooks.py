"""A hospital's systems get their own messages alone, signed, until each is taken."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sync.envelope import Envelope, Kind, digest, sign, signed_envelope
from sync.errors import INTERRUPTED
from sync.frame import pack
from sync.message import Claimed
from sync.outcome import Accepted, NeedsPerson, NotReceived, Outcome, RetryAt, Standing
from sync.webhooks import Switchboard, Webhooks, order_key
from tests.fakes.clock import Clock
from tests.fakes.platform import PLATFORM_KEY
from tests.steps.conftest import NOW


@dataclass(slots=True)
class Hospital:
    """A system that answers ``status`` and keeps what was posted."""

    status: int = 200
    posted: list[tuple[str, str, bytes]] = field(default_factory=list)


@contextmanager
def listening(hospital: Hospital) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            hospital.posted.append((self.path, self.headers["webhook-id"], body))
            self.send_response(hospital.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_said: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/edge"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(slots=True)
class Platform:
    """Takes whatever it is given."""

    batch_max: int = 20
    got: list[str] = field(default_factory=list)

    def deliver(self, message_id: str, payload: bytes) -> Outcome:
        """Take it."""
        self.got.append(message_id)
        return Accepted(message_id=message_id, sha256=digest(payload), receipt="r", received_at=NOW)

    def deliver_batch(self, messages: Sequence[Claimed], /) -> Sequence[Outcome]:
        """Take them."""
        return [self.deliver(one.id, one.payload) for one in messages]

    def status_of(self, _message_id: str, _payload: bytes) -> Standing:
        """Say something that no system says."""
        return NeedsPerson(reason=INTERRUPTED)

    def close(self) -> None:
        """Hang up nothing."""


def message(number: int, key: str, kind: Kind = Kind.HOOK) -> Envelope:
    return Envelope(
        id=f"m{number}",
        kind=kind,
        order_key=key,
        facility="TJ0001",
        treatment_region="120000",
        insured_region="110000",
        operator="x",
        moment=NOW,
        body=b'{"event":"case.settled"}',
    )


def claimed(envelope: Envelope) -> Claimed:
    signed = signed_envelope(envelope, PLATFORM_KEY)
    return Claimed(
        id=envelope.id,
        order_key=envelope.order_key,
        stored=pack(signed),
        sha256=digest(signed.compact()),
        ask_first=False,
    )


@pytest.fixture
def hospital() -> Iterator[tuple[Hospital, Switchboard, Platform]]:
    system, platform = Hospital(), Platform()
    with listening(system) as url:
        webhooks = Webhooks({"his": url}, Clock(NOW))
        try:
            yield system, Switchboard(platform, webhooks), platform
        finally:
            webhooks.close()


def test_a_batch_is_parted_between_the_platform_and_the_systems(
    hospital: tuple[Hospital, Switchboard, Platform],
) -> None:
    system, board, platform = hospital
    hook = message(1, order_key("his", "s1"))
    gone = message(2, order_key("old", "s1"))
    stay = message(3, "s1", Kind.SETTLEMENT)
    outcomes = board.deliver_batch([claimed(one) for one in (hook, stay, gone)])
    assert platform.got == ["m3"]
    assert system.posted == [("/edge", "m1", sign(hook, PLATFORM_KEY))]
    first, second, third = outcomes
    assert isinstance(first, Accepted)
    assert (first.sha256, first.receipt) == (claimed(hook).sha256, "HTTP 200")
    assert isinstance(second, Accepted)
    assert isinstance(third, NeedsPerson)
    assert third.reason.code == "WEBHOOK_GONE"
    assert board.batch_max == 20


@pytest.mark.parametrize("status", [302, 408, 409, 425, 429, 500, 503])
def test_what_is_not_taken_now_is_told_again_and_holds_up_nobody(
    hospital: tuple[Hospital, Switchboard, Platform], status: int
) -> None:
    system, board, _ = hospital
    system.status = status
    outcome = board.deliver("m1", sign(message(1, order_key("his", "s1")), PLATFORM_KEY))
    assert isinstance(outcome, RetryAt)
    assert (outcome.reason.code, outcome.whole_platform) == ("WEBHOOK_SILENT", False)


def test_what_a_system_refuses_waits_for_a_person(
    hospital: tuple[Hospital, Switchboard, Platform],
) -> None:
    system, board, _ = hospital
    system.status = 422
    outcome = board.deliver("m1", sign(message(1, order_key("his", "s1")), PLATFORM_KEY))
    assert isinstance(outcome, NeedsPerson)
    assert outcome.reason.code == "WEBHOOK_REFUSED"


def test_nobody_there_is_told_again() -> None:
    webhooks = Webhooks({"his": "http://127.0.0.1:9/x"}, Clock(NOW))
    board = Switchboard(Platform(), webhooks)
    outcome = board.deliver("m1", sign(message(1, order_key("his", "s1")), PLATFORM_KEY))
    webhooks.close()
    assert isinstance(outcome, RetryAt)


def test_a_system_is_never_asked_what_became_of_a_message(
    hospital: tuple[Hospital, Switchboard, Platform],
) -> None:
    _, board, platform = hospital
    hook = sign(message(1, order_key("his", "s1")), PLATFORM_KEY)
    assert board.status_of("m1", hook) == NotReceived()
    stay = sign(message(3, "s1", Kind.SETTLEMENT), PLATFORM_KEY)
    assert isinstance(board.status_of("m3", stay), NeedsPerson)
    assert isinstance(board.deliver("m3", stay), Accepted)
    assert platform.got == ["m3"]
