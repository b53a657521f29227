"""What agent and service say: every error and every card arrives as it was sent, or not at all."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.agent.messages import (
    Answer,
    BadMessage,
    CardNow,
    DevicesNow,
    Hello,
    KeyOutcome,
    Request,
    card_now,
    decode,
    encode,
    error_of,
    fault_now,
    presented,
)
from drivers.cards import read_card
from drivers.errors import BadCardData, CardRefused, DamagedRecord, DriverError, Flaw
from drivers.key_errors import KeyMissing
from drivers.monitor import Presented
from simulators.card import social_security_card, synthetic_person
from simulators.card.hsm import answers
from tests.drivers.script import PlannedCard
from tests.drivers.test_errors import CODES

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
KINDS = (Answer, DevicesNow, Hello, KeyOutcome, Request, CardNow)


@pytest.mark.parametrize("version", ["1.00", "2.00", "3.00"])
def test_a_card_arrives_as_it_was_read(version: str) -> None:
    card = PlannedCard(social_security_card(synthetic_person(1), version=version))
    record = read_card(card, answers)
    sent = card_now(Presented("T", "读卡器", record, NOW - timedelta(seconds=3)), NOW)
    later = NOW + timedelta(hours=9)  # the other machine's clock
    arrived = presented(decode(encode(sent), CardNow), later)
    assert arrived == Presented("T", "读卡器", record, later - timedelta(seconds=3))
    assert record.name not in repr(sent)


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.name)
def test_every_error_arrives_as_itself(code: Enum) -> None:
    kind = next(k for k in _kinds(DriverError) if "kind" in vars(k) and k.kind is code)
    sent = kind.told(field="EF05.07", number=-5, text="中文", text_en="English")
    arrived = error_of(fault_now(sent))
    assert type(arrived) is kind
    assert fault_now(arrived) == fault_now(sent)
    assert (arrived.retry, arrived.next_action) == (sent.retry, sent.next_action)


@pytest.mark.parametrize(
    "error",
    [CardRefused(0x6A88), DamagedRecord("EF06.09 name", Flaw.NOT_TEXT), KeyMissing(number=-2203)],
    ids=lambda error: error.code,
)
def test_an_errors_details_arrive(error: DriverError) -> None:
    assert fault_now(error_of(fault_now(error))) == fault_now(error)


def test_a_card_whose_number_is_none_is_refused() -> None:
    record = read_card(PlannedCard(social_security_card(synthetic_person(1))))
    raw = encode(card_now(Presented("T", "r", record, NOW), NOW))
    wrong = raw.replace(record.social_security_number.encode(), b"110101199001010000")
    with pytest.raises(BadCardData):
        presented(decode(wrong, CardNow), NOW)


@given(raw=st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_a_message_or_a_typed_refusal(raw: bytes) -> None:
    for kind in KINDS:
        with suppress(BadMessage):
            assert isinstance(decode(raw, kind), kind)


def _kinds(kind: type[DriverError]) -> list[type[DriverError]]:
    return [kind, *(one for below in kind.__subclasses__() for one in _kinds(below))]
