"""A hospital's clock that runs, jumps ahead and back: 48 hours are told once each, never twice."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from edge.core.cases import CaseKind, CaseRef
from edge.core.deadline import CLOCK_BACK_MAX
from edge.core.settlement import Blocked
from edge.site import Site
from edge.steps.settle import Request, settle
from edge.steps.watch_clock import watch_clock
from edge.store.settlements import Settlement
from tests.steps.colleagues import CLERK
from tests.steps.conftest import FACTS, Ground, ground_at, line
from tests.torture.promises import Broken

STEPS_H = (24, 36, 44, 48)
_TELLING = """select subject, count(*) from ledger
    where kind in ('stay.deadline_warned', 'stay.overdue') group by subject"""
_DAYS = (
    datetime(2026, 11, 20, 1, 30, tzinfo=UTC),
    datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC),  # a second before the New Year in Shanghai
    datetime(2028, 2, 28, 3, tzinfo=UTC),  # over 29 February
    datetime(2027, 2, 27, 16, tzinfo=UTC),  # midnight; no 29 February
)


class Forgetful(Site):
    """The control: it believes whatever its clock shows now."""

    __slots__ = ()

    def high_water(self) -> datetime:
        """Forget what was seen before."""
        return self.clock()


def jumping_clocks(folder: Path, rounds: int, seed: int, variant: str) -> Broken:
    """Let so many stays run out by clocks that jump: what is not told is lost, or told twice."""
    dice = random.Random(seed)  # noqa: S311 - chance, not secrets
    found = Broken()
    for _ in range(rounds):
        with TemporaryDirectory(dir=folder) as place, ground_at(Path(place)) as ground:
            if variant == "forgetful":
                ground.site = Forgetful(**{k: getattr(ground.site, k) for k in _fields()})
            found += _ran_out(ground, dice)
    return found


def _fields() -> tuple[str, ...]:
    return tuple(Site.__dataclass_fields__)


@dataclass(slots=True)
class _Seen:
    """The latest moment at which the site looked."""

    at: datetime


def _ran_out(ground: Ground, dice: random.Random) -> Broken:
    ground.clock.now = dice.choice(_DAYS)
    ground.platform.facts = FACTS | {"filing": FACTS["filing"] | {"valid_to": "2030-01-01"}}
    day = ground.clock.now + timedelta(hours=8)
    stay = ground.discharged(line("1", date=day.date()))
    left_at = stay.discharged_at or ground.clock.now
    seen = _Seen(ground.clock.now)
    found = Broken()
    while seen.at < left_at + timedelta(hours=50):
        jump = dice.choice([dice.uniform(0, 6), dice.uniform(-30, 0), dice.uniform(0, 30)])
        ground.clock.pass_time(hours=jump)
        watch_clock(ground.site)
        seen.at = max(seen.at, ground.clock.now)
        found += _told(ground, stay.id, seen.at - left_at)
    ground.clock.now = seen.at - CLOCK_BACK_MAX - timedelta(hours=dice.uniform(3, 40))
    return found + _pressed(ground, stay.id)


def _told(ground: Ground, stay: str, since: timedelta) -> Broken:
    """Hold what was told of a stay to the longest that anybody has seen it wait."""
    told = dict(ground.site.store.read().tuples(_TELLING)).get(stay, 0)
    due = sum(_is_over(since, hours) for hours in STEPS_H)
    return Broken(lost=max(due - told, 0), doubled=max(told - due, 0))


def _is_over(since: timedelta, hours: int) -> bool:
    """Tell whether a step is due: the last one only once 48 hours are passed, not at them."""
    step = timedelta(hours=hours)
    return since > step if hours == STEPS_H[-1] else since >= step


def _pressed(ground: Ground, stay: str) -> Broken:
    """Settle with the clock put back: it is too late all the same, and a reason is asked for."""
    ground.platform.as_of = ground.clock()
    ref = CaseRef(CaseKind.STAY, stay)
    hasty = settle(ground.site, Request(case=ref, key="k1"), CLERK)
    asked = isinstance(hasty, Blocked) and hasty.blocks[0].code == "OVERDUE_REASON_MISSING"
    late = Request(case=ref, key="k1", overdue_reason="家属次日才到")
    done = settle(ground.site, late, CLERK)
    return Broken(lost=not isinstance(done, Settlement), torn=not asked)
