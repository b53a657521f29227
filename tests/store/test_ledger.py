"""The ledger shows any change: edit, delete, insert, swap; and refuses change to begin with."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.core.errors import Fault
from edge.store.database import Store
from edge.store.keys import create_keys, load_keys
from edge.store.ledger import Ledger, latest
from edge.store.migrations import migrate

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "edge.db")
    migrate(store)
    yield store
    store.close()


@pytest.fixture
def ledger(tmp_path: Path, store: Store) -> Ledger:
    create_keys(tmp_path / "keys")
    ledger = Ledger(load_keys(tmp_path / "keys"))
    with store.transaction() as db:
        for number in range(1, 6):
            ledger.enter(db, kind="test", operator="甲", subject=f"s{number}", now=AT, fen=number)
    return ledger


def test_an_untouched_chain_verifies(store: Store, ledger: Ledger) -> None:
    assert ledger.verify(store.read()) is None
    assert [entry.seq for entry in latest(store.read(), limit=2)] == [5, 4]


@pytest.mark.parametrize("statement", ["update ledger set kind = 'x'", "delete from ledger"])
def test_the_ledger_refuses_change(store: Store, ledger: Ledger, statement: str) -> None:
    with pytest.raises(Fault):
        store.read().execute(statement)
    assert ledger.verify(store.read()) is None


@pytest.mark.parametrize(
    "edit",
    [
        "update ledger set kind = 'x' where seq = 3",
        "update ledger set at = at || ' ' where seq = 3",
        "update ledger set operator = '乙' where seq = 3",
        "update ledger set subject = 's4' where seq = 3",
        "update ledger set body = '{}' where seq = 3",
        "update ledger set prev = zeroblob(32) where seq = 3",
        "update ledger set mac = zeroblob(32) where seq = 3",
    ],
)
def test_an_edit_of_any_column_is_found_at_its_row(store: Store, ledger: Ledger, edit: str) -> None:
    _unlock(store)
    store.read().execute(edit)
    broken = ledger.verify(store.read())
    assert broken is not None
    assert broken.seq == 3


def test_a_deleted_row_is_found(store: Store, ledger: Ledger) -> None:
    _unlock(store)
    store.read().execute("delete from ledger where seq = 2")
    broken = ledger.verify(store.read())
    assert broken is not None
    assert broken.seq == 2


def test_two_swapped_rows_are_found(store: Store, ledger: Ledger) -> None:
    _unlock(store)
    for was, becomes in [(2, 99), (3, 2), (99, 3)]:
        store.read().execute("update ledger set seq = ? where seq = ?", [becomes, was])
    broken = ledger.verify(store.read())
    assert broken is not None
    assert broken.seq == 2


def test_a_letter_moved_between_two_fields_is_found(store: Store, ledger: Ledger) -> None:
    _unlock(store)
    store.read().execute("update ledger set kind = 'tes', at = 't' || at where seq = 1")
    broken = ledger.verify(store.read())
    assert broken is not None
    assert broken.seq == 1


def test_an_entry_made_with_another_key_is_found(
    tmp_path: Path, store: Store, ledger: Ledger
) -> None:
    create_keys(tmp_path / "other")
    with store.transaction() as db:
        forger = Ledger(load_keys(tmp_path / "other"))
        forger.enter(db, kind="test", operator="乙", subject="s6", now=AT)
    broken = ledger.verify(store.read())
    assert broken is not None
    assert broken.seq == 6


def _unlock(store: Store) -> None:
    store.read().execute("drop trigger ledger_is_never_changed")
    store.read().execute("drop trigger ledger_is_never_shortened")
