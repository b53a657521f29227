"""``python -m tests.torture [N] [--seed S]``: every harness and its control, a line of JSON each.

Ends with 1 when a promise was broken, or when a broken variant was not caught.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from edge import codec
from tests.torture.harnesses import HARNESSES, Harness
from tests.torture.life import Variant
from tests.torture.promises import Broken


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


def _holds(name: str, rounds: int, seed: int) -> bool:
    """Run a harness and its control; tell how both ended."""
    harness = HARNESSES[name]
    share = max(1, rounds // harness.dear)
    sound = _tortured(name, harness, share, seed, Variant.SOUND)
    control = _tortured(name, harness, max(harness.few, share // 10), seed, harness.control)
    return sound == Broken() and control != Broken()


def _tortured(name: str, harness: Harness, rounds: int, seed: int, variant: Variant) -> Broken:
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        found = harness.run(Path(folder), rounds, seed, variant)
    line = {
        "name": name if variant is Variant.SOUND else f"{name} ({variant})",
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
