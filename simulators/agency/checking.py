"""What the agency's computer finds wrong with a bill, line by line: pure, a second opinion.

The classes are those of 津 第二十四条: other injuries, over a standard, outside the catalogue. What
takes a person's judgement (clinical routine, other breaches) is the staff's alone.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from edge.core.catalogue import CatalogueRow, CostKind
from edge.core.money import QUANTITY_UNIT, half_up, parse_quantity

_NEVER = frozenset({CostKind.MEAL, CostKind.TRAVEL})


class Fault(StrEnum):
    """The classes of deduction that a rule finds."""

    NON_INJURY = "non_injury"
    OUT_OF_CATALOGUE = "out_of_catalogue"
    OVER_STANDARD = "over_standard"


REASONS = {
    Fault.NON_INJURY: "治疗非工伤所发生的费用",
    Fault.OUT_OF_CATALOGUE: "目录范围外的费用",
    Fault.OVER_STANDARD: "超过目录限价或服务标准的费用",
}
POINTS = {Fault.NON_INJURY: 2, Fault.OUT_OF_CATALOGUE: 1, Fault.OVER_STANDARD: 1}
"""Assessment points (吉规 第二十三条: 考核扣分). No instrument gives the scale: these are ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledLine:
    """A line as it was charged, with the fund's share of it as it was settled, in fen."""

    id: str
    date: date
    code: str
    quantity: str
    fund_fen: int
    injury_related: bool
    reverses: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """What the agency's catalogue allows on a day.

    ``row`` finds a code's row; None: nothing known of this code. ``knows`` is whether there is a
    catalogue at all: without one nothing is out of it. ``device_limits`` are of the fitting notice.
    """

    knows: bool
    row: Callable[[str, date], CatalogueRow | None]
    bed_day_fen: int | None = None
    device_limits: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one line is to be cut by, and why."""

    line: str
    amount_fen: int
    fault: Fault


def findings(lines: Sequence[BilledLine], standard: Standard) -> tuple[Finding, ...]:
    """Return what the rules cut, one finding a line: a line and its refunds are looked at as one.

    The first rule that finds something counts, in the order of ``Fault``.
    """
    found = (_finding(line, standard) for line in _net(lines))
    return tuple(one for one in found if one and one.amount_fen > 0)


def _net(lines: Iterable[BilledLine]) -> Iterable[BilledLine]:
    groups: dict[str, list[BilledLine]] = {}
    for line in lines:
        groups.setdefault(line.reverses or line.id, []).append(line)
    for name, group in groups.items():
        original = next((line for line in group if line.id == name), group[0])
        quantity = sum(Decimal(line.quantity) for line in group)
        yield BilledLine(
            id=name,
            date=original.date,
            code=original.code,
            quantity=f"{quantity:f}",
            fund_fen=sum(line.fund_fen for line in group),
            injury_related=original.injury_related,
        )


def _finding(line: BilledLine, standard: Standard) -> Finding | None:
    if not line.injury_related:
        return Finding(line=line.id, amount_fen=line.fund_fen, fault=Fault.NON_INJURY)
    if not standard.knows:
        return None
    row = standard.row(line.code, line.date)
    if row is None or not row.in_scope or row.kind in _NEVER:
        return Finding(line=line.id, amount_fen=line.fund_fen, fault=Fault.OUT_OF_CATALOGUE)
    limit = _limit_fen(row, standard)
    if limit is None:
        return None
    over = line.fund_fen - half_up(limit * _counted(line, row), QUANTITY_UNIT)
    return Finding(line=line.id, amount_fen=over, fault=Fault.OVER_STANDARD)


def _limit_fen(row: CatalogueRow, standard: Standard) -> int | None:
    if row.kind is CostKind.DEVICE and standard.device_limits:
        return standard.device_limits.get(row.code, row.price_cap_fen)
    if row.kind is CostKind.BED and standard.bed_day_fen is not None:
        caps = (standard.bed_day_fen, row.price_cap_fen)
        return min(cap for cap in caps if cap is not None)
    return row.price_cap_fen


def _counted(line: BilledLine, row: CatalogueRow) -> int:
    """Return the quantity in 1/10,000; of beds whole days, begun ones counted."""
    quantity = parse_quantity(line.quantity) or 0
    if row.kind is CostKind.BED:
        return -(-quantity // QUANTITY_UNIT) * QUANTITY_UNIT
    return quantity
