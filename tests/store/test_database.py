"""The store keeps all of a transaction or nothing, on one modern SQLite, whoever else writes."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.core.errors import Fault
from edge.store.database import PRAGMAS, SQLITE_VERSION, VERSION_MIN, Rows, Store
from edge.store.migrations import migrate, statements


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "edge.db")
    migrate(store)
    yield store
    store.close()


@pytest.fixture
def counter(store: Store) -> Store:
    with store.transaction() as db:
        db.execute("create table counter (value integer not null) strict")
        db.execute("insert into counter (value) values (0)")
    return store


def test_the_sqlite_library_is_one_that_does_not_corrupt_its_wal() -> None:
    assert SQLITE_VERSION >= VERSION_MIN


@pytest.mark.parametrize("pragma", PRAGMAS)
def test_every_connection_has_the_pragmas_that_durability_rests_on(
    store: Store, pragma: str
) -> None:
    row = store.read().one(f"pragma {pragma}")
    assert row is not None
    assert list(row.values()) == [PRAGMAS[pragma]]


def test_a_transaction_that_fails_leaves_nothing(counter: Store) -> None:
    def fail() -> None:
        with counter.transaction() as db:
            db.execute("update counter set value = 7")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert counter.read().one("select value from counter") == {"value": 0}


def test_a_row_returning_write_does_not_commit_by_itself(counter: Store) -> None:
    def fail() -> None:
        with counter.transaction() as db:
            assert db.one("update counter set value = 7 returning value") == {"value": 7}
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert counter.read().one("select value from counter") == {"value": 0}


def test_a_row_returning_write_is_done_even_if_nobody_reads_its_rows(counter: Store) -> None:
    with counter.transaction() as db:
        db.query("update counter set value = 7 returning value")
    assert counter.read().one("select value from counter") == {"value": 7}


def test_threads_that_read_and_then_write_lose_no_update(counter: Store) -> None:
    def add_fifty() -> None:
        for _ in range(50):
            with counter.transaction() as db:
                row = db.one("select value from counter")
                assert row is not None
                db.execute("update counter set value = ?", [row["value"] + 1])

    threads = [threading.Thread(target=add_fifty) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.read().one("select value from counter") == {"value": 400}


def test_a_thread_takes_over_the_connection_of_one_that_has_ended(counter: Store) -> None:
    seen: list[Rows] = []

    def write_and_fail() -> None:
        seen.append(counter.read())
        counter.read().execute("begin immediate")
        counter.read().execute("update counter set value = value + 1")

    for _ in range(3):
        thread = threading.Thread(target=write_and_fail)
        thread.start()
        thread.join()
    assert [one is seen[0] for one in seen] == [True] * 3
    assert counter.read() is not seen[0]
    ours = threading.Thread(target=lambda: seen.append(counter.read()))
    ours.start()
    ours.join()
    assert counter.read().one("select value from counter") == {"value": 0}


def test_threads_that_are_at_work_have_a_connection_each(counter: Store) -> None:
    together = threading.Barrier(4)
    seen: list[Rows] = []

    def read() -> None:
        seen.append(counter.read())
        together.wait(10)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(rows) for rows in (*seen, counter.read())}) == 5


def test_a_folder_that_is_missing_is_a_named_fault(tmp_path: Path) -> None:
    with pytest.raises(Fault) as fault:
        Store(tmp_path / "missing" / "edge.db")
    assert fault.value.code == "STORE_UNAVAILABLE"


def test_a_file_that_is_no_database_is_a_named_fault(tmp_path: Path) -> None:
    path = tmp_path / "edge.db"
    path.write_bytes(b"this is not a database, it is a letter" * 100)
    with pytest.raises(Fault) as fault:
        Store(path)
    assert fault.value.code == "STORE_UNAVAILABLE"


def test_migrating_again_changes_nothing(store: Store) -> None:
    schema = list(store.read().query("select sql from sqlite_schema order by name"))
    assert migrate(store) == migrate(store)
    assert list(store.read().query("select sql from sqlite_schema order by name")) == schema


def test_every_table_is_strict(store: Store) -> None:
    tables = list(
        store.read().query(
            "select name, strict from pragma_table_list where schema = 'main' and type = 'table'"
        )
    )
    ours = [table for table in tables if not table["name"].startswith("sqlite_")]
    assert ours
    assert all(table["strict"] for table in ours)


def test_eight_processes_worth_of_migrations_at_once_make_one_schema(tmp_path: Path) -> None:
    stores = [Store(tmp_path / "edge.db") for _ in range(8)]
    threads = [threading.Thread(target=migrate, args=[store]) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    versions = {
        store.read().one("pragma user_version") == {"user_version": migrate(store)}
        for store in stores
    }
    for store in stores:
        store.close()
    assert versions == {True}


def test_a_file_from_a_newer_release_is_refused(store: Store) -> None:
    store.read().execute("pragma user_version = 99")
    with pytest.raises(Fault) as fault:
        migrate(store)
    assert fault.value.code == "SCHEMA_TOO_NEW"


def test_a_script_is_split_at_its_statements_with_triggers_whole() -> None:
    script = """
    create table a (b text); -- a note; with a semicolon
    create trigger t before update on a
    begin
        select raise(abort, 'no');
    end;
    create index i on a (b);
    """
    assert [s.split()[1] for s in statements(script)] == ["table", "trigger", "index"]


def test_of_many_writers_in_one_process_none_is_turned_away(counter: Store) -> None:
    refused: list[Fault] = []

    def write() -> None:
        counter.read().execute("pragma busy_timeout = 0")  # whoever finds it taken is refused
        for _ in range(25):
            try:
                with counter.transaction() as db:
                    db.execute("update counter set value = value + 1")
            except Fault as fault:
                refused.append(fault)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == []
    assert list(counter.read().tuples("select value from counter")) == [(200,)]


def test_who_stands_behind_a_writer_that_does_not_end_is_told_so(tmp_path: Path) -> None:
    impatient = Store(tmp_path / "edge.db", turn_s=0.01)
    told: list[str] = []

    def write() -> None:
        try:
            with impatient.transaction():
                pass
        except Fault as fault:
            told.append(fault.code)

    with impatient.transaction():
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    impatient.close()
    assert told == ["STORE_UNAVAILABLE"]
