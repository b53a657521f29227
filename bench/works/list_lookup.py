"""A worker looked up in the cached list, against the same row fetched, hashed for and opened.

The floor is a prepared statement, one keyed hash and one decryption: what no list can do without.
"""

import hmac
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import cycle
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.frame import Work
from bench.listed import KEY, NOW, PRESENT, Publisher, cached_list
from edge.site.opening import LIST_FILES

SIZES = (1_000, 100_000, 1_000_000, 10_000_000)

_ROW = "select sealed from persons where place = ?"


def works() -> Iterator[Work]:
    """Yield the look-up in a list of each size."""
    for rows in SIZES:
        with TemporaryDirectory(prefix="bench-list-") as folder:
            yield from look_up(Path(folder), rows)


def look_up(folder: Path, rows: int) -> Iterator[Work]:
    """Install a list of ``rows`` rows and yield the look-up in it."""
    publisher = Publisher(folder / "platform", rows)
    publisher.publish_first()
    with closing(cached_list(publisher, folder)) as ours:
        ours.refresh(NOW)
        numbers = list(PRESENT)
        Random(1).shuffle(numbers)  # noqa: S311 - an order, not a secret
        mine, theirs = cycle(numbers), cycle(numbers)
        floor = plain(folder / "list/list-1.db")
        yield Work(
            name="list-lookup",
            work=f"{rows:,} rows",
            ours=lambda: ours.look_up(next(mine), now=NOW),
            floor=lambda: floor(next(theirs)),
            size=rows,
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
