"""A short life of a site, told as it goes: every act is acknowledged in a file once it is kept.

Run as ``python -m tests.torture.life FOLDER STAYS VARIANT`` under the recorder. A line of
``acknowledged`` is an act and what it made: ``settled STAY SETTLEMENT``.
"""

import ctypes
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from itertools import count
from pathlib import Path

from edge.core.dates import SHANGHAI
from edge.core.errors import Fault
from edge.steps.charge import charge
from edge.steps.discharge import discharge
from simulators.card import synthetic_person
from tests.steps.colleagues import CLERK, reversed_by_both, settled, staffed
from tests.steps.conftest import Ground, ground_at, line

ACKNOWLEDGED = "acknowledged"
REVERSE_EVERY = 3
CHECKPOINT_PAGES = 100
"""Far more often than in life: the moment when the log goes into the database is a weak one."""

LATER = 1_000_000
"""The first id and stay number of whoever goes on after an end."""

Tell = Callable[..., None]


class Variant(StrEnum):
    """The product as it is, and two that must be caught."""

    SOUND = "sound"
    UNSYNCED = "unsynced"
    """Acknowledges what no disk was asked to keep."""
    HOPEFUL = "hopeful"
    """Acknowledges a settlement when the stay begins."""


def found(folder: Path) -> None:
    """Make the site that the life is lived on, with its two clerks."""
    with ground_at(folder) as ground:
        staffed(ground)


def live(ground: Ground, stays: int, tell: Tell, *, hopeful: bool = False) -> None:
    """Admit, charge, discharge and settle so many workers; take every third back.

    Raises:
        Fault: STORE_UNAVAILABLE; what was not told of before may be kept or not.
    """
    for number in range(stays):
        stay = ground.admitted()
        tell("admitted", stay.id)
        if hopeful:
            tell("settled", stay.id)
        today = ground.clock.now.astimezone(SHANGHAI).date()
        lines = (line("1", date=today), line("2", "TREAT", date=today))
        charge(ground.site, stay.id, lines, CLERK)
        tell("charged", stay.id)
        ground.clock.pass_time(minutes=10)
        discharge(ground.site, stay.id, None, CLERK)
        tell("discharged", stay.id)
        settlement = settled(ground, stay.id, f"settle {stay.id}")
        tell("settled", stay.id, settlement.id)
        if number % REVERSE_EVERY == 0:
            reversed_by_both(ground, settlement.id, f"reverse {stay.id}")
            tell("reversed", stay.id, settlement.id)


def gone_on(ground: Ground) -> Ground:
    """Return the ground a month later, another worker at the desk, ids where no life has been."""
    ground.clock.pass_time(days=30)
    ground.meet(synthetic_person(1))
    ids = (f"{number:032x}" for number in count(LATER))
    site = replace(ground.site, fresh_id=lambda: next(ids))
    return replace(ground, site=site, _stays=LATER)


def main(folder: Path, stays: int, variant: Variant) -> int:
    """Live; end with 1 when the disk ends it."""
    # The recorder was loaded before anything else, by whoever this process was forked from.
    ctypes.CDLL(None).begin_recording()
    told = os.open(folder / ACKNOWLEDGED, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def tell(*words: str) -> None:
        os.write(told, f"{' '.join(words)}\n".encode("ascii"))

    try:
        with ground_at(folder) as ground:
            db = ground.site.store.read()
            list(db.query(f"pragma wal_autocheckpoint = {CHECKPOINT_PAGES}"))
            if variant is Variant.UNSYNCED:
                db.execute("pragma synchronous = 0")
            live(ground, stays, tell, hopeful=variant is Variant.HOPEFUL)
    except Fault:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), Variant(sys.argv[3])))
