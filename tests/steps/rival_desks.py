"""One process of a hospital whose desks all settle one stay at the same moment: eight threads.

``python -m tests.steps.rival_desks FOLDER NAME VARIANT``: for each line that it is told, a stay,
its worker's number and the moment, all threads press, and each thread's outcome is printed as a
line of JSON. ``unlocked`` is the control: no lock is taken, so that every thread has looked before
any has written.
"""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from edge.clock import fresh_id
from edge.core.cases import CaseKind, CaseRef
from edge.core.errors import EdgeError
from edge.core.settlement import Blocked
from edge.site import Site
from edge.steps.settle import AlreadySettled, Request, settle
from edge.store.database import Rows, Store
from edge.store.settlements import Settlement
from simulators.card import synthetic_person
from tests.steps.conftest import ground_at

DESKS = 8


class Unlocked(Store):
    """A store whose transactions take no lock and keep nothing together."""

    @contextmanager
    def transaction(self) -> Iterator[Rows]:
        """Run the block statement by statement."""
        yield self.read()


def main(folder: Path, name: str, variant: str) -> None:
    """Press the button at every desk of this process, stay after stay."""
    with ground_at(folder) as ground:
        site = replace(ground.site, fresh_id=fresh_id)
        for told in sys.stdin:
            stay, person, moment = told.split()
            ground.meet(synthetic_person(int(person)))
            ground.clock.now = datetime.fromisoformat(moment) + timedelta(hours=1)
            if variant == "unlocked":
                meeting = _Meeting(threading.Barrier(DESKS))
                site = replace(site, store=Unlocked(site.store.path), fresh_id=meeting)
            _press_all(site, CaseRef(CaseKind.STAY, stay), f"{name}{stay}-")
            sys.stdout.flush()


def _press_all(site: Site, stay: CaseRef, name: str) -> None:
    start = threading.Barrier(DESKS)
    told: dict[int, list[str]] = {}

    def press(number: int) -> None:
        start.wait()
        told[number] = _said(site, Request(case=stay, key=f"{name}{number}"))

    threads = [threading.Thread(target=press, args=[number]) for number in range(DESKS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for said in told.values():
        sys.stdout.write(json.dumps(said) + "\n")


def _said(site: Site, asked: Request) -> list[str]:
    try:
        outcome = settle(site, asked, asked.key)
    except EdgeError as refused:
        return ["refused", refused.code]
    match outcome:
        case Settlement():
            return ["settled", outcome.id]
        case AlreadySettled(winner):
            return ["told", winner.id]
        case Blocked(blocks):
            return ["blocked", blocks[0].code]


class _Meeting:
    """Fresh ids that nobody gets before every desk asks for one: all are at the same place."""

    def __init__(self, barrier: threading.Barrier) -> None:
        self._barrier = barrier

    def __call__(self) -> str:
        """Wait for the others; whoever waits too long goes on alone."""
        try:
            self._barrier.wait(5)
        except threading.BrokenBarrierError:
            return fresh_id()
        return fresh_id()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
