"""A campus's outbox, its stream server, the office, PostgreSQL and the platform: the whole way."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import pytest

from edge.clock import system_clock
from edge.office.opening import open_office, worker_of
from edge.office.settings import OfficeSettings, load_office
from sync.dispatch import PageQuestion
from sync.envelope import SigningKey, sign
from sync.errors import PlatformUnreachable, PlatformUnsure
from sync.group import ask_on_the_wire, ask_subject
from sync.line import Call, Silence
from sync.outcome import Accepted, NeedsPerson, NotReceived
from sync.streams import up_plan
from tests.fakes.log import Log
from tests.forwarder import Forwarder, Manner, forwarder
from tests.nats_server import NatsServer, hub, leaf, ports_of_our_own
from tests.office.ground import EAST, founded
from tests.office.test_stream import LOOK_AGAIN_S
from tests.sync.campus import CampusEnd, campus_end
from tests.sync.far_end import FarEnd, Switchboard
from tests.sync.sender import START, Sender, message, relay_of, story
from tests.sync.silent import silent_far_end
from tests.sync.test_platform import question
from tests.sync.test_transports import drained

_HOUR_S = 3600.0


@dataclass
class Way:
    """A campus on real servers before a founded office."""

    settings: OfficeSettings
    middle: NatsServer
    own: NatsServer
    line: Forwarder
    end: CampusEnd
    sender: Sender

    @contextmanager
    def office(self) -> Iterator[None]:
        """Run the office, and the campus's reading of receipts."""
        with (
            open_office(self.settings, clock=system_clock, log=Log()) as office,
            worker_of(office, "test"),
            self.end.listening(),
        ):
            while self.end.platform.status_of("nowhere", b"") != NotReceived():
                Event().wait(LOOK_AGAIN_S)  # the leaf hears of the office a moment later
            yield


@dataclass
class Servers:
    """The office's settings and the two servers, with a line between that is held by hand."""

    settings: OfficeSettings
    middle: NatsServer
    own: NatsServer
    line: Forwarder


@pytest.fixture(scope="module")
def servers(
    tmp_path_factory: pytest.TempPathFactory,
    address: str,
    campus_keys: dict[str, SigningKey],
    platform_server: tuple[Switchboard, str],
) -> Iterator[Servers]:
    folder = tmp_path_factory.mktemp("group")
    with (
        ports_of_our_own(1) as [door],
        hub(folder / "hub", ping_s=1, known_as=door) as middle,
        forwarder(middle.leaf_port, port=door) as line,
        leaf(folder / "leaf", EAST, line.port, ping_s=1) as own,
    ):
        office = folder / "office"
        config = founded(office, address, middle, platform_server[1], campus_keys)
        yield Servers(load_office(config), middle, own, line)


@pytest.fixture
def way(servers: Servers, tmp_path: Path, campus_keys: dict[str, SigningKey]) -> Iterator[Way]:
    sender = Sender(tmp_path / "edge.db", campus_keys[EAST])
    with campus_end(servers.own.url, sender, wait_s=0.3) as end:
        yield Way(servers.settings, servers.middle, servers.own, servers.line, end, sender)
    sender.store.close()


def test_stays_go_the_whole_way_once_in_order_and_questions_come_back(
    way: Way, far: FarEnd
) -> None:
    with way.office():
        way.sender.put(*story("w-1"), *story("w-2"))
        drained(way.sender, relay_of(way.sender, way.end.gateway))
        for stay in ("w-1", "w-2"):
            kept = [one.receipt.id for one in far.kept() if one.order_key == stay]
            assert kept == [one.id for one in story(stay)]
        platform = way.end.platform
        assert platform.ask(question()).facts["worker"]["name"] == "张合成"
        first = sign(story("w-1")[0], way.sender.key)
        assert isinstance(platform.status_of("w-1-a", first), Accepted)
        assert platform.status_of("nowhere", b"") == NotReceived()
        with pytest.raises((PlatformUnreachable, PlatformUnsure)):
            platform.collect(PageQuestion(id="q", at=START, after=0))


def test_an_office_that_stops_while_the_platform_is_silent_cuts_its_calls_and_doubles_nothing(
    way: Way, far: FarEnd
) -> None:
    relay = relay_of(way.sender, way.end.gateway)
    asked, cut = ask_on_the_wire(Call("POST", "/v1/verifications", b"?", _HOUR_S)), Event()

    def ask() -> None:
        while not cut.is_set() and isinstance(
            way.end.stream.request(ask_subject(EAST), asked, _HOUR_S), Silence
        ):
            cut.wait(LOOK_AGAIN_S)  # the leaf hears of the office a moment later

    with silent_far_end() as silent, ThreadPoolExecutor(1) as desk:
        platform = way.settings.platform.model_copy(update={"url": silent.url})
        settings = way.settings.model_copy(update={"platform": platform})
        way.sender.put(message("w-0-a", stay="w-0"))
        relay.run_once()
        with (
            open_office(settings, clock=system_clock, log=Log()) as office,
            worker_of(office, "test"),
        ):
            desk.submit(ask)
            assert {silent.called(), silent.called()} == {"/v1/messages", "/v1/verifications"}
            cut.set()
        assert {silent.left(), silent.left()} == {"/v1/messages", "/v1/verifications"}
        with way.office():
            drained(way.sender, relay)
        way.end.stream.close()
    assert (far.kept_ids(), way.sender.state("w-0-a")) == (["w-0-a"], "accepted")


def test_a_refusal_comes_back_and_what_is_sent_again_reaches_the_platform_anew(
    way: Way, far: FarEnd
) -> None:
    with way.office():
        way.sender.put(message("w-3-a", stay="w-3"))
        far.play({"on": "messages", "do": "error", "status": 422, "times": 2})
        relay = relay_of(way.sender, way.end.gateway)
        drained(way.sender, relay)
        assert way.sender.state("w-3-a") == "rejected"
        told = way.end.platform.status_of("w-3-a", sign(message("w-3-a"), way.sender.key))
        assert isinstance(told, NeedsPerson)  # though the platform's own words named no message
        assert told.reason.code == "HTTP_422"
        assert far.kept() == ()
        far.play()  # what was wrong outside the message is mended
        with way.sender.store.transaction() as db:
            way.sender.outbox.retry(db, "w-3-a")
        drained(way.sender, relay)
        assert way.sender.state("w-3-a") == "accepted"
    assert far.kept_ids() == ["w-3-a"]


def test_a_campus_cut_off_for_two_days_goes_on_and_is_settled_once(way: Way, far: FarEnd) -> None:
    relay = relay_of(way.sender, way.end.gateway)
    way.middle.kill()
    for hour in range(0, 48, 12):
        way.sender.put(*story(f"w-cut-{hour}"))
        relay.run_once()
        way.sender.clock.forward(seconds=12 * 3600)
    with way.sender.store.transaction() as db:
        assert way.sender.outbox.status(db).unknown == 4
    assert far.kept() == ()
    way.middle.start()
    with way.office():
        drained(way.sender, relay)
    for hour in range(0, 48, 12):
        kept = [one.receipt.id for one in far.kept() if one.order_key == f"w-cut-{hour}"]
        assert kept == [one.id for one in story(f"w-cut-{hour}")]
    with way.sender.store.transaction() as db:
        assert way.sender.outbox.status(db).accepted == 16


def once_in_order(far: FarEnd, *stays: str) -> bool:
    kept = {stay: [one.receipt.id for one in far.kept() if one.order_key == stay] for stay in stays}
    return kept == {stay: [one.id for one in story(stay)] for stay in stays}


def test_a_line_that_falls_silent_and_is_not_closed_is_found_dead_and_two_days_catch_up(
    way: Way, far: FarEnd
) -> None:
    relay = relay_of(way.sender, way.end.gateway)
    with way.office():
        way.line.turn(Manner.SILENT)
        for hour in range(0, 48, 24):
            way.sender.put(*story(f"w-silent-{hour}"))
            relay.run_once()
            way.sender.clock.forward(seconds=24 * 3600)
        assert [one for one in far.kept_ids() if one.startswith("w-silent")] == []
        way.line.turn(Manner.PASSES)  # what stands stays dead: only new connections pass
        drained(way.sender, relay)
    assert once_in_order(far, "w-silent-0", "w-silent-24")


def test_an_office_whose_stream_server_lost_its_disk_is_told_again_and_takes_each_once(
    way: Way, far: FarEnd
) -> None:
    relay = relay_of(way.sender, way.end.gateway)
    with way.office():
        way.sender.put(*story("w-kept"))
        drained(way.sender, relay)
    way.sender.put(*story("w-lost"))
    relay.run_once()  # acknowledged by the campus's server, and gathered by the office's
    way.middle.kill()
    way.middle.forget()
    way.middle.start()
    with way.office():
        drained(way.sender, relay)
    assert once_in_order(far, "w-kept", "w-lost")
    assert len(set(far.kept_ids())) == len(far.kept_ids())


def test_a_campus_whose_stream_server_lost_its_disk_is_heard_though_it_counts_from_one_again(
    way: Way, far: FarEnd
) -> None:
    relay = relay_of(way.sender, way.end.gateway)
    with way.office():
        way.sender.put(*story("w-before"))
        drained(way.sender, relay)
    way.middle.kill()  # so that what is said now lies at the campus alone
    way.sender.put(*story("w-gone"))
    relay.run_once()
    way.own.kill()
    way.own.forget()
    way.own.start()
    way.middle.start()
    while way.end.stream.declare(up_plan(EAST)) is not None:
        Event().wait(LOOK_AGAIN_S)
    with way.office():
        drained(way.sender, relay)
    assert once_in_order(far, "w-before", "w-gone")
