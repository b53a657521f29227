"""A platform that is silent costs a few desks their deadline, and then nobody."""

import socket
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.store.circuit import note_circuit, noted_circuit
from sync.breaker import Breaker, Circuit, Rest, State
from sync.envelope import sign
from sync.errors import PlatformUnreachable
from sync.outcome import Accepted, RetryAt, Unknown
from sync.platform import Deadlines, Platform, Wire
from sync.relay import Relay
from tests.sync.far_end import FarEnd
from tests.sync.sender import START, HeldClock, Sender, line_to, message, relay_of
from tests.sync.test_platform import question

REST = Rest(silences=3, first_s=10, longest_s=60)


def silent(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        assert breaker.admit()
        breaker.note(answered=False)


def test_it_opens_after_some_silences_in_a_row_and_not_before() -> None:
    breaker = Breaker(HeldClock(), REST)
    silent(breaker, 2)
    assert breaker.admit()
    breaker.note(answered=True)
    silent(breaker, 2)
    assert breaker.circuit().state is State.CLOSED
    silent(breaker, 1)
    assert breaker.circuit() == Circuit(
        state=State.OPEN, silences=3, until=START + timedelta(seconds=10)
    )
    assert not breaker.admit()


def test_after_its_rest_one_call_goes_through_and_decides() -> None:
    clock = HeldClock()
    breaker = Breaker(clock, REST)
    silent(breaker, 3)
    clock.forward(seconds=10)
    assert breaker.circuit().state is State.HALF_OPEN
    assert breaker.admit()
    assert not breaker.admit()
    breaker.note(answered=True)
    assert breaker.circuit() == Circuit(state=State.CLOSED, silences=0, until=None)
    assert breaker.admit()


def test_each_further_silence_doubles_the_rest_up_to_the_longest() -> None:
    clock = HeldClock()
    breaker = Breaker(clock, REST)
    silent(breaker, 3)
    rests = []
    for _ in range(5):
        until = breaker.circuit().until
        assert until
        rests.append((until - clock()).total_seconds())
        clock.now = until
        silent(breaker, 1)
    assert rests == [10, 20, 40, 60, 60]


def test_calls_begun_before_it_opened_do_not_make_its_rest_longer() -> None:
    breaker = Breaker(HeldClock(), REST)
    assert all(breaker.admit() for _ in range(12))
    for _ in range(12):
        breaker.note(answered=False)
    assert breaker.circuit().until == START + timedelta(seconds=10)


def test_a_rest_begun_by_a_clock_that_ran_ahead_is_over_when_it_is_set_right() -> None:
    clock = HeldClock()
    breaker = Breaker(clock, REST)
    clock.forward(seconds=86400)
    silent(breaker, 3)
    clock.now = START
    assert breaker.admit()


def test_only_changes_are_told() -> None:
    told: list[State] = []
    clock = HeldClock()
    breaker = Breaker(clock, REST, lambda circuit: told.append(circuit.state))
    for _ in range(3):
        breaker.admit()
        breaker.note(answered=True)
    silent(breaker, 3)
    clock.forward(seconds=10)
    breaker.admit()
    breaker.note(answered=True)
    assert told == [State.OPEN, State.CLOSED]


@given(st.lists(st.sampled_from(["answer", "silence", "rest"]), max_size=60))
@settings(max_examples=100, deadline=None)
def test_an_answer_always_closes_it_and_it_never_stays_shut(acts: list[str]) -> None:
    clock = HeldClock()
    breaker = Breaker(clock, REST)
    for act in acts:
        if act == "rest":
            clock.forward(seconds=60)
            assert breaker.circuit().state is not State.OPEN
        elif breaker.admit():
            breaker.note(answered=act == "answer")
            assert act == "silence" or breaker.circuit().state is State.CLOSED
    clock.forward(seconds=60)
    assert breaker.admit()


def guarded(url: str, sender: Sender, breaker: Breaker) -> Platform:
    return Platform(
        url,
        facility="TJ0001",
        key=sender.key,
        clock=sender.clock,
        wire=Wire(deadlines=Deadlines(ask_s=0.2, deliver_s=0.5), breaker=breaker),
    )


def test_the_desks_question_ends_at_once_while_the_circuit_is_open(
    sender: Sender, far: FarEnd
) -> None:
    breaker = Breaker(sender.clock, REST)
    far.play({"do": "delay", "seconds": 60, "times": 0})
    with guarded(far.url, sender, breaker) as line:
        for _ in range(10):
            with pytest.raises(PlatformUnreachable) as unreachable:
                line.ask(question())
        assert "circuit open" in unreachable.value.text_en
        delivered = line.deliver("m-1", sign(message("m-1"), sender.key))
        assert isinstance(delivered, RetryAt)
        assert delivered.whole_platform
        standing = line.status_of("m-1", b"")
        assert isinstance(standing, Unknown)
        far.play()
        with pytest.raises(PlatformUnreachable):
            line.ask(question())
        sender.clock.forward(seconds=10)
        assert line.ask(question())
        assert isinstance(line.deliver("m-1", sign(message("m-1"), sender.key)), Accepted)
    assert far.kept_ids() == ["m-1"]


def test_an_error_that_comes_quickly_does_not_open_it(sender: Sender, far: FarEnd) -> None:
    breaker = Breaker(sender.clock, REST)
    far.play({"do": "error", "status": 503, "times": 0})
    with guarded(far.url, sender, breaker) as line:
        for _ in range(5):
            with pytest.raises(PlatformUnreachable):
                line.ask(question())
    assert breaker.circuit().state is State.CLOSED


def test_a_delivery_that_succeeds_tells_the_desks_that_the_platform_is_back(
    sender: Sender, far: FarEnd
) -> None:
    breaker = Breaker(sender.clock, REST)
    sender.put(message("m-1"))
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with guarded(f"http://127.0.0.1:{port}", sender, breaker) as line:
        for _ in range(3):
            with pytest.raises(PlatformUnreachable):
                line.ask(question())
    with guarded(far.url, sender, breaker) as line:
        relay: Relay = relay_of(sender, line)
        assert relay.run_once() == 1
        assert sender.state("m-1") == "pending"
        sender.clock.forward(seconds=10)
        assert relay.run_once() == 1
        assert line.circuit() == Circuit(state=State.CLOSED, silences=0, until=None)
    assert far.kept_ids() == ["m-1"]


def test_without_a_breaker_every_call_is_made(sender: Sender, far: FarEnd) -> None:
    with line_to(far.url, sender) as line:
        assert line.circuit() is None


def test_others_see_the_circuit_as_it_was_noted(tmp_path: Path) -> None:
    assert noted_circuit(tmp_path) is None
    shut = Circuit(state=State.OPEN, silences=3, until=START)
    note_circuit(tmp_path, shut)
    assert noted_circuit(tmp_path) == shut
    (tmp_path / "circuit.json").write_text("torn", encoding="utf-8")
    assert noted_circuit(tmp_path) is None
    note_circuit(tmp_path / "no-such-folder", shut)
