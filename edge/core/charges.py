"""The lines of a bill as the hospital sent them: which of them can be ruled, and why not.

Knows neither the law nor the catalogue's content; a refused line is reported, never dropped.
"""

from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeAlias

from edge.core.errors import Words
from edge.core.money import FEN_MAX, amount_agrees, parse_price, parse_quantity, yuan


@dataclass(frozen=True, slots=True)
class Charge:
    """One line as given: ``quantity`` and ``price`` (yuan a unit) are decimals as text.

    A refund has a negative quantity and amount and names in ``reverses`` the line it takes back.
    """

    id: str
    date: date
    code: str
    quantity: str
    price: str
    amount_fen: int
    injury_related: bool
    name: str = ""
    reverses: str | None = None


class Refusal(StrEnum):
    """Why a line cannot be ruled; a line carries the first that holds, in this order."""

    BAD_NUMBER = "BAD_NUMBER"
    DUPLICATE_LINE = "DUPLICATE_LINE"
    UNKNOWN_CODE = "UNKNOWN_CODE"
    OUTSIDE_STAY = "OUTSIDE_STAY"
    BAD_REVERSAL = "BAD_REVERSAL"
    AMOUNT_MISMATCH = "AMOUNT_MISMATCH"


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that is in no total and blocks settlement until it is mended."""

    id: str
    code: Refusal
    text: str
    text_en: str


Counted: TypeAlias = tuple[Charge, int, int]
"""A line with its quantity in 1/10,000 and its price in 1/1,000,000 yuan.

A bare tuple, because a bill makes 20,000 of them and takes each apart at once.
"""


@dataclass(frozen=True, slots=True)
class Sifted:
    """A bill's lines apart: what was charged, the refunds by the id they reverse, the refused.

    Each in the bill's order.
    """

    lines: list[Counted]
    refunds: dict[str, list[Counted]]
    refused: list[RefusedLine]


class Readings(dict[str, int | None]):
    """Texts of numbers and what they say, each read once; None: no number that can be used."""

    MAX = 16_384

    def __init__(self, read: Callable[[str], int | None]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, text: str) -> int | None:
        """Read a text that was not met before; forget all when there are too many."""
        if len(self) >= self.MAX:
            self.clear()
        number = self[text] = self._read(text)
        return number


# A hospital's quantities and prices recur from bill to bill; 3 MB at most.
QUANTITIES = Readings(parse_quantity)
"""In 1/10,000."""

PRICES = Readings(parse_price)
"""In 1/1,000,000 yuan."""


def entangled(charges: Sequence[Charge], ids: set[str]) -> set[str]:
    """Return those of ``ids``, the charges' own, whose lines are not judged by themselves.

    They are the refunds, what these reverse, and the ids that stand more than once.
    """
    refunds = [charge for charge in charges if charge.reverses is not None]
    tangle = {charge.id for charge in refunds} | {charge.reverses or "" for charge in refunds}
    if len(ids) < len(charges):
        counted = Counter([charge.id for charge in charges])
        tangle.update(line_id for line_id, times in counted.items() if times > 1)
    return tangle


def sift(
    charges: Sequence[Charge], *, first: date, last: date | None, known: Container[str]
) -> Sifted:
    """Part the lines that can be ruled from those that cannot.

    ``first`` and ``last`` are the stay's days, both included; no ``last`` means still in hospital.
    ``known`` holds the codes that some version of the governing catalogue knows.
    """
    last = last or date.max
    seen: set[str] = set()
    lines: list[Counted] = []
    waiting: list[tuple[int, Counted]] = []
    refused: list[_Refused] = []
    for place, charge in enumerate(charges):
        quantity, price = QUANTITIES[charge.quantity], PRICES[charge.price]
        if quantity is None or price is None or not -FEN_MAX <= charge.amount_fen <= FEN_MAX:
            refused.append((place, charge, Refusal.BAD_NUMBER))
        elif charge.id in seen:
            refused.append((place, charge, Refusal.DUPLICATE_LINE))
        elif charge.code not in known:
            refused.append((place, charge, Refusal.UNKNOWN_CODE))
        elif not first <= charge.date <= (last if charge.reverses is None else date.max):
            refused.append((place, charge, Refusal.OUTSIDE_STAY))  # a refund may come later
        elif charge.reverses is not None or quantity < 0:
            waiting.append((place, (charge, quantity, price)))
        elif charge.amount_fen < 0 or not amount_agrees(charge.amount_fen, price, quantity):
            refused.append((place, charge, Refusal.AMOUNT_MISMATCH))
        else:
            lines.append((charge, quantity, price))
        seen.add(charge.id)
    refunds = _refunds(lines, waiting, refused) if waiting else {}
    return Sifted(lines, refunds, [_told(charge, code) for _, charge, code in sorted(refused)])


_Refused: TypeAlias = tuple[int, Charge, Refusal]


def _refunds(
    lines: list[Counted], waiting: list[tuple[int, Counted]], refused: list[_Refused]
) -> dict[str, list[Counted]]:
    """Give each refund, in line order, to the original that it reverses, or refuse it."""
    originals = {line[0].id: _Original(line) for line in lines}
    refunds: dict[str, list[Counted]] = {}
    for place, (charge, quantity, price) in waiting:
        original = originals.get(charge.reverses) if charge.reverses else None
        if original is None or not original.can_give_back(charge, quantity, price):
            refused.append((place, charge, Refusal.BAD_REVERSAL))
        elif charge.amount_fen > 0 or not amount_agrees(charge.amount_fen, price, quantity):
            refused.append((place, charge, Refusal.AMOUNT_MISMATCH))
        else:
            original.give_back(charge, quantity)
            refunds.setdefault(original.id, []).append((charge, quantity, price))
    return refunds


class _Original:
    """What is left of a charge while its refunds are taken off."""

    def __init__(self, line: Counted) -> None:
        charge, self._quantity, self._price = line
        self.id, self._code, self._amount_fen = charge.id, charge.code, charge.amount_fen

    def can_give_back(self, refund: Charge, quantity: int, price: int) -> bool:
        left = self._quantity + quantity
        return (
            (refund.code, price) == (self._code, self._price)
            and quantity < 0 <= left
            and (left > 0 or self._amount_fen + refund.amount_fen == 0)
        )

    def give_back(self, refund: Charge, quantity: int) -> None:
        self._quantity += quantity
        self._amount_fen += refund.amount_fen


def _told(charge: Charge, code: Refusal) -> RefusedLine:
    words = _WORDS[code](charge)
    return RefusedLine(charge.id, code, words.zh, words.en)


def _bad_number(charge: Charge) -> Words:
    return Words(
        f"数量“{charge.quantity}”（至多4位小数）、单价“{charge.price}”（非负，至多6位小数）"
        f"或金额（{charge.amount_fen} 分）不是可用的数字，请更正后重新上传",
        f"quantity {charge.quantity!r} (at most 4 places), price {charge.price!r} (not negative, "
        f"at most 6 places) or the amount of {charge.amount_fen} fen is no number that can be used",
    )


def _duplicate(charge: Charge) -> Words:
    return Words(
        f"明细号 {charge.id} 在本单中已出现，请核对是否重复上传",
        f"line id {charge.id} stands earlier in this bill: was it sent twice?",
    )


def _unknown_code(charge: Charge) -> Words:
    return Words(
        f"编码 {charge.code} 不在任何版本的目录中，请先对照目录编码",
        f"no catalogue version knows the code {charge.code}: map it first",
    )


def _outside_stay(charge: Charge) -> Words:
    return Words(
        f"费用日期 {charge.date} 不在就诊期间内，请核对日期或入出院时间",
        f"the day {charge.date} is outside the stay: check it, or the stay's dates",
    )


def _bad_reversal(charge: Charge) -> Words:
    return Words(
        f"退费行与所冲明细“{charge.reverses or ''}”不符：须指明同编码、同单价且有效的原明细，"
        "数量、金额为负，累计不超过原数量，全部退完时金额须退净",
        f"this refund does not fit the line {charge.reverses or ''!r} that it reverses: the same "
        "code and price, negative, at most what was charged, and nothing left at the end",
    )


def _amount_mismatch(charge: Charge) -> Words:
    return Words(
        f"金额 {yuan(charge.amount_fen)} 元与单价 {charge.price} × 数量 {charge.quantity} "
        "相差超过1分或正负不符，请核对",
        f"the amount of {yuan(charge.amount_fen)} yuan is not {charge.price} x {charge.quantity} "
        "to within 1 fen, or has the wrong sign",
    )


_WORDS: Mapping[Refusal, Callable[[Charge], Words]] = {
    Refusal.BAD_NUMBER: _bad_number,
    Refusal.DUPLICATE_LINE: _duplicate,
    Refusal.UNKNOWN_CODE: _unknown_code,
    Refusal.OUTSIDE_STAY: _outside_stay,
    Refusal.BAD_REVERSAL: _bad_reversal,
    Refusal.AMOUNT_MISMATCH: _amount_mismatch,
}
