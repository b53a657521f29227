"""One SQLite file, one SQLite library, one way to write: ``transaction()``.

The only importer of sqlite-utils and pysqlite3. Holds no table's meaning.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

from pysqlite3 import dbapi2 as sqlite
from sqlite_utils import Database
from sqlite_utils.utils import sqlite3 as sqlite_of_utils  # type: ignore[attr-defined]

from edge.core.errors import Fault, Words

# Earlier versions can reset a WAL wrongly and corrupt the file.
VERSION_MIN = (3, 51, 3)

SQLITE_VERSION: tuple[int, ...] = sqlite.sqlite_version_info

BUSY_WAIT_MS = 5000

PRAGMAS: dict[str, str | int] = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL: a commit that was acknowledged survives a power cut
    "foreign_keys": 1,
    "busy_timeout": BUSY_WAIT_MS,
    "trusted_schema": 0,
    "cell_size_check": 1,
    "secure_delete": 1,
}

Params = Sequence[object] | dict[str, object]
Row = dict[str, Any]


class Rows:
    """One connection: statements in, rows as dictionaries out."""

    def __init__(self, path: Path) -> None:
        with _FAULTS_NAMED:
            # Autocommit: BEGIN and COMMIT are said by ``transaction()`` alone.
            connection = sqlite.connect(str(path), isolation_level=None, check_same_thread=False)
            self._database = Database(connection)
            for name, value in PRAGMAS.items():
                self._database.execute(f"pragma {name} = {value}")

    def execute(self, sql: str, params: Params = ()) -> None:
        """Run a statement that returns no rows.

        Raises:
            Fault: STORE_UNAVAILABLE, when the disk is full, read-only, damaged or too busy.
        """
        with _FAULTS_NAMED:
            self._database.execute(sql, params)

    def query(self, sql: str, params: Params = ()) -> Iterator[Row]:
        """Run a statement that returns rows, at once; fetch them one by one.

        A write with ``RETURNING`` is done even if nobody reads its rows. Faults as ``execute``.
        """
        with _FAULTS_NAMED:
            rows = self._database.query(sql, params)
        return _fetched(rows)

    def tuples(self, sql: str, params: Params = ()) -> Iterator[tuple[Any, ...]]:
        """Run a query and yield plain tuples: for whoever reads millions. Faults as ``execute``."""
        with _FAULTS_NAMED:
            rows = self._database.execute(sql, params)
            yield from rows

    def one(self, sql: str, params: Params = ()) -> Row | None:
        """Return the only row, or None."""
        rows = list(self.query(sql, params))
        return rows[0] if rows else None

    def roll_back(self) -> None:
        """Undo the open transaction, if SQLite has not already done so (disk full)."""
        if self._database.conn.in_transaction:
            self.execute("rollback")

    def close(self) -> None:
        """Close the connection."""
        self._database.close()


class Store:
    """The file: a connection a thread, and transactions that take the write lock at once."""

    def __init__(self, path: Path) -> None:
        _require_modern_sqlite()
        self.path = path
        self._here = threading.local()
        self._all: list[Rows] = []
        self._guard = threading.Lock()
        _require_pragmas(self.read())

    def read(self) -> Rows:
        """Return this thread's connection, for reading outside a transaction."""
        rows: Rows | None = getattr(self._here, "rows", None)
        if rows is None:
            rows = self._here.rows = Rows(self.path)
            with self._guard:
                self._all.append(rows)
        return rows

    @contextmanager
    def transaction(self) -> Iterator[Rows]:
        """Run the block in BEGIN IMMEDIATE: all of it is kept, or nothing is.

        Deferred transactions that read and then write fail at once under load; this one waits
        its turn (``busy_timeout``). Transactions do not nest.
        """
        rows = self.read()
        rows.execute("begin immediate")
        try:
            yield rows
            rows.execute("commit")
        except BaseException:
            rows.roll_back()
            raise

    def close(self) -> None:
        """Close every thread's connection; the store is not used after it."""
        with self._guard:
            for rows in self._all:
                rows.close()
            self._all.clear()
        self._here = threading.local()


def marks(values: Sequence[object]) -> str:
    """Return as many question marks as there are values, for ``in (…)``."""
    return ", ".join("?" * len(values))


def open_unchanging(path: Path) -> sqlite.Connection:
    """Open a file that nobody writes any more, for look-ups from any thread."""
    where = f"file:{quote(str(path))}?mode=ro&immutable=1"
    return sqlite.connect(where, uri=True, isolation_level=None, check_same_thread=False)


def open_building(path: Path) -> sqlite.Connection:
    """Open a file that only we know yet: what is half built is thrown away, so nothing is logged.

    ``path`` is made if it does not exist.
    """
    connection = sqlite.connect(str(path), isolation_level=None)
    for pragma in ("journal_mode = off", "synchronous = off", "locking_mode = exclusive"):
        connection.execute(f"pragma {pragma}")
    return connection


def _fetched(rows: Iterator[Row]) -> Iterator[Row]:
    with _FAULTS_NAMED:
        yield from rows


class _FaultsNamed:
    """Turns SQLite's errors into our Fault. A class: around every statement, a generator costs."""

    __slots__ = ()

    def __enter__(self) -> None:
        """Watch."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        wrong: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Name what SQLite says."""
        if isinstance(wrong, sqlite.DatabaseError):
            raise Fault(
                "STORE_UNAVAILABLE",
                Words(f"数据库暂不可用：{wrong}", f"the database does not serve: {wrong}"),
                Words(
                    "请信息科检查磁盘空间与只读状态后重试；已确认的操作均已保存",
                    "check disk space and rights, then try again; what was acknowledged is safe",
                ),
            ) from wrong


_FAULTS_NAMED = _FaultsNamed()


def _require_modern_sqlite() -> None:
    # Two SQLite libraries in one process break each other's locks on one file.
    if SQLITE_VERSION < VERSION_MIN or sqlite_of_utils.connect is not sqlite.connect:
        raise Fault(
            "SQLITE_TOO_OLD",
            Words(
                f"SQLite {sqlite.sqlite_version} 版本过低，存在损坏数据库的缺陷",
                f"SQLite {sqlite.sqlite_version} can corrupt its WAL",
            ),
            Words("重新执行 make setup 安装 pysqlite3", "run make setup to install pysqlite3"),
        )


def _require_pragmas(rows: Rows) -> None:
    for name, value in PRAGMAS.items():
        row = rows.one(f"pragma {name}")
        actual = next(iter(row.values())) if row else None
        if actual != value:
            raise Fault(
                "SQLITE_PRAGMA",
                Words(f"数据库参数 {name} 未生效", f"pragma {name} is {actual}, not {value}"),
                Words("检查数据目录所在磁盘与权限", "check the disk and rights of the data folder"),
                field=name,
            )
