"""The network is away for two days: the desk goes on from its list, and all of it arrives once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drivers.cards import read_card
from drivers.monitor import Presented
from edge.case.verdict import Asked
from edge.core.charges import Charge
from edge.core.dates import local_day
from edge.core.errors import Conflict
from edge.core.settlement import Blocked
from edge.core.stay import Injury, Stay
from edge.core.verification import Basis, Code, Decision, Moment, Service
from edge.settings import load_settings
from edge.site import Site
from edge.site.opening import open_site
from edge.steps.admit import Admission, admit
from edge.steps.charge import charge
from edge.steps.discharge import discharge
from edge.steps.identify import identify
from edge.steps.refresh_list import refresh_list
from edge.steps.settle import Request, settle
from edge.steps.verify import verify
from edge.store.settlements import Settlement
from edge.store.verifications import Verification
from simulators.card import SyntheticPerson, social_security_card
from simulators.card.plan import synthetic_person
from simulators.hospital.ground import found, list_releases, stock_catalogues, tell_platform
from simulators.hospital.people import FACILITY, residents
from simulators.platform.app import add_lists, build
from simulators.platform.faults import NO_FAULTS, Fault, Faults, Script
from simulators.platform.journal import Journal
from simulators.platform.server import serve
from simulators.reader import InProcessReaders
from sync.relay import Relay
from tests.fakes.clock import Clock
from tests.fakes.log import Log

START = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
CLERK = "出院员"
A_WHILE = timedelta(minutes=1)
AWAY = Script(fault=(Fault(do="down", times=0),))

UNKNOWN = Injury(determination="合成认定", parts="左胫骨")

LIMITS = """
[offline]
list_fresh_h = 72
count_max = 1000
total_fen_max = 100000000
"""


@dataclass(slots=True)
class Desk:
    """A site with a real platform over HTTP, whose line a test may cut, and a clock that stands."""

    site: Site
    clock: Clock
    faults: Faults
    journal: Journal
    settings_file: Path
    opened: ExitStack
    settled: list[Settlement] = field(default_factory=list)

    def close(self) -> None:
        """Close the site, as a service that stops does."""
        self.opened.close()

    def verified(self, person: SyntheticPerson) -> Verification:
        """Present a person's card and verify for an admission."""
        readers = InProcessReaders()
        readers.insert(social_security_card(person))
        with readers.open(readers.names[0]) as card:
            record = read_card(card)
        presented = Presented(self.site.fresh_id(), "reader", record, self.clock())
        identification = identify(self.site, presented, CLERK)
        asked = Asked(service=Service.INPATIENT_MEDICAL, moment=Moment.ADMISSION)
        return verify(self.site, identification.id, asked, CLERK)

    def discharged(self, person: SyntheticPerson, number: int) -> Stay:
        """Admit, charge and discharge a worker within the hour."""
        verification = self.verified(person)
        admission = Admission(
            verification=verification.id,
            hospital_number=f"ZY{number}",
            injury=(*verification.determinations, UNKNOWN)[0],
        )
        stay = admit(self.site, admission, CLERK)
        charge(self.site, stay.id, (self.line("1"), self.line("2", "18.60", "SYN-D004")), CLERK)
        self.clock.pass_time(minutes=10)
        return discharge(self.site, stay.id, None, CLERK)

    def line(self, line_id: str, price: str = "4.50", code: str = "SYN-D001") -> Charge:
        """Return a charge of one unit, of today."""
        fen = int(price.replace(".", ""))
        return Charge(line_id, local_day(self.clock()), code, "1", price, fen, injury_related=True)

    def press(self, stay: Stay) -> Settlement | Blocked:
        """Press the button of a stay."""
        outcome = settle(self.site, Request(case=stay.ref, key=f"press {stay.id}"), CLERK)
        assert isinstance(outcome, Settlement | Blocked)
        return outcome

    def deliver(self) -> None:
        """Let the relay run until nothing is left to send, time passing between its passes."""
        relay = Relay(self.site.store, self.site.outbox, self.site.platform, self.clock)
        for _ in range(1_000):
            relay.run_once()
            with self.site.store.transaction() as db:
                due = self.site.outbox.next_due(db, self.clock())
            if due is None:
                return
            self.clock.now = max(due, self.clock.now + A_WHILE)
        raise AssertionError("the outbox was not emptied")


@contextmanager
def a_desk(folder: Path, people: int, more_settings: str) -> Iterator[Desk]:
    clock, faults, journal = Clock(START), Faults(), Journal()
    settings_file, key = found(folder, clock)
    settings_file.write_text(settings_file.read_text("utf-8") + more_settings, "utf-8")
    known = residents(clock(), [synthetic_person(one) for one in range(people)])
    platform = build(known, clock, {FACILITY: key}, faults, journal)
    add_lists(platform, list_releases(settings_file, known, clock))
    with serve(platform) as url:
        tell_platform(settings_file, url)
        with ExitStack() as opened:
            settings = load_settings(settings_file)
            site = opened.enter_context(open_site(settings, clock=clock, log=Log()))
            stock_catalogues(site)
            assert refresh_list(site)
            yield Desk(site, clock, faults, journal, settings_file, opened)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Give a desk that may go on from its list for three days."""
    with a_desk(tmp_path / "site", 200, LIMITS) as desk:
        yield desk


def test_two_hundred_stays_settled_without_a_network_arrive_once_when_it_is_back(
    desk: Desk,
) -> None:
    desk.faults.play(AWAY)
    for number in range(200):
        stay = desk.discharged(synthetic_person(number), number)
        desk.clock.pass_time(minutes=4)
        settled = desk.press(stay)
        assert isinstance(settled, Settlement)
        assert settled.basis is Basis.LIST
        desk.settled.append(settled)
    assert (desk.clock() - START).total_seconds() > 46 * 3600
    assert desk.journal.kept() == ()

    desk.faults.play(NO_FAULTS)
    desk.deliver()
    kept = desk.journal.kept()
    counts = Counter((message.order_key, message.kind.value) for message in kept)
    assert set(counts.values()) == {1}
    kinds = Counter(message.kind.value for message in kept)
    assert kinds == dict.fromkeys(("admission", "charges", "discharge", "settlement"), 200)
    told = {m.order_key: m.body["fund_fen"] for m in kept if m.kind.value == "settlement"}
    assert told == {one.case.id: one.fund_fen for one in desk.settled}
    assert desk.site.ledger.verify(desk.site.store.read()) is None


def test_when_the_list_is_too_old_the_desk_says_so_and_goes_on_once_the_network_is_back(
    tmp_path: Path,
) -> None:
    with a_desk(tmp_path / "site", 2, "") as desk:
        desk.faults.play(AWAY)
        stay = desk.discharged(synthetic_person(0), 0)
        desk.clock.pass_time(hours=30)
        held = desk.press(stay)
        assert isinstance(held, Blocked)
        assert Code.LIST_STALE in [block.code for block in held.blocks]
        verdict = desk.verified(synthetic_person(1)).verdict
        assert verdict.decision is Decision.HOLD
        with pytest.raises(Conflict, match="NOT_ADMISSIBLE"):
            desk.discharged(synthetic_person(1), 1)

        desk.faults.play(NO_FAULTS)
        desk.clock.now += A_WHILE  # the circuit lets a question through again
        settled = desk.press(stay)
        assert isinstance(settled, Settlement)
        assert settled.basis is Basis.ONLINE
        desk.deliver()
        assert Counter(m.kind.value for m in desk.journal.kept())["settlement"] == 1


def test_a_platform_whose_clock_is_a_day_off_is_settled_with_and_believed_for_no_list(
    tmp_path: Path,
) -> None:
    with a_desk(tmp_path / "site", 1, "") as desk:
        desk.clock.pass_time(days=-1)  # seen from us, the platform's list is of tomorrow
        desk.faults.play(AWAY)
        assert desk.verified(synthetic_person(0)).verdict.decision is Decision.HOLD
