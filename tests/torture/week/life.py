"""A hospital's days: workers come, are charged, leave, settle, while everything around it fails.

Every act is tried again until it is done, by the same key or the same line, as desks and hospital
systems do. What was done is written in the books only once the product has acknowledged it.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TypeVar

from drivers.cards import CardRecord, read_card
from drivers.errors import DriverError
from drivers.monitor import Presented
from edge.case.verdict import Asked
from edge.claiming import draft_now
from edge.core.charges import Charge
from edge.core.claim import Month
from edge.core.dates import local_day
from edge.core.errors import EdgeError
from edge.core.fallback import ManualPackage
from edge.core.reversal import Reversal
from edge.core.stay import Stay, StayState
from edge.core.verification import Moment, Service
from edge.steps.admit import Admission, admit
from edge.steps.back_up import back_up_when_due
from edge.steps.charge import Received, charge
from edge.steps.claim import Submission, submit
from edge.steps.discharge import discharge
from edge.steps.fall_back import Request as HandOver
from edge.steps.fall_back import fall_back
from edge.steps.identify import identify
from edge.steps.refresh_list import refresh_list
from edge.steps.reverse import Request as Undo
from edge.steps.reverse import reverse
from edge.steps.settle import AlreadySettled, Request, settle
from edge.steps.verify import verify
from edge.store.claims import Claim
from edge.store.settlements import Settlement
from edge.store.stays import load_stay
from edge.store.verifications import Verification
from simulators.card import CardPlan, SyntheticPerson, social_security_card
from simulators.reader import InProcessReaders
from sync.errors import SyncError
from tests.torture.week.books import Books
from tests.torture.week.cases import Case, Wrong
from tests.torture.week.days import Calendar
from tests.torture.week.house import House, Killed
from tests.torture.week.wire import Network, Weather

T = TypeVar("T")

CLERK, SECOND, PASSWORD = "出院员", "财务员", "synthetic-password-1"
COMMANDS_OF_A_READ = 18
SOON = timedelta(minutes=10)
"""After so long on a good link nothing may wait that was put before it came back."""

MINUTE = timedelta(minutes=1)
BREATH = timedelta(seconds=15)
PRICES = {"SYN-D001": "4.50", "SYN-D004": "18.60"}


@dataclass(slots=True)
class Hospital:
    """All of it. ``trace`` is everything that happened, in order."""

    house: House
    network: Network
    calendar: Calendar
    books: Books
    dice: random.Random
    people: list[SyntheticPerson]
    variant: Wrong = Wrong.SOUND
    trace: list[str] = field(default_factory=list)
    acts: dict[str, int] = field(default_factory=dict)
    hoard: list[object] = field(default_factory=list)
    came: int = 0
    failing: bool = True
    """Whether the link and the clock go on failing; once they do not, everybody is sent home."""

    hurry: int = 1
    """How many times as seldom as in life what is done all the time is done."""

    # What happens to the hospital

    def tried(self, what: str, act: Callable[[], T]) -> T | str:
        """Return what came of an act, or the code that refused it; a killed service runs again."""
        outcome: T | str
        try:
            outcome = act()
            said = type(outcome).__name__
        except Killed:
            outcome = said = "killed"
            self.house.stop()
            self.house.start()
            self.books.look(self.house.site, self.calendar.clocks.now)
        except (EdgeError, SyncError, DriverError) as refused:
            outcome = said = refused.code
        self._tell(what, said)
        return outcome

    def moved(self, case: Case, to: StayState, what: str, act: Callable[[], T]) -> T | str:
        """Try what moves a stay: until we are told, it may be there or not."""
        self.books.may[case.stay] = to
        outcome = self.tried(what, act)
        if outcome != "killed":
            del self.books.may[case.stay]
        return outcome

    def later(self, hours: tuple[float, float], act: Callable[[], None]) -> None:
        """Do something after a while between these hours."""
        self.calendar.after(timedelta(hours=self.dice.uniform(*hours)), act)

    def chance(self, of: float) -> bool:
        """Throw the dice."""
        return self.dice.random() < of

    # One worker

    def arrive(self) -> None:
        """Let a worker come who is not here; with nobody left at home nobody comes."""
        if not self.people:
            return
        person = self.people.pop(self.dice.randrange(len(self.people)))
        self.came += 1
        self.admit(Case(self.came, person))

    def admit(self, case: Case) -> None:
        """Read the card, verify, admit; whatever keeps us from it, try again."""
        verified = self.tried("verify", partial(self._verified, case))
        if not isinstance(verified, Verification):
            self.later((0.1, 0.5), partial(self.admit, case))
            return
        injury = verified.determinations[0] if verified.determinations else None
        if injury is None:
            self.later((0.5, 1), partial(self.admit, case))
            return
        asked = Admission(
            verification=verified.id, hospital_number=case.hospital_number, injury=injury
        )
        self.tried("admit", lambda: admit(self.house.site, asked, CLERK))
        case.stay = self._stay_numbered(case.hospital_number)
        if not case.stay:
            self.later((0.2, 1), partial(self.admit, case))
            return
        self.books.states[case.stay] = StayState.ADMITTED
        self.later((0.5, 5), partial(self.charge, case))

    def charge(self, case: Case) -> None:
        """Send a batch of lines, now and then the one before as well; then another, or go home."""
        again = case.batches and self.chance(0.2)
        batch = case.batches - 1 if again else case.batches
        lines = self._lines(case, batch)
        received = self.tried("charge", lambda: charge(self.house.site, case.stay, lines, "HIS"))
        if isinstance(received, Received):
            if received.refused or received.accepted + received.duplicates != len(lines):
                raise AssertionError(received)
            case.batches += not again
        if case.batches < 1 or (self.failing and self.chance(0.6)):
            self.later((0.5, 8), partial(self.charge, case))
        else:
            self.later((0.5, 6), partial(self.leave, case))

    def leave(self, case: Case) -> None:
        """Discharge, once: a second time is refused."""
        act = partial(self._discharged, case)
        left = self.moved(case, StayState.DISCHARGED, "discharge", act)
        state = self._stay(case).state
        if state is StayState.ADMITTED:
            self.later((0.1, 1), partial(self.leave, case))
            return
        if isinstance(left, Stay) and self.chance(0.1):
            self.tried("discharge", act)
        self.books.states[case.stay] = state
        if self.variant is Wrong.HOPEFUL:
            self.books.states[case.stay] = StayState.SETTLED
        self.later((0.2, 24 if self.failing else 2), partial(self.press, case))

    def press(self, case: Case) -> None:
        """Press the button, often twice; what holds it up now may not in an hour."""
        outcome = self._pressed(case, case.key)
        if not isinstance(outcome, Settlement):
            self.later((0.1, 1.5), partial(self.press, case))
            return
        case.settlement = outcome.id
        self.books.states[case.stay] = StayState.SETTLED
        self.books.funds[outcome.id] = outcome.fund_fen
        if self.chance(0.3):
            self._press_twice(case, outcome)
        if self.chance(0.1):
            self.later((0.5, 12), partial(self.undo, case))
        else:
            self._go_home(case)

    def undo(self, case: Case) -> None:
        """Reverse by two persons; then settle anew, or hand over. A claimed one stays."""
        asked = Undo(
            settlement=case.settlement,
            key=f"{case.key}-r",
            reason="金额录错",
            password=PASSWORD,
            second_person=SECOND,
            second_password=PASSWORD,
        )
        act = partial(self._reversed, asked)
        outcome = self.moved(case, StayState.REVERSED, "reverse", act)
        if not isinstance(outcome, Reversal):
            self.later((0.1, 1), partial(self.undo, case))
            return
        self.books.states[case.stay] = StayState.REVERSED
        del self.books.funds[case.settlement]
        case.presses += 1
        self.later((0.1, 3), partial(self.hand_over if self.chance(0.3) else self.press, case))

    def hand_over(self, case: Case) -> None:
        """Hand the case to manual reimbursement: a third party turned out to be liable."""
        asked = HandOver(case=self._stay(case).ref, reason="第三人责任", third_party=True)
        act = partial(self._handed_over, asked)
        outcome = self.moved(case, StayState.MANUAL, "hand over", act)
        if isinstance(outcome, ManualPackage):
            self.books.states[case.stay] = StayState.MANUAL
            self._go_home(case)
        else:
            self.later((0.1, 1), partial(self.hand_over, case))

    # What the service and its people do all the time

    def deliver(self) -> None:
        """Let the relay run, and look again when the next message is due."""
        self.tried("relay", self.house.relay.run_once)
        site = self.house.site
        if self.variant is Wrong.HOARDING:
            self.hoard.append(site.outbox.status(site.store.read()))
        now = site.clock()
        due = site.outbox.next_due(site.store.read(), now) or now + SOON
        rest = max(due, self.house.relay.quiet_until() or due) - now
        idle = MINUTE if self.failing else SOON
        self.calendar.after(min(max(rest, BREATH), idle), self.deliver)

    def keep(self) -> None:
        """Do the service's own round: deadlines, the ledger's head, the log of writes."""
        self.tried("keeper", self.house.keeper.run_once)
        self.calendar.after(SOON, self.keep)

    def refresh(self) -> None:
        """Ask for a newer list."""
        self.tried("list", lambda: refresh_list(self.house.site))
        self.calendar.after(30 * MINUTE * self.hurry, self.refresh)

    def back_up(self) -> None:
        """Make the day's backup, once it is due."""
        self.tried("backup", lambda: back_up_when_due(self.house.site, "system"))
        self.calendar.after(timedelta(hours=1), self.back_up)

    def look(self) -> None:
        """Hold everything to the books, every hour."""
        self.books.look(self.house.site, self.calendar.clocks.now)
        self.calendar.after(60 * MINUTE * self.hurry, self.look)

    def close_day(self) -> None:
        """End the day, at midnight."""
        self.books.close_day(self.house.site, self.calendar.clocks.now)
        self.calendar.after(timedelta(days=1), self.close_day)

    def claim(self, month: Month) -> None:
        """Claim a month that is over, until it is claimed."""
        site = self.house.site
        made = draft_now(site.store.read(), month)
        fund = sum(one.fund_fen for one in made.items)
        asked = Submission(month=month, key=f"claim {month}", count=len(made.items), fund_fen=fund)
        if not isinstance(self.tried("claim", lambda: submit(site, asked, SECOND)), Claim):
            self.later((0.5, 1), partial(self.claim, month))

    # What fails

    def change_weather(self) -> None:
        """Let the link be clear, flaky or gone for a while."""
        if not self.failing:
            return
        hours = {Weather.CLEAR: (0.5, 5), Weather.FLAKY: (0.3, 3), Weather.DOWN: (0.1, 8)}
        others = [one for one in Weather if one is not self.network.weather]
        self.network.weather = self.dice.choice(others)
        self._tell("weather", self.network.weather)
        if self.network.weather is Weather.CLEAR:
            [(last,)] = self.house.site.store.read().tuples("select max(seq) from outbox")
            self.calendar.after(SOON, partial(self._is_delivered, last or 0))
        self.later(hours[self.network.weather], self.change_weather)

    def jump(self) -> None:
        """Let the hospital's clock jump, and be set right within the hour."""
        if not self.failing:
            return
        self.calendar.clocks.wrong_by = timedelta(minutes=self.dice.randint(-180, 180))
        self._tell("clock", str(self.calendar.clocks.wrong_by))
        self.later((0.1, 1), self._set_clock)
        self.later((4, 20), self.jump)

    def _set_clock(self) -> None:
        self.calendar.clocks.wrong_by = timedelta()

    def _is_delivered(self, up_to: int) -> None:
        self.books.delivered(self.house.site, self.calendar.clocks.now, up_to=up_to)

    # Details of the acts

    def _verified(self, case: Case) -> Verification:
        site, card = self.house.site, social_security_card(case.person)
        if self.chance(0.1):
            card = card.struck(self.dice.randint(1, COMMANDS_OF_A_READ), "pull")
        presented = Presented(site.fresh_id(), "reader", _read(card), site.clock())
        identification = identify(site, presented, CLERK)
        asked = Asked(service=Service.INPATIENT_MEDICAL, moment=Moment.ADMISSION)
        return verify(site, identification.id, asked, CLERK)

    def _pressed(self, case: Case, key: str) -> object:
        asked = Request(case=self._stay(case).ref, key=key, overdue_reason="家属次日才到")
        act = partial(self._settled, asked)
        return self.moved(case, StayState.SETTLED, "settle", act)

    def _discharged(self, case: Case) -> Stay:
        return discharge(self.house.site, case.stay, None, CLERK)

    def _settled(self, asked: Request) -> object:
        return settle(self.house.site, asked, CLERK)

    def _reversed(self, asked: Undo) -> object:
        return reverse(self.house.site, asked, CLERK)

    def _handed_over(self, asked: HandOver) -> ManualPackage:
        return fall_back(self.house.site, asked, CLERK)

    def _press_twice(self, case: Case, first: Settlement) -> None:
        """Press again by the same form, and by another: one settlement, one receipt."""
        again = self._pressed(case, case.key)
        other = self._pressed(case, f"{case.key}-other")
        told = {one.id for one in (again,) if isinstance(one, Settlement)}
        told |= {one.winner.id for one in (other,) if isinstance(one, AlreadySettled)}
        if isinstance(other, Settlement) or told - {first.id}:
            raise AssertionError((first.id, again, other))

    def _lines(self, case: Case, batch: int) -> tuple[Charge, ...]:
        """Return a batch: the same each time it is sent."""
        day = local_day(self._stay(case).admitted_at)
        code = list(PRICES)[batch % len(PRICES)]
        line = Charge("", day, code, "1", PRICES[code], 0, injury_related=batch % 5 != 0)
        fen = int(PRICES[code].replace(".", ""))
        return tuple(
            replace(line, id=f"{batch}-{number}", amount_fen=fen)
            for number in range(1 + case.number % 4)
        )

    def _stay(self, case: Case) -> Stay:
        return load_stay(self.house.site.store.read(), case.stay)

    def _stay_numbered(self, hospital_number: str) -> str:
        row = self.house.site.store.read().one(
            "select id from stays where hospital_number = ?", [hospital_number]
        )
        return str(row["id"]) if row else ""

    def _go_home(self, case: Case) -> None:
        self.people.append(case.person)

    def _tell(self, what: str, said: str) -> None:
        name = f"{what} {said}"
        self.acts[name] = self.acts.get(name, 0) + 1
        self.trace.append(f"{self.calendar.clocks.now.isoformat()} {name}")


def _read(plan: CardPlan) -> CardRecord:
    readers = InProcessReaders()
    readers.insert(plan)
    with readers.open(readers.names[0]) as card:
        return read_card(card)
