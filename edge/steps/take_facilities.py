"""Take the platform's library of facilities, whole: the desk names what a filing only numbers."""

from edge import codec
from edge.site import Site
from edge.store.deliveries import ListedFacility, replace_library


def take_facilities(site: Site, data: bytes, operator: str) -> int:
    """Put the library (a JSON array) in the place of the old one; return how many it holds.

    Raises:
        BadInput: MALFORMED_JSON, BAD_FIELD; the old library stays.
    """
    library = codec.decode(data, tuple[ListedFacility, ...])
    now = site.clock()
    with site.store.transaction() as db:
        count = replace_library(db, {one.id: one for one in library}.values())
        site.ledger.enter(
            db, kind="facilities.taken", operator=operator, subject="", now=now, count=count
        )
    return count
