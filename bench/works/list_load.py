"""A signed snapshot fetched, verified and brought into use, against SQLite's import of its rows.

The floor reads sorted rows from a CSV file by the sqlite3 program's ``.import``, unsigned.
"""

import csv
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

from bench.frame import Work
from bench.listed import NOW, Publisher, cached_list
from edge.site.opening import LIST_FILES

SIZES = (1_000, 100_000, 1_000_000, 10_000_000)

_TABLE = "create table persons (place integer primary key, sealed text);"

_FEW = 2
"""Rounds, from so many rows on, of which SQLite's program takes minutes to read one."""
_MANY_ROWS = 10_000_000


def works() -> Iterator[Work]:
    """Yield a list of each size."""
    for rows in SIZES:
        with TemporaryDirectory(prefix="bench-list-") as folder:
            yield from load(Path(folder), rows)


def load(folder: Path, rows: int) -> Iterator[Work]:
    """Publish a list of ``rows`` rows and yield its coming."""
    publisher = Publisher(folder / "platform", rows)
    publisher.publish_first()
    listed = _as_csv(publisher.first, folder / "rows.csv")
    ours = cached_list(publisher, folder)
    yield Work(
        name="list-load",
        work=f"{rows:,} rows",
        ours=lambda: ours.refresh(NOW),
        floor=lambda: plain_import(listed, folder / "imported.db"),
        before=lambda: rmtree(folder / "list", ignore_errors=True),
        size=rows,
        few=_FEW if rows >= _MANY_ROWS else 0,
    )
    ours.close()


def plain_import(rows: Path, into: Path) -> None:
    """Import a CSV file as SQLite's own program does."""
    into.unlink(missing_ok=True)
    said = f"{_TABLE}\n.import --csv {rows} persons\n"
    subprocess.run(["sqlite3", into], input=said, text=True, check=True)  # noqa: S603, S607 - fixed


def _as_csv(snapshot: Path, path: Path) -> Path:
    with closing(LIST_FILES.read(snapshot)) as file, path.open("w", newline="") as written:
        rows = csv.writer(written)
        found = file.execute("select place, hex(sealed) from persons order by place")
        while row := found.fetchone():
            rows.writerow(row)
    return path
