"""A worker looked up in the cached list, against the same row fetched, hashed for and opened.

The floor is a prepared statement, one keyed hash and one decryption: what no list can do without.
"""

import hmac
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.frame import Work
from bench.listed import KEY, NOW, Publisher, cached_list, workers
from edge.site.opening import LIST_FILES

WORKERS_MAX = 50_000
"""Who is asked for, half the list at most: on more pages than the process keeps in memory."""

SIZES = (1_000, 100_000, 1_000_000, 10_000_000)

_ROW = "select sealed from persons where place = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """A list of ``rows`` rows: the next worker looked up in it, and by the floor."""

    rows: int
    ours: Callable[[], object]
    floor: Callable[[], object]


def works() -> Iterator[Work]:
    """Yield the look-up in a list of each size, and against the size before by turns.

    Between two sizes minutes go by, in which a shared machine becomes another.
    """
    with ExitStack() as kept:
        smaller: LookUp | None = None
        for rows in SIZES:
            folder = kept.enter_context(TemporaryDirectory(prefix="bench-list-"))
            one = kept.enter_context(installed(Path(folder), rows))
            yield Work(
                name="list-lookup", work=f"{rows:,} rows", ours=one.ours, floor=one.floor, size=rows
            )
            if smaller:
                yield from _grown(smaller, one)
            smaller = one


@contextmanager
def installed(folder: Path, rows: int) -> Iterator[LookUp]:
    """Install a list of ``rows`` rows and give the look-up in it."""
    publisher = Publisher(folder / "platform", rows, workers(min(rows // 2, WORKERS_MAX)))
    publisher.publish_first()
    with closing(cached_list(publisher, folder)) as ours:
        ours.refresh(NOW)
        numbers = list(publisher.present)
        Random(1).shuffle(numbers)  # noqa: S311 - an order, not a secret
        mine, theirs = cycle(numbers), cycle(numbers)
        floor = plain(folder / "list/list-1.db")
        yield LookUp(
            rows=rows,
            ours=lambda: ours.look_up(next(mine), now=NOW),
            floor=lambda: floor(next(theirs)),
        )


def _grown(small: LookUp, large: LookUp) -> Iterator[Work]:
    sizes = f"{large.rows:,} rows by turns with {small.rows:,}"
    yield Work(name="list-growth", work=sizes, ours=large.ours, floor=small.ours)
    yield Work(
        name="list-growth", work=f"{sizes}, the floor's", ours=large.floor, floor=small.floor
    )


def plain(path: Path) -> Callable[[str], bytes]:
    """Return the least that finds a number's record in a list's file."""
    cursor = LIST_FILES.read(path).cursor()
    keyed = hmac.new(KEY, digestmod="sha512")

    def found(number: str) -> bytes:
        hashed = keyed.copy()
        hashed.update(number.encode())
        digest = hashed.digest()
        sealed: bytes = cursor.execute(_ROW, (int.from_bytes(digest[:8]) >> 2,)).fetchone()[0]
        return AESGCM(digest[16:48]).decrypt(sealed[:12], sealed[12:], digest[:16])

    return found
