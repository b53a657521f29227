"""Changes made behind the product's back, by raw SQL, and taken back; what is said of each."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from edge.steps.verify_ledger import LedgerReport, verify_ledger
from edge.store.database import Rows
from tests.steps.conftest import Ground

Change = tuple[str, list[object]]
"""A statement and its values."""


class UndoneError(Exception):
    """The change is taken back."""


@contextmanager
def taken_back(ground: Ground) -> Iterator[Rows]:
    """Let everything be done to the file, and undo it at the end."""
    store = ground.site.store
    with suppress(UndoneError), store.transaction() as db:
        unlock(db)
        yield db
        raise UndoneError
    store.read().execute("pragma ignore_check_constraints = off")


def after(ground: Ground, *changes: Change) -> LedgerReport:
    """Return what the verification says once these changes were made, and take them back."""
    with taken_back(ground) as db:
        for sql, values in changes:
            db.execute(sql, values)
        return verify_ledger(ground.site)


def unlock(db: Rows) -> None:
    for row in list(db.query("select name from sqlite_schema where type = 'trigger'")):
        db.execute(f"drop trigger {row['name']}")
    db.execute("pragma defer_foreign_keys = on")
    db.execute("pragma ignore_check_constraints = on")


def edit(table: str, column: str, kind: str, where: Change) -> Change:
    other = {
        "integer": f"{column} + 1",
        "text": f"coalesce({column}, '') || ' '",
        "blob": "x'5a5a'",
    }[kind.lower()]
    return f"update {table} set {column} = {other} where {where[0]}", where[1]  # noqa: S608 - ours


def columns(ground: Ground, table: str) -> dict[str, str]:
    return {
        r["name"]: r["type"] for r in ground.site.store.read().query(f"pragma table_info({table})")
    }


def newest(ground: Ground) -> int:
    [row] = ground.site.store.read().query("select max(seq) as seq from ledger")
    return int(row["seq"])
