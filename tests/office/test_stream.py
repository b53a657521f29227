"""A founded office on real servers: NATS, PostgreSQL, the platform over HTTP, and two campuses."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from threading import Event

import pytest

from edge.clock import system_clock
from edge.office.figures import campus_states
from edge.office.opening import Office, open_office, worker_of
from edge.office.settings import OfficeSettings, load_office
from edge.office.worker import Worker
from sync.envelope import Envelope, SigningKey, new_key, sign
from sync.group import ask_on_the_wire, ask_subject, read_receipt, read_reply, up_subject
from sync.line import Call, Reply, Silence
from sync.question import sign_question
from sync.standing import StandingQuestion, sign_standing
from sync.stream import Address, PubAck, Stream
from sync.streams import inbox, receipts_plan, up_plan
from tests.fakes.clock import Clock
from tests.fakes.log import Log
from tests.nats_server import NatsServer, hub, leaf
from tests.office.ground import EAST, START, WEST, founded, message, story
from tests.sync.far_end import FarEnd, Switchboard
from tests.sync.test_platform import question

WAIT_S = 20.0
LOOK_AGAIN_S = 0.05


@dataclass
class Group:
    """The office's settings, its servers, and a line of each campus: east has a leaf, west none."""

    settings: OfficeSettings
    hub: NatsServer
    leaf: NatsServer
    keys: dict[str, SigningKey]
    campuses: dict[str, Stream]

    def say(self, *envelopes: Envelope) -> None:
        """Publish as the campuses do."""
        for one in envelopes:
            signed = sign(one, self.keys[one.facility])
            subject = up_subject(one.facility, one.order_key)
            acked = self.campuses[one.facility].publish(subject, signed, one.id)
            assert isinstance(acked, PubAck), acked

    def hear(self, facility: str, many: int) -> list[str]:
        """Return the ids of the next receipts of a campus, in order, acknowledged."""
        domain = "hub" if facility == EAST else ""
        heard: list[str] = []
        deadline = time.monotonic() + WAIT_S
        while len(heard) < many and time.monotonic() < deadline:
            came = self.campuses[facility].fetch(
                receipts_plan(facility), batch=many, wait_s=1.0, domain=domain
            )
            if isinstance(came, Silence):
                Event().wait(LOOK_AGAIN_S)  # no connection yet
                continue
            for one in came:
                heard.append(read_receipt(one.body).id)
                one.ack()
        return heard

    def ask(self, facility: str, call: Call) -> Reply | Silence:
        """Ask the platform through the office, once it has begun to listen."""
        asked = ask_on_the_wire(call)
        deadline = time.monotonic() + WAIT_S
        while True:
            told = self.campuses[facility].request(ask_subject(facility), asked, call.deadline_s)
            if not isinstance(told, Silence) or time.monotonic() > deadline:
                break
            Event().wait(LOOK_AGAIN_S)
        return told if isinstance(told, Silence) else read_reply(told)


@pytest.fixture(scope="module")
def group(
    tmp_path_factory: pytest.TempPathFactory,
    address: str,
    campus_keys: dict[str, SigningKey],
    platform_server: tuple[Switchboard, str],
) -> Iterator[Group]:
    folder = tmp_path_factory.mktemp("group")
    with hub(folder / "hub") as server, leaf(folder / "leaf", EAST, server.leaf_port) as campus:
        settings = load_office(
            founded(folder / "office", address, server, platform_server[1], campus_keys)
        )
        with _lines({EAST: campus.url, WEST: server.url}) as lines:
            assert lines[EAST].declare(up_plan(EAST)) is None
            yield Group(settings, server, campus, campus_keys, lines)


@contextmanager
def _lines(urls: dict[str, str]) -> Iterator[dict[str, Stream]]:
    lines = {
        name: Stream(Address(servers=(url,), name=name, inbox=inbox(name)))
        for name, url in urls.items()
    }
    try:
        yield lines
    finally:
        for one in lines.values():
            one.close()


@pytest.fixture
def running(group: Group, far: FarEnd) -> Iterator[tuple[Office, Worker]]:
    assert far.kept() == ()
    with (
        open_office(group.settings, clock=system_clock, log=Log()) as opened,
        worker_of(opened, "test") as worker,
    ):
        yield opened, worker


@pytest.mark.usefixtures("running")
def test_campuses_with_and_without_a_leaf_reach_the_platform_and_hear_of_it(
    group: Group, far: FarEnd
) -> None:
    for facility, stay in ((EAST, "stay-1"), (WEST, "stay-2")):
        for envelope in story(stay, facility):
            group.say(envelope)
            assert group.hear(facility, 1) == [envelope.id]
    assert sorted(far.kept_ids()) == sorted(
        one.id for stay in ("stay-1", "stay-2") for one in story(stay)
    )


@pytest.mark.usefixtures("running")
def test_a_question_passes_through_and_what_tells_does_not(group: Group) -> None:
    asked = sign_question(question(), EAST, group.keys[EAST])
    jose = {"content-type": "application/jose"}
    reply = group.ask(EAST, Call("POST", "/v1/verifications", asked, WAIT_S, jose))
    assert isinstance(reply, Reply)
    assert (reply.status, b'"basis":"online"' in reply.body) == (200, True)
    told = sign(message("m-1"), group.keys[EAST])
    for path in ("/v1/messages", "/v1/batches", "/gateway/6201", "/sim/faults"):
        refused = group.ask(EAST, Call("POST", path, told, WAIT_S, jose))
        assert isinstance(refused, Reply)
        assert refused.status == 403, path


def test_what_became_of_a_message_is_told_from_the_books(
    group: Group, running: tuple[Office, Worker], far: FarEnd
) -> None:
    office, _ = running
    far.play({"on": "messages", "do": "busy", "times": 0})
    group.say(message("m-1"))
    while not office.books.read().query("select 1 from envelopes where tries > 0"):
        assert office.campuses
    assert _standing(group, "m-1") == (409, "AT_GROUP_OFFICE")
    assert _standing(group, "m-2") == (404, "not_received")
    far.play()
    office.books.read().execute("update envelopes set due_at = received_at")
    assert group.hear(EAST, 1) == ["m-1"]
    assert _standing(group, "m-1") == (200, "accepted")


def _standing(group: Group, message_id: str) -> tuple[int, str]:
    asked = StandingQuestion(id=message_id, at=START)
    signed = sign_standing(asked, EAST, group.keys[EAST])
    reply = group.ask(EAST, Call("POST", "/v1/standings", signed, WAIT_S))
    assert isinstance(reply, Reply)
    said = next(word for word in (b"AT_GROUP_OFFICE", b"not_received", b"accepted")
                if word in reply.body)  # fmt: skip
    return reply.status, said.decode()


def test_who_is_cut_off_goes_on_and_catches_up(group: Group, far: FarEnd) -> None:
    """For two days east's own server takes what it says while the office is not there at all."""
    two_days_later = START + timedelta(days=2)
    group.hub.kill()
    for envelope in story("stay-9"):
        group.say(envelope)
    group.hub.start()
    with (
        open_office(group.settings, clock=Clock(two_days_later), log=Log()) as opened,
        worker_of(opened, "test"),
    ):
        assert sorted(group.hear(EAST, 4)) == sorted(one.id for one in story("stay-9"))
        states = campus_states(opened.books.read(), opened.campuses, two_days_later)
    assert [one.receipt.id for one in far.kept()] == [one.id for one in story("stay-9")]
    assert [(one.clocks, one.pending) for one in states] == [(0, 0), (0, 0)]


@pytest.mark.usefixtures("running")
def test_a_stranger_under_a_campus_s_subject_is_put_aside(
    group: Group, running: tuple[Office, Worker]
) -> None:
    office, _ = running
    assert all(key.quick for campus in office.campuses.values() for key in campus.keys.values())
    envelope = message("m-8")
    forged = sign(envelope, new_key())
    acked = group.campuses[EAST].publish(up_subject(EAST, "stay-9"), forged, "m-8")
    assert isinstance(acked, PubAck)
    group.say(message("m-9", stay="stay-8"))
    assert group.hear(EAST, 1) == ["m-9"]
    [row] = office.books.read().query("select code, message from quarantine")
    assert row == {"code": "BAD_SIGNATURE", "message": None}
