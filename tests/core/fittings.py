"""A fitting to be changed one thing at a time, its bill, and what rules it."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from edge.core.adjudication import Bill
from edge.core.catalogue import CatalogueRow, CostKind
from edge.core.charges import Charge
from edge.core.dates import SHANGHAI
from edge.core.fitting import (
    Channel,
    Fitted,
    Fitting,
    FittingState,
    approved_items,
    fitting_rules,
)
from edge.core.money import amount_fen, parse_price, parse_quantity
from edge.core.stay import Injury
from edge.core.verification import Decision, DeviceAct, Notice, NoticeItem, Service
from tests.core.desk import rulebook

OPENED = datetime(2026, 11, 20, 9, tzinfo=SHANGHAI)
DAY = date(2026, 11, 20)
LEG = "D-LEG"
ROW = CatalogueRow(
    LEG,
    CostKind.DEVICE,
    in_scope=True,
    price_cap_fen=1_500_000,
    service_years=4,
    valid_from=date(2024, 1, 1),
)
NOTICE = Notice(
    id="N1",
    items=(NoticeItem(code=LEG, limit_fen=2_000_000, service_years=3),),
    valid_to=date(2026, 12, 31),
)
OPEN = Fitting(
    id="f1",
    person_id="p1",
    verification_id="v1",
    hospital_number="PZ1",
    injury=Injury(determination="认定1", parts="左小腿"),
    insured_region="110000",
    admission_decision=Decision.DIRECT,
    channel=Channel.LOGIN,
    filing_id="F1",
    notice=NOTICE,
    approved=(),
    state=FittingState.VERIFIED,
    opened_at=OPENED,
)
RULES = fitting_rules(rulebook(), treatment_region="120000", insured_region="110000", on=DAY)


def fitted(line_id: str = "1", code: str = LEG, **other: Any) -> Fitted:  # noqa: ANN401 - its fields
    """Return a first leg of 18,000 yuan with serial and model; ``other`` fields replace these."""
    quantity, price = other.pop("quantity", "1"), other.pop("price", "18000")
    fen = amount_fen(parse_price(price) or 0, parse_quantity(quantity) or 0)
    charge = Charge(
        id=line_id,
        date=DAY,
        code=code,
        name="小腿假肢",
        quantity=quantity,
        price=price,
        amount_fen=fen,
        injury_related=True,
        reverses=other.pop("reverses", None),
    )
    fields = {"act": DeviceAct.FIRST, "serial": "SN-1", "model": "M-1", **other}
    return Fitted(charge=charge, **fields)


def recorded(*lines: Fitted, **other: Any) -> Fitting:  # noqa: ANN401 - its fields
    """Return the fitting with these lines, an hour after its opening."""
    at = OPENED + timedelta(hours=1)
    return replace(OPEN, **other).recorded(lines or (fitted(),), at, at)


def bill_of(fitting: Fitting, *rows: CatalogueRow) -> Bill:
    """Return the bill that the desk rules of a fitting."""
    return Bill(
        treatment_region="120000",
        insured_region=fitting.insured_region,
        service=Service.DEVICE,
        admitted_on=DAY,
        discharged_on=DAY,
        catalogue=rows or (ROW,),
        notice=approved_items(fitting),
        lines=tuple(line.charge for line in fitting.lines),
    )
