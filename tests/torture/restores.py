"""Yesterday's backup put back: the site waits, learns what it forgot, and settles nothing twice."""

import random
from collections import Counter
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from edge.core.errors import Conflict
from edge.core.stay import Stay
from edge.steps.back_up import back_up
from edge.steps.recollect import recollect
from edge.steps.settle import Request, settle
from edge.store.quarantine import lift_quarantine
from edge.store.settlements import Settlement
from simulators.card import synthetic_person
from tests.journeys.test_restore import OPERATOR, restored
from tests.journeys.test_two_days import Desk, a_desk
from tests.torture.promises import Broken

PEOPLE = 6


def restored_sites(folder: Path, rounds: int, seed: int, variant: str) -> Broken:
    """Restore so many sites, each after other acts."""
    dice = random.Random(seed)  # noqa: S311 - chance, not secrets
    found = Broken()
    for _ in range(rounds):
        with TemporaryDirectory(dir=folder) as place:
            found += _round(Path(place), dice, hasty=variant == "hasty")
    return found


def _round(folder: Path, dice: random.Random, *, hasty: bool) -> Broken:
    with a_desk(folder / "site", PEOPLE, "") as desk:
        stays = [desk.discharged(synthetic_person(number), number) for number in range(PEOPLE)]
        forgotten = dice.randint(1, PEOPLE - 1)
        for stay in stays[forgotten:]:
            desk.press(stay)
        if dice.random() < 0.5:
            desk.deliver()
        back_up(desk.site, folder / "yesterday.backup", OPERATOR)
        desk.clock.pass_time(hours=dice.uniform(0.1, 20))
        for stay in stays[:forgotten]:
            desk.press(stay)
        desk.deliver()
        restored(desk, folder / "yesterday.backup")
        open_at_once(desk) if hasty else recollect(desk.site, OPERATOR)
        for stay in stays:
            _press_again(desk, stay)
        desk.clock.pass_time(minutes=10)
        desk.deliver()
        return _counted(desk, len(stays))


def open_at_once(desk: Desk) -> None:
    """Go on as if nothing had been forgotten: the control."""
    with desk.site.store.transaction() as db:
        lift_quarantine(db, operator=OPERATOR, now=desk.clock())


def _press_again(desk: Desk, stay: Stay) -> None:
    """Press whatever may be pressed; a case that the site has forgotten is refused."""
    with suppress(Conflict):
        asked = Request(case=stay.ref, key=f"again {stay.id}", overdue_reason="恢复后")
        outcome = settle(desk.site, asked, OPERATOR)
        assert not isinstance(outcome, Settlement) or outcome.case == stay.ref


def _counted(desk: Desk, stays: int) -> Broken:
    """Count what the platform has too often or not at all, and what it refused of ours."""
    kept = Counter((one.order_key, one.kind.value) for one in desk.journal.kept())
    doubled = sum(count - 1 for count in kept.values())
    lost = stays - sum(kind == "settlement" for _, kind in kept)
    db = desk.site.store.read()
    [(refused,)] = db.tuples("select count(*) from outbox where state = 'rejected'")
    broken = desk.site.ledger.verify(db)
    return Broken(lost=lost, doubled=doubled + refused, torn=int(broken is not None))
