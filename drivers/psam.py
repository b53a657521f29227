"""A PSAM as the holder of 3.0 cards' key: what it must do, and who is asked next. Drives none.

`psam_slot` drives one in a reader's own slot; another maker's implements `Psam` too and keeps the
contract of `tests/contracts/test_key_holders.py`. Where one holder has no answer the other is
asked, as hospital systems have done since the ``iReadCardBas`` drivers.
"""

from typing import Protocol

from drivers.authentication import Authenticator, KeyAnswers, KeyRequest
from drivers.errors import DriverError

NO_PSAM, NO_ALGORITHM, NO_KEY, KEY_LEVEL = -2201, -2202, -2203, -24
_DATA_NOT_FOUND = -0x6A88

ASKS_ON = frozenset({NO_PSAM, NO_ALGORITHM, NO_KEY, KEY_LEVEL, _DATA_NOT_FOUND})
"""Numbers after which the other holder is asked; any other fault is the reading's end."""


class Psam(Protocol):
    """The security module of one machine's readers."""

    @property
    def terminal(self) -> str:
        """Its terminal number, twelve digits; empty while none is known."""
        ...

    def answers(self, request: KeyRequest) -> KeyAnswers:
        """Return what its key makes of a card's challenges. Never tries twice.

        Raises:
            DriverError: it cannot; one of ``ASKS_ON`` where another holder of the key may.
        """
        ...


def asked_in_turn(first: Authenticator, second: Authenticator) -> Authenticator:
    """Return the holder that asks ``first``, and ``second`` where the first has no answer.

    The card is shown one answer only: asking the second costs none of its tries.
    """

    def answers(request: KeyRequest) -> KeyAnswers:
        try:
            return first(request)
        except DriverError as missing:
            if missing.number not in ASKS_ON:
                raise
        return second(request)

    return answers
