"""Show complaints: they name people, so that they were shown is entered in the same transaction."""

from datetime import date, datetime, time, timedelta

from edge.core.complaint import Complaint
from edge.core.dates import SHANGHAI
from edge.site import Site
from edge.store.complaints import (
    complaints_between,
    load_complaint,
    newest_complaints,
    open_complaints,
)
from edge.store.database import Rows


def read_complaint(site: Site, complaint_id: str, *, by: str) -> Complaint:
    """Return one complaint.

    Raises:
        NotFound: UNKNOWN_COMPLAINT.
    """
    with site.store.transaction() as db:
        found = load_complaint(db, site.vault, complaint_id)
        _enter(site, db, [found], by)
    return found


def read_complaints(site: Site, *, only_open: bool, limit: int, by: str) -> list[Complaint]:
    """Return complaints: the newest first, or what is open with the earliest due first."""
    with site.store.transaction() as db:
        found = (open_complaints if only_open else newest_complaints)(db, site.vault, limit=limit)
        _enter(site, db, found, by)
    return found


def read_complaints_of(site: Site, first: date, last: date, *, by: str) -> list[Complaint]:
    """Return what came from ``first`` to ``last``, both included, in Asia/Shanghai."""
    start = datetime.combine(first, time(), SHANGHAI)
    end = datetime.combine(last, time(), SHANGHAI) + timedelta(days=1)
    with site.store.transaction() as db:
        found = list(complaints_between(db, site.vault, start, end))
        _enter(site, db, found, by)
    return found


def _enter(site: Site, db: Rows, found: list[Complaint], by: str) -> None:
    for one in found:
        site.ledger.enter(db, kind="complaint.shown", operator=by, subject=one.id, now=site.clock())
