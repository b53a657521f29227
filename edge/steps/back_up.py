"""Make a backup while the desk works on, and enter that it was made."""

from datetime import timedelta
from pathlib import Path

from edge.core.errors import Conflict, Fault, NotFound, Words
from edge.site import Site
from edge.store.backup import Header, make_backup, opened_backup
from edge.store.backup_shelf import is_due, kept_in, place_for, thin_out
from edge.store.keys import key_store_of, load_keys


def back_up(site: Site, path: Path, operator: str) -> Header:
    """Seal a copy of the database, looked at before it counts, into ``path``.

    One that cannot be entered is none: it is taken away again.

    Raises:
        BadInput: BACKUP_EXISTS.
        Fault: BACKUP_DAMAGED, KEY_UNUSABLE; the disk's.
        OSError: the place cannot be written.
    """
    keys = load_keys(key_store_of(site.settings))
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


def back_up_now(site: Site, operator: str) -> Header:
    """Make a backup beside those of the schedule, whether one is due or not; none goes.

    Raises:
        Conflict: BACKUP_NO_FOLDER.
        BadInput, Fault, OSError: as ``back_up``.
    """
    chosen = site.settings.backup
    if chosen.folder is None:
        raise _no_folder()
    chosen.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return back_up(site, place_for(chosen.folder, site.clock()), operator)


def check_backup(site: Site, name: str, operator: str) -> Header:
    """Open a backup of the schedule's folder and look at all of it; change nothing.

    Raises:
        NotFound: UNKNOWN_BACKUP.
        BadInput: NO_BACKUP.
        Fault: BACKUP_DAMAGED, KEY_UNUSABLE.
    """
    folder = site.settings.backup.folder
    kept = kept_in(folder) if folder else []
    path = next((one.path for one in kept if one.path.name == name), None)
    if path is None:
        raise _unknown(name)
    data = site.settings.data
    with opened_backup(path, load_keys(key_store_of(site.settings)), data) as (header, _):
        pass
    with site.store.transaction() as db:
        site.ledger.enter(
            db,
            kind="backup.checked",
            operator=operator,
            subject=name,
            now=site.clock(),
            ledger_seq=header.ledger_seq,
        )
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


def _no_folder() -> Conflict:
    return Conflict(
        "BACKUP_NO_FOLDER",
        Words("没有设置备份目录", "no folder is set for backups"),
        Words("在 site.toml 设置 backup.folder 后重启", "set backup.folder in site.toml, restart"),
    )


def _unknown(name: str) -> NotFound:
    return NotFound(
        "UNKNOWN_BACKUP",
        Words(f"备份目录中没有“{name}”", f"there is no {name!r} in the folder of backups"),
        Words("从列表中选择", "choose one of the list"),
    )
