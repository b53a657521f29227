"""Put a backup in the place of the database. The site is closed meanwhile, and quarantined after.

Nothing is deleted: the database that was there stands beside it under another name.
"""

from contextlib import closing
from pathlib import Path

from edge.clock import Clock
from edge.core.errors import Conflict, Words
from edge.settings import Settings
from edge.site.opening import closed_to_others
from edge.store.backup import Header, opened_backup
from edge.store.database import Store
from edge.store.keys import key_store_of, load_keys
from edge.store.ledger import Ledger
from edge.store.migrations import migrate
from edge.store.quarantine import Quarantine, begin_quarantine


def check_backup(settings: Settings, file: Path) -> Header:
    """Open a backup and look at all of it; change nothing.

    Raises:
        BadInput: NO_BACKUP.
        Fault: BACKUP_DAMAGED, KEY_UNUSABLE.
    """
    with opened_backup(file, load_keys(key_store_of(settings)), settings.data) as (header, _):
        return header


def restore(settings: Settings, file: Path, clock: Clock, operator: str) -> Header:
    """Put a backup in the place of the database and quarantine the site.

    Raises:
        BadInput: NO_BACKUP.
        Conflict: SITE_IN_USE; BACKUP_OF_ANOTHER.
        Fault: BACKUP_DAMAGED, KEY_UNUSABLE, SCHEMA_TOO_NEW.
    """
    keys, now = load_keys(key_store_of(settings)), clock()
    with (
        closed_to_others(settings.data),
        opened_backup(file, keys, settings.data) as (header, copy),
    ):
        if header.facility != settings.facility.id:
            raise _of_another(header.facility)
        with closing(Store(copy)) as store:
            migrate(store)
            with store.transaction() as db:
                begin_quarantine(db, Quarantine(now, header.made_at))
                Ledger(keys).enter(
                    db,
                    kind="site.restored",
                    operator=operator,
                    subject=file.name,
                    now=now,
                    made_at=header.made_at.isoformat(),
                    ledger_seq=header.ledger_seq,
                )
            store.read().execute("pragma wal_checkpoint(truncate)")
        _set_aside(settings.data / "edge.db", now.strftime("%Y%m%dT%H%M%S"))
        copy.replace(settings.data / "edge.db")
    return header


def _set_aside(database: Path, when: str) -> None:
    for suffix in ("", "-wal", "-shm"):
        path = database.with_name(database.name + suffix)
        if path.exists():
            path.replace(path.with_name(f"edge-before-restore-{when}.db{suffix}"))


def _of_another(facility: str) -> Conflict:
    return Conflict(
        "BACKUP_OF_ANOTHER",
        Words(f"备份属于机构 {facility}", f"the backup is of facility {facility}"),
        Words("核对 site.toml 与备份文件", "look at site.toml and at the file"),
        field="path",
    )
