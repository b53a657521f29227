"""The office's figures: the stream's depth and age, campuses that are cut off, what waits."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from edge.clock import fresh_id
from edge.office.opening import Office as OpenOffice
from edge.office.post import declare
from edge.office.watching import CUT_OFF_S, looks_of
from edge.office.web import office_web
from edge.store.operators import Scope
from edge.store.tokens import create_token
from edge.web.events import Hints
from sync.group import up_subject
from sync.stream import Address, Delivery, Stream
from sync.streams import OFFICE, up_plan
from tests.house.source import ROOT
from tests.nats_server import NatsServer, hub, leaf
from tests.office.ground import EAST, WEST, Office, head, opened_at, story

BOARD = ROOT / "config/grafana/injury-desk-group.json"
NAME = re.compile(r"edge_[a-z_]+")


@dataclass
class Watched:
    """An office with its streams, and the figures as the monitoring system reads them."""

    opened: OpenOffice
    server: NatsServer
    stream: Stream
    client: TestClient
    token: str

    def figures(self) -> dict[str, float]:
        """Return the figures by name and labels."""
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = self.client.get("/metrics", headers=headers)
        assert answer.status_code == 200, answer.text
        lines = (line for line in answer.text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in (one.rpartition(" ") for one in lines)}


@pytest.fixture
def watched(office: Office, tmp_path: Path) -> Iterator[Watched]:
    with hub(tmp_path / "hub") as server, _stream(server) as stream:
        assert declare(stream, office.campuses) is None
        opened = opened_at(office, tmp_path)
        with opened.store.transaction() as db:
            token = create_token(
                db, fresh=fresh_id(), name="prometheus", scopes=[Scope.METRICS], at=office.clock()
            )
        app = office_web(opened, Hints(), looks_of(opened, stream))
        with TestClient(app, base_url="http://localhost") as client:
            yield Watched(opened, server, stream, client, token)
        opened.store.close()


@contextmanager
def _stream(server: NatsServer) -> Iterator[Stream]:
    with closing(Stream(Address(servers=(server.url,), name="watching"))) as stream:
        yield stream


def test_depth_age_redeliveries_and_campuses_that_are_cut_off_can_be_watched(
    watched: Watched, tmp_path: Path
) -> None:
    stream = watched.stream
    empty = watched.figures()
    assert (empty["edge_group_unread"], empty["edge_group_unread_oldest_seconds"]) == (0, 0)
    assert empty["edge_group_campuses_cut_off"] == 2  # neither campus was ever heard
    with leaf(tmp_path / "leaf", EAST, watched.server.leaf_port) as own, _stream(own) as campus:
        assert campus.declare(up_plan(EAST)) is None
        campus.publish(up_subject(EAST, "stay-1"), b"x", "m-1")
        came: list[Delivery] = []
        while not came:
            fetched = stream.fetch(OFFICE, batch=5, wait_s=1.0)
            came = fetched if isinstance(fetched, list) else []
        told = watched.figures()
        assert told['edge_group_stream_messages{stream="GROUP"}'] == 1
        assert (told["edge_group_unread"], told["edge_group_unacknowledged"]) == (0, 1)
        assert told["edge_group_campuses_cut_off"] == 1
        assert told[f'edge_group_campus_silent_seconds{{campus="{EAST}"}}'] < CUT_OFF_S
        assert f'edge_group_campus_silent_seconds{{campus="{WEST}"}}' not in told
        watched.opened.clock.pass_time(days=36_500)  # type: ignore[attr-defined]
        assert watched.figures()["edge_group_unread_oldest_seconds"] > 0
        came[0].nak()
        while watched.figures()["edge_group_redelivered"] == 0:
            stream.fetch(OFFICE, batch=5, wait_s=1.0)
    watched.server.kill()
    gone = watched.figures()
    assert (gone["edge_group_stream_up"], gone["edge_looks_failed"]) == (0, 1)


def test_what_waits_in_the_books_is_told_by_campus_and_nobody_is_named(
    watched: Watched, office: Office
) -> None:
    office.said(*story("stay-1"), *story("stay-2", WEST)[:3], head("h-1", 9, office.keys[EAST]))
    office.worker.take()
    office.clock.pass_time(hours=49)
    cut = head("h-2", 4, office.keys[EAST], at=office.clock() - timedelta(hours=1))
    office.said(cut)
    office.worker.take()
    told = watched.figures()
    east, west = (f'{{campus="{one}"}}' for one in (EAST, WEST))
    assert told[f"edge_group_pending{east}"] == 5
    assert told[f"edge_group_pending_seconds{west}"] == 49 * 3600
    assert (told[f"edge_group_quarantined{east}"], told[f"edge_group_chain_broken{east}"]) == (1, 1)
    assert (told[f"edge_group_chain_broken{west}"], told["edge_group_waiting"]) == (0, 9)
    assert told[f"edge_group_clocks_overdue{west}"] == 1
    assert "stay-1" not in "".join(told)


def test_the_board_shows_figures_that_there_are_and_all_of_them_and_strangers_read_none(
    watched: Watched,
) -> None:
    shown = set(NAME.findall(BOARD.read_text(encoding="utf-8")))
    there = {name.partition("{")[0] for name in watched.figures()}
    absent = ("campus_silent", "heard", "list_age", "pending")  # nobody was heard yet
    silent = {f"edge_group_{one}_seconds" for one in absent}
    assert shown - silent == there - silent
    guide = (ROOT / "docs/group.md").read_text(encoding="utf-8")
    assert shown <= set(NAME.findall(guide))
    assert watched.client.get("/metrics").status_code == 401
