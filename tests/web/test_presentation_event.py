"""The one event of card and code: its source, moment, desk, token and end; cards left behind."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from edge.settings import Place
from edge.store.operators import Scope
from simulators.card import SyntheticPerson, synthetic_person
from simulators.reader import InProcessReaders
from tests.steps.conftest import FACTS
from tests.web.service import Json, Service, admission, service_at
from tests.web.test_api import problem
from tests.web.test_presentation import hints, insert, until

DESK, OTHER = "1号窗", "2号窗"
HERE = {"desk": DESK}
MEDICAL = {"service": "inpatient_medical"}
PERSON, NEXT = synthetic_person(21), synthetic_person(22)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    desks = (Place(name=DESK, reader="左"), Place(name=OTHER, reader="右"))
    folder = tmp_path_factory.mktemp("service")
    with service_at(folder, desks=desks, readers=InProcessReaders("左", "右")) as service:
        yield service


@pytest.fixture(autouse=True)
def _nothing_is_left(service: Service) -> Iterator[None]:
    until(service, "左", "empty")
    yield
    for reader in service.readers.names:
        service.readers.remove(reader=reader)
        until(service, reader, "empty")


def presentation(service: Service, desk: str = DESK) -> Json:
    [event] = service.done("GET", "/presentations", params={"desk": desk})
    return dict(event)


def known(service: Service, person: SyntheticPerson) -> None:
    """Let the platform know the worker."""
    worker = {"id_number": person.number, "name": person.name}
    service.platform.facts = FACTS | {"worker": FACTS["worker"] | worker}


def test_a_card_that_was_read_is_an_event_with_all_that_names_it_and_nobody(
    service: Service,
) -> None:
    insert(service, "左", PERSON)
    event = presentation(service)
    assert (event["source"], event["device"], event["desks"]) == ("card", "左", [DESK])
    assert event["at"] < event["expires_at"]
    assert event["token"]
    assert event["left_behind"] is False
    assert PERSON.number not in str(event)
    assert service.done("GET", "/presentations", params={"desk": OTHER}) == []
    assert [one["device"] for one in service.done("GET", "/presentations")] == ["左"]


def test_a_showing_identifies_once(service: Service) -> None:
    insert(service, "左", PERSON)
    token = presentation(service)["token"]
    shown = service.done("POST", "/identifications", json=HERE | {"presentation": token})
    before = service.rows()
    again = service.ask("POST", "/identifications", json=HERE | {"presentation": token})
    problem(again, 409, "PRESENTATION_USED", "presentation")
    assert service.rows() == before
    fresh = service.done("POST", "/identifications", json=HERE)
    assert fresh["id"] != shown["id"]
    assert presentation(service)["token"] != token


def test_a_showing_that_is_not_there_any_more_identifies_nobody(service: Service) -> None:
    insert(service, "左", PERSON)
    token = presentation(service)["token"]
    insert(service, "左", NEXT)
    before = service.rows()["identifications"]
    for given in (token, "never-shown"):
        answer = service.ask("POST", "/identifications", json=HERE | {"presentation": given})
        problem(answer, 409, "PRESENTATION_OVER", "presentation")
    elsewhere = presentation(service)["token"]
    other = service.ask("POST", "/identifications", json={"desk": OTHER, "presentation": elsewhere})
    problem(other, 409, "PRESENTATION_OVER", "presentation")
    assert service.rows()["identifications"] == before


def test_a_card_that_lay_too_long_is_read_again_and_its_old_token_is_over(service: Service) -> None:
    insert(service, "左", PERSON)
    known(service, PERSON)
    token = presentation(service)["token"]
    service.clock.pass_time(minutes=11)
    stale = service.ask("POST", "/identifications", json=HERE | {"presentation": token})
    problem(stale, 409, "PRESENTATION_OVER", "presentation")
    case = service.done("POST", "/identifications", json=HERE)
    question = MEDICAL | {"identification": case["id"]}
    assert service.done("POST", "/verifications", json=question)["decision"] == "direct"


def test_two_presses_at_once_are_two_showings_of_one_card(service: Service) -> None:
    insert(service, "左", PERSON)
    with ThreadPoolExecutor(2) as clerks:
        pressed = list(
            clerks.map(
                lambda _: service.ask("POST", "/identifications", json={"reader": "左"}), range(2)
            )
        )
    assert {answer.status_code for answer in pressed} == {201}
    assert len({answer.json()["id"] for answer in pressed}) == 2


def test_a_card_whose_case_is_done_is_left_behind_until_it_is_taken(service: Service) -> None:
    insert(service, "左", PERSON)
    known(service, PERSON)
    verdict = service.done("POST", "/arrivals", json=MEDICAL | HERE)
    assert until(service, "左", "present")["state"] == "present"
    with hints(service) as news:
        service.done("POST", "/stays", json=admission(verdict["id"], "ZY-left-behind"))
        assert any('"topic":"left_behind"' in line and "左" in line for line in news)
    assert until(service, "左", "left_behind")["desks"] == [DESK]
    assert presentation(service)["left_behind"] is True
    with hints(service) as news:
        service.readers.remove(reader="左")
        assert any('"topic":"left_behind"' in line and "左" in line for line in news)
    until(service, "左", "empty")


def test_a_card_is_left_behind_when_another_case_took_its_desk_or_its_time_ran_out(
    service: Service,
) -> None:
    insert(service, "左", PERSON)
    service.done("POST", "/identifications", json=HERE)
    service.clock.pass_time(minutes=9)
    assert until(service, "左", "present", "left_behind")["state"] == "present"
    service.clock.pass_time(minutes=2)
    assert until(service, "左", "present", "left_behind")["state"] == "left_behind"
    service.done("POST", "/identifications", json=HERE)
    assert until(service, "左", "present", "left_behind")["state"] == "present"


def test_a_system_bound_to_a_desk_sees_and_uses_only_its_own(service: Service) -> None:
    bound = service.connect("HIS of the second desk", [Scope.IDENTIFY], desk=OTHER)
    insert(service, "左", PERSON)
    assert service.done("GET", "/presentations", headers=bound) == []
    other = service.ask("GET", "/presentations", headers=bound, params={"desk": DESK})
    problem(other, 422, "OTHER_DESK", "desk")
    taken = service.ask("POST", "/identifications", headers=bound, json={"reader": "左"})
    problem(taken, 422, "OTHER_DESK", "reader")
