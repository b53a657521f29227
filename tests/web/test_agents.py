"""Readers behind an agent: the same cases as at the service's own, and what a network adds."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from drivers.agent.counter import counter
from drivers.agent.link import Link
from drivers.agent_errors import AgentOffline
from edge.settings import Place
from edge.store.agents import agents_heard
from edge.store.operators import Role, Scope
from edge.web.remote_station import Patience
from simulators.card import mute_card, social_security_card, synthetic_person
from simulators.card.hsm import answers
from simulators.reader import InProcessReaders
from simulators.scanner import VirtualScanner
from sync.e_card import CardHolder
from tests.fakes.log import Log
from tests.plain import NO_TLS
from tests.steps.conftest import FACTS, NOW
from tests.web.agent_desk import DESK, OTHER, agent_at, agent_token, until, until_cleared
from tests.web.service import Json, Service, service_at
from tests.web.test_api import problem
from tests.web.test_compat import answered

ONE, TWO = synthetic_person(11), synthetic_person(12)
CARD, NEXT_CARD = social_security_card(ONE), social_security_card(TWO)
GUARDED = social_security_card(ONE, version="3.00")
HERE = {"desk": DESK}
MEDICAL = {"service": "inpatient_medical"}
PATIENCE = Patience(beat_s=0.2, lapse_s=60.0, wait_s=2.0)


@pytest.fixture(scope="module")
def virtual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VirtualScanner]:
    with VirtualScanner(tmp_path_factory.mktemp("dev") / "usb-scanner") as virtual:
        yield virtual


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, virtual: VirtualScanner) -> Iterator[Service]:
    desks = (
        Place(name=DESK, agent=True, scanner=str(virtual.device)),
        Place(name=OTHER, agent=True),
        Place(name="1号窗"),
    )
    folder = tmp_path_factory.mktemp("service")
    with service_at(folder, desks=desks, patience=PATIENCE) as service:
        worker = {"id_number": ONE.number, "name": ONE.name}
        service.platform.facts = FACTS | {"worker": FACTS["worker"] | worker}
        yield service


@pytest.fixture(scope="module")
def token(service: Service) -> str:
    return agent_token(service, "agent of the first desk")


@pytest.fixture
def readers() -> InProcessReaders:
    return InProcessReaders("窗口读卡器")


def identified(service: Service) -> Json:
    shown: Json = service.done("POST", "/identifications", json=HERE)
    return shown


def test_a_card_at_the_agents_reader_is_identified_and_verified(
    service: Service, token: str, readers: InProcessReaders
) -> None:
    with agent_at(service, readers, token):
        assert until(service, "agent", "online")["name"] == "pc-1"
        readers.insert(CARD)
        reader = until(service, "reader", "present")
        assert (reader["name"], reader["desks"]) == ("窗口读卡器", [DESK])
        shown = identified(service)
        question = MEDICAL | {"identification": shown["id"]}
        assert (shown["reader"], shown["desk"], shown["source"]) == ("窗口读卡器", DESK, "card")
        assert service.done("POST", "/verifications", json=question)["decision"] == "direct"


def test_a_clerk_at_another_desk_does_not_reach_the_agents_reader(
    service: Service, token: str, readers: InProcessReaders
) -> None:
    stranger = service.connect("system of the local desk", [Scope.IDENTIFY], desk="1号窗")
    readers.insert(CARD)
    with agent_at(service, readers, token):
        until(service, "reader", "present")
        for body in (HERE, {"reader": "窗口读卡器"}):
            answer = service.ask("POST", "/identifications", headers=stranger, json=body)
            assert answer.status_code in {422, 503}
            assert answer.json()["code"] in {"OTHER_DESK", "READER_MISSING"}


def test_what_the_agent_says_of_its_devices_names_nobody(
    service: Service, token: str, readers: InProcessReaders
) -> None:
    readers.insert(CARD)
    with agent_at(service, readers, token) as running:
        until(service, "reader", "present")
        identified(service)
        [event] = service.done("GET", "/presentations", params=HERE)
        told = json.dumps(service.done("GET", "/readers")) + json.dumps(event)
        told += repr(service.site.log.told) if isinstance(service.site.log, Log) else ""
        told += repr(running.log.told) + repr(service.desk.agents.at(DESK))
    assert ONE.number not in told
    assert ONE.name not in told
    written = b"".join(p.read_bytes() for p in _files(service.site.settings.data))
    assert ONE.number.encode() not in written


def test_a_faulty_card_is_told_with_the_clerks_sentence(
    service: Service, token: str, readers: InProcessReaders
) -> None:
    readers.insert(mute_card())
    with agent_at(service, readers, token):
        assert until(service, "reader", "mute")["code"] == "CARD_MUTE"
        answer = service.ask("POST", "/identifications", json=HERE)
        told = problem(answer, 422, "CARD_MUTE", "窗口读卡器")
        assert told["retry"] == "after_reinserting"


def test_a_desk_without_its_agent_says_so_and_is_back_by_itself(
    service: Service, token: str, readers: InProcessReaders
) -> None:
    readers.insert(CARD)
    with agent_at(service, readers, token):
        until(service, "reader", "present")
    offline = until(service, "agent", "offline")
    assert (offline["code"], offline["seen_at"] is not None) == ("AGENT_OFFLINE", True)
    told = problem(service.ask("POST", "/identifications", json=HERE), 503, "AGENT_OFFLINE", DESK)
    assert told["retry"] == "by_itself"
    with agent_at(service, readers, token):
        until(service, "reader", "present")
        assert identified(service)["desk"] == DESK


def test_the_page_of_devices_tells_who_was_heard_last_and_from_where(
    service: Service, token: str, readers: InProcessReaders
) -> None:
    clerk = service.log_in("看设备的入院员", Role.ADMISSION)
    with agent_at(service, readers, token):
        until(service, "reader", "empty")
        shown = service.client.get("/devices", headers=clerk).text
        assert "pc-1" in shown
        assert "窗口读卡器" in shown
    until(service, "agent", "offline")
    shown = service.client.get("/pages/devices", headers=clerk).text
    assert "pc-1" in shown
    assert AgentOffline().text in shown
    heard = agents_heard(service.site.store.read())[DESK]
    assert (heard.host, heard.seen_at) == ("pc-1", service.clock())


def test_a_card_swapped_while_the_agent_was_away_clears_the_case_and_is_the_one_read(
    service: Service, token: str, readers: InProcessReaders
) -> None:
    readers.insert(CARD)
    with agent_at(service, readers, token):
        until(service, "reader", "present")
        case = identified(service)
    readers.insert(NEXT_CARD)
    with agent_at(service, readers, token):
        until_cleared(service)
        question = MEDICAL | {"identification": case["id"]}
        stale = service.ask("POST", "/verifications", json=question)
        problem(stale, 409, "CASE_CLEARED", "identification")
        shown = identified(service)
    assert shown["worker"]["id_number"].endswith(TWO.number[-4:])


def test_a_card_taken_while_the_agent_was_away_is_not_read_from_memory(
    service: Service, token: str, readers: InProcessReaders
) -> None:
    readers.insert(CARD)
    with agent_at(service, readers, token):
        until(service, "reader", "present")
    readers.remove()
    with agent_at(service, readers, token):
        until(service, "reader", "empty")
        problem(service.ask("POST", "/identifications", json=HERE), 422, "CARD_ABSENT", "reader")
        assert service.done("GET", "/presentations", params=HERE) == []


def test_a_guarded_card_is_opened_by_the_platforms_hsm_under_the_agents_power(
    service: Service, token: str, readers: InProcessReaders
) -> None:
    service.platform.hsm = answers
    readers.insert(GUARDED)  # before anybody can be asked for its key: read once somebody can
    with agent_at(service, readers, token):
        until(service, "reader", "present")
        assert identified(service)["credential"]["spec_version"] == "3.00"
        service.platform.hsm = None
        readers.insert(GUARDED)
        assert until(service, "reader", "fault")["code"] == "CARD_KEY_MISSING"


def test_a_code_at_the_desks_scanner_opens_a_case_once(
    service: Service, token: str, readers: InProcessReaders, virtual: VirtualScanner
) -> None:
    code = "SYN-ECARD-behind-an-agent"
    service.platform.holders[code] = CardHolder(
        id_number=ONE.number, name=ONE.name, issuing_region="110100", token="T-1", as_of=NOW
    )
    with agent_at(service, readers, token):
        until(service, "scanner", "online")
        virtual.scan(code)
        until(service, "scanner", "scanned")
        [event] = service.done("GET", "/presentations", params=HERE)
        assert (event["source"], event["desks"]) == ("e_card", [DESK])
        assert identified(service)["source"] == "e_card"
        problem(service.ask("POST", "/identifications", json=HERE), 422, "CARD_ABSENT", "reader")


def test_another_pcs_agent_is_refused_while_the_first_is_heard_and_then_takes_its_place(
    service: Service, token: str, readers: InProcessReaders
) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    hello = {"desk": DESK, "installation": "pc-2", "host": "pc-2"}
    with agent_at(service, readers, token):
        until(service, "agent", "online")
        refused = service.ask("POST", "/agent/sessions", headers=headers, json=hello)
        assert "pc-1" in problem(refused, 409, "AGENT_ELSEWHERE", "desk")["detail"]
    with agent_at(service, readers, token, installation="pc-2"):
        assert until(service, "agent", "online")["name"] == "pc-2"


def test_a_second_agent_on_the_same_pc_takes_over_and_the_first_ends(
    service: Service, token: str, readers: InProcessReaders
) -> None:
    with agent_at(service, readers, token) as first:
        until(service, "agent", "online")
        with agent_at(service, readers, token):
            turned = first.ended()
            assert turned is not None
            assert (turned.code, turned.final) == ("AGENT_REPLACED", True)
            assert until(service, "agent", "online")["name"] == "pc-1"


@pytest.mark.parametrize(
    ("scopes", "bound", "desk", "code"),
    [
        (None, "", DESK, "LOGIN_REQUIRED"),
        ([Scope.IDENTIFY], DESK, DESK, "GRANT_MISSING"),
        ([Scope.AGENT], OTHER, DESK, "OTHER_DESK"),
        ([Scope.AGENT], "", DESK, "DESK_REQUIRED"),
        ([Scope.AGENT], "1号窗", "1号窗", "AGENT_NOT_EXPECTED"),
    ],
)
def test_a_token_that_is_not_this_desks_is_turned_away_for_good(
    service: Service,
    readers: InProcessReaders,
    scopes: list[Scope] | None,
    bound: str,
    desk: str,
    code: str,
) -> None:
    given = "wrong" if scopes is None else service.token(f"bad {code}", scopes, desk=bound)
    with agent_at(service, readers, given, desk=desk) as running:
        turned = running.ended()
    assert turned is not None
    assert (turned.code, turned.final) == (code, True)


def test_an_agents_token_does_nothing_but_speak_for_its_desk(service: Service, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    for method, path in (("POST", "/identifications"), ("GET", "/readers"), ("GET", "/stays")):
        body: Json = {"json": {}} if method == "POST" else {}
        problem(service.ask(method, path, headers=headers, **body), 403, "GRANT_MISSING")


@pytest.mark.parametrize("body", [b"", b"[]", b'{"readers": 3}', b'{"readers": [{}]}', b"\xff"])
def test_what_an_agent_may_not_say_is_refused(service: Service, token: str, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {token}", "content-type": "application/json"}
    hello = {"desk": DESK, "installation": "odd", "host": "odd"}
    session = service.done("POST", "/agent/sessions", headers=headers, json=hello)["session"]
    headers["edge-session"] = session
    for path in ("/agent/devices", "/agent/answers", "/agent/card-keys"):
        answer = service.ask("POST", path, headers=headers, content=body)
        problem(answer, 422, "AGENT_MESSAGE", "body")
    assert service.ask("POST", "/agent/farewells", headers=headers).status_code == 204


def test_the_hospitals_program_on_the_desks_pc_gets_its_string(
    service: Service, token: str, readers: InProcessReaders
) -> None:
    card = service.connect("HIS at the first desk", [Scope.CARD], desk=DESK)
    readers.insert(CARD)
    with agent_at(service, readers, token) as running, counter(running.link, DESK, 0) as port:
        until(service, "reader", "present")
        told = _at_counter(port, "iReadCardBas", card, {"iType": 1}).json()
        fields = told["pOutInfo"].split("|")
        assert (told["number"], len(fields), fields[1], fields[4]) == (0, 12, ONE.number, ONE.name)
        wrong = _at_counter(port, "iReadCardBas", card, {"iType": 9}).json()
        assert wrong["number"] == -14


def test_the_two_steps_of_the_hospitals_own_hsm_go_through_the_desks_pc(
    service: Service, token: str, readers: InProcessReaders
) -> None:
    card = service.connect("HIS with an HSM", [Scope.CARD], desk=DESK)
    readers.insert(GUARDED)
    with agent_at(service, readers, token) as running, counter(running.link, DESK, 0) as port:
        until(service, "reader", "fault")
        step_1 = _at_counter(port, "iReadCardBas_HSM_Step1", card, {}).json()
        given = {"pKey": answered(step_1)}
        told = _at_counter(port, "iReadCardBas_HSM_Step2", card, given).json()
        assert (told["number"], told["pOutInfo"].split("|")[1]) == (0, ONE.number)
        again = _at_counter(port, "iReadCardBas_HSM_Step2", card, given).json()
        assert again["number"] == -31


def test_the_counter_lets_in_neither_strangers_nor_browsers(
    service: Service, token: str, readers: InProcessReaders
) -> None:
    card = service.connect("HIS to be refused", [Scope.CARD], desk=DESK)
    with agent_at(service, readers, token) as running, counter(running.link, DESK, 0) as port:
        until(service, "agent", "online")
        cases: list[tuple[dict[str, str], int]] = [
            ({}, 401),
            ({"Authorization": "Bearer wrong"}, 401),
            (card | {"Origin": "https://evil.example"}, 403),
            (card | {"Host": "rebound.example"}, 403),
            (card | {"Content-Type": "text/plain"}, 415),
            (service.connect("no card scope", [Scope.READ]), 403),
        ]
        for headers, status in cases:
            answer = _at_counter(port, "iReadCardBas", headers, {})
            assert answer.status_code == status, headers
        assert _at_counter(port, "../stays", card, {}).status_code == 404


def test_without_the_service_the_counter_says_so_by_a_number() -> None:
    with Link("http://127.0.0.1:9", token="x") as link, counter(link, DESK, 0) as port:
        told = _at_counter(port, "iReadCardBas", {"Authorization": "Bearer x"}, {}).json()
    assert (told["number"], told["pOutInfo"], told["code"]) == (-5, "", "EDGE_UNREACHABLE")


def _at_counter(port: int, call: str, headers: dict[str, str], body: Json) -> httpx2.Response:
    url = f"http://127.0.0.1:{port}/api/v1/compat/{call}"
    sent = {"Content-Type": "application/json"} | headers
    return httpx2.post(url, headers=sent, content=json.dumps(body), verify=NO_TLS, trust_env=False)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
