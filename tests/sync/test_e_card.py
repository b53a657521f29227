"""An e-card's code is resolved by the platform once, within its lifetime, and never off line."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.codec import encode
from simulators.platform.codes import CODES_MAX, LIFETIME, Codes
from simulators.platform.register import load_register
from sync.e_card import CodeQuestion, open_code, read_holder, sign_code
from sync.envelope import SigningKey, key_ring, new_key, sign
from sync.errors import (
    BadEnvelope,
    CodeRefused,
    CodeUnresolved,
    PlatformUnreachable,
    PlatformUnsure,
    SyncError,
)
from sync.platform import Deadlines, Platform
from tests.fakes.clock import Clock
from tests.sync.far_end import FarEnd, answering
from tests.sync.sender import FACILITY, START, Sender, line_to, message

WORKER = load_register().workers[0]


def question(code: str, asked: str = "q-1") -> CodeQuestion:
    return CodeQuestion(id=asked, operator="desk-1", code=code, at=START)


def test_a_code_says_whose_it_is_once(line: Platform, far: FarEnd) -> None:
    shown = far.codes.issue(WORKER.id_number)
    holder = line.resolve(question(shown.code))
    assert (holder.id_number, holder.name) == (WORKER.id_number, WORKER.name)
    assert (holder.issuing_region, holder.token, holder.as_of) == ("510100", shown.token, START)
    assert WORKER.name not in repr(holder)
    assert WORKER.id_number not in repr(holder)
    with pytest.raises(CodeRefused) as used:
        line.resolve(question(shown.code, "q-2"))
    assert (used.value.code, used.value.field) == ("E_CARD_USED", "qr")


def test_a_code_that_has_expired_or_was_never_issued_is_refused_by_name(
    line: Platform, far: FarEnd, sender: Sender
) -> None:
    shown = far.codes.issue(WORKER.id_number)
    sender.clock.now += LIFETIME
    for code, told in ((shown.code, "E_CARD_EXPIRED"), ("SYN-ECARD-never", "E_CARD_UNKNOWN")):
        with pytest.raises(CodeRefused) as refused:
            line.resolve(question(code))
        assert refused.value.code == told
        assert code not in str(refused.value) + refused.value.text
        assert refused.value.next_action


def test_a_holder_who_is_not_insured_leaves_it_unsure(line: Platform, far: FarEnd) -> None:
    shown = far.codes.issue("510100190001010016")
    with pytest.raises(PlatformUnsure):
        line.resolve(question(shown.code))


@pytest.mark.parametrize("do", ["down", "error", "busy", "lose_ack", "truncated"])
def test_without_an_answer_a_code_is_not_resolved_and_the_card_is_the_way_on(
    line: Platform, far: FarEnd, do: str
) -> None:
    shown = far.codes.issue(WORKER.id_number)
    far.play({"on": "credentials", "do": do})
    with pytest.raises(CodeUnresolved) as lost:
        line.resolve(question(shown.code))
    assert lost.value.code == "E_CARD_OFFLINE"
    assert "社会保障卡" in lost.value.next_action
    assert shown.code not in str(lost.value)


def test_a_platform_that_is_slow_is_not_waited_for(sender: Sender, far: FarEnd) -> None:
    far.play({"on": "credentials", "do": "delay", "seconds": 30})
    with line_to(far.url, sender, Deadlines(ask_s=0.2)) as line, pytest.raises(PlatformUnreachable):
        line.resolve(question("any"))


HOLDER: dict[str, object] = {
    "question": "q-1",
    "id_number": WORKER.id_number,
    "name": WORKER.name,
    "issuing_region": "510100",
    "token": "T-1",
    "as_of": START.isoformat(),
}
WRONG: list[dict[str, object]] = [
    {"question": "q-0"},
    {"id_number": "51010019800101001"},
    {"id_number": "51010019800101001x"},
    {"name": ""},
    {"name": "长" * 201},
    {"issuing_region": "5101"},
    {"token": ""},
    {"as_of": "2026-11-20"},
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_an_answer_that_does_not_fit_is_not_believed(
    sender: Sender, wrong: dict[str, object]
) -> None:
    body = encode(HOLDER | wrong)
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    with answering(reply) as url, line_to(url, sender) as line, pytest.raises(PlatformUnsure):
        line.resolve(question("any"))


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(encode)
)
def test_nonsense_for_an_answer_is_a_typed_error(body: bytes) -> None:
    with pytest.raises(SyncError):
        read_holder(body, question("any"))


def test_only_a_signed_code_of_this_kind_is_opened(key: SigningKey) -> None:
    ring = key_ring(key.public())
    signed = sign_code(question("any"), FACILITY, key)
    assert open_code(signed, ring) == (FACILITY, question("any"))
    forged = sign_code(question("any"), FACILITY, new_key())
    too_long = sign_code(question("x" * 1025), FACILITY, key)
    for other, told in (
        (forged, "BAD_SIGNATURE"),
        (sign(message("m-1"), key), "BAD_SIGNATURE"),
        (too_long, "BAD_QUESTION"),
    ):
        with pytest.raises(BadEnvelope) as refused:
            open_code(other, ring)
        assert refused.value.code == told


def test_old_codes_are_forgotten_before_they_fill_the_memory() -> None:
    codes = Codes(Clock(START), lifetime=timedelta(days=1))
    first = codes.issue("1")
    codes.redeem(first.code)
    for _ in range(CODES_MAX):
        codes.issue("1")
    refused: Any = codes.redeem(first.code)
    assert refused.code == "E_CARD_UNKNOWN"


def test_a_facility_that_may_not_ask_uses_no_code_up(
    line: Platform, far: FarEnd, sender: Sender
) -> None:
    shown = far.codes.issue(WORKER.id_number)
    stranger = Platform(far.url, facility=FACILITY, key=new_key(), clock=sender.clock)
    with stranger, pytest.raises(PlatformUnsure):
        stranger.resolve(question(shown.code))
    assert line.resolve(question(shown.code)).id_number == WORKER.id_number
