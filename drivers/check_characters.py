"""Check characters of the card number and of the citizen number. Knows no record and no card."""

from operator import mul

_VALUES = {character: int(character, 36) for character in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_CARD_NUMBER_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_CITIZEN_NUMBER_WEIGHTS = tuple(pow(2, 17 - i, 11) for i in range(17))
_CITIZEN_NUMBER_CHECKS = "10X98765432"


def card_number_check(first: str) -> str:
    """Return the ninth character of a card number for its first eight (0-9, A=10 … Z=35).

    LD/T 32: c = 11 − (weighted sum mod 11); 10 is written X, 11 is written 0.
    """
    total = sum(map(mul, _CARD_NUMBER_WEIGHTS, map(_VALUES.__getitem__, first)))
    check = 11 - total % 11
    return {10: "X", 11: "0"}.get(check, str(check))


def citizen_number_check(first: str) -> str:
    """Return the eighteenth character of a citizen number for its first 17 digits.

    GB 11643, by ISO 7064 MOD 11-2.
    """
    total = sum(map(mul, _CITIZEN_NUMBER_WEIGHTS, map(int, first)))
    return _CITIZEN_NUMBER_CHECKS[total % 11]
