"""A database that an older release made is brought up to this one: a backup first, then each step.

The way back is the older release and that backup (docs/operation.md). Decides no step itself.
"""

from contextlib import closing
from pathlib import Path

from edge.clock import Clock
from edge.core.errors import Conflict, Words
from edge.settings import Settings
from edge.store.backup import make_backup
from edge.store.backup_shelf import written
from edge.store.database import Store
from edge.store.keys import Keys
from edge.store.ledger import Ledger
from edge.store.migrations import is_older, migrate, schema_of

BEFORE_UPGRADE = "before-upgrade"
"""The folder in the data folder; no schedule thins it out."""

OPERATOR = "upgrade"


def bring_up(store: Store, keys: Keys, settings: Settings, clock: Clock) -> None:
    """Bring the database to this release's schema; what an older one made is backed up first.

    The caller has the site alone. Where the backup cannot be made nothing is changed.

    Raises:
        Fault: SCHEMA_TOO_NEW, SCHEMA_STEP, BACKUP_DAMAGED; the disk's.
        OSError: the place of the backup cannot be written.
    """
    now, folder = clock(), settings.data / BEFORE_UPGRADE
    made: list[tuple[int, Path]] = []

    def back_up(schema: int) -> None:
        folder.mkdir(exist_ok=True, mode=0o700)
        path = folder / f"edge-schema{schema}-{written(now)}.backup"
        make_backup(store, keys, settings.facility.id, path, now)
        made.append((schema, path))

    newest = migrate(store, before=back_up)
    for schema, path in made:
        with store.transaction() as db:
            Ledger(keys).enter(
                db,
                kind="site.upgraded",
                operator=OPERATOR,
                subject=path.name,
                now=now,
                schema_before=schema,
                schema=newest,
            )


def require_brought_up(database: Path) -> None:
    """Be sure that looking at the database changes nothing of it.

    Raises:
        Conflict: SCHEMA_OLD.
        Fault: SCHEMA_TOO_NEW, STORE_UNAVAILABLE.
    """
    with closing(Store(database)) as store:
        if is_older(store):
            raise _old(schema_of(store))


def _old(found: int) -> Conflict:
    return Conflict(
        "SCHEMA_OLD",
        Words(
            f"数据库结构版本 {found} 由旧版程序建立，尚未升级",
            f"the database has schema {found}, of an older release, and is not brought up yet",
        ),
        Words(
            "启动新版服务：先自动备份，再升级",
            "start the service: it makes a backup first, then brings it up",
        ),
    )
