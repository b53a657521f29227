"""A card pulled at any command, as the service sees it: a typed refusal, and nothing half done."""

import pytest

from simulators.card import social_security_card, synthetic_person
from tests.web.service import Service, admission

PERSON = synthetic_person(3)
CARD = social_security_card(PERSON)
COMMANDS_OF_A_READ = 18
GONE = {"CARD_REMOVED", "CARD_ABSENT"}
PRESS = {"service": "inpatient_medical"}


@pytest.mark.parametrize("command", range(1, COMMANDS_OF_A_READ + 1))
def test_a_card_pulled_at_any_command_is_a_typed_refusal_and_nothing_is_kept(
    service: Service, command: int
) -> None:
    before = service.rows()
    service.readers.insert(CARD.struck(command, "pull"))
    answer = service.ask("POST", "/arrivals", json=PRESS)
    told = answer.json()
    assert (answer.status_code, told["code"] in GONE) == (422, True), told
    assert told["next_action"]
    assert told["retry"] in {"after_reinserting", "by_itself"}
    assert service.rows() == before


def test_after_all_of_that_the_reader_serves_and_the_worker_is_admitted(service: Service) -> None:
    service.newcomer()
    stay = service.done("POST", "/stays", json=admission(service.verified()["id"], "ZY-after"))
    assert stay["state"] == "admitted"


def test_a_card_pulled_between_verdict_and_admission_admits_who_was_verified(
    service: Service,
) -> None:
    service.newcomer()
    verdict = service.verified()
    service.present(None)
    stay = service.done("POST", "/stays", json=admission(verdict["id"], "ZY-card-gone"))
    assert stay["state"] == "admitted"
