"""Make a backup while the desk works on, and enter that it was made."""

from datetime import timedelta
from pathlib import Path

from edge.core.errors import Fault
from edge.site import Site
from edge.store.backup import Header, make_backup
from edge.store.backup_shelf import is_due, kept_in, place_for, thin_out
from edge.store.keys import load_keys


def back_up(site: Site, path: Path, operator: str) -> Header:
    """Seal a copy of the database, looked at before it counts, into ``path``.

    One that cannot be entered is none: it is taken away again.

    Raises:
        BadInput: BACKUP_EXISTS.
        Fault: BACKUP_DAMAGED, KEY_UNUSABLE; the disk's.
        OSError: the place cannot be written.
    """
    keys = load_keys(site.settings.data / "keys")
    header = make_backup(site.store, keys, site.settings.facility.id, path, site.clock())
    try:
        with site.store.transaction() as db:
            site.ledger.enter(
                db,
                kind="backup.made",
                operator=operator,
                subject=path.name,
                now=header.made_at,
                ledger_seq=header.ledger_seq,
            )
    except Fault:
        path.unlink()
        raise
    return header


def backup_is_due(site: Site) -> bool:
    """Tell whether the schedule asks for a backup now; without a folder it never does."""
    chosen = site.settings.backup
    every = timedelta(hours=chosen.every_h)
    return chosen.folder is not None and is_due(kept_in(chosen.folder), site.clock(), every)


def back_up_when_due(site: Site, operator: str) -> Header | None:
    """Make a backup if the schedule asks for one, then let the oldest go.

    An older one goes only when a newer, looked at, lies beside it.

    Raises:
        Fault, OSError: as ``back_up``; nothing was removed.
    """
    chosen = site.settings.backup
    if chosen.folder is None or not backup_is_due(site):
        return None
    chosen.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    header = back_up(site, place_for(chosen.folder, site.clock()), operator)
    thin_out(kept_in(chosen.folder), chosen.keep)
    return header
