"""One reader under test and the hands at it; what to await instead of sleeping."""

from collections.abc import Callable
from dataclasses import dataclass

from drivers.monitor import Monitor, ReaderState
from drivers.transport import Presence, Readers, Slot
from simulators.reader import CardSlot

PATIENCE_S = 5.0
NEWS_MAX = 20


@dataclass(frozen=True, slots=True)
class Desk:
    """One reader of either kind, and the hands that move cards and services."""

    readers: Readers
    slot: CardSlot
    name: str
    kill_service: Callable[[], None]
    start_service: Callable[[], None]

    def wait_for(self, presence: Presence) -> Slot:
        """Return the reader's slot once it shows ``presence``."""
        known: tuple[Slot, ...] = ()
        for _ in range(NEWS_MAX):
            known = self.readers.wait(known, PATIENCE_S)
            for slot in known:
                if slot.name == self.name and slot.presence is presence:
                    return slot
        raise AssertionError(presence, known)

    def empty(self) -> None:
        """Take the card out and wait until the reader shows it."""
        self.slot.remove()
        self.wait_for(Presence.EMPTY)


def wait_for_state(monitor: Monitor, name: str, state: ReaderState) -> list[ReaderState]:
    """Take events until reader ``name`` shows ``state``; return the states it went through."""
    passed: list[ReaderState] = []
    for _ in range(NEWS_MAX):
        event = monitor.next_event(PATIENCE_S)
        assert event is not None, (state, passed)
        if event.reader == name:
            passed.append(event.state)
            if event.state is state:
                return passed
    raise AssertionError(state, passed)
