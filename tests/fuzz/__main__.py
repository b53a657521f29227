"""``python -m tests.fuzz [NAME …] [--seconds N]``: each target for N seconds, by all or some names.

Coverage leads (atheris) where atheris runs, chance elsewhere; ``api`` is asked over HTTP. Inputs
that fail are kept below ``.fuzz`` and told; then the exit code is not 0.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from time import monotonic

from tests.fuzz.rounds import inputs
from tests.fuzz.targets import SEEDS, TARGETS, Target

API = "api"
KEPT = Path(__file__).parents[2] / ".fuzz"
INPUTS_A_ROUND = 1_000
NAMES = (*TARGETS, API)


def main(words: Sequence[str]) -> int:
    """Fuzz what is named, or everything in turn; return how many targets failed."""
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--seconds", type=int, default=20, help="for each target")
    given = parser.parse_args(words)
    unknown = [name for name in given.names if name not in NAMES]
    if unknown:
        parser.error(f"no such target: {', '.join(unknown)}")
    by_bytes = by_coverage if find_spec("atheris") else by_chance
    failed = [
        name
        for name in given.names or NAMES
        if not (by_requests if name == API else by_bytes)(name, given.seconds)
    ]
    for name in failed:
        sys.stderr.write(f"fuzz: {name} failed; what it failed on is in {KEPT / name}\n")
    return len(failed)


def by_coverage(name: str, seconds: int) -> bool:
    """Tell whether the target survived, with atheris in a process of its own."""
    folder = KEPT / name
    (folder / "kept").mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(SEEDS[name]):
        (folder / "kept" / f"seed-{number}").write_bytes(seed)
    command = [sys.executable, "-m", "tests.fuzz.by_coverage", name, str(seconds), str(folder)]
    sys.stdout.write(f"fuzz: {name}, {seconds} s, by coverage\n")
    sys.stdout.flush()
    return subprocess.run(command, check=False).returncode == 0


def by_requests(name: str, seconds: int) -> bool:
    """Tell whether the running service answered everybody as it should."""
    from tests.fuzz.api import fuzzed  # the service is built for it

    ends = monotonic() + seconds
    found = fuzzed(lambda: monotonic() > ends)
    if found:
        (KEPT / name).mkdir(parents=True, exist_ok=True)
        told = "\n".join(repr(one) for one in found)
        (KEPT / name / "failed").write_text(told, encoding="utf-8")
        sys.stderr.write(f"fuzz: {name}: {found[0]!r}\n")
    else:
        sys.stdout.write(f"fuzz: {name}, {seconds} s, every endpoint by everybody\n")
    return not found


def by_chance(name: str, seconds: int, *, target: Target | None = None, kept: Path = KEPT) -> bool:
    """Tell whether the target survived, with rounds of inputs from ever other seeds."""
    target = target or TARGETS[name]
    ends, number = monotonic() + seconds, 0
    while monotonic() < ends:
        for data in inputs(name, INPUTS_A_ROUND, number):
            try:
                target(data)
            except Exception as failure:  # noqa: BLE001 - whatever it is, it is told
                (kept / name).mkdir(parents=True, exist_ok=True)
                (kept / name / "failed").write_bytes(data)
                sys.stderr.write(f"fuzz: {name}: {failure!r}\n")
                return False
        number += 1
    sys.stdout.write(f"fuzz: {name}, {seconds} s, {number * INPUTS_A_ROUND} inputs by chance\n")
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
