"""One worker: takes what campuses sent, hands it to the platform, publishes what became of it.

Three loops, each at its own pace, and the answering of questions beside them. Any number of workers
may run: the stream, the books' locks and the message ids part the work between them. Nothing is
remembered here that would be missed: a worker may die anywhere.
"""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event
from typing import Protocol

from edge.core.errors import EdgeError
from edge.log import Log
from edge.loops.rounds import beside
from edge.office.books import AlreadyThere, Books
from edge.office.campus import Campus
from edge.office.handing import Handing
from edge.office.intake import Arrival, Checked, checked
from edge.office.kept import Kept, keep
from edge.office.outgoing import Answered, claim, next_due, settle
from edge.office.receipts import publish_owed
from edge.store.vault import Vault
from sync.outcome import PAUSE_MAX, RetryAt, Unknown

FETCH_MAX = 500
FETCH_WAIT_S = 1.0
IDLE_S = 1.0
MENDING_S = 2.0
COLLECT_AFTER = 50_000
"""New objects, some batches of envelopes: at Python's own 700 the search for circles, of which a
batch makes none, took a seventh of a worker's time."""

HEARD_EVERY = timedelta(seconds=5)
"""How stale the moment may grow at which a campus was heard."""


class Taken(Protocol):
    """One message of the stream, ours until it is acknowledged."""

    @property
    def subject(self) -> str:
        """Where it was published."""

    @property
    def body(self) -> bytes:
        """What was published."""

    @property
    def sequence(self) -> int:
        """Its number in the stream."""


class Post(Protocol):
    """The stream, as a worker needs it."""

    def fetch(self) -> "Sequence[Taken] | None":
        """Return what came, within ``FETCH_WAIT_S``; None when the stream is not there."""

    def done(self, taken: "Sequence[Taken]") -> None:
        """Acknowledge: the books have it."""

    def publish(self, subject: str, body: bytes, message_id: str) -> bool:
        """Have a receipt kept by the stream; False when it was not."""


def _nowhere(_point: str) -> None:
    """Do nothing: nobody dies here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a worker works with. ``campuses`` are by subject token; ``crash`` is for the torture."""

    books: Books
    vault: Vault
    campuses: dict[str, Campus]
    post: Post
    handing: Handing
    clock: Callable[[], datetime]
    log: Log
    crash: Callable[[str], None] = _nowhere


@dataclass(slots=True)
class Worker:
    """The loops, each also as one round, for tests and for whoever drives them by hand."""

    work: Work
    to_relay: Event = field(default_factory=Event)
    to_publish: Event = field(default_factory=Event)
    stopping: Event = field(default_factory=Event)
    _heard: dict[str, datetime] = field(default_factory=dict)
    _quiet_until: datetime | None = None

    def take(self) -> Kept | None:
        """Take one batch from the stream into the books; None when the stream is not there.

        Raises:
            Fault: BOOKS_UNAVAILABLE. What was not acknowledged comes again.
        """
        work = self.work
        taken = work.post.fetch()
        if taken is None:
            return None
        if not taken:
            return Kept(0, 0, 0)
        work.crash("after fetch")
        given = [checked(_arrival(one), work.campuses) for one in taken]
        now = work.clock()
        with work.books.transaction() as db:
            kept = keep(db, work.vault, given, now)
        work.crash("after keep")
        work.post.done(taken)
        work.crash("after acknowledgement")
        self.to_relay.set()
        if kept.again or kept.quarantined:
            self.to_publish.set()
        self._note_heard({one.envelope.facility for one in given if isinstance(one, Checked)}, now)
        return kept

    def relay(self) -> int:
        """Hand over what is due, one batch; return how many that were.

        Raises:
            Fault: BOOKS_UNAVAILABLE. What was handed over is handed over again, unchanged.
        """
        work = self.work
        if self._is_quiet():
            return 0
        with work.books.transaction() as db:
            taken = claim(db, work.vault, work.clock(), limit=work.handing.batch_max)
            if not taken:
                return 0
            work.crash("after claim")
            answers = work.handing.hand_over(taken)
            work.crash("after hand-over")
            settle(db, work.vault, answers, work.clock())
        work.crash("after settling")
        self.to_publish.set()
        self._note_pause(answers)
        return len(taken)

    def publish(self) -> int:
        """Publish what campuses are to hear, one batch; return how many that were.

        Raises:
            Fault: BOOKS_UNAVAILABLE. What was published may be published again.
        """
        work = self.work

        def published(subject: str, body: bytes, message_id: str) -> bool:
            done = work.post.publish(subject, body, message_id)
            work.crash("after publishing")
            return done

        with work.books.transaction() as db:
            many, _ = publish_owed(db, work.vault, published, work.clock())
        work.crash("after marking")
        return many

    def begin_no_more(self) -> None:
        """End the loops after the rounds under way. Waits for nobody."""
        self.stopping.set()
        self.to_relay.set()
        self.to_publish.set()

    def _note_heard(self, facilities: set[str], now: datetime) -> None:
        due = [
            one
            for one in sorted(facilities)
            if one not in self._heard or abs(now - self._heard[one]) >= HEARD_EVERY
        ]
        if due:
            with self.work.books.transaction() as db:
                db.execute_many(_HEARD, [(one, now) for one in due])
            self._heard |= dict.fromkeys(due, now)

    def _is_quiet(self) -> bool:
        until, now = self._quiet_until, self.work.clock()
        return until is not None and now < until <= now + PAUSE_MAX

    def _note_pause(self, answers: Sequence[Answered]) -> None:
        """After an answer that holds for every message, rest until the moment that it gives."""
        away = [
            one.outcome.at
            for one in answers
            if isinstance(one.outcome, RetryAt | Unknown) and one.outcome.whole_platform
        ]
        floor = self.work.clock() + timedelta(seconds=MENDING_S)
        self._quiet_until = max([floor, *away]) if away else None


def collect_rarely() -> None:
    """Have what stands left alone by the collector, and what comes looked at after many.

    For a process that is a worker and nothing else.
    """
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)


@contextmanager
def working(worker: Worker) -> Iterator[None]:
    """Run the three loops while the block runs; they outlive every fault of books, stream, line."""
    with ExitStack() as loops:
        for name, turn, woken in (
            ("office intake", lambda: _taken_in(worker), Event()),
            ("office relay", worker.relay, worker.to_relay),
            ("office receipts", worker.publish, worker.to_publish),
        ):
            loops.enter_context(beside(_loop(worker, turn, name, woken), name))
        try:
            yield
        finally:
            worker.begin_no_more()


def _taken_in(worker: Worker) -> int:
    kept = worker.take()
    if kept is None:
        return 0
    if kept.quarantined:
        worker.work.log.warning("envelope.quarantined", count=kept.quarantined)
    return max(kept.new + kept.again + kept.quarantined, 1)  # the fetch itself has waited


def _loop(
    worker: Worker, turn: Callable[[], int], name: str, woken: Event
) -> Callable[[Event], None]:
    """Return a loop that takes its turn at once again while there was something to do."""
    log = worker.work.log

    def loop(_ending: Event) -> None:
        while not worker.stopping.is_set():
            woken.clear()
            try:
                rest_s = 0.0 if turn() else IDLE_S
            except AlreadyThere:
                rest_s = 0.0  # another worker was first: the batch comes again
            except EdgeError as wrong:
                log.warning("office.interrupted", loop=name, why=wrong.code)
                rest_s = MENDING_S
            except Exception as wrong:  # noqa: BLE001 - one bad batch must not end the loop
                # Named, not told: what a fault of ours quotes may be somebody's.
                log.error("office.failed", loop=name, why=type(wrong).__name__)  # noqa: TRY400
                rest_s = MENDING_S
            if rest_s and not worker.stopping.is_set():
                woken.wait(rest_s)

    return loop


def _arrival(taken: Taken) -> Arrival:
    return Arrival(subject=taken.subject, body=taken.body, place=taken.sequence)


_HEARD = (
    "insert into campuses (facility, heard_at) values (%s, %s)"
    " on conflict (facility) do update set heard_at = excluded.heard_at"
)

__all__ = ["Post", "Taken", "Work", "Worker", "next_due", "working"]
