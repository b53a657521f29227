"""The stays that are to be settled within their 48 hours, the one that ends first before others."""

from dataclasses import dataclass
from datetime import datetime

from edge.core.deadline import Due, Urgency, due
from edge.site import Site
from edge.store.deadlines import PAGE_MAX, count_due, place_of, stays_due


@dataclass(frozen=True, slots=True, kw_only=True)
class DuePage:
    """One page; ``after`` is what to ask the next one with, None on the last. Counts are of all."""

    as_of: datetime
    counts: dict[Urgency, int]
    due: tuple[Due, ...]
    after: str | None


def list_due(
    site: Site, *, only: Urgency | None = None, after: str | None = None, limit: int = PAGE_MAX
) -> DuePage:
    """Return the stays whose clock runs, judged by the latest moment that the site has seen.

    ``after`` is the stay with which the page before ended.

    Raises:
        NotFound: UNKNOWN_STAY, when there is no stay ``after``.
    """
    db, now = site.store.read(), site.high_water()
    place = place_of(db, after) if after else None
    stays = stays_due(db, now, only=only, after=place, limit=limit)
    shown = tuple(found for stay in stays if (found := due(stay, now)))
    return DuePage(
        as_of=now,
        counts=count_due(db, now),
        due=shown,
        after=shown[-1].stay.id if len(stays) == min(limit, PAGE_MAX) else None,
    )
