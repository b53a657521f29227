"""A database with every table laid: the scripts of its history are run once a process, and copied.

That the scripts themselves lead from any old schema to this one is tests/store's to show.
"""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from edge.store.database import Store
from edge.store.migrations import migrate


def laid(path: Path) -> Store:
    """Open the database at ``path``, made with all its tables if it is not there."""
    if not path.exists():
        path.write_bytes(_whole())
    return Store(path)


@cache
def _whole() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "edge.db"
        store = Store(path)
        migrate(store)
        store.close()
        return path.read_bytes()
