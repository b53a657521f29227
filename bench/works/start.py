"""From the process's start to the first 200 of ``/readyz``, against a Python that does nothing.

Ours loads the program, opens the database, verifies the ledger, reads the law, listens with TLS.
"""

import subprocess
import sys
from collections.abc import Iterator

from bench.frame import Work
from bench.served import service


def works() -> Iterator[Work]:
    """Yield one start of a founded, empty site."""
    with service() as one:
        yield Work(
            name="start",
            work="edge serve to its first /readyz 200",
            ours=one.start,
            floor=nothing,
            before=one.stop,
        )


def nothing() -> None:
    """Start Python and let it end."""
    subprocess.run([sys.executable, "-c", "pass"], check=True)
