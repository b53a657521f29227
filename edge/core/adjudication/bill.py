"""What is ruled: the bill, and the law of that bill as far as money is concerned.

Holds no outcome (``ruling``) and reads no pack (``law``).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from edge.core.adjudication.ruling import LineReason
from edge.core.catalogue import ByBenefit, CatalogueRow, CostKind, RegionalList, Standards
from edge.core.charges import Charge
from edge.core.errors import BadInput, Words
from edge.core.money import FEN_MAX, multiplier_of
from edge.core.verification import Notice, NoticeItem, Service

_REGION_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """A bill as the contract's BILL.json writes it: all that a ruling depends on but the law.

    Regions are 6-digit divisions. Both days are included; without ``discharged_on`` the worker is
    still in hospital. Only the codes and limits of ``notice`` count here, not its validity.
    """

    treatment_region: str
    insured_region: str
    service: Service
    admitted_on: date
    lines: tuple[Charge, ...]
    discharged_on: date | None = None
    catalogue: tuple[CatalogueRow, ...] = ()
    standards: Standards | None = field(default_factory=Standards)
    notice: Notice | None = None

    @property
    def device_limits(self) -> Mapping[str, NoticeItem] | None:
        """The approved devices by code; None: no notice."""
        if self.notice is None:
            return None
        return {item.code: item for item in self.notice.items or ()}


@dataclass(frozen=True, slots=True, kw_only=True)
class BillRules:
    """The law of one bill: which list governs, what is never paid (by which article), and why.

    ``co_payments``: the shares that the list leaves to the patient are left to the worker.
    """

    lists: ByBenefit[RegionalList]
    articles: ByBenefit[Mapping[LineReason, str]]
    excluded: Mapping[CostKind, str]
    co_payments: bool = False

    def article(self, kind: CostKind, reason: LineReason) -> str:
        """Return the article that a line of ``kind`` rests on."""
        if reason is LineReason.EXCLUDED:
            return self.excluded[kind]
        return self.articles.of(kind)[reason]


def require_sound(bill: Bill, ids: set[str]) -> None:
    """Refuse a bill that contradicts itself; a bad line is refused alone, by ``sift``.

    ``ids`` are those of the bill's lines.

    Raises:
        BadInput: BAD_BILL, naming the field.
    """
    for name, zh, en in _contradictions(bill, ids):
        mend = Words("更正后重新提交", "correct it and send the bill again")
        raise BadInput("BAD_BILL", Words(zh, en), mend, field=name)


def _contradictions(bill: Bill, ids: set[str]) -> Iterator[tuple[str, str, str]]:
    for name in ("treatment_region", "insured_region"):
        region = getattr(bill, name)
        if not (len(region) == _REGION_DIGITS and region.isascii() and region.isdigit()):
            yield name, "地区编码须为6位数字", "not a 6-digit division code"
    if bill.discharged_on is not None and bill.discharged_on < bill.admitted_on:
        yield "discharged_on", "出院日期早于入院日期", "the discharge is before the admission"
    if bill.standards:
        yield from _bad_standards(bill.standards)
    if "" in ids:
        place = [line.id for line in bill.lines].index("")
        yield f"lines[{place}].id", "明细号不能为空", "a line needs its id"
    if bill.notice:
        yield from _bad_limits(bill.notice)


def _bad_standards(standards: Standards) -> Iterator[tuple[str, str, str]]:
    wrong = "床位费标准不是可用的金额", "not an amount in fen, 0 or more"
    if not _is_limit(standards.bed_day_fen):
        yield "standards.bed_day_fen", *wrong
    before: date | None = None
    for place, change in enumerate(standards.changes):
        if not _is_limit(change.bed_day_fen):
            yield f"standards.changes[{place}].bed_day_fen", *wrong
        if before is not None and change.since <= before:
            field = f"standards.changes[{place}].since"
            yield field, "床位费标准未按日期先后排列", "not later than the change before it"
        before = change.since


def _bad_limits(notice: Notice) -> Iterator[tuple[str, str, str]]:
    limits: dict[str, tuple[int | None, Decimal | None]] = {}
    for place, item in enumerate(notice.items or ()):
        limit, times = item.limit_fen, item.limit_multiplier
        field = f"notice.items[{place}]"
        if not _is_limit(limit):
            yield f"{field}.limit_fen", "限额不是可用的金额", "not an amount in fen"
        if times is not None and multiplier_of(times) is None:
            yield f"{field}.limit_multiplier", "限额倍数不可用", "not a multiple above 0, up to 100"
        if limits.setdefault(item.code, (limit, times)) != (limit, times):
            yield f"{field}.limit_fen", "同一器具有两个限额", "two limits, one device"


def _is_limit(fen: int | None) -> bool:
    return fen is None or 0 <= fen <= FEN_MAX
