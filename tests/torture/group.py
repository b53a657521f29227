"""A group tortured: a worker, the streams' server, PostgreSQL or the line ends at a named point.

Real servers. Two campuses, reduced to what the wire sees of them, publish stays in order, each next
message after the receipt of the one before; what ends is begun again, and all must come to its end.
"""

import random
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL
from threading import Event, Thread

from fastapi import FastAPI

from edge.clock import system_clock
from edge.office.books import Books
from simulators.platform.app import build
from simulators.platform.faults import Faults, Script
from simulators.platform.journal import Journal
from simulators.platform.register import load_register
from simulators.platform.server import serve
from sync.envelope import Envelope, SigningKey, new_key, sign
from sync.group import read_receipt, up_subject
from sync.ledger_head import ORDER_KEY
from sync.line import Silence
from sync.outcome import Accepted, classify
from sync.stream import Address, PubAck, Stream
from sync.streams import HUB, inbox, receipts_plan, up_plan
from tests.nats_server import NatsServer, hub, leaf
from tests.office.ground import EAST, WEST, founded, head, story
from tests.postgres import Postgres, postgres
from tests.programs import Program
from tests.torture.life import Variant
from tests.torture.promises import Broken

POINTS = (
    "after fetch",
    "after keep",
    "after acknowledgement",
    "after claim",
    "after hand-over",
    "after settling",
    "after publishing",
    "after marking",
)
VICTIMS = ("worker", "streams", "leaf", "books", "line")
STAYS = 2
ROUND_S = 90.0
WRONG_ROUND_S = 4.0
"""A worker that works wrongly leaves its campuses waiting for ever."""

LOOK_AGAIN_S = 0.05
LINE_FAULTS = ("lose_ack", "truncated", "garbage", "down", "error")


@dataclass
class Campus:
    """One campus: its line, and the messages of each stay that are yet to be accepted, in order."""

    facility: str
    key: SigningKey
    stream: Stream
    domain: str
    queues: dict[str, list[Envelope]] = field(default_factory=dict)
    published: set[str] = field(default_factory=set)
    accepted: set[str] = field(default_factory=set)

    def turn(self) -> None:
        """Publish the first of each stay, once; take in what the platform said."""
        for queue in self.queues.values():
            if queue and queue[0].id not in self.published:
                one = queue[0]
                subject = up_subject(one.facility, one.order_key)
                acked = self.stream.publish(subject, sign(one, self.key), one.id, 1.0)
                if isinstance(acked, PubAck):
                    self.published.add(one.id)
        plan = receipts_plan(self.facility)
        came = self.stream.fetch(plan, batch=20, wait_s=0.2, domain=self.domain)
        if isinstance(came, Silence):
            Event().wait(LOOK_AGAIN_S)
            return
        for delivery in came:
            self._hear(delivery.body)
            delivery.ack()

    def _hear(self, body: bytes) -> None:
        receipt = read_receipt(body)
        outcome = classify(receipt.status, receipt.headers, receipt.body, system_clock())
        if isinstance(outcome, Accepted):
            self.accepted.add(receipt.id)
            for queue in self.queues.values():
                if queue and queue[0].id == receipt.id:
                    queue.pop(0)

    @property
    def waits(self) -> bool:
        """Whether anything is yet to be accepted."""
        return any(self.queues.values())


@dataclass
class Group:
    """All that runs, and how each of it is ended and begun again."""

    config: Path
    hub: NatsServer
    leaf: NatsServer
    postgres: Postgres
    books: str
    faults: Faults
    journal: Journal
    campuses: tuple[Campus, Campus]
    round_s: float = ROUND_S


def group_faults(folder: Path, rounds: int, seed: int, variant: Variant) -> Broken:
    """Run ``rounds`` stories, each with one end; say what was broken after all of them."""
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    place = folder / f"group-{variant.value}"
    place.mkdir()
    with _group(place) as group:
        if variant is not Variant.SOUND:
            group.round_s = WRONG_ROUND_S
        for number in range(rounds):
            point, victim = chance.choice(POINTS), chance.choice(VICTIMS)
            if variant is not Variant.SOUND:  # where it must be caught
                point, victim = "after settling", "worker"
            _round(group, number, (point, victim, chance), variant)
        found = _settled(group)
    shutil.rmtree(place)
    return found


def _round(
    group: Group, number: int, end: tuple[str, str, random.Random], variant: Variant
) -> None:
    """Tell a few stays; end something on the way; wait until all is accepted."""
    point, victim, chance = end
    for campus in group.campuses:
        for stay in range(STAYS):
            name = f"{campus.facility}-{number}-{stay}"
            campus.queues[name] = story(name, campus.facility)
    east = group.campuses[0]
    told = head(f"head-{number}", number + 1, east.key, at=system_clock())
    east.queues.setdefault(ORDER_KEY, []).append(told)
    if victim == "line":
        do = chance.choice(LINE_FAULTS)
        fault = {"on": "messages", "do": do, "times": chance.randint(1, 4)}
        group.faults.play(Script.model_validate({"seed": number, "fault": [fault]}))
    with _worker(group, point, variant) as doomed:
        reached = _watched(doomed)
        _run(group, reached.is_set)
        if victim == "worker":
            doomed.send_signal(SIGKILL)
        else:
            _end(group, victim)
            with suppress(BrokenPipeError):
                doomed.stdin.write("go\n")
                doomed.stdin.flush()
            _run(group, lambda: not _waits(group))
            return
    with _worker(group, "", Variant.SOUND):
        _run(group, lambda: not _waits(group))


def _end(group: Group, victim: str) -> None:
    """End a server at once, and begin it again on what it had."""
    servers: dict[str, NatsServer | Postgres] = {
        "streams": group.hub,
        "leaf": group.leaf,
        "books": group.postgres,
    }
    if victim in servers:
        servers[victim].kill()
        servers[victim].start()


def _run(group: Group, until: Callable[[], bool]) -> None:
    """Let the campuses go on until something holds; give up after a while."""
    deadline = time.monotonic() + group.round_s
    while not until() and time.monotonic() < deadline:
        for campus in group.campuses:
            campus.turn()


def _waits(group: Group) -> bool:
    return any(campus.waits for campus in group.campuses)


def _settled(group: Group) -> Broken:
    """Hold campuses, office and platform against each other."""
    kept = [one.receipt.id for one in group.journal.kept()]
    accepted = {one for campus in group.campuses for one in campus.accepted}
    waiting = {
        one.id for campus in group.campuses for queue in campus.queues.values() for one in queue
    }
    books = Books(group.books)
    try:
        states = books.read().query("select id, state, fund_fen from envelopes")
        heads = books.read().query("select seq from heads order by seq")
        aside = books.read().query("select number from quarantine")
    finally:
        books.close()
    lost = len(waiting) + len(accepted - set(kept))
    doubled = len(kept) - len(set(kept))
    unsettled = [one for one in states if one["state"] != "accepted"]
    ours = sum(one["fund_fen"] or 0 for one in states)
    theirs = sum(fund_of(one.body) for one in group.journal.kept())
    torn = len(unsettled) + len(aside) + int(ours != theirs)
    torn += int([one["seq"] for one in heads] != list(range(1, len(heads) + 1)))
    return Broken(lost, doubled, torn + _disordered(group))


def fund_of(body: dict[str, object]) -> int:
    """Return what the fund pays by a message as the platform has it, in fen."""
    fund = body.get("fund_fen", 0)
    return fund if isinstance(fund, int) else 0


def _disordered(group: Group) -> int:
    """Count the stays whose messages the platform has in another order than they were said."""
    by_stay: dict[str, list[str]] = {}
    for one in group.journal.kept():
        if one.order_key != ORDER_KEY:
            by_stay.setdefault(one.order_key, []).append(one.receipt.id)
    return sum(ids != [one.id for one in story(stay)][: len(ids)] for stay, ids in by_stay.items())


@contextmanager
def _worker(group: Group, point: str, variant: Variant) -> Iterator[Program]:
    words = [group.config, point, variant.value]
    with Program("tests.torture.doomed_office", words) as program:
        yield program


def _watched(program: Program) -> Event:
    """Return what is set once the worker has come to its point."""
    reached = Event()

    def watch() -> None:
        with suppress(ValueError, OSError):
            if program.stdout.readline():
                reached.set()

    Thread(target=watch, daemon=True).start()
    return reached


@contextmanager
def _group(folder: Path) -> Iterator[Group]:
    keys = {EAST: new_key(), WEST: new_key()}
    journal, faults = Journal(), Faults()
    with (
        postgres() as database,
        hub(folder / "hub") as server,
        leaf(folder / "leaf", EAST, server.leaf_port) as own,
        serve(platform_for(keys, faults, journal)) as platform,
        _campuses({EAST: own.url, WEST: server.url}, keys) as campuses,
    ):
        books = database.new_database()
        office = folder / "office"
        config = founded(office, books, server, platform, keys, workers=2)
        yield Group(config, server, own, database, books, faults, journal, campuses)


def platform_for(keys: dict[str, SigningKey], faults: Faults, journal: Journal) -> FastAPI:
    """Return a platform that knows both campuses."""
    known = load_register()
    [east] = [one for one in known.facilities if one.id == EAST]
    both = (east, east.model_copy(update={"id": WEST}))
    public = {name: key.public() for name, key in keys.items()}
    register = known.model_copy(update={"facilities": both})
    return build(register, system_clock, public, faults, journal)


@contextmanager
def _campuses(urls: dict[str, str], keys: dict[str, SigningKey]) -> Iterator[tuple[Campus, Campus]]:
    lines = [Stream(Address(servers=(url,), name=name, inbox=inbox(name)))
             for name, url in urls.items()]  # fmt: skip
    try:
        lines[0].declare(up_plan(EAST))
        yield (
            Campus(EAST, keys[EAST], lines[0], HUB),
            Campus(WEST, keys[WEST], lines[1], ""),
        )
    finally:
        for one in lines:
            one.close()
