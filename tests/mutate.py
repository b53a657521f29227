"""``make mutate``: the money rules changed one small way at a time; and is each noticed by a test.

One JSON line; ends with 1 below the mark. Which modules and tests is in pyproject.toml.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

PERCENT_MIN = 90.0

_MUTANTS = Path("mutants")
_RUN = (sys.executable, "-m", "mutmut")


@dataclass(frozen=True, slots=True)
class Score:
    """A mutant is killed when a test fails or never ends; one that no test reaches survives."""

    killed: int
    survived: int
    total: int
    percent: float


def score(counts: Mapping[str, int]) -> Score:
    """Read the tool's counts by outcome."""
    total = counts["total"] - counts["skipped"]
    killed = counts["killed"] + counts["timeout"] + counts["segfault"]
    return Score(killed, total - killed, total, round(100 * killed / total, 1))


def main() -> int:
    """Change, test, count; the survivors are told by ``python -m mutmut results``."""
    shutil.rmtree(_MUTANTS, ignore_errors=True)  # what an older source taught would mislead
    done = subprocess.run([*_RUN, "run"], stdout=sys.stderr, check=False)
    subprocess.run([*_RUN, "export-cicd-stats"], stdout=sys.stderr, check=True)
    reached = score(json.loads((_MUTANTS / "mutmut-cicd-stats.json").read_text(encoding="utf-8")))
    sys.stdout.write(f"{json.dumps(asdict(reached))}\n")
    return done.returncode or int(reached.percent < PERCENT_MIN)


if __name__ == "__main__":
    sys.exit(main())
