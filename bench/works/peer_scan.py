"""A worker looked up in the cached list, beside a scan: the list as a file of lines.

The peer keeps the list as it came, one line a worker with the number first, and reads until it
finds the number: what a desk does with a delivered text file or sheet. It seals nothing.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from bench.frame import Work
from bench.listed import NOW, PRESENT, RECORD_BYTES, Publisher, cached_list

SIZES = (1_000, 100_000, 1_000_000)

_SEEN = 25
"""Workers who are looked for, all over the file."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """The list as a file of lines."""

    path: Path

    def found(self, number: str) -> bytes:
        """Return the number's record.

        Raises:
            LookupError: nobody has this number.
        """
        wanted = number.encode() + b","
        with self.path.open("rb") as lines:
            for line in lines:
                if line.startswith(wanted):
                    return line[len(wanted) : -1]
        raise LookupError(number)


def works() -> Iterator[Work]:
    """Yield the look-up in a list of each size: ours, and the scan where a floor stands else."""
    for rows in SIZES:
        with TemporaryDirectory(prefix="bench-scan-") as folder:
            yield from look_up(Path(folder), rows)


def look_up(folder: Path, rows: int) -> Iterator[Work]:
    """Install a list of ``rows`` rows, write it as lines too, and yield the look-up."""
    publisher = Publisher(folder / "platform", rows)
    publisher.publish_first()
    present = list(PRESENT)
    Random(1).shuffle(present)  # noqa: S311 - an order, not a secret
    scanned = written(folder / "list.csv", present[:_SEEN], rows)
    with closing(cached_list(publisher, folder)) as ours:
        ours.refresh(NOW)
        mine, theirs = cycle(present[:_SEEN]), cycle(present[:_SEEN])
        yield Work(
            name="peer-scan",
            work=f"{rows:,} rows: ours, and a scan of the list",
            ours=lambda: ours.look_up(next(mine), now=NOW),
            floor=lambda: scanned.found(next(theirs)),
            size=rows,
        )


def written(path: Path, numbers: list[str], rows: int) -> Scanned:
    """Write ``rows`` lines; these ``numbers`` stand all over the file, at even distances."""
    record = b"x" * RECORD_BYTES
    places = {(place * rows + rows // 2) // len(numbers): n for place, n in enumerate(numbers)}
    with path.open("wb") as lines:
        for place in range(rows):
            number = places.get(place) or f"OTH{place:015d}"
            lines.write(b"%b,%b\n" % (number.encode(), record))
    return Scanned(path)
