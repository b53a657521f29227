"""The service of a campus: a receipt that comes later moves its message, the pages and figures."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from edge.settings import JetStream, Sync
from edge.store.operators import Role
from sync.envelope import digest
from sync.group import GroupReceipt, facility_of, receipt_on_the_wire, receipt_subject
from sync.jws import unbase64url
from sync.stream import Address, Delivery, Stream
from sync.streams import HUB, OFFICE, down_plan, group_plan, receipts_plan
from tests.nats_server import NatsServer, hub, leaf
from tests.web.service import Service, service_at
from tests.web.test_metrics import figures


@pytest.fixture(scope="module")
def middle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    with hub(tmp_path_factory.mktemp("hub")) as server:
        yield server


@pytest.fixture(scope="module")
def office(middle: NatsServer) -> Iterator[Stream]:
    stream = Stream(Address(servers=(middle.url,), name="office"))
    plans = (group_plan([], ["TJ0001"]), down_plan(), OFFICE, receipts_plan("TJ0001"))
    assert stream.declare(*plans) is None
    yield stream
    stream.close()


@pytest.fixture(scope="module")
def campus(
    tmp_path_factory: pytest.TempPathFactory, middle: NatsServer, office: Stream
) -> Iterator[Service]:
    assert office.connected()
    chosen = JetStream(servers=(middle.url,), leaf=False, hub_domain=HUB, receipt_wait_s=0.01)
    folder: Path = tmp_path_factory.mktemp("site")
    with service_at(folder, sync=Sync(transport="jetstream", jetstream=chosen)) as service:
        yield service


def answer(office: Stream, delivery: Delivery) -> str:
    """Accept a message as the platform would, and send its receipt down; return its id."""
    message = json.loads(unbase64url(delivery.body.split(b".")[1]))["id"]
    receipt = {
        "state": "accepted",
        "id": message,
        "sha256": digest(delivery.body),
        "receipt": "R1",
        "received_at": "2026-11-22T01:00:00Z",
    }
    facility = facility_of(delivery.subject)
    assert facility
    told = GroupReceipt(id=message, status=200, body=json.dumps(receipt).encode())
    office.publish(receipt_subject(facility), receipt_on_the_wire(told), f"{message}.1")
    delivery.ack()
    return str(message)


def test_a_receipt_that_comes_later_is_applied_told_and_counted(
    campus: Service, office: Stream
) -> None:
    campus.admitted()
    line = campus.desk.campus
    assert line
    campus.deliver(line.gateway)
    waiting = campus.site.outbox.status(campus.site.store.read())
    assert (waiting.unknown, waiting.accepted) == (1, 0)
    came = office.fetch(OFFICE, batch=5, wait_s=5.0)
    assert isinstance(came, list)
    with campus.client.stream("GET", "/api/v1/events", headers=campus.system) as stream:
        hints = (one for one in stream.iter_lines() if one.startswith("data:"))
        next(hints)
        [message] = [answer(office, one) for one in came]
        assert any(message in hint for hint in hints)
    shown = campus.done("GET", "/sync/messages")
    assert [(one["id"], one["state"], one["receipt"]) for one in shown] == [
        (message, "accepted", "R1")
    ]
    told = figures(campus)
    assert told["edge_stream_up"] == 1
    assert told['edge_stream_messages{what="published"}'] == 1
    assert told['edge_stream_messages{what="receipts"}'] == 1


def test_the_header_says_that_the_platform_is_met_through_the_group(campus: Service) -> None:
    clerk = campus.log_in("李窗口", Role.ADMISSION)
    page = campus.client.get("/pages/header", headers=clerk).text
    assert "经集团中心" in page


def test_a_site_that_is_no_campus_has_no_figures_of_streams(service: Service) -> None:
    assert service.desk.campus is None
    assert not [name for name in figures(service) if name.startswith("edge_stream_")]
    clerk = service.log_in("王窗口", Role.ADMISSION)
    assert "经集团中心" not in service.client.get("/pages/header", headers=clerk).text


def test_a_campus_whose_server_lost_its_store_makes_its_stream_anew(
    tmp_path: Path, middle: NatsServer
) -> None:
    with leaf(tmp_path / "leaf", "TJ0001", middle.leaf_port) as own:
        chosen = JetStream(servers=(own.url,), hub_domain=HUB, receipt_wait_s=0.01)
        sync = Sync(transport="jetstream", jetstream=chosen)
        with (
            service_at(tmp_path / "site", sync=sync) as service,
            closing(Stream(Address(servers=(own.url,), name="looking"))) as stream,
        ):
            assert _stands(stream)
            own.kill()
            own.forget()
            own.start()
            service.admitted()
            line = service.desk.campus
            assert line
            service.deliver(line.gateway)  # nobody takes it: the loop sees to the stream
            assert _stands(stream)


def _stands(stream: Stream) -> bool:
    """Tell whether the campus's stream stands, within half a minute."""
    return any(isinstance(stream.held("UP"), int) or Event().wait(0.1) for _ in range(300))
