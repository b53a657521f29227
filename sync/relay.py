"""The delivery loop: takes what is due, sends it, writes down what became of it.

Holds no transaction while it waits for the network, and decides nothing about the business. Within
one attempt tenacity tries a few times; pauses of minutes and hours live in the outbox's rows.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
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
from sync.outbox import Outbox, Rows
from sync.outcome import BLINKS, PAUSE_MAX, NotReceived, Outcome, RetryAt, Standing, Unknown

TRIES_AT_ONCE = 3
PASS_MAX = 500
IDLE_S = 30.0
MENDING_S = 5.0


class Store(Protocol):
    """Where the outbox lives."""

    def transaction(self) -> AbstractContextManager[Rows]:
        """Open a transaction that is kept whole or not at all."""


class Gateway(Protocol):
    """The far end, as the relay needs it. A province's own gateway is another of these."""

    def deliver(self, message_id: str, payload: bytes) -> Outcome:
        """Send the signed bytes as they are."""

    def status_of(self, message_id: str, payload: bytes) -> Standing:
        """Ask what became of a message."""


class Log(Protocol):
    """Where the relay reports its own faults."""

    def error(self, event: str, **fields: object) -> None:
        """Something a person must look at."""


def _nothing(_: str) -> None:
    """Do nothing: nobody listens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What others may attach.

    ``on_change`` hears the id of each message that was tried; ``crash`` is called at the named
    points "after claim", "before send", "after send" and "after record" (a torture test dies
    there); ``sleep`` replaces the pauses between the tries of one attempt.
    """

    on_change: Callable[[str], None] = _nothing
    crash: Callable[[str], None] = _nothing
    sleep: Callable[[float], None] | None = None
    log: Log | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """The last try: when it ended, and whether the platform was there and answered."""

    at: datetime
    answered: bool


class Relay:
    """Delivers, one message at a time, from ``run_once`` or from a supervised thread."""

    def __init__(
        self,
        store: Store,
        outbox: Outbox,
        gateway: Gateway,
        clock: Callable[[], datetime],
        hooks: Hooks = Hooks(),
    ) -> None:
        self._store = store
        self._outbox = outbox
        self._gateway = gateway
        self._clock = clock
        self._hooks = hooks
        self._one_pass = threading.Lock()
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._recovered = False
        self._quiet_until: datetime | None = None
        self._last_contact: Contact | None = None

    def run_once(self) -> int:
        """Try every message that is due now, each once, and return how many were tried.

        After an answer that holds for the whole platform (no connection, 429, 503) the pass ends,
        and nothing is sent until the moment that the answer gives.
        """
        with self._one_pass:
            tried = 0
            while tried < PASS_MAX and self._may_send() and (claimed := self._claim()):
                self._handle(claimed)
                tried += 1
            return tried

    def start(self) -> None:
        """Deliver from a thread until ``stop``; it survives any fault of ours and says so."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop, name="relay", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Let the message under way end, then end the thread."""
        if self._thread:
            self._stopping.set()
            self._woken.set()
            self._thread.join()
            self._thread = None
            self._stopping.clear()

    def wake(self) -> None:
        """Say that a message was put: the thread looks at once."""
        self._woken.set()

    def try_now(self) -> None:
        """Say that a person mended something: forget the platform's pause, and look at once."""
        self._quiet_until = None
        self._woken.set()

    def quiet_until(self) -> datetime | None:
        """Return until when nothing is sent because the platform takes nothing, or None."""
        return self._quiet_until if self._is_quiet() else None

    def last_contact(self) -> Contact | None:
        """Return how the last try since the start found the platform, if there was one."""
        return self._last_contact

    def _may_send(self) -> bool:
        return not self._stopping.is_set() and not self._is_quiet()

    def _is_quiet(self) -> bool:
        until, now = self._quiet_until, self._clock()
        return until is not None and now < until <= now + PAUSE_MAX

    def _claim(self) -> Claimed | None:
        with self._store.transaction() as db:
            now = self._clock()
            if not self._recovered:
                self._outbox.recover(db, now)
            claimed = self._outbox.claim_due(db, now, limit=1)
        # From here until the record is written, a fault of ours leaves a message in `sending`.
        self._recovered = not claimed
        return claimed[0] if claimed else None

    def _handle(self, claimed: Claimed) -> None:
        self._hooks.crash("after claim")
        outcome = self._attempt(claimed)
        with self._store.transaction() as db:
            message = self._outbox.record(db, claimed.id, outcome, self._clock())
        self._recovered = True
        self._hooks.crash("after record")
        away = _holds_for_all(outcome)
        self._quiet_until = message.next_try_at if away else None
        answered = not (away or isinstance(outcome, Unknown))
        self._last_contact = Contact(self._clock(), answered)
        self._hooks.on_change(claimed.id)

    def _attempt(self, claimed: Claimed) -> Outcome:
        """Send once, and at once again while the line only blinks; an unknown outcome is asked."""
        ask_first = claimed.ask_first

        def once() -> Outcome:
            nonlocal ask_first
            outcome = self._send(claimed, ask_first=ask_first)
            ask_first = ask_first or isinstance(outcome, Unknown)
            return outcome

        retrying = Retrying(
            stop=stop_after_attempt(TRIES_AT_ONCE) | stop_when_event_set(self._stopping),
            wait=wait_random_exponential(multiplier=0.2, max=2),
            retry=retry_if_result(_blinks),
            sleep=self._hooks.sleep or self._nap,
            retry_error_callback=_last_outcome,
        )
        try:
            return retrying(once)
        except Exception as wrong:  # noqa: BLE001 - one bad record must not hold up other stays
            self._report("message.failed", wrong, message=claimed.id)
            return Unknown(at=self._clock(), reason=_OUR_FAULT)

    def _send(self, claimed: Claimed, *, ask_first: bool) -> Outcome:
        if ask_first:
            standing = self._gateway.status_of(claimed.id, claimed.payload)
            if not isinstance(standing, NotReceived):
                return standing
        self._hooks.crash("before send")
        outcome = self._gateway.deliver(claimed.id, claimed.payload)
        self._hooks.crash("after send")
        return outcome

    def _nap(self, seconds: float) -> None:
        self._stopping.wait(seconds)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            self._woken.wait(self._pass())

    def _pass(self) -> float:
        """Run one pass and return the seconds until the next, unless woken."""
        try:
            self.run_once()
            return self._rest_s()
        except Exception as wrong:  # noqa: BLE001 - a full disk ends one day; the loop must not
            self._report("relay.failed", wrong)
            return MENDING_S

    def _rest_s(self) -> float:
        now = self._clock()
        with self._store.transaction() as db:
            due = self._outbox.next_due(db, now)
        if due is None:
            return IDLE_S
        due = max(due, self._quiet_until or due)
        return min(max((due - now).total_seconds(), 0.0), IDLE_S)

    def _report(self, event: str, wrong: Exception, **fields: object) -> None:
        # The error's own text may quote what it failed on: only its type is logged.
        if self._hooks.log:
            self._hooks.log.error(event, error=type(wrong).__name__, **fields)


def _blinks(outcome: Outcome) -> bool:
    return isinstance(outcome, RetryAt | Unknown) and outcome.reason.code in BLINKS


def _holds_for_all(outcome: Outcome) -> bool:
    return isinstance(outcome, RetryAt | Unknown) and outcome.whole_platform


def _last_outcome(state: RetryCallState) -> Outcome:
    if state.outcome is None:
        raise RuntimeError("tenacity gave up before the first try")
    last: Outcome = state.outcome.result()
    return last


_OUR_FAULT = Reason(
    code="SENDING_FAILED",
    text="发送程序出错，结果未知",
    text_en="our own sending failed; the outcome is not known",
    next_action="系统将按报文编号向平台查询；持续出现时请导出支持包并联系供应商",
    next_action_en="the platform will be asked; if this lasts, send a support bundle",
)
