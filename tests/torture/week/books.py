"""What the hospital believes it has done, held against database, ledger and platform at all times.

I1: every stay is where it was acknowledged to be. I2: no money twice; our sums are the platform's.
I3: a message for each cause. I4: the chain. I5: the file. And nothing grows that should not.
"""

import gc
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from edge.core.dates import local_day
from edge.core.stay import StayState
from edge.site import Site
from edge.steps.day_end import day_end
from edge.store.database import Rows
from simulators.platform.journal import Journal
from tests.torture.promises import Broken, doubled_in, torn_in

GROWN_MAX = 1_000
"""So many objects of the product more at a midnight than at the first are a leak."""

LIST_FILES_MAX = 4
LOG_BYTES_MAX = 32_000_000

_MONEY = """select coalesce(sum(case kind when 'stay.settled' then 1 else -1 end
    * (body ->> '$.fund_fen')), 0) from ledger
    where kind in ('stay.settled', 'settlement.reversed')"""
_ROWS = "select coalesce(sum(fund_fen), 0) from settlements where effective = 1"
_CAUSES = {
    "admission": "select count(*) from stays",
    "discharge": "select count(*) from stays where discharged_at is not null",
    "charges": "select count(*) from settlements",
    "settlement": "select count(*) from settlements",
    "reversal": "select count(*) from reversals",
    "manual": "select count(*) from manual_packages",
    "claim": "select count(*) from claims",
}
_OURS = ("edge.", "sync.", "drivers.")


@dataclass(slots=True)
class Books:
    """``states``: where each stay was acknowledged to be; ``may``: where it may be already.

    ``funds``: of each settlement that stands, what the fund pays, in fen.
    """

    journal: Journal
    states: dict[str, StayState] = field(default_factory=dict)
    may: dict[str, StayState] = field(default_factory=dict)
    funds: dict[str, int] = field(default_factory=dict)
    found: Broken = field(default_factory=Broken)
    objects: list[int] = field(default_factory=list)
    """How many of the product's objects are alive, each midnight."""
    why: list[str] = field(default_factory=list)

    def note(self, kind: str, broken: Broken, at: datetime) -> None:
        """Count what is broken, once found, with a word for whoever looks."""
        if broken != Broken():
            self.found += broken
            self.why.append(f"{at.isoformat()} {kind} {broken}")

    def is_broken(self) -> bool:
        """Tell whether anything was found: what comes after it says no more."""
        return self.found != Broken()

    def look(self, site: Site, at: datetime) -> None:
        """Hold I1 to I4 to what lies in the database now."""
        db = site.store.read()
        self.note("lost", Broken(lost=self._lost(db)), at)
        self.note("doubled", Broken(doubled=doubled_in(db) + self._told_twice(db)), at)
        self.note("torn", Broken(torn=torn_in(site, db) + self._untold(db)), at)
        [(chained,)] = db.tuples(_MONEY)
        [(kept,)] = db.tuples(_ROWS)
        own = kept if self.may else sum(self.funds.values())
        self.note(f"sums {chained} {kept} {own}", _torn(not chained == kept == own), at)

    def close_day(self, site: Site, at: datetime) -> None:
        """Look at everything at midnight: the day's end, what is kept, what has grown."""
        self.look(site, at)
        day_end(site, local_day(at))
        files = len(list((site.settings.data / "list").glob("list-*.db")))
        self.note(f"{files} list files", _torn(files > LIST_FILES_MAX), at)
        log = site.store.log_bytes()
        self.note(f"log of {log} bytes", _torn(log > LOG_BYTES_MAX), at)
        self.objects.append(alive())
        grown = self.objects[-1] - self.objects[0]
        self.note(f"{grown} objects more", _torn(grown > GROWN_MAX), at)

    def delivered(self, site: Site, at: datetime, *, up_to: int) -> None:
        """Hold the outbox to have delivered its messages up to this number."""
        [(left,)] = site.store.read().tuples(
            "select count(*) from outbox where state <> 'accepted' and seq <= ?", [up_to]
        )
        self.note(f"{left} undelivered", _torn(left > 0), at)

    def finish(self, site: Site, at: datetime) -> None:
        """Hold the end: all is delivered, and the platform's sum is ours."""
        self.look(site, at)
        db = site.store.read()
        states = dict(db.tuples("select state, count(*) from outbox group by state"))
        self.note(f"outbox {states}", _torn(set(states) != {"accepted"}), at)
        [(ours,)] = db.tuples(_ROWS)
        theirs = self._sum_of_the_platform()
        self.note(f"ours {ours}, the platform's {theirs}", _torn(ours != theirs), at)
        told = Counter(one.kind.value for one in self.journal.kept())
        for kind, sql in _CAUSES.items():
            [(causes,)] = db.tuples(sql)
            self.note(f"{kind} untold", Broken(lost=max(causes - told[kind], 0)), at)
            self.note(f"{kind} told twice", Broken(doubled=max(told[kind] - causes, 0)), at)

    def _lost(self, db: Rows) -> int:
        states = dict(db.tuples("select id, state from stays"))
        return sum(
            states.get(stay) not in {state, self.may.get(stay)}
            for stay, state in self.states.items()
        )

    def _told_twice(self, db: Rows) -> int:
        """Count what the platform has more often than the outbox says."""
        sql = "select order_key, kind, count(*) from outbox group by 1, 2"
        ours = {(key, kind): count for key, kind, count in db.tuples(sql)}
        theirs = Counter((one.order_key, one.kind.value) for one in self.journal.kept())
        return sum(max(count - ours.get(what, 0), 0) for what, count in theirs.items())

    def _untold(self, db: Rows) -> int:
        sql = "select kind, count(*) from outbox where kind <> 'ledger_head' group by kind"
        told = dict(db.tuples(sql))
        wrong = 0
        for kind, causes in _CAUSES.items():
            [(count,)] = db.tuples(causes)
            wrong += told.get(kind, 0) != count
        return wrong

    def _sum_of_the_platform(self) -> int:
        sign = {"settlement": 1, "reversal": -1}
        return sum(
            sign[kept.kind.value] * int(str(kept.body["fund_fen"]))
            for kept in self.journal.kept()
            if kept.kind.value in sign
        )


def alive() -> int:
    """Count the product's objects that somebody still holds."""
    gc.collect()
    return sum(type(one).__module__.startswith(_OURS) for one in gc.get_objects())


def _torn(wrong: bool) -> Broken:  # noqa: FBT001 - a condition, counted
    return Broken(torn=int(wrong))
