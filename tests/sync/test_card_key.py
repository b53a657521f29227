"""A 3.0 card's key is asked of the platform: signed, for this card only, never guessed."""

from dataclasses import replace
from typing import Any

import pytest

from drivers.authentication import KeyRequest
from edge.codec import encode
from simulators.card.hsm import answers
from sync.card_key import CardKeyQuestion, open_card_key, read_card_key, sign_card_key
from sync.envelope import key_ring, new_key
from sync.errors import BadEnvelope, PlatformUnreachable, PlatformUnsure
from sync.platform import Deadlines, Platform
from tests.sync.far_end import FarEnd
from tests.sync.sender import FACILITY, START, Sender, line_to

CHALLENGES = (b"factor-1", b"random-1", b"factor-2", b"random-2")
QUESTION = CardKeyQuestion(
    id="q-1",
    issuing_region="999999",
    card_id="999999D15600000500BF7C7A48FB4966",
    historical_bytes=bytes.fromhex("0081544A44469999"),
    algorithm=3,
    challenges=CHALLENGES,
    at=START,
)


def test_the_platform_answers_what_the_key_makes_of_this_cards_challenges(line: Platform) -> None:
    answer = line.card_key(QUESTION)
    made = answers(
        KeyRequest(
            issuing_region=QUESTION.issuing_region,
            historical_bytes=QUESTION.historical_bytes,
            algorithm=QUESTION.algorithm,
            card_id=QUESTION.card_id,
            challenges=QUESTION.challenges,
        )
    )
    assert (answer.internal, answer.external) == (made.internal, made.external)


def test_neither_question_nor_answer_prints_the_card_or_its_secrets(line: Platform) -> None:
    answer = line.card_key(QUESTION)
    printed = repr(QUESTION) + repr(answer)
    assert QUESTION.card_id not in printed
    assert "factor" not in printed
    assert repr(answer) == "CardKeyAnswer()"


def test_a_card_whose_algorithm_nobody_holds_a_key_for_is_unsure(line: Platform) -> None:
    with pytest.raises(PlatformUnsure):
        line.card_key(replace(QUESTION, algorithm=1))


@pytest.mark.parametrize("do", ["down", "error", "busy", "lose_ack", "truncated"])
def test_without_an_answer_the_platform_is_unreachable_or_unsure(
    line: Platform, far: FarEnd, do: str
) -> None:
    far.play({"on": "card_keys", "do": do})
    with pytest.raises((PlatformUnreachable, PlatformUnsure)):
        line.card_key(QUESTION)


def test_a_platform_that_is_slow_is_not_waited_for(sender: Sender, far: FarEnd) -> None:
    far.play({"on": "card_keys", "do": "delay", "seconds": 30})
    with (
        line_to(far.url, sender, Deadlines(ask_s=0.1)) as hasty,
        pytest.raises(PlatformUnreachable),
    ):
        hasty.card_key(QUESTION)


def test_a_question_is_what_the_facility_signed() -> None:
    key = new_key()
    ring = key_ring(key.public())
    assert open_card_key(sign_card_key(QUESTION, FACILITY, key), ring) == (FACILITY, QUESTION)
    with pytest.raises(BadEnvelope):
        open_card_key(sign_card_key(QUESTION, FACILITY, new_key()), ring)


@pytest.mark.parametrize(
    "wrong",
    [
        {"card_id": "not a card"},
        {"challenges": (b"", b"random-1", b"factor-2", b"random-2")},
        {"historical_bytes": bytes(40)},
        {"algorithm": -1},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_question_of_another_shape_is_refused_without_being_quoted(wrong: dict[str, Any]) -> None:
    key = new_key()
    signed = sign_card_key(replace(QUESTION, **wrong), FACILITY, key)
    with pytest.raises(BadEnvelope) as refused:
        open_card_key(signed, key_ring(key.public()))
    assert (refused.value.code, refused.value.__cause__) == ("BAD_QUESTION", None)


@pytest.mark.parametrize(
    "said",
    [
        {"question": "q-2", "internal": "00" * 8, "external": "00" * 8},
        {"question": "q-1", "internal": "00" * 7, "external": "00" * 8},
        {"question": "q-1", "internal": "00" * 8},
    ],
)
def test_an_answer_to_anything_else_is_not_used(said: dict[str, str]) -> None:
    with pytest.raises(PlatformUnsure):
        read_card_key(encode(said), QUESTION)
