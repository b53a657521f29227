"""Readings of guarded cards that wait, between two calls, for a hospital system's own HSM.

One at a reader: a new one ends the one before, and so does the card's leaving.
"""

from threading import Lock

from drivers.authentication import KeyAnswers, KeyRequest
from drivers.handover import Handover
from drivers.monitor import Monitor, Presented

PATIENCE_S = 20.0
"""How long a card is held under power for the second call."""


class Handovers:
    """The handovers under way, by reader. Thread-safe."""

    def __init__(self, monitor: Monitor, *, patience_s: float = PATIENCE_S) -> None:
        self._monitor = monitor
        self._patience_s = patience_s
        self._guard = Lock()
        self._waiting: dict[str, Handover] = {}

    def begin(self, reader: str) -> KeyRequest:
        """Read the card in ``reader`` up to its challenges, and return them.

        Raises:
            KeyNotNeeded: the card reads freely.
            DriverError: the reading failed.
        """
        self.forget(reader)
        handover = Handover(self._monitor, reader, patience_s=self._patience_s)
        with self._guard:
            self._waiting[reader] = handover
        return handover.request()

    def finish(self, reader: str, answers: KeyAnswers) -> Presented | None:
        """Return the card as read with the key's answers; None when no reading waits for them.

        Raises:
            DriverError: the card refuses, left meanwhile, or waited too long.
        """
        with self._guard:
            handover = self._waiting.pop(reader, None)
        return handover.answer(answers) if handover else None

    def forget(self, reader: str) -> None:
        """End the reading that waits at ``reader``, if one does."""
        with self._guard:
            handover = self._waiting.pop(reader, None)
        if handover:
            handover.cancel()
