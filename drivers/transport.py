"""The one seam between cards and readers: bytes in, bytes and a status word out.

Not a reader: `pcsc` speaks to real ones, the simulators to rehearsed ones, both behind `Readers`.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol


class Presence(Enum):
    """What the card service says of one slot."""

    EMPTY = "empty"
    PRESENT = "present"
    MUTE = "mute"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Slot:
    """One reader as the service sees it; ``changes`` counts insertions and removals.

    ``mark`` is the service's own note: hand it back to ``wait`` unchanged.
    """

    name: str
    presence: Presence
    atr: bytes = b""
    changes: int = 0
    mark: int = field(default=0, compare=False, repr=False)


class Transport(Protocol):
    """A powered card inside one transaction."""

    @property
    def atr(self) -> bytes:
        """The answer to reset, as given when the transaction began."""
        ...

    @property
    def protocol(self) -> int:
        """0 for T=0, as contact cards speak; 1 for T=1, as contactless ones do."""
        ...

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        """Send one command of that protocol; return the data and the status word.

        Raises:
            DriverError: no usable answer came.
        """
        ...


class Readers(Protocol):
    """The readers of one machine. One thread may wait; any thread may open or wake."""

    def wait(self, known: tuple[Slot, ...], timeout_s: float) -> tuple[Slot, ...]:
        """Return every slot as soon as one differs from ``known``, or after ``timeout_s``.

        Raises:
            ReaderFault: the service is down or refuses; the next call tries afresh.
        """
        ...

    def wake(self) -> None:
        """Make a ``wait`` that is under way return now."""
        ...

    def open(self, name: str) -> AbstractContextManager[Transport]:
        """Connect to the card in reader ``name`` and hold one transaction; leave the card powered.

        Blocks while another program's transaction lasts.

        Raises:
            DriverError: no such reader, no card, a mute card, or the service is down.
        """
        ...
