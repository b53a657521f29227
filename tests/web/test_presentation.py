"""Cards and codes at their desks: one case a desk, a code used once, devices where they belong."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.identity import masked_number
from edge.settings import Place
from edge.store.ledger import Asked, latest
from edge.store.operators import Role
from simulators.card import SyntheticPerson, social_security_card, synthetic_person
from simulators.reader import InProcessReaders
from simulators.scanner import VirtualScanner
from sync.e_card import CardHolder
from tests.fakes.log import Log
from tests.steps.conftest import FACTS, NOW
from tests.web.service import Json, Service, admission, line, service_at
from tests.web.test_api import problem

ONE, OTHER = "1号窗", "2号窗"
MEDICAL = {"service": "inpatient_medical"}
HERE = {"desk": ONE}
PERSON = synthetic_person(7)


@pytest.fixture(scope="module")
def virtual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VirtualScanner]:
    with VirtualScanner(tmp_path_factory.mktemp("dev") / "usb-scanner") as virtual:
        yield virtual


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, virtual: VirtualScanner) -> Iterator[Service]:
    """Give a service with two desks: the first has the left reader and a scanner."""
    desks = (
        Place(name=ONE, reader="左", scanner=str(virtual.device)),
        Place(name=OTHER, reader="右"),
    )
    folder = tmp_path_factory.mktemp("service")
    with service_at(folder, desks=desks, readers=InProcessReaders("左", "右")) as service:
        until(service, str(virtual.device), "online")
        yield service


@pytest.fixture(autouse=True)
def _nothing_is_left(service: Service, virtual: VirtualScanner) -> Iterator[None]:
    yield
    virtual.plug()
    service.platform.down = False
    for reader in service.readers.names:
        service.readers.remove(reader=reader)
        until(service, reader, "empty")
    if (
        until(service, str(virtual.device), "online", "scanned", "unusable_code")["state"]
        != "online"
    ):
        service.ask("POST", "/identifications", json=HERE)


def device(service: Service, name: str) -> Json:
    [found] = [one for one in service.done("GET", "/readers") if one["name"] == name]
    return dict(found)


@contextmanager
def hints(service: Service) -> Iterator[Iterator[str]]:
    with service.client.stream("GET", "/api/v1/events", headers=service.system) as stream:
        lines = (line for line in stream.iter_lines() if line.startswith("data:"))
        next(lines)  # connected: nothing is missed from here on
        yield lines


def until(service: Service, name: str, *states: str) -> Json:
    """Wait for a device by the service's hints, as a page does."""
    with hints(service) as news:
        while (found := device(service, name))["state"] not in states:
            next(news)
        return found


def holder(service: Service, code: str, person: SyntheticPerson = PERSON) -> None:
    """Let the platform know whose e-card shows ``code``, and nobody but them."""
    worker = {"id_number": person.number, "name": person.name}
    service.platform.facts = FACTS | {"worker": FACTS["worker"] | worker}
    service.platform.holders[code] = CardHolder(
        id_number=person.number, name=person.name, issuing_region="110100", token="T-1", as_of=NOW
    )


def insert(service: Service, reader: str, person: SyntheticPerson) -> None:
    service.readers.insert(social_security_card(person), reader=reader)
    until(service, reader, "present")


def test_an_e_card_that_was_scanned_opens_a_case_once(
    service: Service, virtual: VirtualScanner
) -> None:
    code = "SYN-ECARD-scanned-at-the-desk"
    holder(service, code)
    virtual.scan(code)
    until(service, str(virtual.device), "scanned")
    shown = service.done("POST", "/identifications", json=HERE)
    assert (shown["source"], shown["desk"], shown["reader"]) == ("e_card", ONE, str(virtual.device))
    assert shown["credential"] == {
        "kind": "e_card",
        "issuing_region": "110100",
        "spec_version": "",
        "valid_until": None,
    }
    assert shown["worker"] == {
        "name": PERSON.name,
        "id_number": f"{PERSON.number[:6]}********{PERSON.number[-4:]}",
    }
    verdict = service.done("POST", "/verifications", json=MEDICAL | {"identification": shown["id"]})
    assert verdict["decision"] == "direct"
    stay = service.done("POST", "/stays", json=admission(verdict["id"], "ZY-e-card"))
    assert stay["state"] == "admitted"
    before = service.rows()
    problem(service.ask("POST", "/identifications", json=HERE), 422, "CARD_ABSENT", "reader")
    assert service.rows() == before


def test_a_code_of_the_callers_own_scanner_is_resolved_and_kept_nowhere(service: Service) -> None:
    code = "SYN-ECARD-sent-by-the-hospital"
    holder(service, code)
    assert isinstance(service.site.log, Log)
    verdict = service.done("POST", "/arrivals", json=MEDICAL | {"qr": code})
    assert verdict["decision"] == "direct"
    used = service.ask("POST", "/identifications", json={"qr": code})
    problem(used, 422, "E_CARD_UNKNOWN", "qr")
    assert code not in used.text
    written = b"".join(path.read_bytes() for path in _files(service))
    assert code.encode() not in written
    assert code not in repr(service.site.log.told)


def test_without_the_platform_a_code_is_not_resolved_and_nothing_is_written(
    service: Service,
) -> None:
    service.platform.down = True
    before = service.rows()
    answer = service.ask("POST", "/identifications", json={"qr": "SYN-ECARD-while-off-line"})
    told = problem(answer, 503, "E_CARD_OFFLINE", "qr")
    assert "社会保障卡" in told["next_action"]
    assert service.rows() == before


def test_a_holder_whose_number_contradicts_itself_is_not_believed(service: Service) -> None:
    code = "SYN-ECARD-of-a-wrong-number"
    holder(service, code)
    wrong = PERSON.number[:-1] + ("0" if PERSON.number[-1] != "0" else "1")
    service.platform.holders[code] = CardHolder(
        id_number=wrong, name=PERSON.name, issuing_region="110100", token="T-1", as_of=NOW
    )
    before = service.rows()
    answer = service.ask("POST", "/identifications", json={"qr": code})
    problem(answer, 503, "PLATFORM_UNSURE")
    assert service.rows() == before


@pytest.mark.parametrize(
    ("qr", "code"),
    [
        ("1" * 28, "SCAN_E_VOUCHER"),
        ("6901234567892", "SCAN_UNKNOWN"),
        ("A" * 1025, "SCAN_TOO_LONG"),
        ("SYN-ECARD-\n-with-a-line", "SCAN_UNREADABLE"),
        ("   ", "SCAN_UNREADABLE"),
    ],
)
def test_another_code_is_refused_by_its_name_and_the_platform_is_not_asked(
    service: Service, qr: str, code: str
) -> None:
    before = service.rows()
    problem(service.ask("POST", "/identifications", json={"qr": qr}), 422, code, "qr")
    assert service.rows() == before


@given(qr=st.text(min_size=1, max_size=60))
def test_any_text_for_a_code_is_a_typed_refusal(service: Service, qr: str) -> None:
    answer = service.ask("POST", "/identifications", json={"qr": qr})
    assert answer.status_code == 422
    assert answer.json()["code"].startswith(("SCAN_", "E_CARD_"))


def test_a_bad_code_at_the_desk_is_told_once(service: Service, virtual: VirtualScanner) -> None:
    virtual.scan("1" * 28)
    found = until(service, str(virtual.device), "unusable_code")
    assert (found["kind"], found["desks"], found["code"]) == ("scanner", [ONE], "SCAN_E_VOUCHER")
    at_desk = str(virtual.device)
    problem(service.ask("POST", "/identifications", json=HERE), 422, "SCAN_E_VOUCHER", at_desk)
    problem(service.ask("POST", "/identifications", json=HERE), 422, "CARD_ABSENT", "reader")


@pytest.mark.parametrize("second", ["card", "code"])
def test_what_is_presented_next_clears_the_desks_case_before_anybody_asks(
    service: Service, virtual: VirtualScanner, second: str
) -> None:
    insert(service, "左", PERSON)
    holder(service, "unused")
    case = service.done("POST", "/identifications", json=HERE)
    verdict = service.done("POST", "/verifications", json=MEDICAL | {"identification": case["id"]})
    with hints(service) as news:
        if second == "card":
            service.readers.insert(social_security_card(synthetic_person(8)), reader="左")
        else:
            virtual.scan(f"SYN-ECARD-{second}-after-the-card")
        assert any('"topic":"presentation"' in line and ONE in line for line in news)
    question = MEDICAL | {"identification": case["id"]}
    before = service.rows()
    stale = service.ask("POST", "/verifications", json=question)
    problem(stale, 409, "CASE_CLEARED", "identification")
    late = service.ask("POST", "/stays", json=admission(verdict["id"], f"ZY-late-{second}"))
    problem(late, 409, "CASE_CLEARED", "identification")
    assert service.rows() == before


def test_a_later_identification_at_the_desk_clears_the_case_and_the_later_one_stands(
    service: Service,
) -> None:
    codes = ("SYN-ECARD-the-first-one", "SYN-ECARD-the-second-one")
    cases = []
    for code in codes:
        holder(service, code)
        cases.append(service.done("POST", "/identifications", json=HERE | {"qr": code}))
    first, second = (
        service.ask("POST", "/verifications", json=MEDICAL | {"identification": case["id"]})
        for case in cases
    )
    problem(first, 409, "CASE_CLEARED", "identification")
    assert second.status_code == 201


def test_another_desks_card_and_a_system_without_a_desk_clear_nothing(service: Service) -> None:
    insert(service, "左", PERSON)
    holder(service, "SYN-ECARD-without-a-desk")
    case = service.done("POST", "/identifications", json=HERE)
    with hints(service) as news:
        service.readers.insert(social_security_card(synthetic_person(8)), reader="右")
        assert any('"topic":"presentation"' in line and OTHER in line for line in news)
    service.done("POST", "/identifications", json={"qr": "SYN-ECARD-without-a-desk"})
    service.done("POST", "/verifications", json=MEDICAL | {"identification": case["id"]})


def test_the_newest_of_card_and_code_is_the_one_that_is_meant(
    service: Service, virtual: VirtualScanner
) -> None:
    code = "SYN-ECARD-newer-than-the-card"
    insert(service, "左", PERSON)
    holder(service, code, synthetic_person(9))
    service.clock.pass_time(seconds=1)
    virtual.scan(code)
    until(service, str(virtual.device), "scanned")
    assert service.done("POST", "/identifications", json=HERE)["source"] == "e_card"
    assert service.done("POST", "/identifications", json=HERE)["source"] == "card"


def test_a_clerk_reads_at_their_own_desk_only(service: Service) -> None:
    clerk = service.log_in("一号窗入院员", Role.ADMISSION)
    insert(service, "右", PERSON)
    wrong: list[tuple[Json, str, str]] = [
        ({"reader": "右"}, "OTHER_DESK", "reader"),
        ({"desk": OTHER}, "OTHER_DESK", "desk"),
        ({"reader": "左", "qr": "x"}, "SEVERAL_SOURCES", "qr"),
        ({}, "CARD_ABSENT", "reader"),
    ]
    for body, code, field in wrong:
        answer = service.ask("POST", "/identifications", headers=clerk, json=body)
        problem(answer, 422, code, field)
    unknown = service.ask("POST", "/identifications", json={"desk": "9号窗"})
    problem(unknown, 422, "DESK_UNKNOWN", "desk")
    insert(service, "左", synthetic_person(8))
    shown = service.done("POST", "/identifications", headers=clerk, json={})
    assert (shown["reader"], shown["desk"], shown["source"]) == ("左", ONE, "card")


def test_a_scanner_that_is_unplugged_is_shown_off_line_until_it_is_back(
    service: Service, virtual: VirtualScanner
) -> None:
    virtual.unplug()
    found = until(service, str(virtual.device), "offline")
    assert (found["code"], found["desks"]) == ("SCANNER_MISSING", [ONE])
    virtual.plug()
    assert until(service, str(virtual.device), "online")["code"] is None


def _files(service: Service) -> list[Path]:
    return [path for path in service.site.settings.data.rglob("*") if path.is_file()]


def discharged(service: Service, worker: SyntheticPerson) -> str:
    """Take a worker at the first desk as far as the discharge."""
    holder(service, "not shown", worker)
    insert(service, "左", worker)
    verdict = service.done("POST", "/arrivals", json=MEDICAL | HERE)
    number = f"ZY-{worker.serial}"
    stay = str(service.done("POST", "/stays", json=admission(verdict["id"], number))["id"])
    service.done("POST", f"/stays/{stay}/charges", json={"lines": [line()]})
    service.done("POST", f"/stays/{stay}/discharge")
    return stay


def test_a_page_settles_only_while_its_desk_serves_its_worker(service: Service) -> None:
    worker = synthetic_person(31)
    stay = discharged(service, worker)
    clerk = service.log_in("出院员一", Role.DISCHARGE)
    opened = service.client.get(f"/stays/{stay}", headers=clerk | {"Accept": "text/html"}).text
    [token] = set(re.findall(r'name="desk_case" value="([0-9a-f]{64})"', opened))
    press = {"headers": clerk | {"Idempotency-Key": "press"}, "json": {"desk_case": token}}
    with hints(service) as news:
        insert(service, "左", synthetic_person(32))
        assert any('"topic":"presentation"' in line and ONE in line for line in news)
    before = service.rows()
    moved_on = service.ask("POST", f"/stays/{stay}/settlement", **press)
    problem(moved_on, 409, "CASE_NOT_AT_DESK", "desk_case")
    assert service.rows() == before
    again = service.client.get(f"/pages/stays/{stay}?case={token}", headers=clerk).text
    assert re.findall(r'name="desk_case" value="(\w*)"', again) == [token]
    afresh = service.client.get(f"/stays/{stay}", headers=clerk | {"Accept": "text/html"}).text
    assert token not in afresh
    insert(service, "左", worker)
    settled = service.done("POST", f"/stays/{stay}/settlement", **press)
    insert(service, "左", synthetic_person(33))
    assert service.done("POST", f"/stays/{stay}/settlement", **press) == settled


def test_a_reader_is_tried_by_whoever_looks_after_it(service: Service) -> None:
    it_staff = service.log_in("信息科员", Role.SYSTEM_ADMINISTRATOR)
    asks = {"headers": it_staff, "json": {"reader": "左"}}
    problem(service.ask("POST", "/readings", **asks), 422, "CARD_ABSENT", "reader")
    insert(service, "左", PERSON)
    before = device(service, "左")["since"]
    read = service.done("POST", "/readings", **asks)
    assert (read["reader"], read["number"]) == ("左", masked_number(PERSON.number))
    assert read["text"] == f"读卡成功：{read['number']}，{read['took_ms']} 毫秒"
    assert device(service, "左")["since"] >= before
    assert service.done("POST", "/identifications", json=HERE)["reader"] == "左"
    [entry] = latest(service.site.store.read(), limit=1, asked=Asked(kind="reader.tried"))
    assert (entry.act.operator, PERSON.number in entry.act.body) == ("信息科员", False)
    clerk = service.log_in("入院员二", Role.ADMISSION)
    elsewhere = service.ask("POST", "/readings", headers=clerk, json={"reader": "右"})
    problem(elsewhere, 422, "OTHER_DESK", "reader")
    assert service.done("POST", "/readings", headers=clerk)["number"] == read["number"]
    shown = service.client.get("/devices", headers=it_staff | {"Accept": "text/html"}).text
    assert shown.count('data-post="/api/v1/readings?of=') == 1
    panel = service.client.get("/pages/card", headers=clerk).text
    assert 'data-hotkey="F2"' in panel
