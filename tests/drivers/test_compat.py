"""The strings of the iReadCardBas family: eleven fields, every error its number."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.authentication import KeyAnswers, KeyRequest
from drivers.cards import read_card
from drivers.compat import (
    Answer,
    card_answer,
    error_answer,
    hsm_step1_answer,
    is_asked_for,
    read_hsm_step2,
    refusal,
)
from drivers.errors import AccessNotAllowed, CardRefused, DriverCode, NoCard
from drivers.key_errors import KeyCode
from drivers.scan_errors import ScanCode
from simulators.card import SyntheticPerson, social_security_card
from tests.drivers.script import PlannedCard

PERSON = SyntheticPerson()
RECORD = read_card(PlannedCard(social_security_card(PERSON)))


def test_a_card_is_eleven_fields_each_ended_by_a_bar() -> None:
    answer = card_answer(RECORD, device="SN1")
    fields = answer.text.split("|")
    assert (answer.number, len(fields), fields[-1]) == (0, 12, "")
    assert fields[:5] == [
        RECORD.issuing_region,
        PERSON.number,
        RECORD.card_number,
        RECORD.card_id,
        PERSON.name,
    ]
    assert bytes.fromhex(fields[5]) == RECORD.historical_bytes
    assert fields[6:9] == [
        RECORD.spec_version,
        RECORD.issued.strftime("%Y%m%d"),
        RECORD.valid_until.strftime("%Y%m%d"),
    ]
    assert fields[9:11] == ["000000000000", "SN1"]
    assert PERSON.number not in repr(answer)


@given(st.text(max_size=30))
def test_no_name_moves_the_fields_behind_it(name: str) -> None:
    assert card_answer(replace(RECORD, name=name)).text.count("|") == 11


def test_an_error_is_its_number_and_nothing_else() -> None:
    assert error_answer(NoCard()) == Answer(-2)
    assert error_answer(CardRefused(0x6A88)) == Answer(-27272)
    assert error_answer(AccessNotAllowed()) == Answer(-27010)


def test_every_error_of_a_driver_has_a_number_below_nought() -> None:
    for code in (*DriverCode, *KeyCode, *ScanCode):
        assert code.value.number < 0, code


@pytest.mark.parametrize(
    ("read_by", "answer"),
    [(0, Answer(-14)), (1, None), (2, None), (3, None), (4, None), (5, Answer(-14))],
)
def test_what_cannot_be_read_so_is_refused_by_number(read_by: int, answer: Answer | None) -> None:
    assert refusal(read_by) == answer


@pytest.mark.parametrize("contactless", [False, True])
def test_who_wants_one_kind_of_card_only_gets_no_other(*, contactless: bool) -> None:
    record = replace(RECORD, contactless=contactless)
    taken = [read_by for read_by in (1, 2, 3, 4) if is_asked_for(record, read_by)]
    assert taken == [2 if contactless else 1, 3, 4]


def test_step_1_is_eight_fields_and_step_2_gives_two_answers() -> None:
    request = KeyRequest(
        issuing_region="110100",
        historical_bytes=b"\x01\x02",
        algorithm=3,
        card_id="CARD",
        challenges=(b"\x0a", b"\x0b", b"\x0c", b"\x0d"),
    )
    assert hsm_step1_answer(request) == Answer(0, "110100|0102|03|CARD|0A|0B|0C|0D|")
    for end in ("", "|"):
        two = read_hsm_step2(f"{'01' * 8}|{'Fe' * 8}{end}")
        assert two == KeyAnswers(internal=b"\x01" * 8, external=b"\xfe" * 8)


@given(st.text(max_size=40))
def test_a_malformed_step_2_is_no_answer(text: str) -> None:
    assert read_hsm_step2(text) is None
