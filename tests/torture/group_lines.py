"""A group on bad lines: they fall silent, break, crawl; stream servers forget what they had.

Real servers, the product's own outbox, relay and receipts at two campuses: east has a stream server
of its own, west none. Each round tells stays for two days on the campuses' clocks, most of them
under one fault; when it is over, all must have reached the platform once and in order.
"""

import random
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Event

from edge.clock import system_clock
from edge.office.books import Books
from edge.office.opening import campuses_of, open_office, worker_of
from edge.office.post import address_of, declare
from edge.office.settings import load_office
from simulators.platform.faults import Faults
from simulators.platform.journal import Journal
from simulators.platform.server import serve
from sync.attempt import Gateway
from sync.envelope import Envelope, SigningKey, digest, new_key
from sync.ledger_head import ORDER_KEY
from sync.message import Claimed
from sync.outcome import Accepted, Outcome, RetryAt, Standing
from sync.relay import Relay
from sync.stream import Stream
from sync.streams import up_plan
from tests.fakes.log import Log
from tests.forwarder import Forwarder, Manner, forwarder
from tests.nats_server import NatsServer, hub, leaf, ports_of_our_own
from tests.office.ground import EAST, WEST, founded, head, story
from tests.postgres import postgres
from tests.sync.campus import CampusEnd, campus_end
from tests.sync.sender import START, Sender, relay_of
from tests.torture.group import LOOK_AGAIN_S, fund_of, platform_for
from tests.torture.promises import Broken

FAULTS = (
    "silent line",
    "hub forgets",
    "leaf forgets",
    "breaking line",
    "hub forgets the last",
    "crawling line",
    "leaf forgets the last",
    "cut line",
)
TRUSTING = "trusting"
"""The control: a campus that counts as delivered what a stream has acknowledged."""

STEP = timedelta(hours=12)
STEPS = 4
"""Two days."""

ROUND_S = 60.0
_RECEIPT_WAIT_S = 0.1
_MANNERS = {
    "silent line": Manner.SILENT,
    "breaking line": Manner.BREAKS,
    "crawling line": Manner.CRAWLS,
    "cut line": Manner.CUT,
}


class Trusting:
    """A gateway that takes a stream's acknowledgement for the platform's receipt."""

    def __init__(self, end: CampusEnd) -> None:
        self._end = end
        self.batch_max = 1

    def deliver(self, message_id: str, payload: bytes) -> Outcome:
        """Publish, and believe."""
        heard = self._end.gateway.deliver(message_id, payload)
        if isinstance(heard, RetryAt):
            return heard
        at = system_clock()
        return Accepted(message_id=message_id, sha256=digest(payload), receipt="R", received_at=at)

    def deliver_batch(self, messages: Sequence[Claimed]) -> Sequence[Outcome]:
        """Publish each, and believe."""
        return [self.deliver(one.id, one.payload) for one in messages]

    def status_of(self, message_id: str, payload: bytes) -> Standing:
        """Ask."""
        return self._end.gateway.status_of(message_id, payload)


@dataclass
class Campus:
    """One campus, its line towards the office, and all that it ever said, by stay."""

    facility: str
    sender: Sender
    end: CampusEnd
    relay: Relay
    line: Forwarder
    said: dict[str, list[str]] = field(default_factory=dict)

    def say(self, stay: str, envelopes: Sequence[Envelope]) -> None:
        """Put messages of one stay into the outbox."""
        self.sender.put(*envelopes)
        self.said.setdefault(stay, []).extend(one.id for one in envelopes)

    def waits(self) -> bool:
        """Whether anything is yet to be accepted."""
        with self.sender.store.transaction() as db:
            return self.sender.outbox.next_due(db, self.sender.clock()) is not None

    def go_on(self) -> None:
        """Send what is due, the clock going on to it."""
        self.relay.run_once()
        with self.sender.store.transaction() as db:
            due = self.sender.outbox.next_due(db, self.sender.clock())
        if due:
            self.sender.clock.now = max(due, self.relay.quiet_until() or due)


@dataclass
class Group:
    """All that runs."""

    config: Path
    hub: NatsServer
    leaf: NatsServer
    journal: Journal
    books: str
    campuses: tuple[Campus, Campus]


def group_lines(folder: Path, rounds: int, seed: int, variant: str) -> Broken:
    """Run ``rounds`` times two days, each under one fault; say what was broken after them all."""
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    place = folder / f"lines-{variant}"
    place.mkdir()
    with _group(place, seed, variant) as group:
        for number in range(rounds):
            fault = FAULTS[(seed + number) % len(FAULTS)]
            if variant == TRUSTING:  # where it must be caught
                fault = "hub forgets"
            _two_days(group, number, fault, chance)
        found = _settled(group)
    shutil.rmtree(place)
    return found


def _two_days(group: Group, number: int, fault: str, chance: random.Random) -> None:
    """Tell stays for two days with the office open or not, a fault beginning on the way; mend."""
    begins = chance.randrange(STEPS)
    early = chance.random() < 0.5 and fault in _MANNERS  # else nothing is only on its way
    with ExitStack() as running:
        if early:
            running.enter_context(_office(group))
        mend: Callable[[], None] = _nothing
        for step in range(STEPS):
            if step == begins:
                mend = _begin(group, fault)
            for campus in group.campuses:
                stay = f"{campus.facility}-{number}-{step}"
                campus.say(stay, story(stay, campus.facility))
                campus.relay.run_once()
                campus.sender.clock.forward(seconds=STEP.total_seconds())
        mend()
        if not early:
            running.enter_context(_office(group))
        _say_head(group.campuses[0], number)
        _settle_down(group)


def _say_head(campus: Campus, number: int) -> None:
    told = head(f"head-{number}", number + 1, campus.sender.key, at=campus.sender.clock())
    campus.say(ORDER_KEY, [told])


def _begin(group: Group, fault: str) -> Callable[[], None]:
    """Begin a fault; return what ends it."""
    if fault in _MANNERS:
        for campus in group.campuses:
            campus.line.turn(_MANNERS[fault])
        return partial(_mended, group)
    server = group.hub if fault.startswith("hub") else group.leaf
    kept = server.folder / "kept" if fault.endswith("the last") else None
    if kept:
        server.kill()
        shutil.copytree(server.folder / "store", kept)
        server.start()
    return partial(_forget, group, server, kept)


def _mended(group: Group) -> None:
    for campus in group.campuses:
        campus.line.turn(Manner.PASSES)


def _forget(group: Group, server: NatsServer, kept: Path | None) -> None:
    server.kill()
    server.forget(kept)
    if kept:
        shutil.rmtree(kept)
    server.start()
    if server is group.leaf:  # as the loop of a campus does
        while group.campuses[0].end.stream.declare(up_plan(EAST)) is not None:
            pass


def _nothing() -> None:
    """Nothing is to be mended."""


def _settle_down(group: Group) -> None:
    """Let the campuses go on until nothing waits; give up after a while."""
    deadline = time.monotonic() + ROUND_S
    while any(one.waits() for one in group.campuses) and time.monotonic() < deadline:
        for campus in group.campuses:
            campus.go_on()
        Event().wait(LOOK_AGAIN_S)


def _settled(group: Group) -> Broken:
    """Hold campuses, office and platform against each other: I1 to I4 across the group."""
    kept = [one.receipt.id for one in group.journal.kept()]
    said = [one for campus in group.campuses for ids in campus.said.values() for one in ids]
    with _books(group.books) as books:
        states = books.read().query("select id, state, fund_fen from envelopes")
        heads = books.read().query("select seq from heads order by seq")
        aside = books.read().query("select number from quarantine")
    lost = len(set(said) - set(kept)) + sum(one.waits() for one in group.campuses)
    doubled = len(kept) - len(set(kept))
    ours = sum(one["fund_fen"] or 0 for one in states)
    theirs = sum(fund_of(one.body) for one in group.journal.kept())
    torn = len({one["id"] for one in states} ^ set(said)) + len(aside) + int(ours != theirs)
    torn += sum(one["state"] != "accepted" for one in states)
    torn += int([one["seq"] for one in heads] != list(range(1, len(heads) + 1)))
    return Broken(lost, doubled, torn + _disordered(group, kept))


def _disordered(group: Group, kept: Sequence[str]) -> int:
    """Count the stays whose messages the platform has in another order than they were said."""
    places = {one: place for place, one in enumerate(kept)}
    return sum(
        [one for one in sorted(ids, key=lambda one: places.get(one, -1)) if one in places]
        != [one for one in ids if one in places]
        for campus in group.campuses
        for stay, ids in campus.said.items()
        if stay != ORDER_KEY
    )


@contextmanager
def _books(address: str) -> Iterator[Books]:
    books = Books(address)
    try:
        yield books
    finally:
        books.close()


@contextmanager
def _office(group: Group) -> Iterator[None]:
    """Run the office's worker, and the campuses' reading of receipts."""
    settings = load_office(group.config)
    with ExitStack() as running:
        office = running.enter_context(open_office(settings, clock=system_clock, log=Log()))
        running.enter_context(worker_of(office, "lines"))
        for campus in group.campuses:
            running.enter_context(campus.end.listening())
        yield


@contextmanager
def _group(folder: Path, seed: int, variant: str) -> Iterator[Group]:
    keys = {EAST: new_key(), WEST: new_key()}
    with ExitStack() as running:
        database = running.enter_context(postgres())
        [door] = running.enter_context(ports_of_our_own(1))
        server = running.enter_context(hub(folder / "hub", ping_s=1, known_as=door))
        lines = {
            EAST: running.enter_context(forwarder(server.leaf_port, port=door, seed=seed)),
            WEST: running.enter_context(forwarder(server.port, seed=seed)),
        }
        own = running.enter_context(leaf(folder / "leaf", EAST, lines[EAST].port, ping_s=1))
        journal = Journal()
        url = running.enter_context(serve(platform_for(keys, Faults(), journal)))
        books = database.new_database()
        config = founded(folder / "office", books, server, url, keys)
        ends = {EAST: own.url, WEST: f"nats://127.0.0.1:{lines[WEST].port}"}
        _declared(config)
        campuses = [
            running.enter_context(_campus(folder, one, keys[one], ends[one], lines[one], variant))
            for one in (EAST, WEST)
        ]
        yield Group(config, server, own, journal, books, (campuses[0], campuses[1]))


def _declared(config: Path) -> None:
    """Have the office's streams stand before anybody publishes to them."""
    settings = load_office(config)
    stream = Stream(address_of(settings.stream, "beginning"))
    try:
        assert declare(stream, campuses_of(settings)) is None
    finally:
        stream.close()


@contextmanager
def _campus(
    folder: Path, facility: str, key: SigningKey, url: str, line: Forwarder, variant: str
) -> Iterator[Campus]:
    sender = Sender(folder / f"{facility}.db", key)
    sender.clock.now = START
    own = facility == EAST
    with campus_end(url, sender, leaf=own, wait_s=_RECEIPT_WAIT_S, facility=facility) as end:
        gateway: Gateway = Trusting(end) if variant == TRUSTING else end.gateway
        yield Campus(facility, sender, end, relay_of(sender, gateway), line)
    sender.store.close()
