"""Bills written by dice from a seed: every kind of row, line, refund and trouble."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

from edge.core.adjudication import Bill
from edge.core.catalogue import CatalogueRow, CostKind, Insurance, StandardsChange
from edge.core.charges import Charge
from edge.core.verification import Notice, NoticeItem, Service
from tests.core.bills import bill, june
from tests.core.reference_adjudicator import number, rounded

CODES = "ABCDE"
MANY_KINDS = [*CostKind, CostKind.BED, CostKind.DEVICE, CostKind.DEVICE, CostKind.DRUG]
QUANTITIES = ["1", "2", "3", "0.5", "1.25", "7", "0", "0.0001", "2", "2"]
PRICES = ["10", "10.00", "12.3456", "0.005", "33.333333", "0", "25", "15"]
LIMITS = [None, None, None, None, "0", "1", "2.5", "4"]
SHARES = ["0", "0.1", "0.3333", "1"]
CAPS = [None, None, 0, 700, 1_000, 1_300, 2_999]

CHANGES = [
    (StandardsChange(june(3), 500),),
    (StandardsChange(june(3), None),),
    (StandardsChange(june(1), 2_000), StandardsChange(june(4), None), StandardsChange(june(5), 0)),
]


class Dice:
    """Writes bills: most lines sound, some not."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - bills for tests, not secrets
        self._pick = self._random.choice

    def _seldom(self, one_in: int = 12) -> bool:
        return self._random.randrange(one_in) == 0

    def bill(self) -> Bill:
        """Return the next bill of this seed."""
        originals = [self._charge(str(number)) for number in range(self._random.randrange(12))]
        refunds = [
            self._refund(f"r{number}", self._pick(originals))
            for number in range(self._random.randrange(6) if originals else 0)
        ]
        lines = originals + refunds
        self._random.shuffle(lines)
        approved = self._random.sample(CODES, 3)
        items = tuple(
            NoticeItem(
                code=code,
                limit_fen=self._pick(CAPS),
                limit_multiplier=self._pick([None, None, Decimal("1.5"), Decimal("0.3333")]),
            )
            for code in approved
        )
        return bill(
            lines,
            [row for code in CODES for row in self._rows(code)],
            service=self._pick([Service.INPATIENT_MEDICAL, Service.DEVICE]),
            discharged_on=self._pick([june(6), june(6), None]),
            bed_day_fen=self._pick([None, 0, 800, 1_500]),
            changes=self._pick(CHANGES) if self._seldom(3) else (),
            notice=Notice(items=items) if self._seldom(3) else None,
        )

    def _rows(self, code: str) -> list[CatalogueRow]:
        rows = [self._row(code, self._pick([None, date(2024, 1, 1)]))]
        if self._seldom(4):
            rows.append(self._row(code, june(3)))
        if self._seldom(6):
            rows.append(self._row(code, june(4)))
        self._random.shuffle(rows)
        return rows

    def _row(self, code: str, first: date | None) -> CatalogueRow:
        kind, of_day, of_stay = self._pick(MANY_KINDS), self._pick(LIMITS), self._pick(LIMITS)
        if kind is CostKind.DEVICE:
            of_stay = self._pick([of_stay, "1", "1"])
        return CatalogueRow(
            code=code,
            kind=kind,
            in_scope=not self._seldom(),
            price_cap_fen=self._pick(CAPS),
            quantity_per_day_max=Decimal(of_day) if of_day else None,
            quantity_max=Decimal(of_stay) if of_stay else None,
            valid_from=first,
            valid_to=june(self._random.randrange(4, 8)) if self._seldom(4) else None,
            region=self._pick(["120000", "510000", "370000"]) if self._seldom(8) else None,
            insurance=self._pick([*Insurance]) if self._seldom(8) else None,
            co_payment_share=Decimal(self._pick(SHARES)) if self._seldom(4) else None,
        )

    def _charge(self, line_id: str) -> Charge:
        quantity, price = self._pick(QUANTITIES), self._pick(PRICES)
        if self._seldom(40):
            quantity = self._pick(["x", "-1", "1.00000"])
        return Charge(
            id=line_id if not self._seldom(30) else "1",
            date=june(self._pick([1, 2, 2, 2, 3, 3, 4, 5, 6])) + timedelta(days=self._off(40)),
            code=self._pick(CODES) if not self._seldom(40) else "?",
            quantity=quantity,
            price=price if not self._seldom(50) else "-1",
            amount_fen=self._product(price, quantity) + self._off(6),
            injury_related=not self._seldom(),
        )

    def _refund(self, line_id: str, original: Charge) -> Charge:
        quantity = self._pick([original.quantity, original.quantity, "1", "0.5", "1.25", "0"])
        whole = quantity == original.quantity
        amount = -original.amount_fen if whole else self._product(original.price, f"-{quantity}")
        return Charge(
            id=line_id,
            date=june(self._random.randrange(1, 10)),
            code=original.code if not self._seldom(20) else "A",
            quantity=f"-{quantity}",
            price=original.price if not self._seldom(20) else "10.0",
            amount_fen=amount + (self._off(2) if self._seldom() else 0),
            injury_related=not self._seldom(),
            reverses=original.id if not self._seldom(20) else self._pick([None, "none", "r0"]),
        )

    def _product(self, price: str, quantity: str) -> int:
        exact = (number(price, 6) or Fraction()) * (number(quantity, 4) or Fraction())
        return rounded(exact * 100)

    def _off(self, one_in: int) -> int:
        return self._pick([-2, -1, 1, 2]) if self._seldom(one_in) else 0
