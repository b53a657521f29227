"""From the process's start to the first 200 of ``/readyz``, against a Python that does nothing.

Ours loads the program, opens the database, verifies the ledger, reads the law, listens with TLS.
Told by the wall's clock, and by the processor's, which the neighbours disturb less.
"""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

from bench.frame import Work
from bench.served import service


def works() -> Iterator[Work]:
    """Yield one start of a founded, empty site, by each clock."""
    with service() as one:
        wall = Work(
            name="start",
            work="edge serve to its first /readyz 200",
            ours=one.start,
            floor=nothing,
            before=one.stop,
        )
        yield wall
        yield replace(wall, work=f"{wall.work}, on the processor", clock=one.spent_ns)


def nothing() -> None:
    """Start Python and let it end."""
    subprocess.run([sys.executable, "-c", "pass"], check=True)
