"""The calendar of a simulated week: what is due next, by two clocks of which one may be wrong."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(slots=True)
class TwoClocks:
    """The true one, by which the platform and all else go, and the hospital's own."""

    now: datetime
    wrong_by: timedelta = timedelta()

    def true(self) -> datetime:
        """Return the platform's moment."""
        return self.now

    def ours(self) -> datetime:
        """Return the moment that the hospital's machine shows."""
        return self.now + self.wrong_by


@dataclass(slots=True)
class Calendar:
    """Acts by their moment; those of one moment in the order in which they were entered."""

    clocks: TwoClocks
    _due: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    _entered: int = 0

    def after(self, delay: timedelta, act: Callable[[], None]) -> None:
        """Enter an act."""
        self._entered += 1
        heapq.heappush(self._due, (self.clocks.now + delay, self._entered, act))

    def run(self, until: datetime, *, ended: Callable[[], bool]) -> None:
        """Let time pass until this moment, and do what falls due, unless it has ended."""
        while self._due and self._due[0][0] <= until and not ended():
            self.clocks.now, _, act = heapq.heappop(self._due)
            act()
        if not ended():
            self.clocks.now = until
