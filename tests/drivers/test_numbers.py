"""Check characters and the answer to reset, by known examples."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.atr import historical_bytes
from drivers.check_characters import card_number_check, citizen_number_check
from drivers.errors import DamagedRecord


def test_the_known_card_number_is_valid() -> None:
    assert card_number_check("D2143569") == "X"


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=8, max_size=8))
def test_a_card_number_check_is_one_digit_or_x(first: str) -> None:
    assert card_number_check(first) in set("0123456789X")


def test_the_example_of_gb_11643_is_valid() -> None:
    assert citizen_number_check("11010519491231002") == "X"
    assert citizen_number_check("44052418800101001") == "4"


@given(st.text("0123456789", min_size=17, max_size=17), st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_never_keeps_the_check(number: str, place: int, shift: int) -> None:
    wrong = str((int(number[place]) + shift) % 10)
    other = number[:place] + wrong + number[place + 1 :]
    assert citizen_number_check(other) != citizen_number_check(number)


@pytest.mark.parametrize(
    ("atr", "historical"),
    [
        ("3B6D0000" + "0102030405060708090A0B0C0D", "0102030405060708090A0B0C0D"),
        ("3B00", ""),
        ("3B8180018080", "80"),
        ("3B6500002063CB6800", "2063CB6800"),
    ],
)
def test_the_historical_bytes_are_found_behind_the_interface_bytes(
    atr: str, historical: str
) -> None:
    assert historical_bytes(bytes.fromhex(atr)).hex().upper() == historical


@given(st.binary(max_size=40))
def test_an_answer_to_reset_of_any_bytes_is_read_or_is_damaged(atr: bytes) -> None:
    with suppress(DamagedRecord):
        assert historical_bytes(atr) in atr
