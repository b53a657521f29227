"""The service's figures: for who may watch, by route and never by person, and never in the way."""

import os
import re
from contextlib import closing
from pathlib import Path

from drivers.pcsc import PcscReaders
from edge.store.operators import Scope
from edge.store.quarantine import Quarantine, begin_quarantine, lift_quarantine
from edge.web.health import LOG_OF_WRITES_MAX
from simulators.card import social_security_card, synthetic_person
from tests.fakes.winscard import Winscard
from tests.house.source import ROOT
from tests.web.agent_desk import until
from tests.web.service import Service, service_at
from tests.web.test_canary import brought_list


def figures(service: Service) -> dict[str, float]:
    """Return the figures by name and labels."""
    headers = service.connect(f"watch {service.site.fresh_id()}", [Scope.METRICS])
    answer = service.client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    lines = (line for line in answer.text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_what_waits_what_is_due_and_what_is_left_can_be_watched(service: Service) -> None:
    before = figures(service)
    stay = service.discharged()
    service.clock.pass_time(seconds=90)
    told = figures(service)
    state = 'edge_outbox_messages{state="pending"}'
    assert told[state] > before[state]
    assert told["edge_outbox_oldest_seconds"] >= 90
    assert told['edge_stays_due{how="running"}'] == before['edge_stays_due{how="running"}'] + 1
    assert told["edge_ledger_entries"] > before["edge_ledger_entries"]
    assert (told["edge_ledger_sound"], told["edge_platform_up"]) == (1, 1)
    assert (told["edge_list_fresh"], told["edge_clock_went_back"]) == (0, 0)
    assert told["edge_disk_free_bytes"] > 0
    assert told["edge_database_bytes"] > 0
    assert told["edge_looks_failed"] == 0
    assert sum(n for name, n in told.items() if name.startswith("edge_readers{")) == 1
    assert stay["id"] not in "".join(told)


def test_a_log_of_writes_that_fills_the_disk_is_an_alarm_and_a_figure(service: Service) -> None:
    log = service.site.store.path.with_name("edge.db-wal")
    os.truncate(log, LOG_OF_WRITES_MAX + 1)  # zeros behind what was written: not on the disk
    told, alarms = figures(service), service.client.get("/readyz").json()["alarms"]
    assert service.site.store.empty_log()  # to cut the file would cut off what was written since
    assert told["edge_wal_bytes"] > LOG_OF_WRITES_MAX
    assert alarms == ["DATABASE_LOG_LARGE"]
    assert service.client.get("/readyz").json()["alarms"] == []


def test_a_restored_site_is_not_ready_until_it_was_compared(service: Service) -> None:
    store, now = service.site.store, service.clock()
    with store.transaction() as db:
        begin_quarantine(db, Quarantine(now, now))
    waiting = service.client.get("/readyz")
    assert (waiting.status_code, waiting.json()["status"]) == (503, "QUARANTINED")
    with store.transaction() as db:
        lift_quarantine(db, operator="test", now=now)
    assert service.client.get("/readyz").status_code == 200


def test_answers_are_measured_by_route_and_never_by_address(service: Service) -> None:
    service.ask("GET", "/stays/nowhere-in-particular")
    told = figures(service)
    ours = 'edge_http_seconds_count{method="GET",route="/api/v1/stays/{stay}",status="4xx"}'
    assert told[ours] >= 1
    assert "nowhere-in-particular" not in "".join(told)


def test_the_board_shows_figures_that_there_are_and_all_of_them(service: Service) -> None:
    board = (ROOT / "config/grafana/injury-desk-edge.json").read_text(encoding="utf-8")
    shown = set(re.findall(r"edge_[a-z_]+", board))
    there = {name.partition("{")[0] for name in figures(service)}
    there -= {f"edge_http_seconds_{part}" for part in ("count", "sum", "created")}
    absent = {"edge_list_age_seconds", "edge_certificate_seconds_left", "edge_reader_contexts_open"}
    assert shown - absent == there  # no list, no TLS and no PC/SC in this service


WATCHED = {
    "desk latency": {"edge_http_seconds_bucket"},
    "list age": {"edge_list_age_seconds", "edge_list_fresh"},
    "outbox depth and age": {"edge_outbox_messages", "edge_outbox_oldest_seconds"},
    "clocks": {"edge_clock_went_back", "edge_stays_due"},
    "readers": {"edge_readers"},
    "disk": {"edge_disk_free_bytes", "edge_wal_bytes", "edge_database_bytes"},
    "contexts": {"edge_reader_contexts_open"},
}
"""What a hospital's IT watches, and the figures that tell it."""


def test_whatever_is_to_be_watched_is_on_the_board_and_in_the_guide() -> None:
    wanted = set().union(*WATCHED.values())
    board = (ROOT / "config/grafana/injury-desk-edge.json").read_text(encoding="utf-8")
    assert wanted <= set(re.findall(r"edge_[a-z_]+", board))
    guide = (ROOT / "docs/operation.md").read_text(encoding="utf-8")
    assert {name.removesuffix("_bucket") for name in wanted} <= set(
        re.findall(r"edge_[a-z_]+", guide)
    )


def test_the_age_of_the_list_is_a_figure(tmp_path: Path) -> None:
    brought_list(tmp_path)
    with service_at(tmp_path) as service:
        before = figures(service)
        service.clock.pass_time(hours=5)
        told = figures(service)
    assert told["edge_list_age_seconds"] == before["edge_list_age_seconds"] + 5 * 3600


def test_what_strangers_make_up_makes_no_figure(service: Service) -> None:
    before = len(figures(service))
    for number in range(5):
        service.client.request(f"MADEUP{number}", f"/made-up/{number}")
    told = figures(service)
    assert "MADEUP" not in "".join(told)
    assert len(told) - before < 2 * 20  # one series of buckets at most


def test_a_broken_site_is_still_watched(service: Service) -> None:
    service.clock.pass_time(days=-1)
    told = figures(service)
    service.clock.pass_time(days=1)
    assert told["edge_clock_went_back"] == 1


def test_contexts_of_the_card_service_are_counted(tmp_path: Path) -> None:
    api = Winscard(("Contact Reader 0",))
    api.insert(social_security_card(synthetic_person(1)))
    with closing(PcscReaders(api)) as readers, service_at(tmp_path, real=readers) as service:
        until(service, "reader", "present", desk=None)
        assert figures(service)["edge_reader_contexts_open"] == 2  # one waits, one has read
        assert api.held[0] == 2
