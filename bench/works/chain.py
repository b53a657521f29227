"""The ledger verified from its start, against the same MACs in a loop over rows that lie ready.

Ours reads the rows from the database, checks each link's place and both its hashes, and meets the
signed heads. The floor computes ``HMAC-SM3(k, 0x01 ‖ seq ‖ prev ‖ SM3(0x00 ‖ row))`` and no more.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.frame import Work
from edge.core.audit import GENESIS, Link
from edge.digest import KeyedSm3, sm3
from edge.store.database import Store
from edge.store.keys import create_keys, load_keys
from edge.store.ledger import Ledger, links
from edge.store.migrations import migrate

ROWS = 20_000

BODY = {f"fact_{number:02}": "0123456789abcdef" for number in range(30)}
"""About 900 bytes of facts: with the other columns an entry has 1 KB."""

AT = datetime(2026, 11, 25, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Book:
    """One ledger, as the database has it and as the plain loop does."""

    store: Store
    ledger: Ledger
    key: KeyedSm3
    rows: list[bytes]

    def ours(self) -> None:
        """Verify the ledger."""
        broken = self.ledger.verify(self.store.read())
        if broken:
            raise ValueError(broken)

    def floor(self) -> bytes:
        """Compute every MAC in a loop."""
        prev, key = GENESIS, self.key
        for seq, row in enumerate(self.rows, 1):
            prev = key.mac(b"\x01" + seq.to_bytes(8, "big") + prev + sm3(b"\x00" + row))
        return prev


def works() -> Iterator[Work]:
    """Yield one ledger."""
    with book(ROWS) as made:
        work = f"{ROWS:,} entries of 1 KB"
        yield Work(name="chain", work=work, ours=made.ours, floor=made.floor, size=ROWS)


@contextmanager
def book(rows: int) -> Iterator[Book]:
    """Write a ledger of so many entries, with a signed head."""
    with TemporaryDirectory() as folder:
        create_keys(Path(folder) / "keys")
        keys = load_keys(Path(folder) / "keys")
        ledger = Ledger(keys)
        with closing(Store(Path(folder) / "edge.db")) as store:
            migrate(store)
            with store.transaction() as db:
                for number in range(rows):
                    ledger.enter(
                        db, kind="bench", operator="甲", subject=str(number), now=AT, **BODY
                    )
                ledger.keep_head(db, AT)
            ready = [plain_row(link) for link in links(store.read())]
            yield Book(store, ledger, KeyedSm3(keys.ledger), ready)


def plain_row(link: Link) -> bytes:
    """Return the bytes that an entry's MAC is over: each field after its length."""
    _, *fields, _, _ = link
    return b"".join(len(field).to_bytes(4, "big") + field for field in fields)
