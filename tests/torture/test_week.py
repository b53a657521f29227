"""A simulated day is the same from the same seed."""

from dataclasses import replace
from pathlib import Path

from tests.torture.promises import Broken
from tests.torture.week.run import SMALL, Story, lived

BUSY = replace(SMALL, days=1, a_day=2, people=4, hurry=12)
"""So little that it can be lived twice."""


def test_the_same_seed_ends_with_the_same_ledger_and_the_same_trace(tmp_path: Path) -> None:
    first, again = (_lived(tmp_path / name) for name in ("first", "again"))
    assert first.broken == Broken(), first.why
    assert (first.head, first.trace) == (again.head, again.trace)
    assert first.settlements >= 1
    assert first.starts > 1


def _lived(folder: Path) -> Story:
    folder.mkdir()
    return lived(folder, BUSY, seed=5)
