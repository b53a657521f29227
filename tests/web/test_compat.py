"""The card over HTTP as the iReadCardBas drivers give it, and who may have it."""

import pytest

from drivers.authentication import KeyRequest
from edge.store.ledger import latest
from edge.store.operators import Scope
from simulators.card import foreign_card, mute_card, social_security_card, synthetic_person
from simulators.card.hsm import answers
from tests.web.service import Json, Service
from tests.web.test_api import problem

PATH = "/compat/iReadCardBas"
STEP_1, STEP_2 = f"{PATH}_HSM_Step1", f"{PATH}_HSM_Step2"
PERSON = synthetic_person(5)
GUARDED = social_security_card(PERSON, version="3.00")


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


@pytest.mark.parametrize(("read_by", "number"), [(2, -2), (9, -14)])
def test_a_way_of_reading_that_does_not_fit_is_a_number_too(
    service: Service, read_by: int, number: int
) -> None:
    service.present(social_security_card(PERSON))
    told = service.done("POST", PATH, json={"iType": read_by})
    assert (told["number"], told["pOutInfo"]) == (number, "")


def test_a_guarded_card_is_read_in_two_steps_by_the_systems_own_hsm(service: Service) -> None:
    service.present(GUARDED)
    keys = answered(service.done("POST", STEP_1, json={"iType": 1}))
    told = service.done("POST", STEP_2, json={"pKey": keys})
    assert told["pOutInfo"].split("|")[1] == PERSON.number
    [entry] = latest(service.site.store.read(), limit=1)
    assert entry.act.kind == "identity.handed_over"
    again = service.done("POST", STEP_2, json={"pKey": keys})
    assert (again["number"], again["pOutInfo"]) == (-31, "")


def test_a_card_that_reads_freely_needs_no_hsm(service: Service) -> None:
    service.present(social_security_card(PERSON))
    assert service.done("POST", STEP_1, json={})["number"] == -2204
    assert service.done("POST", PATH, json={})["number"] == 0


@pytest.mark.parametrize(
    ("keys", "number"),
    [(f"{'00' * 8}|{'00' * 8}|", -21), ("", -14), ("nonsense", -14)],
)
def test_answers_that_are_not_the_keys_open_nothing(
    service: Service, keys: str, number: int
) -> None:
    service.present(GUARDED)
    service.done("POST", STEP_1, json={})
    told = service.done("POST", STEP_2, json={"pKey": keys})
    assert (told["number"], told["pOutInfo"]) == (number, "")


def test_a_card_that_leaves_between_the_steps_ends_them_and_the_next_one_is_read(
    service: Service,
) -> None:
    service.present(GUARDED)
    keys = answered(service.done("POST", STEP_1, json={}))
    service.present(None)
    assert service.done("POST", STEP_2, json={"pKey": keys})["number"] == -2
    assert service.present(social_security_card(PERSON))["state"] == "present"


def test_a_second_step_1_takes_the_place_of_the_first(service: Service) -> None:
    service.present(GUARDED)
    first = answered(service.done("POST", STEP_1, json={}))
    second = answered(service.done("POST", STEP_1, json={}))
    assert first != second
    assert service.done("POST", STEP_2, json={"pKey": second})["number"] == 0


def test_no_other_scope_gets_an_identity_unmasked(service: Service) -> None:
    others = service.connect("all but the card", set(Scope) - {Scope.CARD})
    for path in (PATH, STEP_1, STEP_2):
        problem(service.ask("POST", path, headers=others, json={}), 403, "GRANT_MISSING")


def answered(told: Json) -> str:
    """Answer step 1 as a hospital system's HSM does."""
    assert told["number"] == 0, told
    region, historical, algorithm, card_id, *challenges, end = told["pOutInfo"].split("|")
    factor, data, own_factor, own_data = map(bytes.fromhex, challenges)
    made = answers(
        KeyRequest(
            issuing_region=region,
            historical_bytes=bytes.fromhex(historical),
            algorithm=int(algorithm, 16),
            card_id=card_id,
            challenges=(factor, data, own_factor, own_data),
        )
    )
    assert end == ""
    return f"{made.internal.hex()}|{made.external.hex()}|"
