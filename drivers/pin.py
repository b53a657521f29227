"""The card's PIN: asks for the tries left first, and spends none that could lock the card.

Knows no default PIN, keeps none and prints none. Settlement needs no PIN: this is for the acts of
the card that do.
"""

import re

from drivers.apdu import Command, Status, exchange
from drivers.errors import CardRefused
from drivers.key_errors import PinAtRisk, PinLocked, PinWrong
from drivers.transport import Transport

_FORM = re.compile(r"[0-9]{4,12}")
_VERIFY = 0x20
_TRIES_COUNTED = 0x63C
_LOCKED = 0x6983


class Pin:
    """A PIN as the holder typed it; its printed form says nothing."""

    __slots__ = ("_digits",)

    def __init__(self, digits: str) -> None:
        """Take 4 to 12 digits.

        Raises:
            ValueError: anything else; it is not quoted.
        """
        if not _FORM.fullmatch(digits):
            raise ValueError("a PIN is 4 to 12 digits")
        self._digits = digits

    def __repr__(self) -> str:
        return "Pin(…)"

    def bcd(self) -> bytes:
        """Return the digits as the card takes them: BCD, padded with F to whole bytes."""
        return bytes.fromhex(self._digits + "F" * (len(self._digits) % 2))


def pin_tries_left(transport: Transport) -> int:
    """Return how many wrong PINs the card still takes; asking spends none.

    Raises:
        CardRefused: the card does not say.
        DriverError: as the transport.
    """
    status = exchange(transport, Command(_VERIFY, 0, 0)).status
    if status == _LOCKED:
        return 0
    if status >> 4 != _TRIES_COUNTED:
        raise CardRefused(status, field="pin")
    return status & 0x0F


def verify_pin(transport: Transport, pin: Pin) -> None:
    """Show ``pin`` to the card, unless a wrong one would be the last.

    Raises:
        PinLocked: no try is left.
        PinAtRisk: one is left; it is not spent.
        PinWrong: the card refused it; the error counts what is left.
        DriverError: as ``pin_tries_left``.
    """
    left = pin_tries_left(transport)
    if left == 0:
        raise PinLocked(left)
    if left == 1:
        raise PinAtRisk(left)
    status = exchange(transport, Command(_VERIFY, 0, 0, data=pin.bcd())).status
    if status == _LOCKED:
        raise PinLocked(0)
    if status >> 4 == _TRIES_COUNTED:
        raise PinWrong(status & 0x0F)
    if status != Status.DONE:
        raise CardRefused(status, field="pin")
