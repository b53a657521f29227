"""A stop while the platform says nothing: what waits is cut, nothing is lost, nothing doubled."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from sync.breaker import Breaker, State
from sync.envelope import sign
from sync.errors import PlatformUnreachable
from sync.outcome import RetryAt, Unknown
from sync.platform import Deadlines, Platform, Wire
from sync.relay import Relay
from tests.sync.far_end import FarEnd
from tests.sync.sender import Sender, line_to, message, relay_of, story
from tests.sync.silent import Silent, silent_far_end
from tests.sync.test_platform import question

FOREVER = Deadlines(ask_s=3600, deliver_s=3600)
"""Whoever waited for these would outlast the test."""


@pytest.fixture
def silent() -> Iterator[Silent]:
    with silent_far_end() as silent:
        yield silent


@contextmanager
def started(sender: Sender, silent: Silent) -> Iterator[tuple[Relay, Platform]]:
    """Let a relay wait for a platform that says nothing."""
    with line_to(silent.url, sender, FOREVER) as line:
        relay = relay_of(sender, line)
        relay.start()
        yield relay, line


def stopped(relay: Relay, line: Platform, silent: Silent) -> None:
    """Stop as the service does: nothing new, then the call is cut, then the thread has ended."""
    relay.send_no_more()
    assert silent.hung_up.empty()
    line.close()
    relay.stop()


def test_a_message_cut_while_it_is_posted_is_unknown_and_is_asked_for_after_the_start(
    sender: Sender, silent: Silent, far: FarEnd
) -> None:
    admission, charges, *_ = story("stay-1")
    sender.put(admission, charges)
    with started(sender, silent) as (relay, line):
        assert silent.called() == "/v1/messages"
        stopped(relay, line, silent)
        assert silent.left() == "/v1/messages"
    assert [sender.state(one.id) for one in (admission, charges)] == ["unknown", "pending"]

    # The platform has had it after all, and nobody knows.
    with line_to(far.url, sender) as line:
        line.deliver(admission.id, sign(admission, sender.key))
        sender.clock.forward(seconds=3600)
        assert relay_of(sender, line).run_once() == 2
    assert far.kept_ids() == [admission.id, charges.id]
    assert {sender.state(one.id) for one in (admission, charges)} == {"accepted"}


def test_a_question_for_an_outcome_that_is_cut_leaves_it_unknown(
    sender: Sender, silent: Silent, far: FarEnd
) -> None:
    sender.put(message("m-1"))
    far.play({"on": "messages", "do": "lose_ack"}, {"on": "status", "do": "down", "times": 9})
    with line_to(far.url, sender) as line:
        relay_of(sender, line).run_once()
    assert sender.state("m-1") == "unknown"
    sender.clock.forward(seconds=3600)
    with started(sender, silent) as (relay, line):
        assert silent.called() == "/v1/standings"
        stopped(relay, line, silent)
    assert sender.state("m-1") == "unknown"

    far.play()
    sender.clock.forward(seconds=3600)
    with line_to(far.url, sender) as line:
        relay_of(sender, line).run_once()
    assert (far.kept_ids(), sender.state("m-1")) == (["m-1"], "accepted")


def test_nothing_is_begun_once_the_stop_has_begun(sender: Sender, line: Platform) -> None:
    sender.put(message("m-1"))
    relay = relay_of(sender, line)
    relay.send_no_more()
    assert relay.run_once() == 0
    assert sender.state("m-1") == "pending"
    relay.stop()
    assert relay.run_once() == 1


def test_a_call_that_we_cut_says_nothing_of_the_platform(sender: Sender, silent: Silent) -> None:
    breaker = Breaker(sender.clock)
    cut: list[PlatformUnreachable] = []
    with line_to(silent.url, sender, FOREVER, Wire(breaker=breaker)) as line:

        def ask() -> None:
            with pytest.raises(PlatformUnreachable) as unanswered:
                line.ask(question())
            cut.append(unanswered.value)

        asking = [Thread(target=ask) for _ in range(4)]
        for one in asking:
            one.start()
        for _ in asking:
            silent.called()
        line.close()
        for one in asking:
            one.join()
        # Nor does one that was never made.
        assert isinstance(line.deliver("m-1", b"x"), RetryAt | Unknown)
    assert len(cut) == 4
    assert (breaker.circuit().state, breaker.circuit().silences) == (State.CLOSED, 0)
