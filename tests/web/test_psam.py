"""A PSAM in the readers opens 3.0 cards without the platform, at the service and at an agent."""

from collections.abc import Iterator

import pytest

from edge.settings import Place, Psam
from simulators.card import psam_card, social_security_card, synthetic_person
from simulators.card.psam import TERMINAL
from simulators.reader import InProcessReaders
from tests.web.agent_desk import DESK, agent_at, agent_token, until
from tests.web.service import Service, service_at
from tests.web.test_agents import PATIENCE

PERSON = synthetic_person(21)
GUARDED = social_security_card(PERSON, version="3.00")
PATH = "/compat/iReadCardBas"
HERE = "1号窗"


def table() -> InProcessReaders:
    """Return a reader of cards, and a slot with a PSAM."""
    readers = InProcessReaders("读卡器", "SAM 00")
    readers.insert(psam_card(), reader="SAM 00")
    return readers


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    desks = (Place(name=DESK, agent=True), Place(name=HERE))
    folder = tmp_path_factory.mktemp("service")
    psam = Psam(reader="SAM")
    with service_at(folder, desks=desks, readers=table(), patience=PATIENCE, psam=psam) as service:
        assert service.platform.hsm is None
        yield service


def test_a_guarded_card_is_opened_by_the_psam_and_its_terminal_number_is_told(
    service: Service,
) -> None:
    service.readers.insert(GUARDED)
    until(service, "reader", "present", desk=None)
    told = service.done("POST", PATH, json={"desk": HERE})
    fields = told["pOutInfo"].split("|")
    assert (told["number"], fields[1], fields[6]) == (0, PERSON.number, "3.00")
    assert fields[9] == TERMINAL
    shown = [d["name"] for d in service.done("GET", "/readers") if d["kind"] == "reader"]
    assert "SAM 00" not in shown


def test_at_a_desk_with_an_agent_its_own_psam_opens_the_card(service: Service) -> None:
    readers = table()
    readers.insert(GUARDED)
    with agent_at(service, readers, agent_token(service, "agent")):
        until(service, "reader", "present")
        told = service.done("POST", PATH, json={"desk": DESK})
        fields = told["pOutInfo"].split("|")
        assert (told["number"], fields[1], fields[9]) == (0, PERSON.number, TERMINAL)
        readers.remove(reader="SAM 00")
        readers.insert(GUARDED)
        assert until(service, "reader", "fault")["code"] == "CARD_KEY_MISSING"
