"""The delivery loop: takes what is due, has it sent, writes down what became of it.

Holds no transaction while it waits for the network, and decides nothing about the business. One
thread reads and writes the outbox; a few more wait for the platform. Each claim holds one message
a stay at most, so stays go side by side and each keeps its order.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sync import tables
from sync.attempt import NO_HOOKS, Attempting, Gateway, Hooks, Tried
from sync.draft import Made, Rows
from sync.message import Claimed, Row, stored
from sync.outbox import Outbox
from sync.outcome import PAUSE_MAX, Outcome, RetryAt, Unknown, is_on_its_way

__all__ = ["Contact", "Gateway", "Hooks", "Pace", "Relay", "Store"]

PASS_MAX = 500
IDLE_S = 30.0
MENDING_S = 5.0
CLOCK_BACK_MIN = timedelta(seconds=1)
"""A clock that is disciplined goes back by less."""


class Store(Protocol):
    """Where the outbox lives."""

    def transaction(self) -> AbstractContextManager[Rows]:
        """Open a transaction that is kept whole or not at all."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How many requests are under way at once. How much each carries is the gateway's to say."""

    senders: int = 1


@dataclass(frozen=True, slots=True)
class Contact:
    """The last try: when it ended, and whether the platform was there and answered."""

    at: datetime
    answered: bool


class Relay:
    """Delivers, from ``run_once`` or from a supervised thread."""

    def __init__(
        self,
        store: Store,
        outbox: Outbox,
        gateway: Gateway,
        clock: Callable[[], datetime],
        hooks: Hooks = NO_HOOKS,
        *,
        pace: Pace = Pace(),
    ) -> None:
        self._store = store
        self._outbox = outbox
        self._clock = clock
        self._hooks = hooks
        self._pace = pace
        self._batch_max = max(gateway.batch_max, 1)
        self._stopping = threading.Event()
        self._attempting = Attempting(gateway, clock, hooks, self._stopping)
        self._one_pass = threading.Lock()
        self._woken = threading.Event()
        self._thread: threading.Thread | None = None
        self._recovered = False
        self._quiet_until: datetime | None = None
        self._last_contact: Contact | None = None
        self._seen: datetime | None = None

    def run_once(self) -> int:
        """Try every message that is due now, each once, and return how many were tried.

        After an answer that holds for the whole platform (no connection, 429, 503) the pass ends,
        and nothing is sent until the moment that the answer gives.
        """
        with self._one_pass:
            self._look_at_clock()
            if self._pace.senders == 1:
                return self._one_after_the_other()
            with ThreadPoolExecutor(self._pace.senders, "relay-sender") as pool:
                return self._side_by_side(pool)

    def start(self) -> None:
        """Deliver from a thread until ``stop``; it survives any fault of ours and says so."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop, name="relay", daemon=True)
            self._thread.start()

    def send_no_more(self) -> None:
        """Begin nothing new; what is under way goes on. Waits for nobody."""
        self._stopping.set()
        self._woken.set()

    def stop(self) -> None:
        """Let the message under way end, then end the thread."""
        self.send_no_more()
        if self._thread:
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

    def _look_at_clock(self) -> None:
        """At the start, and when the clock was set back: no pause of its future keeps us."""
        now, seen = self._clock(), self._seen
        self._seen = now
        if seen is None or now < seen - CLOCK_BACK_MIN:
            self._quiet_until = None
            with self._store.transaction() as db:
                # Else it would wait until the clock has again got as far as it was wrong.
                db.execute(tables.TRIED_IN_THE_FUTURE, [stored(now)])

    def _one_after_the_other(self) -> int:
        tried = 0
        while tried < PASS_MAX and self._may_send() and (claimed := self._claim()):
            self._write_down(self._attempting.attempt(claimed))
            self._recovered = True
            tried += len(claimed)
        return tried

    def _side_by_side(self, pool: ThreadPoolExecutor) -> int:
        tried = 0
        under_way: set[Future[list[Tried]]] = set()
        while True:
            while len(under_way) < self._pace.senders and tried < PASS_MAX and self._may_send():
                if not (claimed := self._claim(fresh=not under_way)):
                    break
                under_way.add(pool.submit(self._attempting.attempt, claimed))
                tried += len(claimed)
            if not under_way:
                return tried
            ended, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            self._write_down([one for batch in ended for one in batch.result()])
            self._recovered = not under_way

    def _claim(self, *, fresh: bool = True) -> Sequence[Claimed]:
        """Take what may be sent now; ``fresh`` says that nothing of ours is under way."""
        self._make_drafts()
        with self._store.transaction() as db:
            now = self._clock()
            if fresh and not self._recovered:
                self._outbox.recover(db, now)
            claimed = self._outbox.claim_due(db, now, limit=self._batch_max)
        # From here until the record is written, a fault of ours leaves a message in `sending`.
        self._recovered = fresh and not claimed
        if claimed:
            self._hooks.crash("after claim")
        return claimed

    def _make_drafts(self) -> None:
        """Make what is next to be sent, outside the transaction: a long bill takes a while."""
        with self._store.transaction() as db:
            waiting = self._outbox.drafts.waiting(db, self._batch_max)
        made = [one for one in map(self._made, waiting) if one]
        if made:
            with self._store.transaction() as db:
                for one in made:
                    self._outbox.drafts.keep(db, one)
            self._hooks.crash("after signing")

    def _made(self, row: Row) -> Made | None:
        try:
            return self._outbox.drafts.made(row)
        except Exception as wrong:  # noqa: BLE001 - the claim parks it; others go on
            self._attempting.report("draft.failed", wrong, message=row["id"])
            return None

    def _write_down(self, tried: Sequence[Tried]) -> None:
        with self._store.transaction() as db:
            now = self._clock()
            for one in tried:
                self._outbox.note(db, one.id, one.outcome, now)
            away = [one.id for one in tried if _holds_for_all(one.outcome)]
            rests = [self._outbox.get(db, one).next_try_at for one in away]
        self._hooks.crash("after record")
        # What was under way meanwhile may have been taken; the pause that was asked for stands.
        self._quiet_until = max(filter(None, rests), default=self.quiet_until())
        telling = [one for one in tried if not is_on_its_way(one.outcome)]
        if telling:
            unanswered = away or all(isinstance(one.outcome, Unknown) for one in telling)
            self._last_contact = Contact(self._clock(), answered=not unanswered)
        for one in tried:
            self._hooks.on_change(one.id)

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
            self._attempting.report("relay.failed", wrong)
            return MENDING_S

    def _rest_s(self) -> float:
        now = self._clock()
        if self._is_quiet() and self._quiet_until:
            return min((self._quiet_until - now).total_seconds(), IDLE_S)
        with self._store.transaction() as db:
            due = self._outbox.next_due(db, now)
        if due is None:
            return IDLE_S
        return min(max((due - now).total_seconds(), 0.0), IDLE_S)


def _holds_for_all(outcome: Outcome) -> bool:
    return isinstance(outcome, RetryAt | Unknown) and outcome.whole_platform
