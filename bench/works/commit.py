"""One ledger entry of 1 KB made durable, against the same bytes written raw and synced.

Ours opens a transaction, reads the head, chains, inserts and commits with ``synchronous=FULL``.
The floor appends the entry's bytes to a file that has its length already and calls ``fdatasync``.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.frame import Work
from bench.works.chain import AT, BODY, Book, book

_BEFORE = 1_000
_FILE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Commit:
    """The ledger, and the raw file beside it."""

    book: Book
    file: int
    numbers: Iterator[int] = field(default_factory=count)

    def ours(self) -> None:
        """Enter one act."""
        with self.book.store.transaction() as db:
            self.book.ledger.enter(
                db, kind="bench", operator="甲", subject="commit", now=AT, **BODY
            )

    def floor(self) -> None:
        """Write the bytes of one act."""
        row = self.book.rows[0]
        os.pwrite(self.file, row, next(self.numbers) * len(row) % _FILE_BYTES)
        os.fdatasync(self.file)


def works() -> Iterator[Work]:
    """Yield one commit."""
    with book(_BEFORE) as made, TemporaryDirectory() as folder:
        file = os.open(Path(folder) / "floor", os.O_RDWR | os.O_CREAT)
        try:
            os.posix_fallocate(file, 0, _FILE_BYTES + len(made.rows[0]))
            commit = Commit(made, file)
            work = f"one entry of {len(made.rows[0]):,} bytes, FULL"
            yield Work(name="commit", work=work, ours=commit.ours, floor=commit.floor)
        finally:
            os.close(file)
