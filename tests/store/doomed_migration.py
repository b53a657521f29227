"""Each step of the schema, killed by the system in the middle of a write of it.

``python -m tests.store.doomed_migration FOLDER EVERY VARIANT`` takes every so many writes, and
prints a line of JSON: how many were killed, and each after which the file was not of the schema
before the step, or did not come to the one after it when the step was run again. The variant
``loose`` is the control: it commits each statement of a step by itself.

A program of its own: it forks, which a process with threads must not.
"""

import os
import resource
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path

from edge import codec
from edge.core.errors import Fault
from edge.store.database import Store
from edge.store.migrations import _history, migrate, schema_of, statements

FRAME_BYTES = 4096 + 24
HALF_A_FRAME = FRAME_BYTES // 2
KEPT = "insert into ledger values (1, 'kept', '', '', '', '', x'', x'')"


def main(folder: Path, every: int, variant: str) -> None:
    """Kill each step at its first write and at every so many after it."""
    bring_up = loosely if variant == "loose" else migrate
    steps, killed, wrong = _history(), 0, []
    before = folder / "before.db"
    with closing(Store(before)) as store:
        migrate(store, steps[:1])
        store.read().execute(KEPT)
    schema = _schema(before)
    for number in range(2, len(steps) + 1):
        after = folder / "after.db"
        shutil.copy(before, after)
        with closing(Store(after)) as store:
            migrate(store, steps[:number])
        made = _schema(after)
        for write in count(step=every):
            path = _fresh(folder, before)
            if not _dies(path, partial(bring_up, history=steps[:number]), write):
                break
            killed += 1
            held = _schema(path)
            if held != schema or _gone_on(path, steps[:number]) != made:
                wrong.append((number, write))
        before.unlink()
        after.replace(before)
        schema = made
    sys.stdout.buffer.write(codec.encode({"steps": number, "killed": killed, "wrong": wrong}))


def loosely(store: Store, history: Sequence[str]) -> None:
    """Bring the file up statement by statement: what must never be built."""
    for number, sql in enumerate(history[schema_of(store) :], start=schema_of(store) + 1):
        for statement in statements(sql):
            store.read().execute(statement)
        store.read().execute(f"pragma user_version = {number}")


def _dies(path: Path, bring_up: Callable[[Store], object], write: int) -> bool:
    """Migrate in a child that the system kills in the middle of its log's n-th write."""
    log_bytes_max = write * FRAME_BYTES + HALF_A_FRAME
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        store = Store(path)
        schema_of(store)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (log_bytes_max, resource.RLIM_INFINITY))
        bring_up(store)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def _fresh(folder: Path, before: Path) -> Path:
    path = folder / "killed.db"
    for old in folder.glob("killed.*"):
        old.unlink()
    shutil.copy(before, path)
    return path


def _gone_on(path: Path, steps: list[str]) -> object:
    with closing(Store(path)) as store:
        try:
            migrate(store, steps)
        except Fault as half:
            return half.code
    return _schema(path)


def _schema(path: Path) -> object:
    """Return what the file is: its number, its tables, its soundness, and the row it has kept."""
    with closing(Store(path)) as store:
        db = store.read()
        return (
            schema_of(store),
            list(db.tuples("select type, name, sql from sqlite_schema order by name")),
            list(db.tuples("pragma integrity_check")),
            list(db.tuples("select kind from ledger")),
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
