"""The schema's history: scripts in order, each run once, all or nothing. Never edited later."""

import fcntl
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from edge.core.errors import Fault, Words
from edge.store.database import Rows, Store
from sync.inbox import SCHEMA as INBOX_SCHEMA
from sync.tables import SCHEMA as OUTBOX_SCHEMA


def migrate(store: Store, history: Sequence[str] = ()) -> int:
    """Bring the file to the newest schema and return its number; ``history`` replaces our own.

    One process at a time (a lock file beside the database); each step is one transaction that
    also sets ``user_version``, so a kill leaves the old schema or the new one, never between.

    Raises:
        Fault: SCHEMA_TOO_NEW, when a newer release has already changed the file; SCHEMA_STEP, when
            a step leaves a reference to nothing: it is taken back whole.
    """
    steps = history or _history()
    with _only_one(store.path):
        at = _version(store)
        if at > len(steps):
            raise _too_new(at, len(steps))
        for number, sql in enumerate(steps[at:], start=at + 1):
            with _tables_made_anew(store), store.transaction() as db:
                before = _broken_references(db)
                for statement in statements(sql):
                    db.execute(statement)
                if _broken_references(db) > before:
                    raise _broken(number)
                db.execute(f"pragma user_version = {number}")
    return len(steps)


def statements(sql: str) -> Iterator[str]:
    """Split a script at its semicolons, keeping each trigger's body whole."""
    pending = ""
    for line in sql.splitlines():
        pending += re.sub(r"\s*--.*", "", line) + "\n"
        inside_trigger = "create trigger" in pending and not re.search(r"\bend;\s*$", pending)
        if pending.rstrip().endswith(";") and not inside_trigger:
            yield pending.strip()
            pending = ""


@contextmanager
def _tables_made_anew(store: Store) -> Iterator[None]:
    """Let a step make a table anew that others refer to (sqlite.org/lang_altertable, section 7).

    References are not followed while it runs: whether they hold is checked at its end.
    """
    store.read().execute("pragma foreign_keys = off")
    try:
        yield
    finally:
        store.read().execute("pragma foreign_keys = on")


def _broken_references(db: Rows) -> int:
    return sum(1 for _ in db.query("pragma foreign_key_check"))


def _history() -> list[str]:
    # What a release has run stays as it is: a later change of a table is a step of its own.
    return [
        _script("0001_first_house.sql"),
        _script("0002_operators.sql"),
        OUTBOX_SCHEMA,
        _script("0004_catalogues.sql"),
        _script("0005_reversals.sql"),
        _script("0006_desk_cases.sql"),
        _script("0007_hospital_totals.sql"),
        _script("0008_kept_packs.sql"),
        _script("0009_outbox_in_order.sql"),
        _script("0010_deliveries.sql"),
        INBOX_SCHEMA,
        _script("0012_claims.sql"),
        _script("0013_presentations.sql"),
        _script("0014_fittings.sql"),
        _script("0015_agents.sql"),
        _script("0016_quarantine.sql"),
        _script("0017_ledger_heads.sql"),
        _script("0022_accounts.sql"),
        _script("0023_catalogue_lists.sql"),
        _script("0024_reimbursed_cases.sql"),
        _script("0025_documents.sql"),
        _script("0020_desk.sql"),
        _script("0018_months.sql"),
        _script("0030_first_passwords.sql"),
    ]


def _script(name: str) -> str:
    return (resources.files(__name__) / name).read_text(encoding="utf-8")


def _version(store: Store) -> int:
    row = store.read().one("pragma user_version")
    return int(row["user_version"]) if row else 0


@contextmanager
def _only_one(database: Path) -> Iterator[None]:
    with database.with_suffix(".migrating").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _too_new(found: int, known: int) -> Fault:
    return Fault(
        "SCHEMA_TOO_NEW",
        Words(
            f"数据库结构版本 {found} 高于本程序支持的 {known}",
            f"the database has schema {found}, this release knows {known}",
        ),
        Words(
            "请安装新版程序，或恢复升级前的备份", "install the newer release or restore the backup"
        ),
    )


def _broken(number: int) -> Fault:
    return Fault(
        "SCHEMA_STEP",
        Words(f"数据库结构升级第 {number} 步失败", f"step {number} breaks references"),
        Words("恢复升级前的备份并联系厂商", "restore the backup and call the supplier"),
    )
