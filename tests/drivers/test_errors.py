"""The driver errors: each code has one class, words in two languages, and its place in the tree."""

from collections.abc import Iterator
from enum import Enum

import pytest

from drivers import agent_errors, errors, key_errors, scan_errors
from drivers.agent_errors import AgentCode
from drivers.errors import (
    CardChanged,
    CardMute,
    CardRefused,
    CardRemoved,
    DamagedRecord,
    DriverCode,
    DriverError,
    Flaw,
    NoCard,
    ReaderBusy,
    ReaderFault,
    ReaderMissing,
    Retry,
    ServiceDown,
    ServiceRefused,
    WrongCard,
)
from drivers.key_errors import KeyCode
from drivers.pcsc import error_for
from drivers.scan_errors import ScanCode

WHERE = {
    AgentCode: agent_errors,
    DriverCode: errors,
    KeyCode: key_errors,
    ScanCode: scan_errors,
}
CODES = [code for vocabulary in WHERE for code in vocabulary]


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.name)
def test_a_code_has_one_class_and_stands_in_the_tree(code: Enum) -> None:
    classes = [kind for kind in _tree(DriverError) if "kind" in vars(kind) and kind.kind is code]
    assert len(classes) == 1
    assert code.name in str(WHERE[type(code)].__doc__)


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.name)
def test_a_code_says_what_is_wrong_and_what_to_do_in_both_languages(code: Enum) -> None:
    meaning = code.value
    assert meaning.text
    assert meaning.next_action
    assert meaning.text_en.isascii()
    assert meaning.next_action_en.isascii()
    assert meaning.number < 0
    assert meaning.retry in Retry


def test_an_error_carries_its_code_field_and_number() -> None:
    error = DamagedRecord("EF06.09 name", Flaw.TRUNCATED)
    assert (error.code, error.field, error.number) == ("RECORD_DAMAGED", "EF06.09 name", -33)
    assert str(error).startswith("RECORD_DAMAGED EF06.09 name: ")
    assert "长度不足" in error.text


def test_a_status_word_is_its_own_negative_number() -> None:
    assert CardRefused(0x6A88).number == -27272


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (0x8010001D, ServiceDown),
        (0x8010001E, ServiceDown),
        (0x80100013, ServiceDown),
        (0x8010006A, ServiceRefused),
        (0x80100009, ReaderMissing),
        (0x8010000B, ReaderBusy),
        (0x8010000C, NoCard),
        (0x80100069, CardRemoved),
        (0x80100016, CardRemoved),
        (0x80100067, CardMute),
        (0x80100066, CardMute),
        (0x80100068, CardChanged),
        (0x8010000F, WrongCard),
        (0x8010FFFF, ReaderFault),
    ],
)
def test_a_code_of_the_card_service_becomes_one_of_our_errors(
    code: int, kind: type[DriverError]
) -> None:
    assert type(error_for(code)) is kind
    assert type(error_for(code - (1 << 32))) is kind


def _tree(kind: type[DriverError]) -> Iterator[type[DriverError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _tree(below)


def test_no_status_word_reads_as_success() -> None:
    assert CardRefused(0).number == -0x6F00
    assert CardRefused(0x6A88).number == -0x6A88
