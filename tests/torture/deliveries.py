"""Answers lost, requests lost, doubled and late: what was put arrives once, and nothing else."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sync.envelope import SigningKey, key_ring, new_key, open_signed, sign
from sync.message import Claimed
from sync.outcome import Outcome, Unknown
from tests.sync.lossy import Fate, Network, chances, drained
from tests.sync.sender import HeldClock, Sender, story
from tests.torture.promises import Broken

KEY = new_key()
STORY = 4
"""Messages of a stay."""


class Resending(Network):
    """What must never be built: it answers silence by sending the same under a new id."""

    def __init__(self, key: SigningKey, clock: HeldClock, fate: Fate) -> None:
        super().__init__(key, clock, fate)
        self._key = key

    def deliver_batch(self, messages: Sequence[Claimed]) -> Sequence[Outcome]:
        """Send; where no answer comes, send again as if it were something new."""
        outcomes = super().deliver_batch(messages)
        for one, outcome in zip(messages, outcomes, strict=True):
            if isinstance(outcome, Unknown):
                said = open_signed(one.payload, key_ring(self._key.public()))
                self.arrive(sign(replace(said, id=f"{said.id}-again"), self._key))
        return outcomes


def lost_answers(folder: Path, messages: int, seed: int, variant: str) -> Broken:
    """Send so many messages through a network that loses three answers in ten."""
    stays = [f"stay-{number}" for number in range(max(1, messages // STORY))]
    with TemporaryDirectory(dir=folder) as place:
        sender = Sender(Path(place) / "edge.db", KEY)
        sender.put(*(one for stay in stays for one in story(stay)))
        kind = Resending if variant == "resending" else Network
        network = kind(KEY, sender.clock, chances(seed, lost=0.05, lost_ack=0.3, again=0.1))
        with closing(sender.store):
            drained(sender, network)
            with sender.store.transaction() as db:
                accepted = sender.outbox.status(db).accepted
    lost, doubled = network.lost_and_doubled(stays)
    return Broken(lost, doubled, torn=len(stays) * STORY - accepted)
