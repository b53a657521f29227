"""``python -m bench [NAME]``: one line of JSON for each work measured; without a name, all."""

import sys
from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules

from bench import works
from bench.frame import print_measured


def main(words: Sequence[str]) -> int:
    """Measure what the one word names, or everything; a name that is none is told on stderr."""
    known = {module.name.replace("_", "-"): module.name for module in iter_modules(works.__path__)}
    if len(words) > 1 or not set(words) <= known.keys():
        sys.stderr.write(f"python -m bench [NAME], NAME one of: {', '.join(known)}\n")
        return 2
    for name in words or known:
        print_measured(import_module(f"bench.works.{known[name]}").works())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
