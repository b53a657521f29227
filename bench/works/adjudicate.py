"""A bill's ruling, every line with its reason, against a plain loop over whole numbers.

Both know a catalogue of 300,000 codes, in memory, and rule what a hospital sends: most lines paid
in full, some capped, some out of the catalogue, some not for the injury.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import TypeAlias

from bench.frame import Work
from edge.core.adjudication import Bill, BillRules, LineReason, Ruling, adjudicate
from edge.core.catalogue import (
    ByBenefit,
    Catalogue,
    CatalogueRow,
    CostKind,
    RegionalList,
    catalogue_of,
)
from edge.core.charges import Charge
from edge.core.money import PRICE_PER_FEN, QUANTITY_UNIT, amount_fen, parse_price, parse_quantity
from edge.core.verification import Service

SIZES = ((100, 50), (1_000, 300), (20_000, 2_000))
"""Lines of a bill, and how many different codes they have."""

CODES = 300_000

_ADMITTED = date(2024, 6, 1)
_STAY_DAYS = 30
_UNIT = PRICE_PER_FEN * QUANTITY_UNIT

PlainCatalogue: TypeAlias = dict[str, tuple[bool, int, str]]
"""By code: in scope, the cap in 1/1,000,000 yuan, the row's label."""

PlainLine: TypeAlias = tuple[str, str, int, int, int, bool]
"""Id, code, quantity and price as whole numbers, amount in fen, for the injury."""

PlainRuled: TypeAlias = tuple[str, int, int, str, LineReason]
"""Id, the fund's share, the worker's, the row's label, the reason."""


@dataclass(frozen=True, slots=True)
class Case:
    """One bill over one catalogue, as we know them and as the plain loop does."""

    bill: Bill
    catalogue: Catalogue
    plain_lines: list[PlainLine]
    plain_catalogue: PlainCatalogue

    def ours(self) -> Ruling:
        """Rule the bill."""
        return adjudicate(self.bill, _RULES, self.catalogue)

    def floor(self) -> tuple[int, int, list[PlainRuled]]:
        """Rule it by the plain loop."""
        return plain_loop(self.plain_lines, self.plain_catalogue)


def works() -> Iterator[Work]:
    """Yield a bill of each size over the one catalogue."""
    for case in cases(SIZES, CODES):
        work = f"{len(case.bill.lines):,} lines, {CODES:,} codes in memory"
        yield Work(
            name="adjudicate",
            work=work,
            ours=case.ours,
            floor=case.floor,
            size=len(case.bill.lines),
        )


def cases(sizes: Iterable[tuple[int, int]], codes: int) -> Iterator[Case]:
    """Yield synthetic bills of these sizes over one catalogue, the same each time."""
    chance = Random(1)  # noqa: S311 - bills, not secrets
    catalogue = catalogue_of(_row(f"C{number:06d}", chance) for number in range(codes))
    plain = {code: _plain_row(rows[0]) for code, rows in catalogue.rows.items()}
    for lines, different in sizes:
        bill = _bill(lines, chance.sample(list(plain), different), chance)
        yield Case(bill, catalogue, [_plain_line(charge) for charge in bill.lines], plain)


def plain_loop(
    lines: list[PlainLine], catalogue: PlainCatalogue
) -> tuple[int, int, list[PlainRuled]]:
    """Return the total, the fund's share, and each line's split, row and reason."""
    in_full, over_cap = LineReason.IN_SCOPE, LineReason.OVER_PRICE_CAP
    not_injury, unlisted = LineReason.NON_INJURY, LineReason.OUT_OF_CATALOGUE
    total = fund = 0
    ruled = []
    for line_id, code, quantity, price, amount, injury_related in lines:
        in_scope, cap, label = catalogue[code]
        if abs(price * quantity - amount * _UNIT) > _UNIT:
            raise ValueError(line_id)
        if not injury_related:
            paid, reason = 0, not_injury
        elif not in_scope:
            paid, reason = 0, unlisted
        elif price > cap:
            paid, reason = (cap * quantity + _UNIT // 2) // _UNIT, over_cap
        else:
            paid, reason = amount, in_full
        total += amount
        fund += paid
        ruled.append((line_id, paid, amount - paid, label, reason))
    return total, fund, ruled


_ARTICLES = {reason: f"第{place}条" for place, reason in enumerate(LineReason, 1)}
_TIANJIN = RegionalList("120000")
_RULES = BillRules(
    lists=ByBenefit(_TIANJIN, _TIANJIN, _TIANJIN),
    articles=ByBenefit(_ARTICLES, _ARTICLES, _ARTICLES),
    excluded={CostKind.MEAL: "第0条", CostKind.TRAVEL: "第0条"},
)


def _row(code: str, chance: Random) -> CatalogueRow:
    kind = chance.choice([CostKind.DRUG, CostKind.DRUG, CostKind.TREATMENT, CostKind.CONSUMABLE])
    return CatalogueRow(
        code=code,
        kind=kind,
        in_scope=chance.random() > 0.05,  # noqa: PLR2004 - one code in twenty is not
        price_cap_fen=chance.randrange(500, 50_000) if chance.random() < 1 / 3 else None,
        valid_from=date(2024, 1, 1),
        region="120000",
    )


def _bill(lines: int, codes: list[str], chance: Random) -> Bill:
    prices = {code: f"{chance.randrange(10, 30_000) / 100:.2f}" for code in codes}
    days = sorted(chance.randrange(_STAY_DAYS) for _ in range(lines))
    return Bill(
        treatment_region="120000",
        insured_region="110000",
        service=Service.INPATIENT_MEDICAL,
        admitted_on=_ADMITTED,
        discharged_on=_ADMITTED + timedelta(days=_STAY_DAYS - 1),
        lines=tuple(_charge(place, day, prices, chance) for place, day in enumerate(days)),
    )


def _charge(place: int, day: int, prices: dict[str, str], chance: Random) -> Charge:
    code, price = chance.choice(list(prices.items()))
    quantity = chance.choice(["1", "1", "1", "2", "3", "0.5"])
    return Charge(
        id=f"L{place:05d}",
        date=_ADMITTED + timedelta(days=day),
        code=code,
        quantity=quantity,
        price=price,
        amount_fen=amount_fen(*_read(price, quantity)),
        injury_related=chance.random() > 0.02,  # noqa: PLR2004 - one line in fifty is not
    )


def _plain_row(row: CatalogueRow) -> tuple[bool, int, str]:
    cap = 10**18 if row.price_cap_fen is None else row.price_cap_fen * PRICE_PER_FEN
    return row.in_scope, cap, row.label


def _plain_line(charge: Charge) -> PlainLine:
    price, quantity = _read(charge.price, charge.quantity)
    return charge.id, charge.code, quantity, price, charge.amount_fen, charge.injury_related


def _read(price: str, quantity: str) -> tuple[int, int]:
    return parse_price(price) or 0, parse_quantity(quantity) or 0
