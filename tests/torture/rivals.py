"""Every desk of two processes presses at one stay at once, stay after stay: one settlement each."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from edge.core.dates import local_day
from edge.store.books import misstated
from simulators.card import synthetic_person
from tests.programs import Program
from tests.steps.conftest import Ground, ground_at, line
from tests.steps.rival_desks import DESKS
from tests.torture.promises import Broken

PROCESSES = 2


def rival_desks(folder: Path, rounds: int, seed: int, variant: str) -> Broken:
    """Let all desks press at ``rounds`` stays, one after the other.

    ``unlocked``: one process without locks will do, and neither index nor state stops the second.
    """
    unlocked = variant == "unlocked"
    with TemporaryDirectory(dir=folder) as place, ground_at(Path(place)) as ground:
        if unlocked:
            ground.site.store.read().execute("drop index one_effective_settlement")
        with _desks(Path(place), 1 if unlocked else PROCESSES, variant) as desks:
            found = sum(
                (_round(ground, desks, seed + number) for number in range(rounds)), Broken()
            )
        db = ground.site.store.read()
        broken = ground.site.ledger.verify(db) or misstated(db)
    return found + Broken(torn=broken is not None)


def _round(ground: Ground, desks: list[Program], number: int) -> Broken:
    ground.meet(synthetic_person(number))
    stay = ground.discharged(line("1", date=local_day(ground.clock())))
    before = ground.count("settlements")
    for desk in desks:
        desk.stdin.write(f"{stay.id} {number} {ground.clock().isoformat()}\n")
        desk.stdin.flush()
    told = [json.loads(desk.stdout.readline()) for desk in desks for _ in range(DESKS)]
    made = ground.count("settlements") - before
    winners = [settlement for kind, settlement in told if kind == "settled"]
    losers = [one for one in told if one[0] != "settled"]
    # The loser gets the winner's receipt, or has not got what it asked for.
    unanswered = sum(one != ["told", *winners[:1]] for one in losers)
    return Broken(lost=unanswered + (made == 0), doubled=max(made - 1, 0) + len(winners[1:]))


@contextmanager
def _desks(folder: Path, processes: int, variant: str) -> Iterator[list[Program]]:
    with ExitStack() as running:
        desks = [
            running.enter_context(
                Program("tests.steps.rival_desks", [folder, f"p{number}-", variant])
            )
            for number in range(processes)
        ]
        yield desks
        for desk in desks:
            desk.stdin.close()
        assert [desk.wait() for desk in desks] == [0] * processes
