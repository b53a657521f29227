"""However answers are lost, doubled, late or out of order: nothing is lost, nothing doubled."""

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sync.envelope import new_key
from sync.relay import Hooks, Relay
from tests.sync.lossy import Network, drained
from tests.sync.sender import Sender, no_pause, story

KEY = new_key()
STAYS = ("stay-1", "stay-2", "stay-3")


class Delivery(RuleBasedStateMachine):
    """Any order of acts, faults, crashes and clocks ends with the same at the platform."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.sender = Sender(Path(self.folder.name) / "edge.db", KEY)
        self.fates: list[str] = []
        self.network = Network(KEY, self.sender.clock, self._fate)
        self.relay = self._fresh_relay()
        self.put: dict[str, list[str]] = {stay: [] for stay in STAYS}

    def _fate(self) -> str:
        return self.fates.pop() if self.fates else "good"

    def _fresh_relay(self) -> Relay:
        hooks = Hooks(sleep=no_pause)
        return Relay(self.sender.store, self.sender.outbox, self.network, self.sender.clock, hooks)

    @rule(stay=st.sampled_from(STAYS))
    def something_happens(self, stay: str) -> None:
        """Put a stay's next message."""
        done = self.put[stay]
        if len(done) < len(story(stay)):
            envelope = story(stay)[len(done)]
            self.sender.put(envelope)
            done.append(envelope.id)

    @rule(fates=st.lists(st.sampled_from(["good", "lost", "lost_ack"]), max_size=8))
    def the_relay_runs(self, fates: list[str]) -> None:
        """Let the relay run while these things happen to its requests."""
        self.fates = fates
        self.relay.run_once()
        self.fates = []

    @rule(number=st.integers(1, 5))
    def the_process_dies_while_sending(self, number: int) -> None:
        """Leave some messages in ``sending``, perhaps delivered; start anew."""
        with self.sender.store.transaction() as db:
            claimed = self.sender.outbox.claim_due(db, self.sender.clock(), number)
        for one in claimed[::2]:
            self.network.arrive(one.payload)
        self.relay = self._fresh_relay()

    @precondition(lambda self: self.network.sent)
    @rule(data=st.data())
    def an_old_request_arrives_again(self, data: st.DataObject) -> None:
        """Let the network repeat something, however old."""
        self.network.arrive(data.draw(st.sampled_from(self.network.sent)))

    @rule(seconds=st.integers(-3600, 7200))
    def time_passes_or_is_set_back(self, seconds: int) -> None:
        """Move the clock."""
        self.sender.clock.forward(seconds=seconds)

    @rule(stay=st.sampled_from(STAYS))
    def a_person_retries(self, stay: str) -> None:
        """Make what waits due at once."""
        with self.sender.store.transaction() as db:
            for one in self.sender.outbox.of_case(db, stay):
                if one.state in {"pending", "unknown", "rejected"}:
                    self.sender.outbox.retry(db, one.id)
        self.relay.try_now()

    @invariant()
    def the_platform_holds_the_beginning_of_each_story(self) -> None:
        """Nothing doubled, nothing ahead of its predecessor, at any moment."""
        for stay, done in self.put.items():
            kept = self.network.kept(stay)
            assert kept == done[: len(kept)]

    def teardown(self) -> None:
        """With a good line in the end, everything is there."""
        self.fates = []
        self.relay = drained(self.sender, self.network)
        for stay, done in self.put.items():
            assert self.network.kept(stay) == done
        with self.sender.store.transaction() as db:
            counts = self.sender.outbox.status(db)
        assert counts.accepted == sum(map(len, self.put.values()))
        self.sender.store.close()
        self.folder.cleanup()


TestDelivery = Delivery.TestCase
TestDelivery.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
