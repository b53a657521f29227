"""``python -m tests.torture [N] [--seed S]``: every harness and its controls, a JSON line each.

Ends with 1 when a promise was broken, or when a broken variant was not caught.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from edge import codec
from tests.torture.harnesses import HARNESSES, SOUND, Harness
from tests.torture.promises import Broken

_SEEDS = 10
"""In few rounds a broken variant may meet no moment at which it breaks anything."""


def main() -> int:
    """Torture what the command line names."""
    parser = argparse.ArgumentParser(prog="torture", description=__doc__)
    parser.add_argument("rounds", type=int, nargs="?", default=500, metavar="N")
    parser.add_argument("--name", choices=HARNESSES, help="one of them; all without it")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same faults")
    given = parser.parse_args()
    names = [given.name] if given.name else list(HARNESSES)
    held = [_holds(name, given.rounds, given.seed) for name in names]
    return int(not all(held))


def _holds(name: str, n: int, seed: int) -> bool:
    """Run a harness and its controls; tell how all ended."""
    harness = HARNESSES[name]
    sound = _tortured(name, harness, harness.rounds(n), seed, SOUND)
    caught = [_is_caught(name, harness, seed, one) for one in harness.controls]
    return sound == Broken() and all(caught)


def _is_caught(name: str, harness: Harness, seed: int, control: str) -> bool:
    """Give a broken variant one seed after the other until it is caught."""
    seeds = range(seed, seed + _SEEDS)
    return any(_tortured(name, harness, harness.few, one, control) != Broken() for one in seeds)


def _tortured(name: str, harness: Harness, rounds: int, seed: int, variant: str) -> Broken:
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        found = harness.run(Path(folder), rounds, seed, variant)
    line = {
        "name": name if variant == SOUND else f"{name} ({variant})",
        "rounds": rounds,
        "seed": seed,
        "lost": found.lost,
        "duplicated": found.doubled,
        "torn": found.torn,
    }
    sys.stdout.buffer.write(codec.encode(line) + b"\n")
    sys.stdout.flush()
    return found


if __name__ == "__main__":
    sys.exit(main())
