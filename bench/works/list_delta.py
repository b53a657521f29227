"""One row in a hundred changed: a delta fetched and brought into use, against the whole list anew.

In use means that the next look-up sees it. Folding it into the file comes after and is measured on
its own, as housekeeping: nobody waits for it.
"""

from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile, rmtree
from tempfile import TemporaryDirectory

from bench.frame import Work
from bench.listed import NOW, Publisher, cached_list

SIZES = (100_000, 1_000_000, 10_000_000)

_FEW = 3
"""Rounds, where the whole list is copied and hashed for minutes."""
_MANY_ROWS = 10_000_000


def works() -> Iterator[Work]:
    """Yield the delta of a list of each size."""
    for rows in SIZES:
        with TemporaryDirectory(prefix="bench-list-") as folder:
            yield from deltas(Path(folder), rows)


def deltas(folder: Path, rows: int) -> Iterator[Work]:
    """Install a first release of ``rows`` rows and yield what the second costs."""
    publisher = Publisher(folder / "platform", rows)
    publisher.publish_first()
    one, whole = (cached_list(publisher, folder / name) for name in ("by delta", "whole"))
    one.refresh(NOW)
    shelf = folder / "by delta/list"
    copyfile(shelf / "current.json", folder / "first.json")
    publisher.publish_second()

    def first_again() -> None:
        copyfile(folder / "first.json", shelf / "current.json")
        for path in (*shelf.glob("list-2*"), *shelf.glob("incoming/*")):
            path.unlink()

    def anew() -> None:
        rmtree(folder / "whole/list", ignore_errors=True)
        whole.refresh(NOW)

    def with_folding() -> None:
        one.refresh(NOW)
        one.fold()

    work = f"1 % of {rows:,} rows"
    few = _FEW if rows >= _MANY_ROWS else 0
    yield Work(
        name="list-delta",
        work=f"{work}, in use",
        ours=lambda: one.refresh(NOW),
        floor=anew,
        before=first_again,
        size=rows,
        few=few,
    )
    yield Work(
        name="list-delta",
        work=f"{work}, folded too",
        ours=with_folding,
        floor=anew,
        before=first_again,
        few=few,
    )
