"""Keep the cached list fresh; what comes with it is for ``edge.loops.taking``."""

from edge.site import Site
from edge.steps.refresh_list import OPERATOR, refresh_list
from sync.lists import Refreshed
from sync.lists.offer import Progress


def keep_list(
    site: Site, operator: str = OPERATOR, *, progress: Progress = lambda _here, _all: None
) -> Refreshed | None:
    """Refresh the list and take each file that was not looked at before; as ``refresh_list``."""
    done = refresh_list(site, operator, progress=progress)
    if done:
        from edge.loops.taking import take_received  # noqa: PLC0415 - a new list is rare

        take_received(site, operator)
    return done
