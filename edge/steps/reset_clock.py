"""Say that the latest moment seen was a clock's mistake: from now on the clock's own word counts.

The one way to lower the mark; who did it and why stands in the ledger.
"""

from datetime import datetime

from edge.core.reversal import required_reason
from edge.site import Site
from edge.store.high_water import lower_high_water


def reset_clock(site: Site, note: str, operator: str) -> datetime:
    """Return the mark that was given up.

    Raises:
        BadInput: FIELD_EMPTY, REASON_TOO_LONG.
    """
    note = required_reason(note)
    with site.store.transaction() as db:
        before, now = site.high_water(), site.clock()
        site.ledger.enter(
            db,
            kind="clock.reset",
            operator=operator,
            subject="clock",
            now=now,
            before=before.isoformat(),
            note=note,
        )
        # After the entry: entering one of an earlier moment keeps the later as the mark.
        lower_high_water(db, now)
    return before
