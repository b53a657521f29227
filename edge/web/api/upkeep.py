"""What keeps the site whole, over HTTP: backups made and looked at, packs run on their cases."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from edge.site import Site
from edge.steps.back_up import back_up_now, check_backup
from edge.steps.check_packs import check_packs
from edge.store.backup import Header
from edge.store.backup_shelf import is_late, kept_in
from edge.store.operators import Role
from edge.web.desk import Desk
from edge.web.rooms import api_room
from edge.web.security import Caller, require

Runs = Annotated[Caller, Depends(require(Role.SYSTEM_ADMINISTRATOR))]


class BackupKept(BaseModel):
    """One backup in the schedule's folder; it was looked at when it was made."""

    name: str
    made_at: datetime
    size_bytes: int


class BackupsNow(BaseModel):
    """The schedule and what it has made, the newest first; ``folder`` empty: there is none.

    ``late``: a whole round was missed. ``next_at`` None: as soon as the service looks.
    """

    folder: str
    every_h: int
    late: bool
    next_at: datetime | None
    kept: list[BackupKept]


class BackupSeen(BaseModel):
    """What a backup is of, as it was looked at now."""

    made_at: datetime
    schema_version: int
    ledger_seq: int


class PackFailure(BaseModel):
    """One case that came otherwise than it says."""

    file: str
    case: str
    said: str


class PacksChecked(BaseModel):
    """How many packs and cases were read and run, and what failed."""

    packs: int
    cases: int
    failures: list[PackFailure]
    failed_count: int


def router(desk: Desk) -> APIRouter:
    """Return the endpoints of backups and packs."""
    routes = api_room("upkeep")
    site = desk.site

    @routes.get("/backups")
    def listed(_caller: Runs) -> BackupsNow:
        """List the backups of the schedule, and when the next one is due."""
        return backups_now(site)

    @routes.post("/backups")
    def make(caller: Runs) -> BackupSeen:
        """Make a backup now; the copy is looked at before it counts."""
        return _seen(back_up_now(site, caller.name))

    @routes.post("/backups/{backup}/check")
    def check(caller: Runs, backup: str) -> BackupSeen:
        """Open a backup and look at all of it; nothing is changed."""
        return _seen(check_backup(site, backup, caller.name))

    @routes.post("/packs/check")
    def run_packs(caller: Runs) -> PacksChecked:
        """Read every region pack of this release and run all its cases."""
        report = check_packs(site, caller.name)
        return PacksChecked(
            packs=report.packs,
            cases=sum(report.cases.values()),
            failures=[
                PackFailure(file=one.file, case=one.case, said=one.said) for one in report.failures
            ],
            failed_count=len(report.failures),
        )

    return routes


def backups_now(site: Site) -> BackupsNow:
    """Return the schedule's backups as they lie in their folder."""
    chosen = site.settings.backup
    kept = kept_in(chosen.folder) if chosen.folder else []
    every = timedelta(hours=chosen.every_h)
    return BackupsNow(
        folder=str(chosen.folder or ""),
        every_h=chosen.every_h,
        late=chosen.folder is not None and is_late(kept, site.clock(), every),
        next_at=kept[-1].made_at + every if kept else None,
        kept=[
            BackupKept(name=one.path.name, made_at=one.made_at, size_bytes=one.path.stat().st_size)
            for one in reversed(kept)
        ],
    )


def _seen(header: Header) -> BackupSeen:
    return BackupSeen(
        made_at=header.made_at, schema_version=header.schema, ledger_seq=header.ledger_seq
    )
