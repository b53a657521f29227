"""Whose number stands in full on whose screen, and until when. In memory: a restart hides all."""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(slots=True)
class Reveals:
    """Reveals in force, by operator, desk and person. Thread-safe."""

    _until: dict[tuple[str, str, str], datetime] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def show(self, who: tuple[str, str], person: str, *, now: datetime, seconds: int) -> datetime:
        """Let ``who`` (operator, desk) see this person for so long; return until when."""
        until = now + timedelta(seconds=seconds)
        with self._guard:
            live = {one: end for one, end in self._until.items() if _is_live(end, now, seconds)}
            self._until = live | {(*who, person): until}
        return until

    def left_s(self, who: tuple[str, str], person: str, *, now: datetime, seconds: int) -> int:
        """Return for how many seconds more ``who`` may see this person; 0 when not at all."""
        with self._guard:
            until = self._until.get((*who, person))
        return int((until - now).total_seconds()) if until and _is_live(until, now, seconds) else 0


def _is_live(until: datetime, now: datetime, seconds: int) -> bool:
    # More than the whole time left: the clock was set back meanwhile.
    return timedelta(0) < until - now <= timedelta(seconds=seconds)
