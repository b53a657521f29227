"""Power cuts, dying disks and kills, many times over one short life on the product's real files."""

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.torture.life import ACKNOWLEDGED, Variant, found
from tests.torture.promises import Broken, broken
from tests.torture.recording import End, Recording, record

STAYS = 8


def power_cuts(folder: Path, rounds: int, seed: int, variant: str) -> Broken:
    """Cut the power at ``rounds`` moments of one life; count what was broken afterwards."""
    recording = _lived(folder, variant)
    dice = random.Random(seed)  # noqa: S311 - chance, not secrets
    cuts = (dice.randint(1, len(recording.ops)) for _ in range(rounds))
    return sum((_cut(recording, cut, folder / "cut", dice) for cut in cuts), Broken())


def dying_disks(folder: Path, rounds: int, seed: int, variant: str) -> Broken:
    """Let the disk refuse every write from the n-th on, each time another n."""
    writes = _writes(folder, rounds, seed)
    return sum((_ended(folder, End(fail_at=n), variant) for n in writes), Broken())


def kills(folder: Path, rounds: int, seed: int, variant: str) -> Broken:
    """Kill the process in the middle of its n-th write, each time another n."""
    writes = _writes(folder, rounds, seed)
    return sum((_ended(folder, End(kill_at=n), variant) for n in writes), Broken())


def _cut(recording: Recording, moment: int, folder: Path, dice: random.Random) -> Broken:
    with _passing(folder):
        recording.at(moment, folder, dice)
        return broken(folder, recording.acknowledged(moment))


def _ended(folder: Path, end: End, variant: str) -> Broken:
    life = folder / "ended"
    with _passing(life):
        recording = record(_base(folder), life, _words(variant), end)
        return broken(life, recording.acknowledged(len(recording.ops)))


def _writes(folder: Path, rounds: int, seed: int) -> list[int]:
    """Choose among the numbers of all writes of a whole life."""
    ops = _lived(folder, Variant.SOUND).ops
    writes = sum(op.kind in "WT" and op.file != ACKNOWLEDGED for op in ops)
    dice = random.Random(seed)  # noqa: S311 - chance, not secrets
    return dice.sample(range(1, writes + 1), min(rounds, writes))


@cache
def _lived(folder: Path, variant: str) -> Recording:
    with _passing(folder / "life"):
        return record(_base(folder), folder / "life", _words(variant))


def _words(variant: str) -> list[str]:
    return [str(STAYS), variant]


def _base(folder: Path) -> Path:
    base = folder / "base"
    if not base.exists():
        base.mkdir()
        found(base)
    return base


@contextmanager
def _passing(folder: Path) -> Iterator[None]:
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)
