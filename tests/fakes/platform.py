"""A platform that answers from a value, for the speed of the steps' tests.

The real one over HTTP is tested in tests/sync and in the journeys.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from drivers.authentication import KeyAnswers, KeyRequest
from sync.breaker import Circuit
from sync.card_key import CardKeyAnswer, CardKeyQuestion
from sync.dispatch import Page, PageQuestion
from sync.e_card import CardHolder, CodeQuestion, refused, unresolved
from sync.envelope import digest, new_key
from sync.errors import PlatformUnreachable
from sync.message import Claimed
from sync.outcome import Accepted, NotReceived, Outcome, Standing, not_sent
from sync.question import Answer, Question, unreachable, unsure
from sync.recollection import Recollection, RecollectionQuestion

PLATFORM_KEY = new_key()
"""Signs what comes down."""


@dataclass(slots=True)
class Platform:
    """Says ``facts`` of whoever is asked about and takes every message; ``down``: nothing."""

    facts: Mapping[str, Any]
    as_of: datetime
    down: bool = False
    open_circuit: Circuit | None = None
    asked: list[Question] = field(default_factory=list)
    received: dict[str, bytes] = field(default_factory=dict)
    holders: dict[str, CardHolder] = field(default_factory=dict)
    dispatches: list[bytes] = field(default_factory=list)
    hsm: Callable[[KeyRequest], KeyAnswers] | None = None
    head: bytes | None = None
    closed: bool = False

    @property
    def batch_max(self) -> int:
        """Take each message alone."""
        return 1

    def circuit(self) -> Circuit | None:
        """Show the circuit that a test laid out, if any."""
        return self.open_circuit

    def ask(self, question: Question) -> Answer:
        """Answer, or be unreachable."""
        self.asked.append(question)
        if self.down:
            raise PlatformUnreachable(unreachable("fake"))
        return Answer(facts=self.facts, as_of=self.as_of, proof=b"{}")

    def resolve(self, question: CodeQuestion) -> CardHolder:
        """Name the holder of a code once, refuse it, or be unreachable."""
        if self.down:
            raise unresolved("fake")
        holder = self.holders.pop(question.code, None)
        if holder is None:
            raise refused("E_CARD_UNKNOWN", "", "")
        return holder

    def collect(self, question: PageQuestion) -> Page:
        """Hand over what came down, or be unreachable."""
        if self.down:
            raise PlatformUnreachable(unreachable("fake"))
        new = self.dispatches[question.after : question.after + question.limit]
        return Page(tuple(new), len(self.dispatches))

    def recollect(self, question: RecollectionQuestion) -> Recollection:
        """Return all that was received, or be unreachable."""
        if self.down:
            raise PlatformUnreachable(unreachable("fake"))
        return Recollection(tuple(self.received.values())[question.after :], more=False)

    def card_key(self, question: CardKeyQuestion) -> CardKeyAnswer:
        """Let ``hsm`` answer; without one, hold no card's key."""
        if self.hsm and not self.down:
            made = self.hsm(
                KeyRequest(
                    issuing_region=question.issuing_region,
                    historical_bytes=question.historical_bytes,
                    algorithm=question.algorithm,
                    card_id=question.card_id,
                    challenges=question.challenges,
                )
            )
            return CardKeyAnswer(internal=made.internal, external=made.external)
        what = unreachable("fake") if self.down else unsure(question.id, question.id)
        raise PlatformUnreachable(what)

    def ledger_head(self) -> bytes | None:
        """Give back the head that it was told, or be unreachable."""
        if self.down:
            raise PlatformUnreachable(unreachable("fake"))
        return self.head

    def deliver(self, message_id: str, payload: bytes) -> Outcome:
        """Take the message, or be unreachable before it is sent."""
        if self.down:
            return not_sent(self.as_of, "fake")
        self.received[message_id] = payload
        return _receipt(message_id, payload, self.as_of)

    def deliver_batch(self, messages: Sequence[Claimed]) -> Sequence[Outcome]:
        """Take several."""
        return [self.deliver(one.id, one.payload) for one in messages]

    def status_of(self, message_id: str, payload: bytes) -> Standing:
        """Say that it was received, if it was."""
        if message_id not in self.received:
            return NotReceived()
        return _receipt(message_id, payload, self.as_of)

    def close(self) -> None:
        """Hang up; it is still there for whoever asks anew."""
        self.closed = True


def _receipt(message_id: str, payload: bytes, at: datetime) -> Accepted:
    return Accepted(
        message_id=message_id, sha256=digest(payload), receipt=f"R-{message_id}", received_at=at
    )
