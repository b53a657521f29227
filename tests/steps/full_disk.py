"""A disk that takes so much and no more, as a normal process meets it. No root, no patched call."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.store.database import Store

PAGE_BYTES = 4096
FRAME_BYTES = PAGE_BYTES + 24
"""A page in the write-ahead log, with its head (sqlite.org/walformat)."""


@contextmanager
def failing_after(store: Store, writes: int) -> Iterator[None]:
    """Let every write of a page fail but the next ``writes`` (EFBIG: an I/O error to SQLite)."""
    log = store.path.with_name(f"{store.path.name}-wal")
    size = log.stat().st_size if log.exists() else 0
    with files_no_longer_than(size + writes * FRAME_BYTES):
        yield


@contextmanager
def files_no_longer_than(size_max: int) -> Iterator[None]:
    """Let no file of this process grow beyond this, in bytes; Python ignores the signal of it."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_max, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def full_after(store: Store, pages: int) -> Iterator[None]:
    """Let this thread's database grow by so many pages and no more (SQLITE_FULL)."""
    db = store.read()
    [(held,)] = db.tuples("pragma page_count")
    list(db.query(f"pragma max_page_count = {held + pages}"))
    try:
        yield
    finally:
        list(db.query("pragma max_page_count = 1073741823"))


def rows(store: Store) -> dict[str, tuple[object, ...]]:
    """Return what every table holds: how many rows, and the newest of them."""
    db = store.read()
    names = [
        row["name"]
        for row in db.query("select name, sql from sqlite_schema where type = 'table'")
        if "without rowid" not in row["sql"].lower()
    ]
    return {
        name: next(db.tuples(f"select count(*), max(rowid) from {name}"))  # noqa: S608 - ours
        for name in names
    }


def left_behind(folder: Path) -> set[str]:
    """Return the names of half-made files and folders, which would fill a disk further."""
    return {path.name for path in folder.iterdir() if path.name.startswith(".")}
