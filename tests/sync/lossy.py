"""A network held by hand between the real outbox and the real receiver, in one process.

Answers are lost after the work is done, requests before; what was sent once may arrive again later.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random

from simulators.platform.answers import on_the_wire
from simulators.platform.batches import results
from simulators.platform.intake import Intake
from simulators.platform.journal import Journal
from simulators.platform.register import load_register
from sync.envelope import SigningKey
from sync.message import Claimed
from sync.outcome import (
    Outcome,
    Standing,
    classify,
    classify_batch,
    classify_standing,
    not_sent,
    sent_without_answer,
    still_unknown,
)
from sync.relay import Hooks, Relay
from tests.sync.sender import FACILITY, HeldClock, Sender, no_pause

Fate = Callable[[], str]
"""Returns what happens to the next request: "good", "lost", "lost_ack", or "again": the oldest
request that the network remembers arrives once more before it."""

LET_PASS = timedelta(seconds=30)
"""Beyond the first due moment, so that many are due at once, as in life."""


class Network:
    """A gateway to a simulator's receiver; ``fate`` decides over each request."""

    batch_max = 10

    def __init__(self, key: SigningKey, clock: HeldClock, fate: Fate) -> None:
        self.journal = Journal()
        self.fate = fate
        self.sent: list[bytes] = []
        self._clock = clock
        self._intake = Intake(load_register(), {FACILITY: key.public()}, self.journal, clock)

    def deliver(self, _message_id: str, payload: bytes) -> Outcome:
        """Hand one over."""
        fate = self.fate()
        if fate == "lost":
            return not_sent(self._clock(), "lost")
        said = self.arrive(payload)
        if fate == "lost_ack":
            return sent_without_answer(self._clock(), "lost")
        return classify(*said, self._clock())

    def deliver_batch(self, messages: Sequence[Claimed]) -> Sequence[Outcome]:
        """Hand several over."""
        fate, now = self.fate(), self._clock()
        if fate == "again" and self.sent:
            self.arrive(self.sent[0])
        if fate == "lost":
            return [not_sent(now, "lost")] * len(messages)
        payloads = [one.payload for one in messages]
        self.sent += payloads
        body = results(self._intake, payloads)
        if fate == "lost_ack":
            return [sent_without_answer(now, "lost")] * len(messages)
        asked = [(one.id, one.sha256) for one in messages]
        outcomes = classify_batch(200, {}, body, now, asked)
        return outcomes if isinstance(outcomes, tuple) else [outcomes] * len(messages)

    def status_of(self, message_id: str, _payload: bytes) -> Standing:
        """Ask what became of one."""
        if self.fate() != "good":
            return still_unknown(not_sent(self._clock(), "lost"))
        status, body = on_the_wire(self._intake.standing(message_id))
        return classify_standing(status, {}, body, self._clock())

    def arrive(self, payload: bytes) -> tuple[int, dict[str, str], bytes]:
        """Let a request arrive, perhaps not for the first time."""
        self.sent.append(payload)
        status, body = on_the_wire(self._intake.receive(payload))
        return status, {}, body

    def kept(self, stay: str) -> list[str]:
        """Return what the platform holds of a stay, in order."""
        return [one.receipt.id for one in self.journal.kept() if one.order_key == stay]

    def lost_and_doubled(self, stays: Sequence[str]) -> tuple[int, int]:
        """Compare what the platform holds with one whole story a stay."""
        held = Counter((one.order_key, one.kind.value) for one in self.journal.kept())
        kinds = ("admission", "charges", "discharge", "settlement")
        lost = sum(1 for stay in stays for kind in kinds if not held[stay, kind])
        return lost, sum(count - 1 for count in held.values() if count > 1)


def drained(sender: Sender, network: Network) -> Relay:
    """Run the relay, the clock going on from one due moment to the next, until nothing waits."""
    relay = Relay(sender.store, sender.outbox, network, sender.clock, Hooks(sleep=no_pause))
    while True:
        relay.run_once()
        with sender.store.transaction() as db:
            due = sender.outbox.next_due(db, sender.clock())
        if due is None:
            return relay
        sender.clock.now = max(due, relay.quiet_until() or due) + LET_PASS


def chances(seed: int, *, lost: float, lost_ack: float, again: float = 0) -> Fate:
    """Return fates by chance, the same for the same seed."""
    chance = Random(seed)  # noqa: S311 - rehearsal, not secrecy

    def fate() -> str:
        odds = (lost, lost_ack, again, 1 - lost - lost_ack - again)
        return chance.choices(("lost", "lost_ack", "again", "good"), odds)[0]

    return fate
