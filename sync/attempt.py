"""One attempt at some messages: ask first where that is due, hand over, and try again at once.

The one importer of tenacity: it tries a few times while the line only blinks; pauses of minutes
and hours live in the outbox's rows. Reads and writes no row.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_result,
    stop_after_attempt,
    stop_when_event_set,
    wait_random_exponential,
)

from sync.errors import Reason
from sync.message import Claimed
from sync.outcome import BLINKS, NotReceived, Outcome, RetryAt, Standing, Unknown

TRIES_AT_ONCE = 3


class Gateway(Protocol):
    """The far end, as the relay needs it. A province's own gateway is another of these."""

    @property
    def batch_max(self) -> int:
        """How many messages are handed over at once; 1: each alone, by ``deliver``."""

    def deliver(self, message_id: str, payload: bytes) -> Outcome:
        """Send the signed bytes as they are."""

    def deliver_batch(self, messages: Sequence[Claimed], /) -> Sequence[Outcome]:
        """Send several messages as they are, and say what became of each, in order."""

    def status_of(self, message_id: str, payload: bytes) -> Standing:
        """Ask what became of a message."""


class FarGateway(Gateway, Protocol):
    """One that waits for the network, and can be cut."""

    def close(self) -> None:
        """Cut what is under way, from any thread; cut twice is cut once."""


class Log(Protocol):
    """Where our own faults are reported."""

    def error(self, event: str, **fields: object) -> None:
        """Something a person must look at."""


def _nothing(_: str) -> None:
    """Do nothing: nobody listens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What others may attach.

    ``on_change`` hears the id of each message that was tried; ``crash`` is called at the named
    points "after signing", "after claim", "before send", "after send" and "after record" (a torture
    test dies there); ``sleep`` replaces the pauses between the tries of one attempt.
    """

    on_change: Callable[[str], None] = _nothing
    crash: Callable[[str], None] = _nothing
    sleep: Callable[[float], None] | None = None
    log: Log | None = None


NO_HOOKS = Hooks()


@dataclass(frozen=True, slots=True)
class Tried:
    """A message that was tried, and what became of it."""

    id: str
    outcome: Outcome


class Attempting:
    """Attempts, from whichever thread asks; ``stopping`` ends the pauses between tries."""

    def __init__(
        self,
        gateway: Gateway,
        clock: Callable[[], datetime],
        hooks: Hooks,
        stopping: threading.Event,
    ) -> None:
        self._gateway = gateway
        self._clock = clock
        self._hooks = hooks
        self._stopping = stopping

    def attempt(self, claimed: Sequence[Claimed]) -> list[Tried]:
        """Send each, and at once again while the line only blinks; what is unknown is asked."""
        outcomes: dict[str, Outcome] = {}
        ask_first = {one.id for one in claimed if one.ask_first}

        def once() -> bool:
            still = [one for one in claimed if one.id not in outcomes or _blinks(outcomes[one.id])]
            outcomes.update(self._sent(still, ask_first))
            ask_first.update(one.id for one in still if isinstance(outcomes[one.id], Unknown))
            return any(map(_blinks, outcomes.values()))

        Retrying(
            stop=stop_after_attempt(TRIES_AT_ONCE) | stop_when_event_set(self._stopping),
            wait=wait_random_exponential(multiplier=0.2, max=2),
            retry=retry_if_result(bool),
            sleep=self._hooks.sleep or self._nap,
            retry_error_callback=_enough,
        )(once)
        return [Tried(one.id, outcomes[one.id]) for one in claimed]

    def report(self, event: str, wrong: Exception, **fields: object) -> None:
        """Tell the log of a fault of ours: its type only, for its text may quote a message."""
        if self._hooks.log:
            self._hooks.log.error(event, error=type(wrong).__name__, **fields)

    def _sent(self, messages: Sequence[Claimed], ask_first: set[str]) -> dict[str, Outcome]:
        known: dict[str, Outcome] = {}
        for one in messages:
            standing = self._asked(one) if one.id in ask_first else NotReceived()
            if not isinstance(standing, NotReceived):
                known[one.id] = standing
        left = [one for one in messages if one.id not in known]
        return known | dict(zip((one.id for one in left), self._handed_over(left), strict=True))

    def _asked(self, one: Claimed) -> Standing:
        try:
            return self._gateway.status_of(one.id, one.payload)
        except Exception as wrong:  # noqa: BLE001 - one bad record must not hold up other stays
            return self._our_fault(one, wrong)

    def _handed_over(self, messages: Sequence[Claimed]) -> Sequence[Outcome]:
        if not messages:
            return ()
        self._hooks.crash("before send")
        outcomes = self._together(messages) or [self._alone(one) for one in messages]
        self._hooks.crash("after send")
        return outcomes

    def _together(self, messages: Sequence[Claimed]) -> Sequence[Outcome] | None:
        if self._gateway.batch_max == 1:
            return None
        try:
            return self._gateway.deliver_batch(messages)
        except Exception as wrong:  # noqa: BLE001 - one of them is bad; alone, it shows which
            self.report("batch.failed", wrong, messages=len(messages))
            return None

    def _alone(self, one: Claimed) -> Outcome:
        try:
            return self._gateway.deliver(one.id, one.payload)
        except Exception as wrong:  # noqa: BLE001 - one bad record must not hold up other stays
            return self._our_fault(one, wrong)

    def _our_fault(self, one: Claimed, wrong: Exception) -> Unknown:
        self.report("message.failed", wrong, message=one.id)
        return Unknown(at=self._clock(), reason=_OUR_FAULT)

    def _nap(self, seconds: float) -> None:
        self._stopping.wait(seconds)


def _blinks(outcome: Outcome) -> bool:
    return isinstance(outcome, RetryAt | Unknown) and outcome.reason.code in BLINKS


def _enough(_: RetryCallState) -> None:
    """Take the last outcomes as they are."""


_OUR_FAULT = Reason(
    code="SENDING_FAILED",
    text="发送程序出错，结果未知",
    text_en="our own sending failed; the outcome is not known",
    next_action="系统将按报文编号向平台查询；持续出现时请导出支持包并联系供应商",
    next_action_en="the platform will be asked; if this lasts, send a support bundle",
)
