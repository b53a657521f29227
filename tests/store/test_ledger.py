"""The ledger shows any change: edit, delete, insert, swap; and refuses change to begin with."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.core.errors import Fault
from edge.store.database import Store
from edge.store.keys import create_keys, load_keys
from edge.store.ledger import Asked, Ledger, entries, latest, question
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


OLDER = "SEARCH ledger USING COVERING INDEX ledger_by_time (at<?)"
NEWER = "SEARCH ledger USING COVERING INDEX ledger_by_time (at>?)"
NUMBERS = "SEARCH ledger USING INTEGER PRIMARY KEY"
BY = "SEARCH ledger USING INDEX ledger_by_"


@pytest.mark.parametrize(
    ("asked", "plan"),
    [
        (Asked(), ["SCAN ledger"]),  # from its end, as far as the page goes
        (Asked(before=3), [f"{NUMBERS} (rowid<?)"]),
        (Asked(since=AT), [f"{NUMBERS} (rowid>?)", NEWER]),
        (Asked(until=AT), [f"{NUMBERS} (rowid<?)", OLDER]),
        (Asked(since=AT, until=AT), [f"{NUMBERS} (rowid>? AND rowid<?)", NEWER, OLDER]),
        (Asked(subject="s3"), [f"{BY}subject (subject=?)"]),
        (Asked(operator="甲", before=9), [f"{BY}operator (operator=? AND rowid<?)"]),
        (Asked(kind="test"), [f"{BY}kind (kind=?)"]),
        (Asked(kind="test", since=AT), [f"{BY}kind (kind=? AND rowid>?)", NEWER]),
    ],
)
def test_whatever_the_audit_is_asked_for_is_found_without_reading_all_of_it(
    store: Store, asked: Asked, plan: list[str]
) -> None:
    assert sorted(planned(store, f"{question(asked)} order by seq desc limit 9")) == sorted(plan)


def test_what_is_asked_for_is_found_though_the_clock_was_set_back(
    store: Store, ledger: Ledger
) -> None:
    with store.transaction() as db:
        for hours, subject in ((3, "s6"), (1, "back"), (2, "s8")):
            late = AT + timedelta(hours=hours)
            ledger.enter(db, kind="test", operator="乙", subject=subject, now=late)
    soon = AT + timedelta(hours=2)
    assert subjects(store, Asked(since=soon)) == ["s6", "s8"]
    assert subjects(store, Asked(until=soon, operator="乙")) == ["back"]
    assert subjects(store, Asked(since=AT + timedelta(hours=1), until=soon)) == ["back"]
    assert subjects(store, Asked(since=AT + timedelta(days=9))) == []
    assert subjects(store, Asked(until=AT)) == []


def subjects(store: Store, asked: Asked) -> list[str]:
    found = [entry.act.subject for entry in entries(store.read(), asked)]
    assert [one.act.subject for one in latest(store.read(), limit=9, asked=asked)] == found[::-1]
    return found


def planned(store: Store, sql: str) -> list[str]:
    """Return how SQLite would look for it; what only says that there is a subquery is left out."""
    given: dict[str, object] = dict.fromkeys(re.findall(r":(\w+)", sql), "")
    rows = store.read().query(f"explain query plan {sql}", given)
    return [row["detail"] for row in rows if "SUBQUERY" not in row["detail"]]
