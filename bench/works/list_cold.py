"""The first look-up after boot, against one random page of the same file.

The service has opened the list and answered for nobody yet: of the file only what opening it reads
is in memory.
"""

import os
from collections.abc import Iterator
from contextlib import closing
from itertools import cycle
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from bench.frame import Work
from bench.listed import NOW, PRESENT, Publisher, cached_list

SIZES = (1_000_000, 10_000_000)

_PAGE_BYTES = 4096


def works() -> Iterator[Work]:
    """Yield the look-up in a list of each size."""
    for rows in SIZES:
        with TemporaryDirectory(prefix="bench-list-") as folder:
            yield from cold(Path(folder), rows)


def cold(folder: Path, rows: int) -> Iterator[Work]:
    """Install a list of ``rows`` rows; each call is the first of a list just opened."""
    publisher = Publisher(folder / "platform", rows)
    publisher.publish_first()
    path = folder / "list/list-1.db"
    with closing(cached_list(publisher, folder)) as ours:
        ours.refresh(NOW)
        numbers = cycle(PRESENT)
        with path.open("rb", buffering=0) as file:
            pages = os.fstat(file.fileno()).st_size // _PAGE_BYTES
            chance = Random(1)  # noqa: S311 - pages, not secrets

            def forget() -> None:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

            def boot() -> None:
                ours.close()
                forget()
                ours.look_up("", now=NOW)
                forget()

            def one_page() -> bytes:
                return os.pread(file.fileno(), _PAGE_BYTES, chance.randrange(pages) * _PAGE_BYTES)

            yield Work(
                name="list-cold",
                work=f"{rows:,} rows",
                ours=lambda: ours.look_up(next(numbers), now=NOW),
                floor=one_page,
                before=boot,
                before_floor=forget,
                singly=True,
                size=rows,
            )
