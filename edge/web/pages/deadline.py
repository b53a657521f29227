"""The settlement clock in words and colour, as a list and a page show it. Blocks nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.core.errors import Words
from edge.core.stay import Stay, StayState
from edge.web.look import Colour
from edge.web.texts import words

SOON = timedelta(hours=12)
"""From here on the clock warns."""

_RUNNING = frozenset({StayState.DISCHARGED, StayState.REVERSED})


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """How long until the time to settle has passed, or since when it has."""

    colour: Colour
    words: Words
    overdue: bool


def time_left(stay: Stay, now: datetime) -> TimeLeft | None:
    """Return what the clock shows at ``now``; None while it does not run."""
    if stay.settle_by is None or stay.state not in _RUNNING:
        return None
    if now > stay.settle_by:
        told = words("clock.overdue", **_told(now - stay.settle_by))
        return TimeLeft(Colour.BAD, told, overdue=True)
    left = _told(stay.settle_by - now)
    if stay.settle_by - now <= SOON:
        return TimeLeft(Colour.UNKNOWN, words("clock.soon", **left), overdue=False)
    return TimeLeft(Colour.BUSY, words("clock.left", **left), overdue=False)


def _told(length: timedelta) -> dict[str, int]:
    hours, minutes = divmod(int(length.total_seconds()) // 60, 60)
    return {"hours": hours, "minutes": minutes}
