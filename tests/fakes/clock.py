"""A clock that stands still until told, and ids that count."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(slots=True)
class Clock:
    """Call it for the moment; ``pass_time`` moves it."""

    now: datetime

    def __call__(self) -> datetime:
        """Return the moment."""
        return self.now

    def pass_time(self, **length: float) -> None:
        """Let time pass: ``hours=48``."""
        self.now += timedelta(**length)


@dataclass(slots=True)
class Ids:
    """Counts: the first id is ``1`` written with 32 digits."""

    made: int = 0

    def __call__(self) -> str:
        """Return the next id."""
        self.made += 1
        return f"{self.made:032x}"
