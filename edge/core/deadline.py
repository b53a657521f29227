"""The 48 hours as they run out: which warnings are due, and how a list shows it. Reads no clock.

津 第二十五条; elsewhere 客户规则. Warnings come 24, 36 and 44 hours after discharge.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from edge.core.stay import Stay, StayState

CLOCK_BACK_MAX = timedelta(minutes=2)
"""How far behind the latest moment ever seen a clock may be: NTP corrects less at a time."""

RUNNING = (StayState.DISCHARGED, StayState.REVERSED)
"""Stays whose clock runs: discharged and not settled, or settled no more."""


class Step(StrEnum):
    """A moment of the settlement clock that is told once; the hours are since discharge."""

    AFTER_24_H = "24"
    AFTER_36_H = "36"
    AFTER_44_H = "44"
    OVERDUE = "overdue"


class Urgency(StrEnum):
    """Where a stay stands on its clock: ``soon`` from the first warning on."""

    RUNNING = "running"
    SOON = "soon"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A stay whose clock runs; ``left_s`` is in seconds and negative once it is overdue."""

    stay: Stay
    urgency: Urgency
    left_s: int


def due(stay: Stay, now: datetime) -> Due | None:
    """Return where the stay stands at ``now``; None while its clock does not run."""
    if stay.state not in RUNNING or stay.discharged_at is None or stay.settle_by is None:
        return None
    left_s = int((stay.settle_by - now) // timedelta(seconds=1))
    return Due(stay=stay, urgency=_urgency(stay.discharged_at, stay.settle_by, now), left_s=left_s)


def steps_to_tell(stay: Stay, now: datetime, told: Collection[str]) -> tuple[Step, ...]:
    """Return the steps that the clock has reached and that were not told yet, in order."""
    if stay.state not in RUNNING or stay.discharged_at is None or stay.settle_by is None:
        return ()
    reached = [step for step, hours in _HOURS.items() if now >= stay.discharged_at + hours]
    overdue = [Step.OVERDUE] if now > stay.settle_by else []
    return tuple(step for step in (*reached, *overdue) if step not in told)


def went_back(now: datetime, high_water: datetime | None) -> bool:
    """Tell whether the clock shows a moment long before one that it has already shown."""
    return high_water is not None and now < high_water - CLOCK_BACK_MAX


_HOURS = {
    Step.AFTER_24_H: timedelta(hours=24),
    Step.AFTER_36_H: timedelta(hours=36),
    Step.AFTER_44_H: timedelta(hours=44),
}

SOON_AFTER = _HOURS[Step.AFTER_24_H]
"""From here on a stay is ``soon`` due, counted from its discharge."""


def _urgency(discharged_at: datetime, settle_by: datetime, now: datetime) -> Urgency:
    if now > settle_by:
        return Urgency.OVERDUE
    return Urgency.SOON if now >= discharged_at + SOON_AFTER else Urgency.RUNNING
