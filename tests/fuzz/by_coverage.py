"""One target led by coverage, with atheris (libFuzzer), which bounds memory and time as well.

Run by `tests.fuzz` as a process of its own: libFuzzer ends the process that it runs in.
"""

import sys
from importlib import import_module
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

import atheris

MEMORY_MB_MAX = 512
"""On top of what the process begins with."""

INPUT_BYTES_MAX = 2048
INPUT_S_MAX = 5


def main(name: str, seconds: int, folder: Path) -> None:
    """Fuzz target ``name`` for so long; inputs worth keeping, and those that fail, in ``folder``.

    Does not return.
    """
    with atheris.instrument_imports(include=["drivers"]):
        target = import_module("tests.fuzz.targets").TARGETS[name]
    words = [
        f"-max_total_time={seconds}",
        f"-rss_limit_mb={_peak_mb() + MEMORY_MB_MAX}",
        f"-max_len={INPUT_BYTES_MAX}",
        f"-timeout={INPUT_S_MAX}",
        f"-artifact_prefix={folder}/",
        "-verbosity=0",
        "-print_final_stats=1",
        str(folder / "kept"),
    ]
    atheris.Setup([name, *words], target)
    atheris.Fuzz()


def _peak_mb() -> int:
    """Return the peak so far; Linux passes on that of the process that started this one."""
    return getrusage(RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
