"""Traces: no person in them, and played again they are understood or refused as the card was."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import records
from drivers.authentication import Authenticator
from drivers.cards import read_card
from drivers.errors import CardRefused, CardRemoved, DriverError
from drivers.pin import Pin, verify_pin
from drivers.trace import (
    STEPS_MAX,
    Recorded,
    Replayed,
    Trace,
    read_traces,
    replayed_key,
    written,
)
from drivers.transport import Transport
from simulators.card import (
    CardPlan,
    SyntheticInjury,
    SyntheticPerson,
    social_security_card,
    synthetic_card_number,
    synthetic_number,
)
from simulators.card.hsm import answers
from simulators.card.image import IMAGES, load_image
from tests.drivers.script import PlannedCard

CANARY = SyntheticPerson(
    name="㛃𫖯卡纳丽·阿不都测试甲乙丙丁",
    number=synthetic_number(date(1987, 2, 28), 318),
    card_number=synthetic_card_number("CANARY42"),
    region="999901",
    sex="2",
    ethnic_group="56",
    birthplace="654321",
    birth_date=date(1987, 2, 28),
    serial="C0FFEE42",
)
INJURY = SyntheticInjury(
    number="认定卡纳丽第4242号", employer="卡纳丽机械厂", department="卡纳丽人社局"
)
PLAYED = sorted(
    file
    for file in IMAGES.glob("*.toml")
    if file.stem not in {"mute", "version-3-forged"}  # nothing to record; a proof is masked
)
TRACES = sorted(Path(__file__).with_name("traces").glob("*.trace"))


def test_no_trace_of_a_card_holds_its_person() -> None:
    plan = social_security_card(CANARY, version="3.00", injury=INJURY)
    trace = _trace(plan)
    text = written([trace])
    raw = b"".join(step.command + step.answer for step in trace.steps) + trace.atr
    for secret in (CANARY.name, INJURY.number, INJURY.employer, INJURY.department):
        encoded = secret.encode("gb18030")
        assert not [n for n in range(len(encoded) - 3) if encoded[n : n + 4] in raw]
    for number in (CANARY.number, CANARY.card_number):
        assert number.encode() not in raw
    assert b"CANARY" not in raw
    assert b"8702" not in raw
    for digits in (CANARY.serial, "19870228", CANARY.birthplace, "48FB4966", plan.key.hex()):
        assert digits.upper() not in text


def test_a_recorded_card_is_read_as_it_was_before() -> None:
    plan = social_security_card(CANARY, injury=INJURY)
    again = read_card(Replayed(_again(_trace(plan))))
    assert (again.issuing_region, again.spec_version) == ("999901", "2.00")
    assert len(again.name) == len(CANARY.name)
    assert again.issued == CANARY.issued
    assert again.determination is not None
    assert len(again.determination.employer or "") == len(INJURY.employer)


def test_a_guarded_card_is_played_with_the_key_of_a_trace() -> None:
    trace = _trace(social_security_card(CANARY, version="3.00", injury=INJURY))
    assert read_card(Replayed(_again(trace)), replayed_key).spec_version == "3.00"


@pytest.mark.parametrize("file", PLAYED, ids=lambda file: file.stem)
def test_every_image_fails_the_same_when_it_is_played_from_its_trace(file: Path) -> None:
    plan = load_image(file).plan()
    assert _outcome(Replayed(_again(_trace(plan)))) == _outcome(PlannedCard(plan), answers)


@given(
    st.sampled_from((*records.CARD_FILE, *records.PERSON_FILE)),
    st.binary(max_size=40) | st.binary(max_size=34).map(lambda b: bytes((len(b),)) + b),
    st.booleans(),
)
def test_whatever_a_record_holds_its_trace_fails_alike(
    field: records.RecordField,
    raw: bytes,
    tagged: bool,  # noqa: FBT001 - hypothesis gives it
) -> None:
    record = bytes((field.tag,)) + raw if tagged else raw
    plan = social_security_card(CANARY).with_record(field, record)
    assert _outcome(Replayed(_trace(plan))) == _outcome(PlannedCard(plan))


@given(st.text(st.characters(exclude_categories=["C", "Z"]), max_size=12), st.integers(0, 30))
def test_names_torn_between_two_records_fail_or_pass_alike(name: str, cut: int) -> None:
    raw = name.encode("gb18030", "ignore")[:50]
    cut = max(min(cut, len(raw)), len(raw) - 20)
    plan = social_security_card(CANARY).with_value(records.NAME, raw[:cut])
    plan = plan.with_value(records.NAME_CONTINUED, raw[cut:])
    assert _outcome(Replayed(_trace(plan))) == _outcome(PlannedCard(plan))


def test_a_pin_leaves_not_even_its_length() -> None:
    card = Recorded(PlannedCard(replace(social_security_card(CANARY), pin="482915")))
    verify_pin(card, Pin("482915"))
    assert [step.command.hex() for step in card.trace().steps] == [
        "0020000000",
        "002000000300" + "0000",
    ]


def test_a_card_that_left_leaves_again_when_it_is_played() -> None:
    card = Recorded(_Leaving())
    with pytest.raises(CardRemoved):
        read_card(card)
    with pytest.raises(CardRemoved):
        read_card(Replayed(_again(card.trace())))


def test_a_command_that_was_never_sent_is_refused() -> None:
    with pytest.raises(CardRefused) as caught:
        read_card(Replayed(Trace(b"\x3b\x00", 0)))
    assert caught.value.status == 0x6F00


def test_a_recording_ends_before_it_fills_the_memory() -> None:
    card = Recorded(PlannedCard(social_security_card(CANARY)))
    for _ in range(STEPS_MAX + 10):
        card.transmit(bytes.fromhex("0084000008"))
    assert len(card.trace().steps) == STEPS_MAX


@pytest.mark.parametrize(
    "wrong",
    ["hello", "> 00", "atr 3B00\n> 00", "atr 3B00\nprotocol 0\n> 00", "atr 3b00\nprotocol 0"],
)
def test_what_is_no_trace_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"line \d|no trace"):
        read_traces(wrong)


@pytest.mark.parametrize("file", TRACES, ids=lambda file: file.stem)
def test_a_kept_trace_is_understood_as_when_it_was_recorded(file: Path) -> None:
    expected = file.name.split(".")[1]
    for trace in read_traces(file.read_text(encoding="ascii")):
        assert _outcome(Replayed(trace))[0] == expected


def _trace(plan: CardPlan) -> Trace:
    card = Recorded(PlannedCard(plan))
    _outcome(card, answers)
    return card.trace()


def _again(trace: Trace) -> Trace:
    """Return the trace after it was written down and read."""
    (again,) = read_traces(written([trace]))
    assert again == trace
    return again


def _outcome(card: Transport, key: Authenticator = replayed_key) -> tuple[str, str]:
    """Return ``present``, or the code of what is wrong and the record that is."""
    try:
        record = read_card(card, key)
    except DriverError as error:
        return error.code, error.field
    return "present", str(record.determination is not None)


class _Leaving(PlannedCard):
    """A card that is taken out at its fifth command."""

    def __init__(self) -> None:
        super().__init__(social_security_card(CANARY))
        self._left = 4

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        self._left -= 1
        if self._left < 0:
            raise CardRemoved
        return super().transmit(apdu)
