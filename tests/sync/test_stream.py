"""Streams on real servers: what was acknowledged is kept, and what cannot be sent is told so."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from sync.group import ask_subject, receipt_subject, up_subject
from sync.line import Cause, Silence
from sync.stream import TOO_LARGE, Address, Asked, Delivery, Outgoing, PubAck, Stream
from sync.streams import (
    HUB,
    OFFICE,
    down_plan,
    group_plan,
    inbox,
    receipts_plan,
    up_plan,
)
from tests.nats_server import NatsServer, hub, leaf

A, B = "TJ0001", "BJ0002"

_CLOSED = Silence(sent=False, what="closed", cause=Cause.STOPPED)


@pytest.fixture(scope="module")
def office_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    with hub(tmp_path_factory.mktemp("hub")) as server:
        yield server


@pytest.fixture(scope="module")
def campus_server(
    tmp_path_factory: pytest.TempPathFactory, office_server: NatsServer
) -> Iterator[NatsServer]:
    with leaf(tmp_path_factory.mktemp("leaf"), A, office_server.leaf_port) as server:
        yield server


@pytest.fixture(scope="module")
def office(office_server: NatsServer, campus_server: NatsServer) -> Iterator[Stream]:
    with _connected(office_server, campus_server) as (ours, campus):
        assert campus.declare(up_plan(A)) is None
        plans = (group_plan([A]), down_plan(), OFFICE, receipts_plan(A), receipts_plan(B))
        assert ours.declare(*plans) is None
        yield ours


@pytest.fixture(scope="module")
def campus(campus_server: NatsServer, office: Stream) -> Iterator[Stream]:
    assert office.version()
    with _connected(campus_server) as (stream,):
        yield stream


@contextmanager
def _connected(*servers: NatsServer) -> Iterator[list[Stream]]:
    streams = [Stream(Address(servers=(one.url,), name="test", inbox=inbox(A))) for one in servers]
    try:
        yield streams
    finally:
        for stream in streams:
            stream.close()


def _fetched(stream: Stream, count: int, domain: str = "") -> list[Delivery]:
    plan = receipts_plan(A) if domain else OFFICE
    found: list[Delivery] = []
    while len(found) < count:
        more = stream.fetch(plan, batch=count, wait_s=2.0, domain=domain)
        assert isinstance(more, list)
        assert more
        found += more
    for one in found:
        one.ack()
    return found


def test_what_a_campus_publishes_the_office_gathers_with_its_bytes_and_id(
    office: Stream, campus: Stream
) -> None:
    kept = campus.publish(up_subject(A, "stay-1"), b"signed", "m-1")
    again = campus.publish(up_subject(A, "stay-1"), b"signed", "m-1")
    assert isinstance(kept, PubAck)
    assert isinstance(again, PubAck)
    assert (kept.stream, kept.duplicate, again.duplicate) == ("UP", False, True)
    assert again.sequence == kept.sequence
    [one] = _fetched(office, 1)
    assert (one.subject, one.body) == (up_subject(A, "stay-1"), b"signed")
    assert one.headers["Nats-Msg-Id"] == "m-1"


def test_what_is_not_acknowledged_comes_again(office: Stream, campus: Stream) -> None:
    campus.publish(up_subject(A, "stay-2"), b"once more", "m-2")
    first = office.fetch(OFFICE, batch=1, wait_s=2.0)
    assert isinstance(first, list)
    first[0].nak()
    [again] = _fetched(office, 1)
    assert (again.body, first[0].times, again.times) == (b"once more", 1, 2)


def test_what_was_taken_ahead_is_given_back_by_who_closes(
    office_server: NatsServer, office: Stream, campus: Stream
) -> None:
    campus.publish_all([_outgoing(number) for number in range(4)])
    with _connected(office_server) as (other,):
        first = other.fetch(OFFICE, batch=2, wait_s=5.0, ahead=True)
        assert isinstance(first, list)
        other.ack_all(first)
        for _ in range(10):  # the other two come to it meanwhile
            assert other.held("GROUP")
    again = _fetched(office, 2)
    bodies = [one.body for one in (*first, *again)]
    assert bodies == [b"a-0", b"a-1", b"a-2", b"a-3"]
    assert [one.times for one in again] == [2, 2]


def _outgoing(number: int) -> Outgoing:
    name = f"a-{number}"
    return Outgoing(subject=up_subject(A, "stay-a"), body=name.encode(), message_id=name)


def test_the_messages_of_one_subject_stay_in_order(office: Stream, campus: Stream) -> None:
    for number in range(20):
        campus.publish(up_subject(A, f"stay-{number % 2}"), str(number).encode(), f"o-{number}")
    bodies = [int(one.body) for one in _fetched(office, 20)]
    assert bodies == list(range(20))


def test_a_campus_reads_its_own_receipts_only(office: Stream, campus: Stream) -> None:
    office.publish(receipt_subject(B), b"theirs", "b-1.1")
    office.publish(receipt_subject(A), b"ours", "a-1.1")
    [one] = _fetched(campus, 1, domain=HUB)
    assert one.body == b"ours"
    assert campus.fetch(receipts_plan(A), batch=1, wait_s=0.05, domain=HUB) == []


def test_a_question_is_answered_or_told_unsent(office: Stream, campus: Stream) -> None:
    unheard = campus.request(ask_subject(B), b"who?", 1.0)
    assert unheard == Silence(sent=False, what="NoRespondersError")

    def answer(asked: Asked) -> bytes | None:
        return b"as for " + asked.body if asked.waited_s < 60 else None

    office.serve("ask.TJ0001", "office", answer)
    answered = campus.request(ask_subject(A), b"you", 1.0)
    while isinstance(answered, Silence):  # the leaf hears of a new listener a moment later
        answered = campus.request(ask_subject(A), b"you", 1.0)
    assert answered == b"as for you"


def test_an_answer_as_long_as_a_span_of_a_list_passes(office: Stream, campus: Stream) -> None:
    whole = bytes(3 * 1024 * 1024)  # two mebibytes as JSON has them
    assert office.serve("ask.LONG", "office", lambda _asked: whole) is None
    answered = campus.request("ask.LONG", b"", 5.0)
    while isinstance(answered, Silence):
        answered = campus.request("ask.LONG", b"", 5.0)
    assert answered == whole


def test_a_handler_that_fails_answers_nobody_and_others_all_the_same(
    office: Stream, campus: Stream
) -> None:
    def answer(asked: Asked) -> bytes | None:
        if asked.body == b"bad":
            raise ValueError(asked.body)
        return b"good"

    assert office.serve("ask.MIXED", "office", answer) is None
    while campus.request("ask.MIXED", b"good", 5.0) != b"good":
        assert office.connected()
    assert campus.request("ask.MIXED", b"bad", 0.1) == Silence(sent=True, what="TimeoutError")
    assert campus.request("ask.MIXED", b"good", 5.0) == b"good"


def test_without_a_server_everything_is_unsent(tmp_path: Path) -> None:
    with hub(tmp_path) as server:
        gone = server.url
    with closing(Stream(Address(servers=(gone,), name="test"))) as stream:
        assert _is_unsent(stream.request("ask.x", b"", 0.05))
        stream.close()
        assert _is_unsent(stream.publish("up.x.y", b"", "m"))
        assert stream.fetch(OFFICE, batch=1, wait_s=0.05) == _CLOSED


def test_a_stream_that_nobody_declared_keeps_nothing_and_says_so(campus: Stream) -> None:
    assert _is_unsent(campus.publish("elsewhere.x", b"", "m-9"))


def test_an_acknowledgement_that_cannot_be_read_leaves_it_unknown(
    office: Stream, campus: Stream
) -> None:
    assert office.serve("odd.x", "office", lambda _asked: b"thanks") is None
    unknown = Silence(sent=True, what="unreadable")
    while (told := campus.publish("odd.x", b"", "m-8")) != unknown:
        assert _is_unsent(told)  # the leaf has not heard of the listener yet


def test_a_message_too_large_for_the_server_is_unsent(campus: Stream) -> None:
    size = campus.payload_max()
    assert size
    unsent = Silence(sent=False, what=TOO_LARGE)
    assert campus.publish(up_subject(A, "stay-3"), bytes(size), "m-10") == unsent
    assert isinstance(campus.publish(up_subject(A, "stay-3"), b"small", "m-11"), PubAck)


def test_a_killed_server_has_what_it_acknowledged(tmp_path: Path) -> None:
    with hub(tmp_path) as server, _connected(server) as (stream,):
        assert stream.declare(down_plan(), receipts_plan(A)) is None
        for number in range(50):
            assert isinstance(stream.publish(receipt_subject(A), b"r", f"k-{number}"), PubAck)
        server.kill()
        assert _is_unsent(stream.publish(receipt_subject(A), b"r", "k-50"))
        server.start()
        found: list[Delivery] = []
        while len(found) < 50:
            more = stream.fetch(receipts_plan(A), batch=50, wait_s=1.0)
            found += more if isinstance(more, list) else []
        assert [one.headers["Nats-Msg-Id"] for one in found] == [f"k-{n}" for n in range(50)]


def _is_unsent(answer: object) -> bool:
    return isinstance(answer, Silence) and not answer.sent
