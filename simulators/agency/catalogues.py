"""The agency's catalogues by region and version: brought out to all, and what it audits by.

A file of it is one such as a hospital imports (docs/catalogues.md); the lists enclose it.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

from edge.catalogues import Listing, read_listing
from edge.core.catalogue import CatalogueRow, Insurance, RegionalList, Said, in_force, row_on
from edge.core.errors import BadInput
from edge.digest import sha256
from edge.store.database import Rows, Store
from simulators.agency.refusals import AgencyRefuses
from simulators.platform.releases import Enclosed
from sync.dispatch import DispatchKind

Announce = Callable[[Rows, DispatchKind, dict[str, str]], None]
"""Enters a release and tells every facility, inside the caller's transaction."""


class AgencyCatalogues:
    """Every version that came out with its rows."""

    def __init__(self, store: Store, announce: Announce) -> None:
        self._store = store
        self._announce = announce

    def bring_out(
        self, region: str, version: str, data: bytes, insurance: Insurance | None = None
    ) -> None:
        """Keep a version's file, enter the release, tell every facility; the same again: nothing.

        ``insurance`` names the one of the region's lists that it is.

        Raises:
            AgencyRefuses: CATALOGUE_UNREADABLE; CATALOGUE_VERSION, other rows under a known number.
        """
        listing = _read(data)
        digest = sha256(data)
        starts_on = min(row.valid_from for row in listing.rows if row.valid_from)
        with self._store.transaction() as db:
            known = db.one(_KNOWN, [region, version])
            if known and known["sha256"] == digest:
                return
            if known:
                raise AgencyRefuses("CATALOGUE_VERSION", f"{region} 的版本 {version} 已发布过")
            said = {
                "region": region,
                "version": version,
                "starts_on": starts_on.isoformat(),
                "sha256": digest,
                **({"insurance": insurance.value} if insurance else {}),
            }
            self._announce(db, DispatchKind.CATALOGUE_RELEASE, said)
            db.execute(
                "insert into catalogue_files (region, version, suffix, data) values (?, ?, ?, ?)",
                [region, version, ".xlsx" if data.startswith(b"PK") else ".csv", data],
            )
            if insurance:
                db.execute(
                    "insert into catalogue_lists (region, version, insurance) values (?, ?, ?)",
                    [region, version, insurance],
                )

    def enclosed(self, folder: Path) -> tuple[Enclosed, ...]:
        """Return the files for a list to enclose, written into ``folder``."""
        made = []
        for row in list(self._store.read().query(_FILES)):
            path = folder / f"catalogue-{row['region']}-{sha256(row['data'])[:16]}{row['suffix']}"
            if not path.exists():
                path.write_bytes(row["data"])
            made.append(
                Enclosed(
                    "catalogue",
                    path,
                    region=row["region"],
                    version=row["version"],
                    insurance=row["insurance"],
                )
            )
        return tuple(made)

    def of_list(self, one: RegionalList) -> "RegionRows | None":
        """Return what the versions of a region's list say together; None: none came out."""
        rows = self._store.read().query(_OF_LIST, [one.region, one.insurance, one.insurance])
        listings = [
            (date.fromisoformat(row["starts_on"]), _read(row["data"])) for row in list(rows)
        ]
        return RegionRows(listings) if listings else None


class RegionRows:
    """One region's rows as they count, whichever version said them."""

    def __init__(self, listings: Sequence[tuple[date, Listing]]) -> None:
        said = [
            Said(row, starts_on, _until(row, listings[number + 1 :]))
            for number, (starts_on, listing) in enumerate(listings)
            for row in listing.rows
        ]
        self._rows: dict[str, tuple[CatalogueRow, ...]] = {}
        for row in in_force(said):
            self._rows[row.code] = (*self._rows.get(row.code, ()), row)
        standards = [one.bed_day_fen for _, one in listings if one.bed_day_fen is not None]
        self.bed_day_fen = standards[-1] if standards else None

    def row(self, code: str, day: date) -> CatalogueRow | None:
        """Return the row of a code that is valid on a day."""
        return row_on(self._rows.get(code, ()), day)


def _until(row: CatalogueRow, later: Sequence[tuple[date, Listing]]) -> date | None:
    """Return the last day of a row's version: the next that speaks of its kind takes its place."""
    starts = (starts_on for starts_on, listing in later if row.kind in listing.kinds)
    following = next(starts, None)
    return following - timedelta(days=1) if following else None


def _read(data: bytes) -> Listing:
    try:
        listing = read_listing(data)
    except BadInput as wrong:
        raise AgencyRefuses("CATALOGUE_UNREADABLE", wrong.reason.zh) from wrong
    if not isinstance(listing, Listing):
        first = listing.shown[0]
        raise AgencyRefuses("CATALOGUE_UNREADABLE", f"{first.address} {first.why.reason.zh}")
    return listing


_KNOWN = """\
select sha256 from catalogue_releases where what = 'catalogue' and region = ? and version = ?"""
_FILES = """\
select f.*, l.insurance from catalogue_files as f
left join catalogue_lists as l on l.region = f.region and l.version = f.version
order by f.region, f.version"""
_OF_LIST = """\
select r.starts_on, f.data from catalogue_files as f join catalogue_releases as r
on r.what = 'catalogue' and r.region = f.region and r.version = f.version
left join catalogue_lists as l on l.region = f.region and l.version = f.version
where f.region = ? and coalesce(l.insurance, ?) = ? order by r.starts_on, r.version"""
