"""3.0 cards: opened by whoever holds the key, once, and never tried again after a refusal."""

from contextlib import suppress
from dataclasses import replace

import pytest

from drivers.authentication import KeyAnswers, KeyRequest
from drivers.cards import read_card
from drivers.errors import AccessNotAllowed, CardRefused, DamagedRecord, DriverError, Retry
from drivers.key_errors import KeyMissing, KeyRefused, NotGenuine
from simulators.card import (
    CardPlan,
    SyntheticInjury,
    SyntheticPerson,
    VirtualCard,
    social_security_card,
)
from simulators.card.hsm import answers
from simulators.card.plan import StrikeKind
from simulators.reader import InProcessReaders
from tests.drivers.script import PlannedCard

PERSON = SyntheticPerson()
GUARDED = social_security_card(PERSON, version="3.00", injury=SyntheticInjury())
COMMANDS_OF_A_GUARDED_READ = 36
OF_DF03 = set(range(25, 34))
"""What these say helps the clerk and decides nothing."""

GET_CHALLENGE, INTERNAL, EXTERNAL = 0x84, 0x88, 0x82


@pytest.mark.parametrize("contactless", [False, True])
def test_a_guarded_card_is_read_once_its_key_answers(*, contactless: bool) -> None:
    plan = social_security_card(
        PERSON, version="3.00", injury=SyntheticInjury(), contactless=contactless
    )
    record = read_card(PlannedCard(plan), answers)
    assert (record.spec_version, record.name) == ("3.00", PERSON.name)
    assert record.determination is not None


def test_the_holder_of_the_key_learns_the_card_and_its_challenges_and_no_person() -> None:
    asked: list[KeyRequest] = []

    def hsm(request: KeyRequest) -> KeyAnswers:
        asked.append(request)
        return answers(request)

    record = read_card(PlannedCard(GUARDED), hsm)
    (request,) = asked
    assert (request.issuing_region, request.card_id) == (record.issuing_region, record.card_id)
    assert (request.algorithm, request.historical_bytes) == (3, record.historical_bytes)
    assert len(set(request.challenges)) == 4
    assert {len(challenge) for challenge in request.challenges} == {8}
    assert record.card_id not in repr(request)


def test_without_a_key_the_guarded_card_is_named_and_may_be_tried_again() -> None:
    card = PlannedCard(GUARDED)
    for _ in range(2):
        with pytest.raises(KeyMissing) as caught:
            read_card(card)
    assert (caught.value.number, caught.value.retry) == (-2201, Retry.AGAIN)
    assert read_card(card, answers).name == PERSON.name


def test_a_card_that_cannot_prove_itself_is_not_used() -> None:
    forged = replace(GUARDED, key=b"another key")
    with pytest.raises(NotGenuine) as caught:
        read_card(PlannedCard(forged), answers)
    assert (caught.value.number, caught.value.retry) == (-21, Retry.NOT_WITH_THIS)


def test_a_wrong_answer_costs_one_try_and_is_not_repeated() -> None:
    card = _CountingCard(GUARDED)
    with pytest.raises(KeyRefused) as caught:
        read_card(card, lambda request: replace(answers(request), external=bytes(8)))
    assert caught.value.number == -0x63C2
    assert card.sent.count(EXTERNAL) == 1


def test_a_locked_key_is_told_as_the_card_tells_it() -> None:
    card = PlannedCard(GUARDED)
    for _ in range(4):
        with pytest.raises(KeyRefused) as caught:
            read_card(card, lambda request: replace(answers(request), external=bytes(8)))
    assert caught.value.number == -0x6983


def test_what_the_holder_of_the_key_complains_of_comes_through() -> None:
    def hsm(_request: KeyRequest) -> KeyAnswers:
        raise KeyMissing(zh="平台没有应答", en="no answer")

    with pytest.raises(KeyMissing, match="no answer"):
        read_card(PlannedCard(GUARDED), hsm)


@pytest.mark.parametrize(
    ("instruction", "answer", "error"),
    [
        (GET_CHALLENGE, (b"", 0x6D00), CardRefused),
        (GET_CHALLENGE, (b"1234", 0x9000), DamagedRecord),
        (INTERNAL, (b"", 0x6985), CardRefused),
        (EXTERNAL, (b"", 0x6A86), CardRefused),
        (EXTERNAL, (b"", 0x6983), KeyRefused),
        (EXTERNAL, (b"", 0x9000), AccessNotAllowed),
    ],
)
def test_every_step_that_fails_has_its_own_error(
    instruction: int, answer: tuple[bytes, int], error: type[DriverError]
) -> None:
    with pytest.raises(error):
        read_card(_CountingCard(GUARDED, {instruction: answer}), answers)


def test_a_card_answers_no_challenge_twice() -> None:
    card = VirtualCard(GUARDED)
    given = [card.answer(bytes.fromhex("0084000008")) for _ in range(3)]
    card.power_on()
    given.append(card.answer(bytes.fromhex("0084000008")))
    assert len(set(given)) == 4


class _CountingCard(PlannedCard):
    """Keeps each instruction that it was sent, and answers some as told."""

    def __init__(self, plan: CardPlan, told: dict[int, tuple[bytes, int]] | None = None) -> None:
        super().__init__(plan)
        self.sent: list[int] = []
        self._told = told or {}

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        self.sent.append(apdu[1])
        return self._told.get(apdu[1]) or super().transmit(apdu)


@pytest.mark.parametrize(
    ("kind", "read_anyway"), [("pull", set()), ("refuse", OF_DF03), ("garbage", OF_DF03)]
)
def test_a_guarded_card_that_fails_at_any_command_is_a_typed_error_and_then_reads(
    kind: StrikeKind, read_anyway: set[int]
) -> None:
    readers, read = InProcessReaders(), set[int]()
    for command in range(1, COMMANDS_OF_A_GUARDED_READ + 2):
        readers.insert(GUARDED.struck(command, kind))
        with suppress(DriverError), readers.open(readers.names[0]) as card:
            assert read_card(card, answers).name == PERSON.name
            read.add(command)
    assert read == {*read_anyway, COMMANDS_OF_A_GUARDED_READ + 1}
