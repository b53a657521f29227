"""Say which cached list is in use and whether it is fresh enough for a verdict."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.site import Site
from edge.store.deliveries import Delivery, deliveries


@dataclass(frozen=True, slots=True, kw_only=True)
class ListStatus:
    """The list in use; ``fresh`` when its age is within ``offline.list_fresh_h`` and unexpired.

    While the machine's clock is behind its own past, no list is fresh.

    Without a list all else is None. ``files`` are those that came with any list, newest first.
    """

    fresh: bool
    version: int | None = None
    as_of: datetime | None = None
    expires_at: datetime | None = None
    age_h: float | None = None
    rows: int | None = None
    size_bytes: int | None = None
    files: tuple[Delivery, ...] = ()


def list_status(site: Site) -> ListStatus:
    """Look at the list in use.

    Raises:
        ListRefused: LIST_DAMAGED.
    """
    status = site.cached_list.status()
    if status is None:
        return ListStatus(fresh=False)
    now, release = site.high_water(), status.release
    age = now - release.as_of
    limit = timedelta(hours=site.settings.offline.list_fresh_h)
    return ListStatus(
        fresh=age <= limit and now < release.expires_at and not site.clock_went_back(),
        version=release.version,
        as_of=release.as_of,
        expires_at=release.expires_at,
        age_h=round(age / timedelta(hours=1), 1),
        rows=release.rows,
        size_bytes=status.size_bytes,
        files=tuple(deliveries(site.store.read())),
    )
