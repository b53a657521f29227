"""What the platform said of workers, of the facility and of releases since, as rows."""

from dataclasses import dataclass
from datetime import date, datetime

from edge.store.database import Rows, marks
from edge.store.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityStanding:
    """What the platform's library says of this facility from ``since`` on."""

    direct: bool
    suspended: bool
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncedRelease:
    """A catalogue or region pack that is out; ``here``: this site has that version."""

    what: str
    region: str
    version: str
    starts_on: date
    sha256: str
    here: bool


def add_worker_standing(
    db: Rows, vault: Vault, number: str, *, suspended: bool, since: datetime, dispatch: str
) -> None:
    """Keep that a worker's direct settlement was suspended or resumed."""
    db.execute(
        "insert into worker_standings (dispatch_id, number_index, suspended, since)"
        " values (?, ?, ?, ?)",
        [dispatch, vault.blind(number), int(suspended), since.isoformat()],
    )


def worker_suspended(db: Rows, vault: Vault, number: str) -> tuple[bool, datetime] | None:
    """Return whether the worker was suspended when last told, and since when."""
    blinds = vault.blinds(number)
    sql = f"select suspended, since from worker_standings where number_index in ({marks(blinds)})"  # noqa: S608 - question marks
    row = db.one(f"{sql} order by rowid desc limit 1", blinds)
    return (bool(row["suspended"]), datetime.fromisoformat(row["since"])) if row else None


def add_facility_standing(db: Rows, standing: FacilityStanding, *, dispatch: str) -> None:
    """Keep a change of our agreement."""
    db.execute(
        "insert into facility_standings (dispatch_id, direct, suspended, since)"
        " values (?, ?, ?, ?)",
        [dispatch, int(standing.direct), int(standing.suspended), standing.since.isoformat()],
    )


def facility_standing(db: Rows) -> FacilityStanding | None:
    """Return what was told last of this facility."""
    row = db.one("select * from facility_standings order by rowid desc limit 1")
    if row is None:
        return None
    return FacilityStanding(
        direct=bool(row["direct"]),
        suspended=bool(row["suspended"]),
        since=datetime.fromisoformat(row["since"]),
    )


def add_release(db: Rows, release: AnnouncedRelease, *, dispatch: str) -> None:
    """Keep that a catalogue or pack is out."""
    db.execute(
        "insert into announced_releases (dispatch_id, what, region, version, starts_on, sha256)"
        " values (?, ?, ?, ?, ?, ?)",
        [
            dispatch,
            release.what,
            release.region,
            release.version,
            release.starts_on.isoformat(),
            release.sha256,
        ],
    )


def announced(db: Rows, packs: frozenset[tuple[str, str]]) -> tuple[AnnouncedRelease, ...]:
    """Return what is out, newest first; ``packs`` are the (region, version) in force here."""
    rows = db.query(
        "select a.*, exists (select 1 from catalogue_versions as c"
        " where c.region = a.region and c.version = a.version) as imported"
        " from announced_releases as a order by a.rowid desc"
    )
    return tuple(
        AnnouncedRelease(
            what=row["what"],
            region=row["region"],
            version=row["version"],
            starts_on=date.fromisoformat(row["starts_on"]),
            sha256=row["sha256"],
            here=bool(row["imported"])
            if row["what"] == "catalogue"
            else (row["region"], row["version"]) in packs,
        )
        for row in rows
    )
