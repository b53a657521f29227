"""One SQLite file, one SQLite library, one way to write: ``transaction()``.

The only importer of sqlite-utils and pysqlite3. Holds no table's meaning.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
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

TURN_S = 30.0
"""How long a thread stands behind others of its process before it gives up."""

DISK_CODES = frozenset({"DISK_FULL", "DISK_READ_ONLY", "DISK_FAILED"})
"""Faults by which the disk, not the database, says that it takes nothing."""

UNCHANGING_CACHE_KIB = 16 * 1024
"""How much of a file for look-ups stays with us: the upper pages of ten million rows are 7 MB."""

_STATEMENTS_KEPT = 128
"""Prepared statements that a connection remembers. A settlement asks fifty, and each takes memory
in every thread that has a connection."""

PRAGMAS: dict[str, str | int] = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL: a commit that was acknowledged survives a power cut
    "foreign_keys": 1,
    "busy_timeout": BUSY_WAIT_MS,
    "trusted_schema": 0,
    "cell_size_check": 1,
    "secure_delete": 1,
    "wal_autocheckpoint": 1000,  # pages: whoever commits past them brings the log into the file
    "journal_size_limit": 16 * 1024 * 1024,  # a log that once had to grow gives the disk back
    "cache_size": -512,  # KiB; each thread has a connection, and Linux caches the file for all
}

Params = Sequence[object] | dict[str, object]
Row = dict[str, Any]


class Rows:
    """One connection: statements in, rows as dictionaries out."""

    def __init__(self, path: Path) -> None:
        try:
            # Autocommit: BEGIN and COMMIT are said by ``transaction()`` alone.
            connection = sqlite.connect(
                str(path),
                isolation_level=None,
                check_same_thread=False,
                cached_statements=_STATEMENTS_KEPT,
            )
            # No plugin of somebody else's: to look for one reads what every package says of itself.
            self._database = Database(connection, execute_plugins=False)
            # Statement by statement its wrappers cost more than SQLite does: a guard against
            # commits that ``transaction()`` gives already, and names looked through twice.
            self._run = connection.execute
            for name, value in PRAGMAS.items():
                self._run(f"pragma {name} = {value}")
        except sqlite.DatabaseError as wrong:
            raise _named(wrong) from wrong

    def execute(self, sql: str, params: Params = ()) -> None:
        """Run a statement that returns no rows.

        Raises:
            Fault: DISK_FULL, DISK_READ_ONLY, DISK_FAILED; STORE_UNAVAILABLE, when the file is
                damaged or too busy.
        """
        try:
            self._run(sql, params)
        except sqlite.DatabaseError as wrong:
            raise _named(wrong) from wrong

    def query(self, sql: str, params: Params = ()) -> Iterator[Row]:
        """Run a statement that returns rows, at once; fetch them one by one.

        A write with ``RETURNING`` is done even if nobody reads its rows. Faults as ``execute``.
        """
        try:
            cursor = self._run(sql, params)
            # An unread write would stay open and keep its transaction from ending.
            rows = cursor.fetchall() if "returning" in sql else cursor
        except sqlite.DatabaseError as wrong:
            raise _named(wrong) from wrong
        return _fetched([column[0] for column in cursor.description], rows)

    def tuples(self, sql: str, params: Params = ()) -> Iterator[tuple[Any, ...]]:
        """Run a query and yield plain tuples: for whoever reads millions. Faults as ``execute``."""
        try:
            yield from self._run(sql, params)
        except sqlite.DatabaseError as wrong:
            raise _named(wrong) from wrong

    def one(self, sql: str, params: Params = ()) -> Row | None:
        """Return the only row, or None."""
        try:
            cursor = self._run(sql, params)
            rows = cursor.fetchall()
        except sqlite.DatabaseError as wrong:
            raise _named(wrong) from wrong
        if not rows:
            return None
        return dict(zip([column[0] for column in cursor.description], rows[0], strict=True))

    def roll_back(self) -> None:
        """Undo the open transaction, if SQLite has not already done so (disk full)."""
        if self._database.conn.in_transaction:
            self.execute("rollback")

    def interrupt(self) -> None:
        """End what this connection is reading, from any thread: its next row is a fault."""
        self._database.conn.interrupt()

    def close(self) -> None:
        """Close the connection."""
        self._database.close()


class Store:
    """The file: a connection a thread, and transactions that take the write lock at once."""

    def __init__(self, path: Path, *, turn_s: float = TURN_S) -> None:
        _require_modern_sqlite()
        self.path = path
        self._here = threading.local()
        self._all: list[tuple[threading.Thread, Rows]] = []
        self._guard = threading.Lock()
        self._turn_s = turn_s
        self._turn = threading.RLock()  # nested, SQLite says what is wrong
        self.trouble: Fault | None = None
        """Why the disk took nothing when it was asked last; None while it takes all."""
        _require_pragmas(self.read())

    def read(self) -> Rows:
        """Return this thread's connection, for reading outside a transaction."""
        rows: Rows | None = getattr(self._here, "rows", None)
        if rows is None:
            rows = self._here.rows = self._left_over() or Rows(self.path)
            with self._guard:
                self._all.append((threading.current_thread(), rows))
        return rows

    def _left_over(self) -> Rows | None:
        """Take over the connection of a thread that has ended.

        The web's threads come and go with the work, and a connection holds a megabyte and three
        files.
        """
        with self._guard:
            for place, (thread, rows) in enumerate(self._all):
                if not thread.is_alive():
                    del self._all[place]
                    rows.roll_back()
                    return rows
        return None

    @contextmanager
    def transaction(self) -> Iterator[Rows]:
        """Run the block in BEGIN IMMEDIATE: all of it is kept, or nothing is.

        Deferred transactions that read and then write fail at once under load; this one waits
        its turn (``busy_timeout``). Transactions do not nest.
        """
        rows = self.read()
        # SQLite looks again after a while, and whoever looks at the right moment is next: of many
        # threads some would never be. Between ourselves we stand in a queue.
        if not self._turn.acquire(timeout=self._turn_s):
            raise _unavailable("others write")
        try:
            rows.execute("begin immediate")
            yield rows
            rows.execute("commit")
        except BaseException as wrong:
            if isinstance(wrong, Fault) and wrong.code in DISK_CODES:
                self.trouble = wrong
            rows.roll_back()
            raise
        finally:
            self._turn.release()
        self.trouble = None

    def try_disk(self) -> None:
        """Have something written that changes nothing, to hear whether the disk takes it.

        Raises:
            Fault: what is wrong with the disk.
        """
        with self.transaction() as db:
            # A row set to what it is would not be written at all.
            db.execute("create table tried (one integer) strict")
            db.execute("drop table tried")

    def log_bytes(self) -> int:
        """Return how large the write-ahead log is."""
        log = self.path.with_name(f"{self.path.name}-wal")
        return log.stat().st_size if log.exists() else 0

    def empty_log(self) -> bool:
        """Bring the write-ahead log into the database and cut it; False while somebody reads it.

        Waits for nobody: a checkpoint that waits for readers keeps writers out meanwhile.
        """
        rows = self.read()
        rows.execute("pragma busy_timeout = 0")
        try:
            [(busy, _, _)] = rows.tuples("pragma wal_checkpoint(truncate)")
        finally:
            rows.execute(f"pragma busy_timeout = {BUSY_WAIT_MS}")
        return not busy

    def end_reads(self) -> None:
        """End what every other thread is reading now; a read that has ended can be begun again."""
        own = self.read()
        with self._guard:
            for _, rows in self._all:
                if rows is not own:
                    rows.interrupt()

    def close(self) -> None:
        """Close every thread's connection; the store is not used after it."""
        with self._guard:
            for _, rows in self._all:
                rows.close()
            self._all.clear()
        self._here = threading.local()


def marks(values: Sequence[object]) -> str:
    """Return as many question marks as there are values, for ``in (…)``."""
    return ", ".join("?" * len(values))


def open_unchanging(path: Path) -> sqlite.Connection:
    """Open a file that nobody writes any more, for look-ups from any thread."""
    where = f"file:{quote(str(path))}?mode=ro&immutable=1"
    connection = sqlite.connect(where, uri=True, isolation_level=None, check_same_thread=False)
    connection.execute(f"pragma cache_size = -{UNCHANGING_CACHE_KIB}")
    return connection


def open_building(path: Path) -> sqlite.Connection:
    """Open a file that only we know yet: what is half built is thrown away, so nothing is logged.

    ``path`` is made if it does not exist.
    """
    connection = sqlite.connect(str(path), isolation_level=None)
    for pragma in ("journal_mode = off", "synchronous = off", "locking_mode = exclusive"):
        connection.execute(f"pragma {pragma}")
    return connection


def _fetched(names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> Iterator[Row]:
    try:
        for row in rows:
            yield dict(zip(names, row, strict=True))
    except sqlite.DatabaseError as wrong:
        raise _named(wrong) from wrong


def _named(wrong: sqlite.DatabaseError) -> Fault:
    """Turn SQLite's error into our Fault."""
    # The low byte is the kind; the rest says which call it was (sqlite.org/rescode).
    primary = getattr(wrong, "sqlite_errorcode", 0) & 0xFF
    return _DISK_FAULTS.get(primary, _unavailable)(str(wrong))


def _unavailable(why: str) -> Fault:
    return Fault(
        "STORE_UNAVAILABLE",
        Words(f"数据库暂不可用：{why}", f"the database does not serve: {why}"),
        Words(
            "请信息科检查数据库与磁盘后重试；已确认的操作均已保存",
            "check database and disk, then try again; what was acknowledged is safe",
        ),
    )


def _full(_why: str) -> Fault:
    return Fault(
        "DISK_FULL",
        Words(
            "磁盘已满：本次操作未保存，查询照常；已确认的操作均已保存",
            "the disk is full: nothing of this was kept, reading goes on;"
            " what was acknowledged is safe",
        ),
        Words(
            "请信息科清理或扩容磁盘，再重试同一操作",
            "have the IT office free or enlarge the disk, then do the same again",
        ),
    )


def _read_only(_why: str) -> Fault:
    return Fault(
        "DISK_READ_ONLY",
        Words(
            "磁盘只读：本次操作未保存，查询照常；已确认的操作均已保存",
            "the disk is read-only: nothing of this was kept, reading goes on;"
            " what was acknowledged is safe",
        ),
        Words(
            "请信息科检查磁盘挂载与数据目录权限，再重试同一操作",
            "have the IT office look at the mount and at the rights of the data folder,"
            " then do the same again",
        ),
    )


def _failed(why: str) -> Fault:
    return Fault(
        "DISK_FAILED",
        Words(
            f"磁盘读写失败（{why}）：本次操作未保存；已确认的操作均已保存",
            f"the disk fails ({why}): nothing of this was kept; what was acknowledged is safe",
        ),
        Words(
            "请信息科检查磁盘与配额，再重试同一操作；反复出现时更换磁盘",
            "have the IT office look at disk and quota, then do the same again;"
            " if it comes back, change the disk",
        ),
    )


_DISK_FAULTS = {
    sqlite.SQLITE_FULL: _full,
    sqlite.SQLITE_READONLY: _read_only,
    sqlite.SQLITE_IOERR: _failed,
}


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
