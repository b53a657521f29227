"""What the platform says of a worker, of this facility, and of catalogues and packs that are out.

A suspension counts at once, also while the platform is silent and the list is older than it
(``edge.case.inquiry``).
"""

from dataclasses import dataclass
from datetime import date, datetime

from edge import codec
from edge.site import Site
from edge.store.announcements import (
    AnnouncedRelease,
    FacilityStanding,
    add_facility_standing,
    add_release,
    add_worker_standing,
)
from edge.store.database import Rows
from sync.dispatch import Dispatch, DispatchKind


@dataclass(frozen=True, slots=True, kw_only=True)
class _Worker:
    id_number: str
    suspended: bool
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facility:
    direct: bool
    suspended: bool
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Release:
    region: str
    version: str
    starts_on: date
    sha256: str = ""


def worker(site: Site, db: Rows, dispatch: Dispatch) -> dict[str, object]:
    """Note that a worker's direct settlement was suspended or resumed (津 第四十二条).

    Raises:
        BadInput: BAD_FIELD.
    """
    said = codec.decode(dispatch.body, _Worker)
    add_worker_standing(
        db,
        site.vault,
        said.id_number,
        suspended=said.suspended,
        since=said.since,
        dispatch=dispatch.id,
    )
    return {"suspended": said.suspended}


def facility(_site: Site, db: Rows, dispatch: Dispatch) -> dict[str, object]:
    """Note a change of our agreement.

    Raises:
        BadInput: BAD_FIELD.
    """
    said = codec.decode(dispatch.body, _Facility)
    standing = FacilityStanding(direct=said.direct, suspended=said.suspended, since=said.since)
    add_facility_standing(db, standing, dispatch=dispatch.id)
    return {"direct": said.direct, "suspended": said.suspended}


def release(_site: Site, db: Rows, dispatch: Dispatch) -> dict[str, object]:
    """Note that a catalogue or a region pack is out; people import it.

    Raises:
        BadInput: BAD_FIELD.
    """
    said = codec.decode(dispatch.body, _Release)
    what = "catalogue" if dispatch.kind == DispatchKind.CATALOGUE_RELEASE else "pack"
    out = AnnouncedRelease(
        what=what,
        region=said.region,
        version=said.version,
        starts_on=said.starts_on,
        sha256=said.sha256,
        here=False,
    )
    add_release(db, out, dispatch=dispatch.id)
    return {"what": what, "region": said.region, "version": said.version}
