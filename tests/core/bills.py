"""Bills for tests, short to write: lines, rows and rules with everything usual filled in."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from edge.core.adjudication import Bill, BillRules, LineReason, RuledLine, Ruling, adjudicate
from edge.core.catalogue import ByBenefit, CatalogueRow, CostKind, RegionalList, Standards
from edge.core.charges import Charge
from edge.core.money import amount_fen, parse_price, parse_quantity
from edge.core.verification import Notice, NoticeItem, Service

TIANJIN, SICHUAN = "120000", "510000"
ADMITTED, DISCHARGED = date(2024, 6, 1), date(2024, 6, 11)


def _articles(side: str) -> dict[LineReason, str]:
    return {reason: f"{side} {reason}" for reason in LineReason}


RULES = BillRules(
    lists=ByBenefit(
        medical=RegionalList(TIANJIN), rehab=RegionalList(TIANJIN), device=RegionalList(SICHUAN)
    ),
    articles=ByBenefit(
        medical=_articles("医疗"), rehab=_articles("康复"), device=_articles("器具")
    ),
    excluded={CostKind.MEAL: "伙食 EXCLUDED", CostKind.TRAVEL: "交通 EXCLUDED"},
)


def june(day: int) -> date:
    return date(2024, 6, day)


def row(code: str, kind: str = "drug", **given: Any) -> CatalogueRow:  # noqa: ANN401 - its fields
    for limit in ("quantity_per_day_max", "quantity_max"):
        if isinstance(given.get(limit), str):
            given[limit] = Decimal(given[limit])
    given.setdefault("valid_from", date(2024, 1, 1))
    return CatalogueRow(
        code=code, kind=CostKind(kind), in_scope=given.pop("in_scope", True), **given
    )


def line(
    line_id: str,
    code: str,
    quantity: str = "1",
    price: str = "10",
    **given: Any,  # noqa: ANN401
) -> Charge:
    """Write a line whose amount is right unless given; its day is 2 June unless given."""
    if "amount_fen" not in given:
        counted, priced = parse_quantity(quantity), parse_price(price)
        assert counted is not None
        assert priced is not None
        given["amount_fen"] = amount_fen(priced, counted)
    given.setdefault("injury_related", True)
    return Charge(
        id=line_id,
        date=given.pop("date", june(2)),
        code=code,
        quantity=quantity,
        price=price,
        **given,
    )


def refund(line_id: str, original: Charge, quantity: str, **given: Any) -> Charge:  # noqa: ANN401
    """Write a refund of ``quantity`` (negative) of a line, three days later unless given."""
    given.setdefault("date", june(5))
    return line(line_id, original.code, quantity, original.price, reverses=original.id, **given)


def whole_refund(line_id: str, original: Charge) -> Charge:
    return replace(
        original,
        id=line_id,
        quantity=f"-{original.quantity}",
        amount_fen=-original.amount_fen,
        reverses=original.id,
    )


def bill(
    lines: Sequence[Charge],
    catalogue: Sequence[CatalogueRow],
    **given: Any,  # noqa: ANN401
) -> Bill:
    return Bill(
        treatment_region=TIANJIN,
        insured_region=SICHUAN,
        service=given.pop("service", Service.INPATIENT_MEDICAL),
        admitted_on=given.pop("admitted_on", ADMITTED),
        discharged_on=given.pop("discharged_on", DISCHARGED),
        standards=Standards(given.pop("bed_day_fen", None), given.pop("changes", ())),
        lines=tuple(lines),
        catalogue=tuple(catalogue),
        **given,
    )


def notice(**limits: int | None) -> Notice:
    """Write a notice that approves these codes, each with its limit in fen or none."""
    return Notice(items=tuple(NoticeItem(code=code, limit_fen=fen) for code, fen in limits.items()))


def ruled(given: Bill) -> dict[str, RuledLine]:
    """Rule a bill of which no line is refused; return its lines by id."""
    ruling = adjudicate(given, RULES)
    assert ruling.refused == ()
    return {one.id: one for one in ruling.lines}


def refusals(ruling: Ruling) -> list[tuple[str, str]]:
    return [(one.id, one.code) for one in ruling.refused]


def split(one: RuledLine) -> tuple[int, int, str | None, str]:
    """Return what is asked of nearly every line: fund, personal, bucket, reason."""
    return one.fund_fen, one.personal_fen, one.bucket, one.reason


def device_bill(*lines: Any, **given: Any) -> Bill:  # noqa: ANN401 - as bill()
    """Write a bill for devices; code D has a limit of 1,000.00 unless rows are given."""
    rows = given.pop("rows", [row("D", "device", price_cap_fen=100_000)])
    return bill(lines, rows, service=Service.DEVICE, **given)
