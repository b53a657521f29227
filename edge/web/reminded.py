"""The reminders as every page's header shows them: looked for at most twice a minute."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from edge.core.errors import BadRule
from edge.site import Site

if TYPE_CHECKING:
    from edge.core.reminders import Reminder

LOOKED_EVERY = timedelta(seconds=30)


class Reminded:
    """What was raised when somebody last looked. Two that look at once both find the same."""

    def __init__(self) -> None:
        self._seen: tuple[datetime, tuple[Reminder, ...]] | None = None

    def of(self, site: Site) -> "tuple[Reminder, ...]":
        """Return what is raised; nothing where the region's days cannot be read (doctor says)."""
        from edge.steps.remind import remind  # noqa: PLC0415 - with the first page's header

        now, seen = site.clock(), self._seen
        if seen and timedelta() <= now - seen[0] < LOOKED_EVERY:
            return seen[1]
        try:
            found = remind(site)
        except BadRule as wrong:
            site.log.warning("reminders.unreadable", field=wrong.field)
            found = ()
        self._seen = (now, found)
        return found
