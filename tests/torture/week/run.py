"""A simulated week from a seed: everything built by hand, lived through, and looked at.

``python -m tests.torture.week.run DAYS SEED``: what happened and how often, and what was broken.
"""

import gc
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from edge import codec
from edge.core.catalogue import CatalogueRow, CostKind
from edge.core.claim import Month
from edge.core.dates import local_day
from edge.digest import sha256
from edge.site import Site
from edge.store.operators import Operator, Role, create_operator
from edge.trust.crypto import hash_password
from simulators.card import synthetic_person
from simulators.hospital.people import FACILITY, residents
from simulators.platform.intake import Intake
from simulators.platform.journal import Journal
from simulators.platform.releases import Releases
from sync.envelope import SigningKey, key_ring, open_signed, sign
from sync.message import Claimed
from sync.outcome import Outcome, Standing, Unknown
from sync.relay import Gateway
from tests.catalogues.shelf import keep_rows
from tests.torture.promises import Broken
from tests.torture.week.books import Books
from tests.torture.week.cases import Wrong
from tests.torture.week.days import Calendar, TwoClocks
from tests.torture.week.house import Doom, House, founded
from tests.torture.week.life import CLERK, PASSWORD, SECOND, SOON, Hospital
from tests.torture.week.wire import Network, Weather

START = datetime(2028, 2, 25, 16, 0, tzinfo=UTC)
"""Midnight of a Saturday in Shanghai; within the week lie 29 February and a month's end."""

AFTERWARDS = timedelta(days=2)
"""The link is good, nobody comes any more, and who is in hospital goes home."""

UNHURRIED = 8
"""How many times as seldom all is looked at once nothing fails any more."""

_NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC).date()
_ROWS = (
    CatalogueRow("SYN-D001", CostKind.DRUG, in_scope=True, price_cap_fen=400, valid_from=_NEW_YEAR),
    CatalogueRow("SYN-D004", CostKind.DRUG, in_scope=True, valid_from=_NEW_YEAR),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How long, how many workers come a day, of how many; one moment in ``odds`` kills.

    ``hurry``: how many times as seldom as in life the list is refreshed and all is looked at.
    """

    days: int = 7
    a_day: int = 30
    people: int = 60
    odds: int = 400
    hurry: int = 1


DAYS_OF_A_WEEK = 7
SMALL = Plan(a_day=5, people=8, odds=150, hurry=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What became of it. ``head`` is the ledger's last MAC, ``trace`` the digest of all acts."""

    broken: Broken
    why: tuple[str, ...]
    head: str
    trace: str
    settlements: int
    starts: int
    objects: tuple[int, ...]
    acts: dict[str, int]


def lived(folder: Path, plan: Plan, seed: int, variant: Wrong = Wrong.SOUND) -> Story:
    """Live a plan's days in ``folder``, which is empty, and the days after; tell the story."""
    gc.freeze()  # what is alive before is not looked through at each midnight
    with _hospital(folder, plan, seed, variant) as hospital:
        clocks = hospital.calendar.clocks
        _begin(hospital, plan)
        books, end = hospital.books, START + timedelta(days=plan.days)
        hospital.calendar.run(end, ended=books.is_broken)
        _let_go(hospital)
        _all_go_home(hospital, plan, end + AFTERWARDS)
        if not books.is_broken():
            while hospital.house.relay.run_once():
                pass  # the last head was signed just now
            books.finish(hospital.house.site, clocks.now)
        return _told(hospital)


def weeks(folder: Path, days: int, seed: int, variant: str) -> Broken:
    """Live so many days; less than a week is a small hospital in which much is killed."""
    plan = Plan(days=days) if days >= DAYS_OF_A_WEEK else replace(SMALL, days=days)
    with TemporaryDirectory(dir=folder) as place:
        return lived(Path(place), plan, seed, Wrong(variant)).broken


def _begin(hospital: Hospital, plan: Plan) -> None:
    for act in (
        hospital.refresh,
        hospital.deliver,
        hospital.keep,
        hospital.back_up,
        hospital.look,
        hospital.close_day,
        hospital.change_weather,
        hospital.jump,
    ):
        hospital.calendar.after(timedelta(), act)
    for day in range(plan.days):
        for _ in range(plan.a_day):
            moment = timedelta(days=day, hours=hospital.dice.uniform(7, 20))
            hospital.calendar.after(moment, hospital.arrive)
        now = local_day(START + timedelta(days=day))
        if now.day == 1:
            ended = local_day(START + timedelta(days=day - 1))
            month = Month(ended.replace(day=1))
            moment = timedelta(days=day, hours=9)
            hospital.calendar.after(moment, _claimed(hospital, month))


def _claimed(hospital: Hospital, month: Month) -> Callable[[], None]:
    return lambda: hospital.claim(month)


def _let_go(hospital: Hospital) -> None:
    """End what fails: the link is good, the clock right, nobody kills."""
    hospital.failing = False
    hospital.network.weather = Weather.CLEAR
    hospital.calendar.clocks.wrong_by = timedelta()
    hospital.house.doom.odds = 0
    hospital.hurry = UNHURRIED


def _all_go_home(hospital: Hospital, plan: Plan, until: datetime) -> None:
    """Let everybody be settled, and what is under way arrive."""
    books, calendar = hospital.books, hospital.calendar

    def all_are_home() -> bool:
        return books.is_broken() or len(hospital.people) == plan.people

    calendar.run(until, ended=all_are_home)
    books.note("somebody is still here", Broken(lost=int(not all_are_home())), until)
    calendar.run(calendar.clocks.now + SOON, ended=books.is_broken)


def _told(hospital: Hospital) -> Story:
    site = hospital.house.site
    [(head,)] = site.store.read().tuples("select mac from ledger order by seq desc limit 1")
    [(settlements,)] = site.store.read().tuples("select count(*) from settlements")
    signed = [one.signed for one in hospital.books.journal.kept()]
    return Story(
        broken=hospital.books.found,
        why=tuple(hospital.books.why[:10]),
        head=head.hex(),
        trace=sha256("\n".join([*hospital.trace, *signed]).encode()),
        settlements=settlements,
        starts=hospital.house.starts,
        objects=tuple(hospital.books.objects),
        acts=dict(sorted(hospital.acts.items())),
    )


@contextmanager
def _hospital(folder: Path, plan: Plan, seed: int, variant: Wrong) -> Iterator[Hospital]:
    dice = random.Random(seed)  # noqa: S311 - chance, not secrets
    clocks = TwoClocks(START)
    keys = founded(folder)
    people = [synthetic_person(number) for number in range(plan.people)]
    register = residents(START, people)
    journal = Journal()
    intake = Intake(register, {FACILITY: keys.signing.public()}, journal, clocks.true)
    releases = Releases(
        lambda: register,
        folder / "platform-list",
        facility=FACILITY,
        key=keys.listing,
        clock=clocks.true,
    )
    network = Network(intake, releases, dice)
    house = House(
        folder,
        releases.repository.root,
        clocks.ours,
        network,
        Doom(dice, 0),
        gateway_of=_resending(keys.signing) if variant is Wrong.RESENDING else _own_gateway,
    )
    house.start()
    try:
        _furnish(house.site)
        house.doom.odds = plan.odds
        yield Hospital(
            house=house,
            network=network,
            calendar=Calendar(clocks),
            books=Books(journal),
            dice=dice,
            people=people,
            variant=variant,
            hurry=plan.hurry,
        )
    finally:
        house.stop()


def _furnish(site: Site) -> None:
    keep_rows(site.store, _ROWS)
    hashed = hash_password(PASSWORD)
    with site.store.transaction() as db:
        for name, role in ((CLERK, Role.DISCHARGE), (SECOND, Role.FINANCE)):
            operator = Operator(site.fresh_id(), name, role)
            create_operator(db, operator, password_hash=hashed, at=site.clock())


def _own_gateway(site: Site) -> Gateway:
    return site.platform


def _resending(key: SigningKey) -> Callable[[Site], Gateway]:
    return lambda site: Resending(site.platform, key)


class Resending:
    """What must never be built: it answers silence by sending the same under a new id."""

    def __init__(self, gateway: Gateway, key: SigningKey) -> None:
        self._gateway, self._key = gateway, key

    @property
    def batch_max(self) -> int:
        """Take as many as the true one."""
        return self._gateway.batch_max

    def deliver(self, message_id: str, payload: bytes) -> Outcome:
        """Hand one over, and where no answer comes, again as something new."""
        outcome = self._gateway.deliver(message_id, payload)
        if isinstance(outcome, Unknown):
            said = open_signed(payload, key_ring(self._key.public()))
            self._gateway.deliver(f"{said.id}-2", sign(replace(said, id=f"{said.id}-2"), self._key))
        return outcome

    def deliver_batch(self, messages: Sequence[Claimed]) -> Sequence[Outcome]:
        """Hand over each alone."""
        return [self.deliver(one.id, one.payload) for one in messages]

    def status_of(self, message_id: str, payload: bytes) -> Standing:
        """Ask what became of one."""
        return self._gateway.status_of(message_id, payload)


def main(days: int, seed: int) -> None:
    """Live, and print the story."""
    with TemporaryDirectory() as folder:
        story = lived(Path(folder), Plan(days=days), seed)
    sys.stdout.buffer.write(codec.encode(story) + b"\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
