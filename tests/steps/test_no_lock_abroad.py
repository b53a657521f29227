"""While anybody waits for the platform, the database is free for everybody else."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

import pytest

from edge.core.errors import Fault
from edge.steps.collect import collect
from edge.steps.recollect import recollect
from edge.steps.verify_ledger import verify_ledger
from edge.store.database import Rows
from edge.store.quarantine import Quarantine, begin_quarantine
from sync.dispatch import Page, PageQuestion
from sync.message import Claimed
from sync.outcome import Outcome, Standing
from sync.question import Answer, Question
from sync.recollection import Recollection, RecollectionQuestion
from sync.relay import Relay
from tests.fakes.platform import Platform
from tests.steps.conftest import FACTS, NOW, Ground
from tests.steps.story import live


@dataclass
class Neighbour(Platform):
    """A platform beside which somebody else writes, at every call; ``locked`` when they cannot."""

    others: Rows | None = None
    calls: set[str] = field(default_factory=set)
    locked: set[str] = field(default_factory=set)

    def ask(self, question: Question) -> Answer:
        """Answer after they have written."""
        self._write("ask")
        return super().ask(question)

    def collect(self, question: PageQuestion) -> Page:
        """Answer after they have written."""
        self._write("collect")
        return super().collect(question)

    def recollect(self, question: RecollectionQuestion) -> Recollection:
        """Answer after they have written."""
        self._write("recollect")
        return super().recollect(question)

    def ledger_head(self) -> bytes | None:
        """Answer after they have written."""
        self._write("ledger_head")
        return super().ledger_head()

    def deliver_batch(self, messages: Sequence[Claimed]) -> Sequence[Outcome]:
        """Answer after they have written."""
        self._write("deliver_batch")
        return super().deliver_batch(messages)

    def deliver(self, message_id: str, payload: bytes) -> Outcome:
        """Answer after they have written."""
        self._write("deliver")
        return super().deliver(message_id, payload)

    def status_of(self, message_id: str, payload: bytes) -> Standing:
        """Answer after they have written."""
        self._write("status_of")
        return super().status_of(message_id, payload)

    def _write(self, call: str) -> None:
        self.calls.add(call)
        assert self.others
        try:
            self.others.execute("begin immediate")
            self.others.execute("rollback")
        except Fault:
            self.locked.add(call)


@pytest.fixture
def neighbour(ground: Ground) -> Neighbour:
    others = Rows(ground.site.store.path)
    others.execute("pragma busy_timeout = 0")
    neighbour = Neighbour(FACTS, as_of=NOW, others=others)
    ground.platform, ground.site = neighbour, replace(ground.site, platform=neighbour)
    return neighbour


def test_no_transaction_is_open_while_the_platform_is_asked_or_told(
    ground: Ground, neighbour: Neighbour
) -> None:
    assert neighbour.others
    with closing(neighbour.others):
        live(ground)
        site = ground.site
        collect(site)
        verify_ledger(site)
        relay = Relay(site.store, site.outbox, neighbour, ground.clock)
        with site.store.transaction() as db:
            db.execute("update outbox set state = 'unknown' where rowid = 1")
            begin_quarantine(db, Quarantine(NOW, NOW))
        relay.run_once()
        recollect(site, "测试")
        wire = {"ask", "collect", "ledger_head", "deliver", "status_of", "recollect"}
        assert (neighbour.calls, neighbour.locked) == (wire, set())


def test_one_that_were_open_would_be_noticed(ground: Ground, neighbour: Neighbour) -> None:
    assert neighbour.others
    with closing(neighbour.others), ground.site.store.transaction():
        neighbour.ledger_head()
    assert neighbour.locked == {"ledger_head"}
