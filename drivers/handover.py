"""A reading of a guarded card whose key is somewhere else: asks outside, and waits for the answers.

The card stays under power, inside one transaction, on its reader's thread. Used by the strings that
hospital systems know (`compat`), whose step 1 and step 2 are two calls.
"""

from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from functools import partial

from drivers.authentication import KeyAnswers, KeyRequest
from drivers.cards import read_card
from drivers.key_errors import KeyMissing
from drivers.monitor import Monitor
from drivers.seat import Presented


class KeyNotNeeded(Exception):
    """The card was read without asking for a key."""


class Handover:
    """One such reading; it begins when it is made and ends by ``answer``, ``cancel`` or in time.

    Raises:
        DriverError: no such reader, or no card.
    """

    def __init__(self, monitor: Monitor, reader: str, *, patience_s: float) -> None:
        self.reader = reader
        self._patience_s = patience_s
        self._asked: Future[KeyRequest] = Future()
        self._answers: Future[KeyAnswers] = Future()
        read = partial(read_card, authenticator=self._ask)
        # The answers come last: the reading itself gets what a usual one gets, beside the waiting.
        self._read = monitor.begin_reading(reader, read, s_max=2 * patience_s)
        self._read.add_done_callback(self._ended)

    def request(self) -> KeyRequest:
        """Return what the card asks for.

        Raises:
            KeyNotNeeded: it asked for nothing, and is read.
            DriverError: the reading failed before it could ask.
        """
        try:
            return self._asked.result(self._patience_s)
        except TimeoutError:
            self.cancel()
            raise _too_late() from None

    def answer(self, answers: KeyAnswers) -> Presented:
        """Show the key's answers to the card, and return the card as it was read.

        Raises:
            DriverError: the card refuses, left meanwhile, or waited too long.
        """
        with suppress(InvalidStateError):  # cancelled: the reading tells why
            self._answers.set_result(answers)
        try:
            return self._read.result(self._patience_s)
        except TimeoutError:
            raise _too_late() from None

    def cancel(self) -> None:
        """End the waiting, if it lasts: the card left, or somebody else wants it."""
        with suppress(InvalidStateError):
            self._answers.set_exception(_too_late())

    def _ask(self, request: KeyRequest) -> KeyAnswers:
        self._asked.set_result(request)
        try:
            return self._answers.result(self._patience_s)
        except TimeoutError:
            raise _too_late() from None

    def _ended(self, read: Future[Presented]) -> None:
        with suppress(InvalidStateError):  # it asked
            self._asked.set_exception(read.exception() or KeyNotNeeded())


def _too_late() -> KeyMissing:
    return KeyMissing(zh="认证结果没有及时送回", en="the key's answers did not come in time")
