"""Commands: their bytes, and the chains that T=0 makes of one answer."""

import pytest

from drivers.apdu import (
    STEPS_MAX,
    Answer,
    Command,
    RecordMode,
    exchange,
    read_record,
    select_by_name,
)
from drivers.cards import AID
from drivers.errors import CardRefused
from tests.drivers.script import ScriptedCard


def test_the_application_is_selected_by_its_fifteen_bytes() -> None:
    expected = "00A404000F7378312E73682EC9E7BBE1B1A3D5CF"
    assert select_by_name(AID).encode().hex().upper() == expected


def test_a_record_is_asked_for_by_tag_or_by_number() -> None:
    assert read_record(6, 0x08, expected=20).encode().hex() == "00b2083014"
    assert read_record(6, 2, mode=RecordMode.NUMBER).encode().hex() == "00b2023400"


def test_two_hundred_and_fifty_six_bytes_are_asked_for_by_zero() -> None:
    assert Command(0xB2, 1, 4, expected=256).encode()[-1] == 0


def test_data_too_long_for_one_command_is_refused() -> None:
    with pytest.raises(ValueError, match="256"):
        Command(0xA4, 4, 0, bytes(256)).encode()


def test_more_data_is_fetched_until_there_is_none() -> None:
    card = ScriptedCard(
        ("00a4040002abcd", "6103"),
        ("00c0000003", "0102036102"),
        ("00c0000002", "04059000"),
    )
    answer = exchange(card, select_by_name(b"\xab\xcd"))
    assert answer == Answer(bytes((1, 2, 3, 4, 5)), 0x9000)
    assert card.is_done()


def test_the_length_that_the_card_asks_for_is_given() -> None:
    card = ScriptedCard(("00b2012800", "6c03"), ("00b2012803", "0101AA9000"))
    assert exchange(card, read_record(5, 1)).data == bytes((1, 1, 0xAA))
    assert card.is_done()


def test_a_wrong_length_inside_a_chain_is_corrected_too() -> None:
    card = ScriptedCard(("00a4040001ab", "6110"), ("00c0000010", "6c01"), ("00c0000001", "FF9000"))
    assert exchange(card, select_by_name(b"\xab")).data == b"\xff"


@pytest.mark.parametrize("again", ["6101", "6c05"])
def test_a_card_that_never_finishes_is_refused_after_a_few_steps(again: str) -> None:
    steps = {"6101": "00c0000001", "6c05": "00b2012805"}
    card = ScriptedCard(("00b2012800", again), *[(steps[again], again)] * (STEPS_MAX - 1))
    with pytest.raises(CardRefused) as caught:
        exchange(card, read_record(5, 1))
    assert caught.value.number == -int(again, 16)
    assert card.is_done()
