"""Show what a case's bill comes to. Stores nothing; settlement commits the very same ruling.

The site remembers for a while what it showed, to say what has changed when it is settled.
"""

from edge.case.bill import case_ruled
from edge.core.cases import CaseRef
from edge.site import Site
from edge.site.rulings import Ruled
from edge.store.cases import load_case


def preview(site: Site, ref: CaseRef) -> Ruled:
    """Return the bill as it is now and its ruling.

    Raises:
        NotFound: UNKNOWN_STAY, UNKNOWN_FITTING.
    """
    db = site.store.read()
    case = load_case(db, site.vault, ref)
    outcome = case_ruled(site, db, case)
    site.previews.remember(outcome.ruling)
    return outcome
