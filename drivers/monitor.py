"""Watches every reader: reads each inserted card, keeps each reader's state, publishes events.

Decides nothing about the person. It outlives the card service: when pcscd dies the readers show
SERVICE_DOWN until it is back, then every card still inserted is read again.

Threads: one waits for the service's news; each reader has a `Worker`. All shared state is behind
one lock, never held across a card call.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from queue import Empty, Queue
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self

from drivers.cards import CardRecord, read_card
from drivers.errors import CardRemoved, DriverError, ReaderFault, ReaderMissing, ReaderStuck
from drivers.seat import Presented, ReaderEvent, ReaderState, ReaderView, Seat
from drivers.transport import Readers, Slot, Transport
from drivers.worker import Worker

__all__ = ["Limits", "Monitor", "Presented", "ReaderEvent", "ReaderState", "ReaderView"]

_BACKOFF_FIRST_S = 0.1
_WAIT_SHORTEST_S = 0.01
_WAKE_AGAIN_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of the monitor, in events and seconds."""

    queue_max: int = 1000
    read_s_max: float = 5.0
    wait_s_max: float = 1.0
    backoff_s_max: float = 5.0


_DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class _Reading:
    """How a card is read, and for how many seconds that may take."""

    read: Callable[[Transport], CardRecord]
    s_max: float

    def overdue_at(self) -> float:
        """Return the end of the time allowed, in monotonic seconds, if it began now."""
        return time.monotonic() + self.s_max


class Monitor:
    """Start it, ask it, stop it; or use it as a context manager. It starts once.

    ``clock`` gives aware moments, ``fresh_id`` the tokens of presentations.
    """

    def __init__(
        self,
        readers: Readers,
        clock: Callable[[], datetime],
        fresh_id: Callable[[], str],
        *,
        read: Callable[[Transport], CardRecord] = read_card,
        limits: Limits = _DEFAULT_LIMITS,
    ) -> None:
        self._readers = readers
        self._clock = clock
        self._fresh_id = fresh_id
        self._read = read
        self._limits = limits
        self._lock = Lock()
        self._stopping = Event()
        self._seats: dict[str, tuple[Seat, Worker]] = {}
        self._dismissed: list[Worker] = []
        self._nothing: ReaderView | None = None
        self._events: Queue[ReaderEvent] = Queue(limits.queue_max)
        self._events_lost = 0
        self._thread = Thread(target=self._watch, name="card monitor", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """End the threads and wait for them; a second call does nothing.

        A thread inside a card call that never returns is left behind: it ends with the program.
        """
        self._stopping.set()
        while self._thread.is_alive():
            self._readers.wake()  # in vain while the thread is between two waits: hence the loop
            self._thread.join(_WAKE_AGAIN_S)
        with self._lock:
            for name in tuple(self._seats):
                self._dismiss(name)
            workers, self._dismissed = self._dismissed, []
        for worker in workers:
            worker.join(self._limits.read_s_max)

    @property
    def events_lost(self) -> int:
        """Events dropped because nobody took them; the states are right all the same."""
        with self._lock:
            return self._events_lost

    def next_event(self, timeout_s: float) -> ReaderEvent | None:
        """Return the oldest event not yet taken, waiting up to ``timeout_s``; None if none came."""
        try:
            return self._events.get(timeout=timeout_s)
        except Empty:
            return None

    def readers(self) -> tuple[ReaderView, ...]:
        """Return every reader's state, by name; one nameless view when there is no reader."""
        with self._lock:
            views = [self._seats[name][0].view for name in sorted(self._seats)]
            return tuple(view for view in views or [self._nothing] if view is not None)

    def presented(self, name: str) -> Presented | None:
        """Return the card that was read in ``name`` and has not moved since."""
        with self._lock:
            return self._seats[name][0].presented if name in self._seats else None

    def read_again(self, name: str) -> Presented:
        """Read the inserted card once more, as a new presentation.

        Raises:
            DriverError: no such reader, no card, another card than before, or the read fails.
        """
        reading = _Reading(self._read, self._limits.read_s_max)
        answer, seat, session = self._begin(name, reading)
        try:
            return answer.result(reading.s_max)
        except TimeoutError:
            self._give_up(seat, session)
            raise ReaderStuck(field=name) from None

    def begin_reading(
        self, name: str, read: Callable[[Transport], CardRecord], *, s_max: float
    ) -> Future[Presented]:
        """Let ``read`` have the inserted card for up to ``s_max`` seconds; return at once.

        Raises:
            DriverError: no such reader, or no card. What fails later is in the future.
        """
        return self._begin(name, _Reading(read, s_max))[0]

    def _begin(self, name: str, reading: "_Reading") -> tuple[Future[Presented], Seat, int]:
        answer: Future[Presented] = Future()
        with self._lock:
            if name not in self._seats:
                raise ReaderMissing(field=name)
            seat, worker = self._seats[name]
            seat.check_readable()
            session = seat.session
            worker.submit(partial(self._answer, answer, seat, session, reading))
            seat.begin(reading.overdue_at())
        return answer, seat, session

    # The thread that waits

    def _watch(self) -> None:
        known: tuple[Slot, ...] = ()
        backoff_s = _BACKOFF_FIRST_S
        while not self._stopping.is_set():
            try:
                known = self._readers.wait(known, self._patience_s())
                self._take(known)
                self._find_stuck()
            except Exception as fault:  # noqa: BLE001 - the watch must outlive whatever fails
                known = ()
                self._lose_service(_as_driver_error(fault))
                self._stopping.wait(backoff_s)
                backoff_s = min(2 * backoff_s, self._limits.backoff_s_max)
            else:
                backoff_s = _BACKOFF_FIRST_S

    def _patience_s(self) -> float:
        """Return how long to wait: until the first read under way is overdue, at most."""
        now = time.monotonic()
        with self._lock:
            overdue_at = [seat.overdue_at for seat, _ in self._seats.values()]
        left = [moment - now for moment in overdue_at if moment is not None]
        return max(_WAIT_SHORTEST_S, min([self._limits.wait_s_max, *left]))

    def _lose_service(self, error: DriverError) -> None:
        with self._lock:
            for seat, _ in self._seats.values():
                seat.lose_service(error)
            if not self._seats:
                self._show_nothing(ReaderState.SERVICE_DOWN, error)

    def _take(self, slots: tuple[Slot, ...]) -> None:
        with self._lock:
            for name in self._seats.keys() - {slot.name for slot in slots}:
                self._seats[name][0].lose_reader()
                self._dismiss(name)
            for slot in slots:
                self._follow(slot)
            if slots:
                self._nothing = None
            else:
                self._show_nothing(ReaderState.NO_READER, ReaderMissing())

    def _find_stuck(self) -> None:
        now = time.monotonic()
        with self._lock:
            for seat, _ in self._seats.values():
                if seat.overdue_at is not None and seat.overdue_at <= now:
                    seat.give_up()

    # A reader's worker

    def _read_inserted(self, seat: Seat, session: int) -> None:
        with suppress(DriverError):  # the seat shows it
            self._present(seat, session, _Reading(self._read, self._limits.read_s_max))

    def _answer(
        self, answer: Future[Presented], seat: Seat, session: int, reading: "_Reading"
    ) -> None:
        try:
            answer.set_result(self._present(seat, session, reading))
        except DriverError as error:
            answer.set_exception(error)

    def _present(self, seat: Seat, session: int, reading: "_Reading") -> Presented:
        """Read the card of ``session`` and show the outcome, unless the slot moved on."""
        with self._lock:
            if seat.session != session:
                raise CardRemoved(field=seat.name)
            seat.begin(reading.overdue_at())
        try:
            with self._readers.open(seat.name) as transport:
                record = reading.read(transport)
            with self._lock:
                return seat.accept(session, record, self._fresh_id())
        except Exception as fault:  # noqa: BLE001 - raised again as ours
            error = _as_driver_error(fault)
            with self._lock:
                seat.fail(session, error)
            raise error from error.__cause__

    def _give_up(self, seat: Seat, session: int) -> None:
        with self._lock:
            if seat.session == session and seat.overdue_at is not None:
                seat.give_up()

    # Under the lock

    def _follow(self, slot: Slot) -> None:
        if slot.name not in self._seats:
            seat = Seat(slot.name, self._clock, self._publish)
            self._seats[slot.name] = seat, Worker(slot.name)
        seat, worker = self._seats[slot.name]
        if seat.follow(slot):
            try:
                worker.submit(partial(self._read_inserted, seat, seat.session))
            except ReaderStuck:
                seat.give_up()
            else:
                seat.begin(time.monotonic() + self._limits.read_s_max)

    def _dismiss(self, name: str) -> None:
        _, worker = self._seats.pop(name)
        worker.dismiss()
        self._dismissed = [w for w in self._dismissed if not w.join(0)] + [worker]

    def _show_nothing(self, state: ReaderState, error: DriverError) -> None:
        if self._nothing is None or self._nothing.state is not state:
            self._nothing = ReaderView("", state, self._clock(), error)
            self._publish(ReaderEvent("", state, self._nothing.since))

    def _publish(self, event: ReaderEvent) -> None:
        """Queue an event; the oldest gives way, since an event is only a hint to look."""
        if self._events.full():
            with suppress(Empty):
                self._events.get_nowait()
                self._events_lost += 1
        self._events.put_nowait(event)


def _as_driver_error(fault: Exception) -> DriverError:
    """Return ``fault``, or an error caused by it: a bug in a read must not end the watch."""
    if isinstance(fault, DriverError):
        return fault
    error = ReaderFault(zh="程序故障", en="our own fault")
    error.__cause__ = fault
    return error
