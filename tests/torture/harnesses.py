"""Every harness by name: how often it is run, and the broken variants that it must catch."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.torture.canaries import silent_files
from tests.torture.cards import pulled_cards
from tests.torture.clocks import jumping_clocks
from tests.torture.deliveries import lost_answers
from tests.torture.disks import dying_disks, kills, power_cuts
from tests.torture.group import group_faults
from tests.torture.group_lines import TRUSTING, group_lines
from tests.torture.life import Variant
from tests.torture.listing import bad_lists
from tests.torture.migrations import killed_migrations
from tests.torture.mutants import forged_messages
from tests.torture.promises import Broken
from tests.torture.restores import restored_sites
from tests.torture.rivals import rival_desks
from tests.torture.sockets import faulty_lines
from tests.torture.tampering import tampered_rows
from tests.torture.week.cases import Wrong
from tests.torture.week.run import weeks

Run = Callable[[Path, int, int, str], Broken]

SOUND = "sound"
"""The product as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Harness:
    """``run`` takes a folder of its own, how many rounds, the seed, and who is tortured.

    ``controls`` are the variants that must be caught: by ``few`` rounds of the suite's seed, and of
    one of ten seeds in ``make torture``. So many are the suite's rounds too. ``make torture N=500``
    runs ``at_500``, and in proportion.
    """

    run: Run
    controls: tuple[str, ...]
    few: int
    at_500: int

    def rounds(self, n: int) -> int:
        """Return how many rounds N asks of this harness."""
        return max(1, n * self.at_500 // 500)


def _group(folder: Path, rounds: int, seed: int, variant: str) -> Broken:
    return group_faults(folder, rounds, seed, Variant(variant))


HARNESSES = {
    "power-cut": Harness(run=power_cuts, controls=(Variant.UNSYNCED,), few=12, at_500=500),
    "dying-disk": Harness(run=dying_disks, controls=(Variant.HOPEFUL,), few=2, at_500=50),
    "kill": Harness(run=kills, controls=(Variant.HOPEFUL,), few=2, at_500=50),
    "group": Harness(run=_group, controls=(Variant.HOPEFUL,), few=1, at_500=50),
    "group-lines": Harness(run=group_lines, controls=(TRUSTING,), few=2, at_500=48),
    "lost-answers": Harness(run=lost_answers, controls=("resending",), few=400, at_500=10_000),
    "rival-desks": Harness(run=rival_desks, controls=("unlocked",), few=2, at_500=500),
    "forged": Harness(run=forged_messages, controls=("credulous",), few=500, at_500=100_000),
    "bad-list": Harness(run=bad_lists, controls=("trusting",), few=14, at_500=500),
    "tampered": Harness(run=tampered_rows, controls=("unchained",), few=40, at_500=5_000),
    "pulled-card": Harness(run=pulled_cards, controls=("remembering",), few=60, at_500=5_000),
    "clock-jump": Harness(run=jumping_clocks, controls=("forgetful",), few=6, at_500=500),
    "migration": Harness(run=killed_migrations, controls=("loose",), few=1, at_500=50),
    "restore": Harness(run=restored_sites, controls=("hasty",), few=1, at_500=20),
    "canary": Harness(run=silent_files, controls=("chatty",), few=1, at_500=20),
    "socket": Harness(run=faulty_lines, controls=("credulous",), few=8, at_500=500),
    "week": Harness(
        run=weeks, controls=(Wrong.HOPEFUL, Wrong.RESENDING, Wrong.HOARDING), few=1, at_500=7
    ),
}
