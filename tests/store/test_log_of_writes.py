"""The database's write-ahead log stays small: emptied when nobody reads it, and no read lasts."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.core.errors import Fault
from edge.store.database import Store

ROWS = 500


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "edge.db")
    with store.transaction() as db:
        db.execute("create table kept (value blob not null) strict")
    for _ in range(3):
        write(store)
    yield store
    store.close()


def write(store: Store) -> None:
    with store.transaction() as db:
        for _ in range(ROWS):
            db.execute("insert into kept (value) values (randomblob(3000))")


class Reader:
    """Another thread, in the middle of reading for as long as the test likes."""

    def __init__(self, store: Store) -> None:
        self.fault: Fault | None = None
        self.rows = 0
        self._store = store
        self._begun, self._go_on = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()
        assert self._begun.wait(10)

    def _read(self) -> None:
        rows = self._store.read().query("select value from kept")
        next(rows)
        self._begun.set()
        self._go_on.wait(10)
        try:
            self.rows = 1 + sum(1 for _ in rows)
        except Fault as fault:
            self.fault = fault

    def end(self) -> None:
        """Let it read to the end, or to its fault."""
        self._go_on.set()
        self._thread.join()


def test_the_log_is_brought_into_the_file_by_those_who_write(store: Store) -> None:
    assert store.log_bytes() < 3 * ROWS * 4096
    assert store.empty_log()
    assert store.log_bytes() == 0
    assert store.path.stat().st_size > 3 * ROWS * 3000


def test_while_somebody_reads_it_grows_and_writers_go_on_then_the_disk_gets_it_back(
    store: Store,
) -> None:
    store.empty_log()
    reader = Reader(store)
    for _ in range(3):
        write(store)
    assert not store.empty_log()
    assert store.log_bytes() > 3 * ROWS * 4096
    reader.end()
    assert reader.rows == 3 * ROWS
    assert store.empty_log()
    assert store.log_bytes() == 0


def test_a_read_that_is_ended_is_a_fault_and_can_be_begun_again(store: Store) -> None:
    reader = Reader(store)
    write(store)
    store.end_reads()
    reader.end()
    assert reader.fault
    assert reader.fault.code == "STORE_UNAVAILABLE"
    assert store.empty_log()
    again = Reader(store)
    again.end()
    assert again.rows == 4 * ROWS
