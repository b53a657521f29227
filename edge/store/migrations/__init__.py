"""The schema's history: scripts in order, each run once, all or nothing. Never edited later."""

import fcntl
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path

from edge.core.errors import Fault, Words
from edge.store.database import Rows, Store
from sync.inbox import SCHEMA as INBOX_SCHEMA
from sync.tables import SCHEMA as OUTBOX_SCHEMA

FIRST_WITH_HEADS = 17
"""The first schema that keeps signed heads of the ledger."""


def migrate(
    store: Store, history: Sequence[str] = (), *, before: Callable[[int], None] = lambda _held: None
) -> int:
    """Bring the file to the newest schema and return its number; ``history`` replaces our own.

    ``before`` is called with the number of a schema that an older release made, if there is
    something to do; what it raises leaves the file as it was. One process at a time (a lock file
    beside the database); each step is one transaction that also sets ``user_version``, so a kill
    leaves the old schema or the new one, never between.

    Raises:
        Fault: SCHEMA_TOO_NEW, when a newer release has already changed the file; SCHEMA_STEP, when
            a step leaves a reference to nothing: it is taken back whole.
    """
    steps = history or _history()
    with _only_one(store.path):
        at = _known_schema(store, len(steps))
        if 0 < at < len(steps):
            before(at)
        for number, sql in enumerate(steps[at:], start=at + 1):
            with _tables_made_anew(store), store.transaction() as db:
                broken = _broken_references(db)
                for statement in statements(sql):
                    db.execute(statement)
                if _broken_references(db) > broken:
                    raise _broken(number)
                db.execute(f"pragma user_version = {number}")
    return len(steps)


def schema_of(store: Store) -> int:
    """Return the number of the file's schema; 0 for a file that has none yet."""
    row = store.read().one("pragma user_version")
    return int(row["user_version"]) if row else 0


def is_older(store: Store) -> bool:
    """Tell whether an older release made the file, so that ``migrate`` would change it.

    Raises:
        Fault: SCHEMA_TOO_NEW.
    """
    newest = len(_history())
    return 0 < _known_schema(store, newest) < newest


def statements(sql: str) -> Iterator[str]:
    """Split a script at its semicolons, keeping each trigger's body whole."""
    pending = ""
    for line in sql.splitlines():
        pending += re.sub(r"\s*--.*", "", line) + "\n"
        inside_trigger = "create trigger" in pending and not re.search(r"\bend;\s*$", pending)
        if pending.rstrip().endswith(";") and not inside_trigger:
            yield pending.strip()
            pending = ""


def _known_schema(store: Store, newest: int) -> int:
    found = schema_of(store)
    if found > newest:
        raise _too_new(found, newest)
    return found


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


@cache
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
        _script("0028_hl7_answers.sql"),
        _script("0031_drafts.sql"),
        _script("0034_audit_filters.sql"),
        _script("0033_identified.sql"),
    ]


def _script(name: str) -> str:
    return (resources.files(__name__) / name).read_text(encoding="utf-8")


@contextmanager
def _only_one(database: Path) -> Iterator[None]:
    with database.with_suffix(".migrating").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _too_new(found: int, known: int) -> Fault:
    return Fault(
        "SCHEMA_TOO_NEW",
        Words(
            f"数据库结构版本 {found} 高于本程序支持的 {known}，未作任何改动",
            f"the database has schema {found}, this release knows {known}; nothing was changed",
        ),
        Words(
            "安装新版程序；要退回旧版，用 edge restore 恢复 before-upgrade 中升级前的备份",
            "install the newer release; to go back, edge restore the backup in before-upgrade",
        ),
    )


def _broken(number: int) -> Fault:
    return Fault(
        "SCHEMA_STEP",
        Words(f"数据库结构升级第 {number} 步失败", f"step {number} breaks references"),
        Words(
            "数据库仍是这一步之前的结构；联系厂商，或装回旧版并恢复 before-upgrade 中的备份",
            "the database is as before this step; call the supplier, or go back to the older"
            " release and restore the backup in before-upgrade",
        ),
    )
