"""Each step of the schema killed in the middle of a write: the old one or the new is left."""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.torture.promises import Broken

_SELDOM, _EACH = 9, 1
MANY = 50
"""From so many rounds on each write of each step is one at which it is killed."""


def killed_migrations(folder: Path, rounds: int, _seed: int, variant: str) -> Broken:
    """Kill each step at every ninth write, or at each; what is neither old nor new is torn."""
    every = _EACH if rounds >= MANY else _SELDOM
    with TemporaryDirectory(dir=folder) as place:
        command = [sys.executable, "-m", "tests.store.doomed_migration", place, str(every), variant]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    # A step at which nothing was killed has shown nothing.
    return Broken(lost=int(told["killed"] < told["steps"] - 1), torn=len(told["wrong"]))
