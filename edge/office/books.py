"""One PostgreSQL, one client, one way to write: ``transaction()``. Holds no table's meaning.

The one importer of psycopg. A connection a thread, made when it is first needed and made anew
after the server was away.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row

from edge.core.errors import Fault, Words

Params = Sequence[object]
Row = dict[str, Any]

CONNECT_S = 5
"""How long a connection may take to stand."""

PRAGMATICS = {
    "application_name": "edge-office",
    "connect_timeout": CONNECT_S,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""A worker that has lost its server must notice, and so must a server that has lost a worker: what
it holds locked waits for nobody."""

SETTLED_AT_ONCE = "set synchronous_commit = on"
IDLE_MAX = "set idle_in_transaction_session_timeout = '60s'"
IN_UTC = "set timezone = 'UTC'"


class AlreadyThere(Exception):
    """A row with this key exists; nothing of the statement was kept."""


class Rows:
    """One connection: statements in, rows as dictionaries out. ``%s`` marks a value."""

    def __init__(self, address: str) -> None:
        with _FAULTS_NAMED:
            self._connection = psycopg.connect(
                address,
                autocommit=True,
                row_factory=dict_row,
                **PRAGMATICS,  # type: ignore[arg-type]
            )
            for setting in (SETTLED_AT_ONCE, IDLE_MAX, IN_UTC):
                self._connection.execute(setting)

    @property
    def lost(self) -> bool:
        """Whether the connection is of no use any more."""
        return self._connection.closed or self._connection.broken

    def execute(self, sql: LiteralString, params: Params = ()) -> int:
        """Run a statement; return how many rows it touched.

        Raises:
            Fault: BOOKS_UNAVAILABLE.
            AlreadyThere: a unique key is taken.
        """
        with _FAULTS_NAMED:
            return self._connection.execute(sql, params).rowcount

    def execute_many(self, sql: LiteralString, rows: Iterable[Params]) -> None:
        """Run a statement once for each row, in one round trip. Faults as ``execute``."""
        with _FAULTS_NAMED, self._connection.cursor() as cursor:
            cursor.executemany(sql, rows)

    def query(self, sql: LiteralString, params: Params = ()) -> list[Row]:
        """Run a statement that returns rows, all of them at once. Faults as ``execute``."""
        with _FAULTS_NAMED:
            return self._connection.execute(sql, params).fetchall()

    def one(self, sql: LiteralString, params: Params = ()) -> Row | None:
        """Return the first row, or None. Faults as ``execute``."""
        with _FAULTS_NAMED:
            return self._connection.execute(sql, params).fetchone()

    def copy(self, sql: LiteralString, types: Sequence[str], rows: Iterable[Params]) -> None:
        """Run ``copy … from stdin (format binary)``; ``types`` are the columns' (PostgreSQL's).

        Faults as ``execute``.
        """
        with _FAULTS_NAMED, self._connection.cursor() as cursor, cursor.copy(sql) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)

    @contextmanager
    def part(self) -> Iterator[None]:
        """Run the block so that what fails in it can be tried another way (a savepoint)."""
        with _FAULTS_NAMED, self._connection.transaction():
            yield

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Run the block as one transaction."""
        with _FAULTS_NAMED, self._connection.transaction():
            yield

    def close(self) -> None:
        """Close the connection; what is open in it is undone by the server."""
        with suppress(psycopg.Error):
            self._connection.close()


class Books:
    """The database: a connection a thread, and transactions that are kept whole or not at all."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._here = threading.local()
        self._all: set[Rows] = set()
        self._guard = threading.Lock()

    def read(self) -> Rows:
        """Return this thread's connection, made anew when the last was lost.

        Raises:
            Fault: BOOKS_UNAVAILABLE.
        """
        rows: Rows | None = getattr(self._here, "rows", None)
        if rows is None or rows.lost:
            self._drop(rows)
            rows = self._here.rows = Rows(self._address)
            with self._guard:
                self._all.add(rows)
        return rows

    @contextmanager
    def transaction(self) -> Iterator[Rows]:
        """Run the block in one transaction; transactions do not nest.

        When COMMIT is not answered nobody knows whether it was kept: whoever runs the block again
        must find it done, or do it.

        Raises:
            Fault: BOOKS_UNAVAILABLE.
        """
        rows = self.read()
        with rows.whole():
            yield rows

    def close(self) -> None:
        """Close every thread's connection; the books are not used after it."""
        with self._guard:
            for rows in self._all:
                rows.close()
            self._all.clear()
        self._here = threading.local()

    def _drop(self, rows: Rows | None) -> None:
        if rows:
            rows.close()
            with self._guard:
                self._all.discard(rows)


class _FaultsNamed:
    """Turns psycopg's errors into ours."""

    __slots__ = ()

    def __enter__(self) -> None:
        """Watch."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        wrong: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Name what PostgreSQL says. Its detail may quote a row, so only its kind is passed on."""
        if isinstance(wrong, psycopg.errors.UniqueViolation):
            raise AlreadyThere from wrong
        if isinstance(wrong, psycopg.Error):
            raise unavailable(type(wrong).__name__) from wrong


_FAULTS_NAMED = _FaultsNamed()


def unavailable(why: str) -> Fault:
    """Return the fault of books that cannot be read or written."""
    return Fault(
        "BOOKS_UNAVAILABLE",
        Words(f"集团账册（PostgreSQL）暂不可用：{why}", f"PostgreSQL does not serve: {why}"),
        Words(
            "检查 PostgreSQL 服务与 office.toml 中 books.address；恢复后自动继续，不丢报文",
            "check PostgreSQL and books.address in office.toml; work goes on by itself when it is"
            " back, nothing is lost",
        ),
    )
