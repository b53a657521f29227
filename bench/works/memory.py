"""What the idle service holds of the memory (PSS), against a bare Python that waits.

Linux tells it; what is shared with other processes counts by its part.
"""

import time
from collections.abc import Iterator

from bench.frame import Size
from bench.served import ended, pss_bytes, quietly, service

SETTLED_S = 5.0
"""After so long what only the start needed has been given back."""

_WAITING = "import sys; print(flush=True); sys.stdin.read()"


def works() -> Iterator[Size]:
    """Yield the service once it is ready and a while has passed."""
    with service() as one:
        one.start()
        time.sleep(SETTLED_S)
        yield Size(
            name="memory",
            work="edge serve, idle, PSS",
            ours_bytes=pss_bytes(one.process.pid) if one.process else 0,
            floor_bytes=bare_bytes(),
        )


def bare_bytes() -> int:
    """Return the memory of a Python that has loaded nothing."""
    bare = quietly(["-c", _WAITING])
    try:
        if bare.stdout:
            bare.stdout.readline()
        return pss_bytes(bare.pid)
    finally:
        ended(bare)
