"""What a desk's agent loads is what `make check` types for Windows: all of it, and nothing else."""

import re
import subprocess
import sys

from tests.house.source import ROOT

AGENT = """
import sys
import edge.__main__, edge.commands.agent
import drivers.agent.counter, drivers.agent.link, drivers.agent.program, drivers.pcsc
import edge.clock, edge.log
ours = [module for name, module in sys.modules.items() if name.split(".")[0] in {"edge", "drivers",
        "sync", "simulators"}]
print(*sorted(module.__file__ for module in ours))
"""
"""Loads what ``edge agent`` loads when it runs, and names the files that are ours."""


def test_whatever_the_agent_loads_is_typed_for_windows() -> None:
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    typed = re.search(r"^ON_WINDOWS := (.+)$", make, re.MULTILINE)
    assert typed
    rooms = [ROOT / path for path in typed[1].split()]
    loaded = subprocess.run(
        [sys.executable, "-c", AGENT], cwd=ROOT, capture_output=True, check=True, text=True
    )
    files = {ROOT / name for name in loaded.stdout.split()} - {ROOT / "edge/__init__.py"}
    assert ROOT / "drivers/pcsc.py" in files
    untyped = {
        file for file in files if not any(room == file or room in file.parents for room in rooms)
    }
    assert untyped == set()
