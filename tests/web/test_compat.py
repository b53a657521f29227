"""The card over HTTP as the iReadCardBas drivers give it, and who may have it."""

import pytest

from edge.store.ledger import latest
from edge.store.operators import Scope
from simulators.card import foreign_card, mute_card, social_security_card, synthetic_person
from tests.web.service import Json, Service
from tests.web.test_api import problem

PATH = "/compat/iReadCardBas"
PERSON = synthetic_person(5)


def test_a_card_is_handed_over_as_a_string_and_that_is_entered(service: Service) -> None:
    service.present(social_security_card(PERSON))
    told = service.done("POST", PATH, json={"iType": 1})
    fields = told["pOutInfo"].split("|")
    assert (told["number"], told["code"], len(fields)) == (0, None, 12)
    assert (fields[1], fields[4]) == (PERSON.number, PERSON.name)
    [entry] = latest(service.site.store.read(), limit=1)
    assert (entry.act.kind, entry.act.operator) == ("identity.handed_over", "HIS")
    assert PERSON.number not in entry.act.body


@pytest.mark.parametrize(
    ("card", "number", "code"),
    [
        (None, -2, "CARD_ABSENT"),
        (mute_card(), -4, "CARD_MUTE"),
        (foreign_card(), -1, "CARD_WRONG"),
        (social_security_card(PERSON, version="3.00"), -2201, "CARD_KEY_MISSING"),
    ],
    ids=lambda value: str(value)[:16],
)
def test_a_fault_is_its_number_and_nothing_is_written(
    service: Service, card: object, number: int, code: str
) -> None:
    service.present(card)  # type: ignore[arg-type]
    before = service.rows()
    told: Json = service.done("POST", PATH, json={})
    assert (told["number"], told["pOutInfo"], told["code"]) == (number, "", code)
    assert told["text"]
    assert service.rows() == before


@pytest.mark.parametrize(("read_by", "number"), [(2, -13), (9, -14)])
def test_a_way_of_reading_that_there_is_not_is_a_number_too(
    service: Service, read_by: int, number: int
) -> None:
    told = service.done("POST", PATH, json={"iType": read_by})
    assert (told["number"], told["pOutInfo"]) == (number, "")


def test_no_other_scope_gets_an_identity_unmasked(service: Service) -> None:
    others = service.connect("all but the card", set(Scope) - {Scope.CARD})
    problem(service.ask("POST", PATH, headers=others, json={}), 403, "GRANT_MISSING")
