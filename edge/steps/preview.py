"""Show what a stay's bill comes to. Stores nothing; settlement commits the very same ruling."""

from edge.case import Ruled, ruled
from edge.site import Site
from edge.store.bills import lines_of
from edge.store.stays import load_stay


def preview(site: Site, stay_id: str) -> Ruled:
    """Return the bill as it is now and its ruling.

    Raises:
        NotFound: UNKNOWN_STAY.
    """
    db = site.store.read()
    stay = load_stay(db, stay_id)
    return ruled(site, stay, lines_of(db, site.vault, stay_id))
