"""Bring the newest cached list into use and enter it; whatever goes wrong, the old one stays."""

from edge.site import Site
from sync.lists import Refreshed
from sync.lists.offer import Progress

OPERATOR = "system"
"""Who refreshes when nobody asked for it."""


def refresh_list(
    site: Site,
    operator: str = OPERATOR,
    *,
    progress: Progress = lambda _here, _all: None,
) -> Refreshed | None:
    """Return what was done; None when no platform root is configured.

    The newest version that the ledger remembers is the floor: a list folder that was lost or put
    back from a copy does not let an older list in.

    Raises:
        ListRefused: the list offered is not to be believed.
        PlatformUnreachable: no answer, or broken off; the next refresh goes on from there.
    """
    done = site.cached_list.refresh(site.high_water(), floor=_floor(site), progress=progress)
    if done and done.by != "nothing":
        with site.store.transaction() as db:
            site.ledger.enter(
                db,
                kind="list.refreshed",
                operator=operator,
                subject=str(done.release.version),
                now=site.clock(),
                by=done.by,
                rows=done.release.rows,
                as_of=done.release.as_of.isoformat(),
            )
        site.cached_list.fold()
    return done


def _floor(site: Site) -> int:
    row = site.store.read().one(
        "select max(cast(subject as integer)) as version from ledger where kind = 'list.refreshed'"
    )
    return int(row["version"] or 0) if row else 0
