"""Show the lines of a stay's bill a page at a time, each with why it cannot stand."""

from edge.case.bill import case_ruled
from edge.core.charges import Charge, RefusedLine
from edge.site import Site
from edge.store.bills import lines_of
from edge.store.stays import load_stay

PAGE_LINES_MAX = 1000

Shown = tuple[Charge, RefusedLine | None]


def show_charges(
    site: Site, stay_id: str, *, start: int, limit: int
) -> tuple[list[Shown], int | None]:
    """Return up to ``limit`` lines from the place ``start`` on, and where the next page begins.

    In the order they first came: a page stays what it is while lines are added.

    Raises:
        NotFound: UNKNOWN_STAY.
    """
    db = site.store.read()
    stay = load_stay(db, stay_id)
    refused = {line.id: line for line in case_ruled(site, db, stay).ruling.refused}
    lines = lines_of(db, site.vault, stay_id)  # after it: they hold all that was ruled
    end = start + limit
    page = list(lines.values())[start:end]
    return [(line, refused.get(line.id)) for line in page], end if end < len(lines) else None
