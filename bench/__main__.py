"""``python -m bench [NAME] [--keep]``: a line of JSON for each work measured; without a name, all.

``--keep`` puts the lines into docs/performance.json, and draws page and plot anew.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules

from bench import report, works
from bench.frame import print_measured
from edge.clock import system_clock
from edge.core.dates import SHANGHAI


def main(words: Sequence[str]) -> int:
    """Measure what the one word names, or everything; a name that is none is told on stderr."""
    keeps, words = "--keep" in words, [word for word in words if word != "--keep"]
    known = {module.name.replace("_", "-"): module.name for module in iter_modules(works.__path__)}
    if len(words) > 1 or not set(words) <= known.keys():
        sys.stderr.write(f"python -m bench [NAME] [--keep], NAME one of: {', '.join(known)}\n")
        return 2
    for name in words or known:
        lines = print_measured(import_module(f"bench.works.{known[name]}").works())
        if keeps:
            today = system_clock().astimezone(SHANGHAI).date()
            report.keep(lines, today=today, load=os.getloadavg()[0])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
