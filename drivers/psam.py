"""A PSAM in the reader as the holder of 3.0 cards' key: the seam for its driver. Drives none.

The commands of a PSAM are its maker's, and not public: a driver for one implements `Psam` and
keeps the contract of `tests/contracts/test_key_holders.py`. Where it cannot answer, the HSM is
asked, as hospital systems have done since the ``iReadCardBas`` drivers.
"""

from typing import Protocol

from drivers.authentication import Authenticator, KeyAnswers, KeyRequest
from drivers.errors import DriverError

NO_PSAM, NO_ALGORITHM, NO_KEY, KEY_LEVEL = -2201, -2202, -2203, -24
_DATA_NOT_FOUND = -0x6A88

ASKS_ON = frozenset({NO_PSAM, NO_ALGORITHM, NO_KEY, KEY_LEVEL, _DATA_NOT_FOUND})
"""Numbers after which the HSM is asked instead; any other fault is the reading's end."""


class Psam(Protocol):
    """The security module of one reader."""

    @property
    def terminal(self) -> str:
        """Its terminal number, twelve digits."""
        ...

    def answers(self, request: KeyRequest) -> KeyAnswers:
        """Return what its key makes of a card's challenges. Never tries twice.

        Raises:
            DriverError: it cannot; one of ``ASKS_ON`` where another holder of the key may.
        """
        ...


def psam_first(psam: Psam, hsm: Authenticator) -> Authenticator:
    """Return the holder that asks ``psam``, and ``hsm`` where the PSAM has no answer.

    The card is shown one answer only: asking the second costs none of its tries.
    """

    def answers(request: KeyRequest) -> KeyAnswers:
        try:
            return psam.answers(request)
        except DriverError as missing:
            if missing.number not in ASKS_ON:
                raise
        return hsm(request)

    return answers
