"""Four processes with eight desks each settle one stay at once: one settlement, one receipt."""

import json
from contextlib import ExitStack
from pathlib import Path

from edge.core.cases import CaseRef
from edge.store.books import misstated
from tests.programs import Program
from tests.steps.conftest import ground_at
from tests.steps.rival_desks import DESKS

PROCESSES = 4


def pressed(folder: Path, stay: CaseRef, *, processes: int, mode: str = "") -> list[list[str]]:
    """Let all desks of all processes press at once; return what each was told."""
    with ExitStack() as running:
        desks = [
            running.enter_context(
                Program("tests.steps.rival_desks", [folder, stay.id, f"p{number}-", mode])
            )
            for number in range(processes)
        ]
        assert [line_of(desk) for desk in desks] == ["ready"] * processes
        for desk in desks:
            desk.stdin.write("go\n")
            desk.stdin.close()
        told = [line_of(desk) for desk in desks for _ in range(DESKS)]
        assert [desk.wait() for desk in desks] == [0] * processes
    return [json.loads(line) for line in told]


def line_of(desk: Program) -> str:
    """Return the next line that a process says."""
    return desk.stdout.readline().rstrip()


def test_one_settlement_and_every_loser_gets_the_winners_receipt(tmp_path: Path) -> None:
    with ground_at(tmp_path) as ground:
        stay = ground.discharged()
        told = pressed(tmp_path, stay.ref, processes=PROCESSES)
        assert len(told) == PROCESSES * DESKS
        [winner] = [settlement for kind, settlement in told if kind == "settled"]
        assert [one for one in told if one[0] != "settled"] == [["told", winner]] * (
            PROCESSES * DESKS - 1
        )
        db = ground.site.store.read()
        assert ground.count("settlements") == 1
        kinds = dict(db.tuples("select kind, count(*) from outbox group by kind"))
        assert (kinds["charges"], kinds["settlement"]) == (1, 1)
        assert next(db.tuples("select count(*) from ledger where kind = 'stay.settled'")) == (1,)
        assert ground.site.ledger.verify(db) is None
        assert misstated(db) is None


def test_the_control_without_locks_settles_more_than_once_and_is_caught(tmp_path: Path) -> None:
    """One process will do: no lock, and neither the index nor the state to stop the second."""
    with ground_at(tmp_path) as ground:
        stay = ground.discharged()
        db = ground.site.store.read()
        db.execute("drop index one_effective_settlement")
        told = pressed(tmp_path, stay.ref, processes=1, mode="broken")
        assert len(told) == DESKS
        assert ground.count("settlements") > 1
