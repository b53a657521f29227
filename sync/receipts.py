"""What became of a campus's messages, read from the office's stream and written into the outbox.

A receipt is applied by its message's id, whatever the message's state, and once however often it
comes; it is acknowledged only after it was written down.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sync.attempt import NO_HOOKS, Hooks
from sync.errors import BadEnvelope
from sync.group import read_receipt, receipt_subject
from sync.line import Silence
from sync.outbox import Outbox
from sync.outcome import Outcome, classify
from sync.relay import Store
from sync.streams import PullPlan, receipts_plan

BATCH = 100


class Delivered(Protocol):
    """A message of a stream: ``sync.stream.Delivery``."""

    @property
    def subject(self) -> str:
        """Where it was published."""

    @property
    def body(self) -> bytes:
        """What it says."""

    @property
    def sequence(self) -> int:
        """Its number in the stream."""

    def ack(self) -> None:
        """Say that it is done with."""


class Source(Protocol):
    """What receipts are fetched from: ``sync.stream.Stream``."""

    def fetch(
        self, pull: PullPlan, *, batch: int, wait_s: float, domain: str
    ) -> Sequence[Delivered] | Silence:
        """Take up to ``batch`` messages of a durable consumer."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one message."""

    id: str
    outcome: Outcome


class Receipts:
    """Reads and applies; ``heard`` is told of each, after it was written down.

    ``hooks.crash`` is called at "after hearing", between the record and its acknowledgement.
    """

    def __init__(
        self,
        source: Source,
        store: Store,
        outbox: Outbox,
        clock: Callable[[], datetime],
        heard: Callable[[str, Outcome], None],
        hooks: Hooks = NO_HOOKS,
    ) -> None:
        self._source = source
        self._store = store
        self._outbox = outbox
        self._clock = clock
        self._heard = heard
        self._hooks = hooks

    def take(self, facility: str, domain: str, *, wait_s: float) -> int | Silence:
        """Apply what has come, waiting up to ``wait_s`` for it; return how many were read."""
        plan = receipts_plan(facility)
        came = self._source.fetch(plan, batch=BATCH, wait_s=wait_s, domain=domain)
        if isinstance(came, Silence):
            return came
        read = [self._read(one, facility) for one in came]
        known = [one for one in read if one]
        with self._store.transaction() as db:
            now = self._clock()
            changed = [one.id for one in known if self._outbox.hear(db, one.id, one.outcome, now)]
        self._hooks.crash("after hearing")
        for delivery in came:
            delivery.ack()
        for one in known:
            self._heard(one.id, one.outcome)
        for message_id in changed:
            self._hooks.on_change(message_id)
        return len(came)

    def _read(self, delivery: Delivered, facility: str) -> Receipt | None:
        """Read a receipt; what is none, or another campus's, is reported and done with."""
        try:
            if delivery.subject != receipt_subject(facility):
                self._report("receipt.of_another", delivery)
                return None
            said = read_receipt(delivery.body)
        except BadEnvelope:
            self._report("receipt.unreadable", delivery)
            return None
        return Receipt(said.id, classify(said.status, said.headers, said.body, self._clock()))

    def _report(self, event: str, delivery: Delivered) -> None:
        if self._hooks.log:
            self._hooks.log.error(event, sequence=delivery.sequence)
