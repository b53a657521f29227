"""Make a backup while the desk works on, and enter that it was made."""

from pathlib import Path

from edge.site import Site
from edge.store.backup import Header, make_backup
from edge.store.keys import load_keys


def back_up(site: Site, path: Path, operator: str) -> Header:
    """Seal a copy of the database, looked at before it counts, into ``path``.

    Raises:
        BadInput: BACKUP_EXISTS.
        Fault: BACKUP_DAMAGED, STORE_UNAVAILABLE, KEY_UNUSABLE.
        OSError: the place cannot be written.
    """
    keys = load_keys(site.settings.data / "keys")
    header = make_backup(site.store, keys, site.settings.facility.id, path, site.clock())
    with site.store.transaction() as db:
        site.ledger.enter(
            db,
            kind="backup.made",
            operator=operator,
            subject=path.name,
            now=header.made_at,
            ledger_seq=header.ledger_seq,
        )
    return header
