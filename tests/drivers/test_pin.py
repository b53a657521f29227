"""The card's PIN: the tries are asked first, the last one is never spent, nothing is printed."""

from dataclasses import replace

import pytest

from drivers.apdu import exchange, select_by_name
from drivers.cards import AID
from drivers.errors import CardRefused
from drivers.key_errors import PinAtRisk, PinLocked, PinWrong
from drivers.pin import Pin, pin_tries_left, verify_pin
from simulators.card import SyntheticPerson, social_security_card
from tests.drivers.script import PlannedCard, ScriptedCard

RIGHT, WRONG = Pin("482915"), Pin("482916")


@pytest.fixture
def card() -> PlannedCard:
    card = PlannedCard(replace(social_security_card(SyntheticPerson()), pin="482915"))
    exchange(card, select_by_name(AID))
    return card


def test_asking_for_the_tries_spends_none(card: PlannedCard) -> None:
    assert [pin_tries_left(card) for _ in range(5)] == [3] * 5


def test_the_right_pin_is_accepted_and_restores_the_tries(card: PlannedCard) -> None:
    with pytest.raises(PinWrong):
        verify_pin(card, WRONG)
    verify_pin(card, RIGHT)
    assert pin_tries_left(card) == 3


def test_the_last_try_is_left_to_the_holder(card: PlannedCard) -> None:
    for left in (2, 1):
        with pytest.raises(PinWrong) as wrong:
            verify_pin(card, WRONG)
        assert (wrong.value.tries_left, wrong.value.number) == (left, -51)
    with pytest.raises(PinAtRisk):
        verify_pin(card, RIGHT)
    assert pin_tries_left(card) == 1


def test_a_locked_pin_is_not_tried() -> None:
    asked = ScriptedCard(("0020000000", "6983"))
    with pytest.raises(PinLocked) as locked:
        verify_pin(asked, RIGHT)
    assert (locked.value.number, locked.value.tries_left) == (-52, 0)
    assert asked.is_done()


def test_a_card_that_locks_at_this_try_says_so() -> None:
    answers = ("0020000000", "63c2"), ("0020000003482915", "6983")
    with pytest.raises(PinLocked):
        verify_pin(ScriptedCard(*answers), RIGHT)


@pytest.mark.parametrize(
    "answers",
    [
        [("0020000000", "6d00")],
        [("0020000000", "63c3"), ("0020000003482915", "6a80")],
    ],
)
def test_a_status_word_nobody_expects_is_reported_as_it_is(answers: list[tuple[str, str]]) -> None:
    with pytest.raises(CardRefused) as caught:
        verify_pin(ScriptedCard(*answers), RIGHT)
    assert caught.value.field == "pin"


@pytest.mark.parametrize("digits", ["", "123", "12345a", "1" * 13, "１２３４"])
def test_what_is_no_pin_is_refused_without_being_quoted(digits: str) -> None:
    with pytest.raises(ValueError, match="4 to 12 digits") as caught:
        Pin(digits)
    assert not digits or digits not in str(caught.value)


def test_an_odd_pin_is_padded_and_none_is_ever_printed() -> None:
    assert Pin("12345").bcd() == bytes.fromhex("12345F")
    assert f"{RIGHT!r} {RIGHT}" == "Pin(…) Pin(…)"
