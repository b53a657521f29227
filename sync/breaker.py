"""A circuit that opens when the platform is silent, so that not every desk waits for it in vain.

Closed, calls pass. After some silences in a row it opens: calls end at once. After a rest it lets
one call through; an answer closes it, silence lets it rest twice as long. Calls nothing itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Lock


class State(StrEnum):
    """Where the circuit stands."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """The circuit as it is shown. ``until`` is when an open one lets a call through."""

    state: State
    silences: int
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """After how many silences in a row, and for how long: the first rest, doubled, at most."""

    silences: int = 3
    first_s: float = 10.0
    longest_s: float = 60.0


def _nothing(_: Circuit) -> None:
    """Do nothing: nobody listens."""


class Breaker:
    """Thread-safe. ``on_change`` hears each opening and closing, outside the lock."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        rest: Rest = Rest(),
        on_change: Callable[[Circuit], None] = _nothing,
    ) -> None:
        self._clock = clock
        self._rest = rest
        self._on_change = on_change
        self._guard = Lock()
        self._silences = 0
        self._until: datetime | None = None
        self._probing = False

    def admit(self) -> bool:
        """Tell whether a call may be made now. Who is told yes must say how it ended."""
        with self._guard:
            state = self._state(self._clock())
            if state is State.OPEN or (state is State.HALF_OPEN and self._probing):
                return False
            self._probing = state is State.HALF_OPEN
            return True

    def note(self, *, answered: bool) -> None:
        """Say how a call ended: any answer at all, or silence."""
        with self._guard:
            if not answered and self._state(self._clock()) is State.OPEN:
                return  # begun before it opened: tells nothing new
            before = self._until
            self._probing = False
            self._silences = 0 if answered else self._silences + 1
            self._until = self._rest_until() if self._silences >= self._rest.silences else None
            now = self._shown()
        if self._until != before:
            self._on_change(now)

    def circuit(self) -> Circuit:
        """Return the circuit as it stands."""
        with self._guard:
            return self._shown()

    def _rest_until(self) -> datetime:
        more = min(self._silences - self._rest.silences, 30)
        rest_s = min(self._rest.first_s * 2**more, self._rest.longest_s)
        return self._clock() + timedelta(seconds=rest_s)

    def _shown(self) -> Circuit:
        state = self._state(self._clock())
        return Circuit(state=state, silences=self._silences, until=self._until)

    def _state(self, now: datetime) -> State:
        if self._until is None:
            return State.CLOSED
        # A rest longer than the longest was begun by a clock that has jumped back since.
        longest = timedelta(seconds=self._rest.longest_s)
        return State.OPEN if now < self._until <= now + longest else State.HALF_OPEN
