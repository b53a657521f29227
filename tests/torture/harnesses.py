"""Every harness by name: how often it is run, and the broken variant that it must catch."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.torture.disks import dying_disks, kills, power_cuts
from tests.torture.group import group_faults
from tests.torture.life import Variant
from tests.torture.promises import Broken

Run = Callable[[Path, int, int, Variant], Broken]


@dataclass(frozen=True, slots=True)
class Harness:
    """``run`` takes an empty folder, how many rounds, the seed, and who is tortured.

    ``control`` is the variant that must be caught; ``few`` are the suite's rounds.
    """

    run: Run
    control: Variant
    few: int
    dear: int = 1
    """How many cheap rounds one of these costs: a process is started for each."""


HARNESSES = {
    "power-cut": Harness(power_cuts, Variant.UNSYNCED, few=12),
    "dying-disk": Harness(dying_disks, Variant.HOPEFUL, few=2, dear=10),
    "kill": Harness(kills, Variant.HOPEFUL, few=2, dear=10),
    "group": Harness(group_faults, Variant.HOPEFUL, few=1, dear=10),
}
