"""A new card or code at a desk ends the case before it. Reads nothing of what was presented."""

from edge.site import Site
from edge.store import desk_cases

DEVICE = "reader or scanner"
"""The operator of an act that nobody pressed a key for."""


def clear_case(site: Site, desk: str, *, presentation: str) -> bool:
    """Clear the desk's case, unless ``presentation`` opened it; tell whether there was one."""
    now = site.clock()
    with site.store.transaction() as db:
        cleared = desk_cases.clear_case(db, desk=desk, presentation=presentation, at=now)
        if cleared:
            site.ledger.enter(
                db, kind="case.cleared", operator=DEVICE, subject=cleared, now=now, desk=desk
            )
    return cleared is not None
