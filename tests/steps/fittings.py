"""A fitting at the desk of the tests' site: a Beijing worker at a facility that may fit devices."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from edge.case.verdict import Asked
from edge.core.catalogue import CatalogueRow, CostKind
from edge.core.charges import Charge
from edge.core.fitting import Fitted, Fitting
from edge.core.settlement import Blocked
from edge.core.stay import Injury
from edge.core.verification import Device, DeviceAct, Moment, Notice, NoticeItem, Service
from edge.steps.fit import Recorded, Request, fit
from edge.steps.open_fitting import Opening, open_fitting
from edge.steps.verify import verify
from edge.store.verifications import Verification
from tests.catalogues.shelf import keep_rows
from tests.steps.conftest import FACTS, NEW_YEAR, Ground

CLERK = "配置员"
LEG, ARM = "LEG", "ARM"
ROWS = tuple(
    CatalogueRow(
        code,
        CostKind.DEVICE,
        in_scope=True,
        price_cap_fen=1_500_000,
        service_years=4,
        valid_from=NEW_YEAR,
    )
    for code in (LEG, ARM)
)
NOTICE: dict[str, Any] = {
    "id": "N1",
    "items": [{"code": LEG, "limit_fen": 2_000_000, "service_years": 3}],
    "valid_to": "2026-12-31",
    "used": False,
}
PAPER = Notice(
    id="N9",
    items=(NoticeItem(code=LEG, limit_fen=1_000_000, limit_multiplier=Decimal("1.5")),),
)
"""What a worker shows that the platform does not know of."""

DEVICE_FACTS: dict[str, Any] = FACTS | {
    "filing": FACTS["filing"] | {"benefits": ["medical", "rehab", "device"]},
    "notice": NOTICE,
}
LEG_FIRST = Device(code=LEG)


def fitting_ground(ground: Ground, *, region: str = "120000") -> Ground:
    """Return the ground with devices in the insured region's catalogue, fitted in ``region``."""
    keep_rows(ground.site.store, ROWS, region="110000")
    settings = ground.site.settings
    facility = settings.facility.model_copy(
        update={"kinds": ("medical", "device"), "region": region, "city": f"{region[:3]}100"}
    )
    ground.site = replace(ground.site, settings=settings.model_copy(update={"facility": facility}))
    filing = DEVICE_FACTS["filing"] | {"destination": region}
    ground.platform.facts = DEVICE_FACTS | {"filing": filing}
    return ground


def verified(ground: Ground, *devices: Device, notice: Notice | None = None) -> Verification:
    """Verify the worker for a first leg, or for ``devices``."""
    asked = Asked(
        service=Service.DEVICE,
        moment=Moment.FITTING,
        devices=devices or (LEG_FIRST,),
        notice=notice,
    )
    return verify(ground.site, ground.identified().id, asked, CLERK)


def opened(ground: Ground, number: str = "PZ1", notice: Notice | None = None) -> Fitting:
    """Open a fitting from a fresh verification."""
    opening = Opening(
        verification=verified(ground, notice=notice).id,
        hospital_number=number,
        injury=Injury(determination="认定1", parts="左小腿"),
    )
    return open_fitting(ground.site, opening, CLERK)


def device(line_id: str = "1", code: str = LEG, price: str = "18000", **other: Any) -> Fitted:  # noqa: ANN401 - its fields
    """Return a line of one first device with serial and model; ``other`` fields replace these."""
    quantity = other.pop("quantity", "1")
    charge = Charge(
        id=line_id,
        date=date(2026, 11, 20),
        code=code,
        name="小腿假肢",
        quantity=quantity,
        price=price,
        amount_fen=int(Decimal(price) * Decimal(quantity) * 100),
        injury_related=True,
        reverses=other.pop("reverses", None),
    )
    fields = {"act": DeviceAct.FIRST, "serial": "SN-1", "model": "M-1", **other}
    return Fitted(charge=charge, **fields)


def said(ground: Ground, fitting: Fitting, *lines: Fitted) -> Recorded | Blocked:
    """Say what was fitted."""
    request = Request(fitting=fitting.id, lines=lines or (device(),))
    return fit(ground.site, request, CLERK)


def fitted(
    ground: Ground, *lines: Fitted, number: str = "PZ1", notice: Notice | None = None
) -> Fitting:
    """Open a fitting, fit an hour later, and record it."""
    fitting = opened(ground, number, notice)
    ground.clock.pass_time(hours=1)
    outcome = said(ground, fitting, *lines)
    assert isinstance(outcome, Recorded), outcome
    return outcome.fitting
