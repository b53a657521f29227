"""Money in whole fen, quantities and prices as scaled integers, and the one rounding rule.

Knows no bill and no law; no float is ever part of a sum.
"""

import re
from decimal import Decimal

_QUANTITY_PLACES = 4
_PRICE_PLACES = 6

QUANTITY_UNIT: int = 10**_QUANTITY_PLACES
"""A quantity is an integer count of 1/10,000: "2" is 20_000."""

PRICE_UNIT: int = 10**_PRICE_PLACES
"""A price is an integer count of 1/1,000,000 yuan: "12.3456" is 12_345_600."""

PRICE_PER_FEN = PRICE_UNIT // 100
"""How much of a price one fen is."""

FEN_MAX = 100_000_000_000
"""The most one line may be, in magnitude (a thousand million yuan): 20,000 such lines still fit
the integers of SQLite (2**63) and of a browser (2**53)."""

QUANTITY_MAX = 1_000_000 * QUANTITY_UNIT
"""The most a quantity may be, in magnitude: more than a million on one line is a slip."""

PRICE_MAX = FEN_MAX * PRICE_PER_FEN
"""The highest price of one unit: as much as a line may be."""

_MULTIPLIER_MAX = 100 * QUANTITY_UNIT

# As many whole digits as the bounds have, and no more: an endless number is never read.
_QUANTITY = re.compile(r"-?\d{1,7}(?:\.\d{1,4})?", re.ASCII)
_PRICE = re.compile(r"\d{1,10}(?:\.\d{1,6})?", re.ASCII)

PRODUCT_PER_FEN = QUANTITY_UNIT * PRICE_PER_FEN
"""How much of price x quantity one fen is."""

_HALF_A_FEN = PRODUCT_PER_FEN // 2

AGREES_BELOW = 3 * PRODUCT_PER_FEN // 2
"""A product may be less than 1.5 fen above an amount that is within 1 fen of it rounded."""

AGREES_FROM = -AGREES_BELOW
"""It may be 1.5 fen below, for halves are rounded up."""


def parse_quantity(text: str) -> int | None:
    """Read a decimal of at most 4 places, such as "2" or "-0.5", in 1/10,000.

    None when it is anything else (blank, "+", exponent, other digits) or beyond QUANTITY_MAX.
    """
    if _QUANTITY.fullmatch(text) is None:
        return None
    quantity = _scaled(text, _QUANTITY_PLACES)
    return quantity if -QUANTITY_MAX <= quantity <= QUANTITY_MAX else None


def parse_price(text: str) -> int | None:
    """Read yuan of at most 6 places and no sign, such as "12.345600", in 1/1,000,000.

    None when it is anything else or beyond PRICE_MAX.
    """
    if _PRICE.fullmatch(text) is None:
        return None
    price = _scaled(text, _PRICE_PLACES)
    return price if price <= PRICE_MAX else None


def quantity_of(value: Decimal) -> int | None:
    """Turn a catalogue's limit, at least 0 and of at most 4 places, into 1/10,000.

    None when it is anything else, infinite or beyond QUANTITY_MAX.
    """
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -_QUANTITY_PLACES:
        return None
    return int(value * QUANTITY_UNIT) if 0 <= value * QUANTITY_UNIT <= QUANTITY_MAX else None


def multiplier_of(value: Decimal) -> int | None:
    """Turn a notice's multiple of a limit, above 0 and of at most 4 places, into 1/10,000.

    None when it is anything else, infinite or above 100.
    """
    scaled = quantity_of(value)
    return scaled if scaled and scaled <= _MULTIPLIER_MAX else None


def share_of(value: Decimal) -> int | None:
    """Turn a share of a cost, 0 to 1 with at most 4 places, into 1/10,000.

    None when it is anything else.
    """
    scaled = quantity_of(value)
    return scaled if scaled is not None and scaled <= QUANTITY_UNIT else None


def amount_fen(price: int, quantity: int) -> int:
    """Return price x quantity in fen, rounded half up by magnitude: -0.5 fen is -1."""
    product = price * quantity
    if product < 0:
        return half_up(product, PRODUCT_PER_FEN)
    return (product + _HALF_A_FEN) // PRODUCT_PER_FEN


def amount_agrees(fen: int, price: int, quantity: int) -> bool:
    """Say whether ``fen`` is the amount of price x quantity to within 1 fen."""
    over = abs(price * quantity) - abs(fen) * PRODUCT_PER_FEN
    return AGREES_FROM <= over < AGREES_BELOW


def half_up(numerator: int, denominator: int) -> int:
    """Divide by a positive ``denominator`` and round to the nearest, halves away from 0."""
    if numerator < 0:
        return -half_up(-numerator, denominator)
    return (2 * numerator + denominator) // (2 * denominator)


def yuan(fen: int) -> str:
    """Write fen for people: 123456 is "1,234.56", -5 is "-0.05"."""
    whole, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole:,}.{rest:02d}"


def _scaled(text: str, places: int) -> int:
    whole, _, fraction = text.partition(".")
    return int(whole + fraction.ljust(places, "0"))
