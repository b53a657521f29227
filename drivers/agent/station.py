"""The seam between who asks and where the devices stand: in this machine, or at a desk's PC.

`LocalStation` holds the devices of this machine, for the service of a single-machine site and for
the agent alike; the service's side of an agent answers to the same `Station`.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from drivers.authentication import KeyAnswers, KeyRequest
from drivers.handovers import Handovers
from drivers.monitor import Monitor, Presented, ReaderEvent, ReaderState, ReaderView
from drivers.scan_errors import ScannerMissing
from drivers.scanner import Scanned, Scanner, ScannerView


class Station(Protocol):
    """Readers and scanners somewhere; any thread may ask. Scanners go by the name of their desk."""

    def readers(self) -> tuple[ReaderView, ...]:
        """Return every reader's state; the nameless one says why there is none."""
        ...

    def scanner(self, desk: str) -> ScannerView | None:
        """Return the state of the desk's scanner; None when it has none."""
        ...

    def card(self, reader: str) -> Presented:
        """Return the card in ``reader`` as it was read; one that was not read well is read again.

        Raises:
            DriverError: no such reader, no card, the read fails, or nobody answers there.
        """
        ...

    def read_again(self, reader: str) -> Presented:
        """Read the card once more, as a new presentation.

        Raises:
            DriverError: as ``card``.
        """
        ...

    def take(self, desk: str) -> Scanned:
        """Return the code that waits at the desk's scanner, once.

        Raises:
            ScannerFault, BadScan: there is none that can be used; AgentFault.
        """
        ...

    def begin_keys(self, reader: str) -> KeyRequest:
        """Read a guarded card up to its challenges, and hold it under power.

        Raises:
            KeyNotNeeded: it reads freely.
            DriverError: as ``card``.
        """
        ...

    def finish_keys(self, reader: str, answers: KeyAnswers) -> Presented | None:
        """Return the card as read with the key's answers; None when no reading waits for them.

        Raises:
            DriverError: as ``card``, or the card refuses.
        """
        ...

    def terminal(self) -> str:
        """Return the terminal number of the readers' PSAM; empty without one."""
        ...


class LocalStation:
    """The devices of this machine. Its monitor and scanners are started by whoever made them."""

    def __init__(
        self,
        monitor: Monitor,
        scanners: Mapping[str, Scanner],
        *,
        terminal: Callable[[], str] = str,
    ) -> None:
        self._monitor = monitor
        self._terminal = terminal
        self._scanners = scanners
        self._handovers = Handovers(monitor)

    def readers(self) -> tuple[ReaderView, ...]:
        """Return every reader's state; the nameless one says why there is none."""
        return self._monitor.readers()

    def scanner(self, desk: str) -> ScannerView | None:
        """Return the state of the desk's scanner; None when it has none."""
        scanner = self._scanners.get(desk)
        return scanner.view() if scanner else None

    def card(self, reader: str) -> Presented:
        """Return the card in ``reader``; one that was not read well is read again."""
        return self._monitor.presented(reader) or self._monitor.read_again(reader)

    def read_again(self, reader: str) -> Presented:
        """Read the card once more, as a new presentation."""
        return self._monitor.read_again(reader)

    def take(self, desk: str) -> Scanned:
        """Return the code that waits at the desk's scanner, once."""
        scanner = self._scanners.get(desk)
        if scanner is None:
            raise ScannerMissing(field=desk)
        return scanner.take()

    def begin_keys(self, reader: str) -> KeyRequest:
        """Read a guarded card up to its challenges, and hold it under power."""
        return self._handovers.begin(reader)

    def finish_keys(self, reader: str, answers: KeyAnswers) -> Presented | None:
        """Return the card as read with the key's answers; None when no reading waits for them."""
        return self._handovers.finish(reader, answers)

    def terminal(self) -> str:
        """Return the terminal number of the readers' PSAM; empty without one."""
        return self._terminal()

    def next_event(self, timeout_s: float) -> ReaderEvent | None:
        """Return the oldest event of a reader; a card that left ends what waited for its key."""
        event = self._monitor.next_event(timeout_s)
        if event and self.state_of(event.reader) is not ReaderState.READING:
            self._handovers.forget(event.reader)
        return event

    def held(self, reader: str) -> Presented | None:
        """Return the card that was read in ``reader`` and has not moved since; read nothing."""
        return self._monitor.presented(reader)

    def state_of(self, reader: str) -> ReaderState | None:
        """Return what a reader shows now, which may be later than any event; None: it is gone."""
        views = self._monitor.readers()
        return next((view.state for view in views if view.name == reader), None)
