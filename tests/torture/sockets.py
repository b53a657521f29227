"""Faults of the line over a real socket: every answer is understood, and all arrives once."""

import random
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from simulators.platform.codes import Codes
from simulators.platform.journal import Journal
from simulators.platform.server import serve
from sync.envelope import digest, new_key
from sync.message import Claimed
from sync.outcome import Accepted, Outcome, Standing
from sync.platform import Platform
from sync.relay import Gateway
from tests.sync.far_end import FarEnd, far_end
from tests.sync.sender import TOGETHER, Sender, line_to, relay_of, story
from tests.torture.promises import Broken

_KEY = new_key()
_ACTS = ("down", "error", "busy", "lose_ack", "garbage", "truncated", "huge", "duplicate")
_STATUSES = (400, 401, 403, 404, 408, 413, 429, 500, 502, 503, 504)
_PASSES = 4


class Credulous:
    """The control: whatever is answered, and silence too, it takes for a receipt."""

    def __init__(self, platform: Platform, sender: Sender) -> None:
        self._platform, self._sender = platform, sender

    @property
    def batch_max(self) -> int:
        """Take as many as the true one."""
        return self._platform.batch_max

    def deliver(self, message_id: str, payload: bytes) -> Outcome:
        """Send, and be content."""
        self._platform.deliver(message_id, payload)
        return self._receipt(message_id, digest(payload))

    def deliver_batch(self, messages: Sequence[Claimed]) -> Sequence[Outcome]:
        """Send several, and be content."""
        self._platform.deliver_batch(messages)
        return [self._receipt(one.id, one.sha256) for one in messages]

    def status_of(self, message_id: str, payload: bytes) -> Standing:
        """Ask what became of one."""
        return self._platform.status_of(message_id, payload)

    def _receipt(self, message_id: str, sha256: str) -> Accepted:
        now = self._sender.clock()
        return Accepted(message_id=message_id, sha256=sha256, receipt="R", received_at=now)


def faulty_lines(folder: Path, rounds: int, seed: int, variant: str) -> Broken:
    """Send so many stays, each through other faults; then the line is mended."""
    dice = random.Random(seed)  # noqa: S311 - chance, not secrets
    with TemporaryDirectory(dir=folder) as place:
        sender, journal = Sender(Path(place) / "edge.db", _KEY), Journal()
        app, faults = far_end(_KEY, sender.clock, journal)
        with closing(sender.store), serve(app) as url, line_to(url, sender, wire=TOGETHER) as line:
            gateway = Credulous(line, sender) if variant == "credulous" else line
            far = FarEnd(url, faults, journal, Codes(sender.clock))
            for number in range(rounds):
                _through_faults(sender, gateway, far, dice, number)
            return _counted(sender, journal, rounds)


def _through_faults(
    sender: Sender, gateway: Gateway, far: FarEnd, dice: random.Random, number: int
) -> None:
    sender.put(*story(f"stay-{number}"))
    relay = relay_of(sender, gateway)
    for _ in range(_PASSES):
        far.play(*(_fault(dice) for _ in range(dice.randint(1, 3))), seed=dice.randrange(1_000))
        relay.run_once()
        sender.clock.forward(seconds=dice.uniform(1, 900))
    far.play()
    relay.try_now()
    for _ in range(_PASSES):
        sender.clock.now += timedelta(hours=7)
        relay.run_once()


def _fault(dice: random.Random) -> dict[str, object]:
    place = dice.choice(["messages", "status", "any"])
    return {
        "on": place,
        "do": dice.choice(_ACTS),
        "times": dice.randint(1, 4),
        "status": dice.choice([one for one in _STATUSES if one >= 500 or one in {408, 429}]),
        "retry_after": dice.choice(["1", "30", "soon", "999999"]),
    }


def _counted(sender: Sender, journal: Journal, stays: int) -> Broken:
    """Count what did not arrive, what arrived twice, and what is believed to have arrived."""
    held = Counter((one.order_key, one.kind.value) for one in journal.kept())
    messages = stays * len(story("stay"))
    with sender.store.transaction() as db:
        accepted = sender.outbox.status(db).accepted
    return Broken(
        lost=messages - len(held),
        doubled=sum(held.values()) - len(held),
        torn=abs(accepted - len(held)),
    )
