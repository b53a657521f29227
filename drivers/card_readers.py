"""A machine's readers without the slots that hold a PSAM: nobody presents a PSAM at a desk.

Reads nothing: `psam_slot` speaks to what is hidden here.
"""

from contextlib import AbstractContextManager
from threading import Lock

from drivers.transport import Presence, Readers, Slot, Transport


class CardReaders:
    """The readers at which cards are presented (`transport.Readers`).

    A slot whose name contains ``hidden`` is a PSAM's; an empty ``hidden`` hides none.
    """

    def __init__(self, readers: Readers, hidden: str = "") -> None:
        self._readers = readers
        self._guard = Lock()
        self._hidden = hidden
        self._all: tuple[Slot, ...] = ()

    def hide(self, hidden: str) -> None:
        """Hide other slots from now on: the settings came, or changed."""
        with self._guard:
            self._hidden = hidden
        self._readers.wake()

    def hidden(self) -> tuple[Slot, ...]:
        """Return the hidden slots that hold something, as they were seen last."""
        with self._guard:
            slots, part = self._all, self._hidden
        return tuple(
            slot
            for slot in slots
            if part and part in slot.name and slot.presence is Presence.PRESENT
        )

    def wait(self, known: tuple[Slot, ...], timeout_s: float) -> tuple[Slot, ...]:
        """Return every slot but the hidden as soon as one differs, or after ``timeout_s``."""
        with self._guard:
            # What is hidden must be known to the service too, or each wait would end at once.
            whole = self._all if known == self._shown() else known
        try:
            slots = self._readers.wait(whole, timeout_s)
        except Exception:
            with self._guard:
                self._all = ()
            raise
        with self._guard:
            self._all = slots
            return self._shown()

    def wake(self) -> None:
        """Make a ``wait`` that is under way return now."""
        self._readers.wake()

    def open(self, name: str) -> AbstractContextManager[Transport]:
        """Connect to what is in ``name``, hidden or not."""
        return self._readers.open(name)

    def _shown(self) -> tuple[Slot, ...]:
        return tuple(s for s in self._all if not (self._hidden and self._hidden in s.name))
