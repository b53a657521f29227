"""The rules of ``simulators.agency.checking`` applied to one settlement as it was received.

Reads the messages that told of it; writes nothing.
"""

from dataclasses import dataclass
from datetime import date

from edge import codec
from edge.core.catalogue import Insurance, RegionalList
from edge.core.verification import Service
from edge.store.database import Row, Rows
from simulators.agency.catalogues import AgencyCatalogues
from simulators.agency.checking import (
    POINTS,
    REASONS,
    BilledLine,
    Standard,
    findings,
)
from simulators.agency.refusals import Deducted
from simulators.platform.journal import Kept
from simulators.platform.register import Notice

ARTICLES = {
    "11": "京 三(二)",
    "12": "津 第二十四条",
    "22": "吉规 第二十三条",
    "37": "鲁 第十九条",
    "51": "川 第二十四条",
}
"""By treatment province: what the agency deducts by."""

_BY_MEDICAL_INSURANCE = frozenset({"510000"})
"""Where the list of basic medical insurance rules the care of the region's own workers (川 21)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Charged:
    id: str
    date: date
    code: str
    quantity: str
    injury_related: bool
    reverses: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ruled:
    id: str
    fund_fen: int


def proposed(
    db: Rows, catalogues: AgencyCatalogues, facility: str, settlement: str
) -> tuple[Deducted, ...]:
    """Return what the rules would deduct of a settlement; nothing where its lines never came."""
    row = db.one(_TOLD, [facility, settlement])
    if row is None:
        return ()
    article = ARTICLES.get(str(row["treatment_region"])[:2], "客户规则")
    return tuple(
        Deducted(
            settlement=settlement,
            line=one.line,
            amount_fen=one.amount_fen,
            kind=one.fault,
            reason=REASONS[one.fault],
            article=article,
            points=POINTS[one.fault],
        )
        for one in findings(_lines(row), _standard(db, catalogues, row))
    )


def _lines(row: Row) -> list[BilledLine]:
    charged = codec.convert(_body(row["charges"])["lines"], list[_Charged])
    ruled = codec.convert(_body(row["settled"])["lines"], list[_Ruled])
    shares = {line.id: line.fund_fen for line in ruled}
    return [
        BilledLine(
            id=line.id,
            date=line.date,
            code=line.code,
            quantity=line.quantity,
            fund_fen=shares.get(line.id, 0),
            injury_related=line.injury_related,
            reverses=line.reverses,
        )
        for line in charged
    ]


def _standard(db: Rows, catalogues: AgencyCatalogues, row: Row) -> Standard:
    device = row["service"] == Service.DEVICE
    # Devices across a province are ruled by the insured region's catalogue (津 19, 鲁 16).
    governing = RegionalList(row["insured_region" if device else "treatment_region"])
    if governing.region in _BY_MEDICAL_INSURANCE and row["insured_region"] == governing.region:
        governing = RegionalList(governing.region, Insurance.MEDICAL)
    rows = catalogues.of_list(governing)
    if rows is None:
        return Standard(knows=False, row=lambda _code, _day: None)
    return Standard(
        knows=True,
        row=rows.row,
        bed_day_fen=rows.bed_day_fen,
        device_limits=_limits(db, row) if device else None,
    )


def _limits(db: Rows, row: Row) -> dict[str, int] | None:
    """Return what the fitting notice allows a device, where we issued it."""
    found = db.one(_NOTICE, [row["facility"], row["order_key"]])
    if found is None:
        return None
    notice = codec.decode(found["document"], dict[str, object])
    return {item.code: item.limit_fen for item in Notice.model_validate(notice).items}


def _body(kept: str) -> dict[str, object]:
    return codec.decode(kept, Kept).body


_TOLD = """\
select s.facility, s.order_key, c.service, c.insured_region, f.region as treatment_region,
    told.kept as settled, charged.kept as charges
from settlements as s join cases as c on c.facility = s.facility and c.order_key = s.order_key
join facilities as f on f.id = s.facility
join messages as told on told.id = s.message
join bills as b on b.facility = s.facility and b.settlement = s.settlement
join messages as charged on charged.id = b.message
where s.facility = ? and s.settlement = ?"""
_NOTICE = """\
select n.document from notice_uses as u join notices as n on n.id = u.notice
where u.facility = ? and u.order_key = ?"""
