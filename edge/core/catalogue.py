"""The catalogues: which row speaks of a code on a day, and from which region's list.

Rules no line: scope, caps and limits are read here and applied in ``edge.core.adjudication``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Generic, NoReturn, TypeVar

from edge.core.errors import BadInput, Words
from edge.core.money import FEN_MAX, PRICE_MAX, PRICE_PER_FEN, quantity_of, share_of
from edge.core.verification import Service

T = TypeVar("T")


class CostKind(StrEnum):
    """The class of cost that a catalogue row belongs to."""

    DRUG = "drug"
    TREATMENT = "treatment"
    CONSUMABLE = "consumable"
    BED = "bed"
    REHAB = "rehab"
    DEVICE = "device"
    MEAL = "meal"
    TRAVEL = "travel"


KINDS = tuple(CostKind)
"""Every class of cost, in order; asking the enumeration itself each time is slow."""

_CLASS_NO = {kind: place for place, kind in enumerate(KINDS)}


class Insurance(StrEnum):
    """Whose list a region published: that of work injury, or of basic medical insurance."""

    WORK_INJURY = "work_injury"
    MEDICAL = "medical"


@dataclass(frozen=True, slots=True)
class ByBenefit(Generic[T]):
    """One thing for each benefit: medical, rehab, device."""

    medical: T
    rehab: T
    device: T

    def of(self, kind: CostKind) -> T:
        """Return what holds for a row of ``kind``; all that is neither of the others is medical."""
        if kind is CostKind.DEVICE:
            return self.device
        return self.rehab if kind is CostKind.REHAB else self.medical


@dataclass(frozen=True, slots=True, order=True)
class RegionalList:
    """One of the lists that a region (6 digits) publishes: what a code means depends on it."""

    region: str
    insurance: Insurance = Insurance.WORK_INJURY

    def holds(self, row: "CatalogueRow") -> bool:
        """Tell whether the row is of this list; what names no region or list is of each."""
        return row.region in (None, self.region) and row.insurance in (None, self.insurance)


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """What one catalogue version says of one code, from ``valid_from`` to ``valid_to`` included.

    ``price_cap_fen`` is fen a unit (for a device: its limit); ``quantity_per_day_max`` and
    ``quantity_max`` (a stay) have at most 4 places. None is "no such limit" or "open".
    ``region`` and ``insurance`` tell whose list it is; None counts wherever it is asked.
    ``co_payment_share`` is the part that the list leaves to the patient, 0 to 1 (4 places);
    whether it counts is the law's to say (``BillRules``).
    ``service_years`` is a device's minimum service life; ``restrictions`` is for people to read.
    """

    code: str
    kind: CostKind
    in_scope: bool
    price_cap_fen: int | None = None
    quantity_per_day_max: Decimal | None = None
    quantity_max: Decimal | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    region: str | None = None
    name: str = ""
    service_years: int | None = None
    restrictions: str = ""
    version: str | None = None
    insurance: Insurance | None = None
    co_payment_share: Decimal | None = None

    @property
    def label(self) -> str:
        """The row's name on a ruling: code@first day."""
        return f"{self.code}@{self.valid_from.isoformat()}" if self.valid_from else self.code

    @property
    def shares_limits(self) -> bool:
        """Whether what one line takes can leave less to another: days, stays, beds, devices."""
        return (
            self.kind is CostKind.BED
            or self.kind is CostKind.DEVICE
            or self.quantity_per_day_max is not None
            or self.quantity_max is not None
        )

    def counts_on(self, day: date) -> bool:
        """Tell whether the row is valid on ``day``."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )

    def started_by(self, day: date) -> bool:
        """Tell whether the row's first day is not after ``day``."""
        return self.valid_from is None or self.valid_from <= day


@dataclass(frozen=True, slots=True)
class Said:
    """A row as its version says it, and the days on which that version speaks of its kind.

    Both days are included; without ``until`` no later version has taken its place.
    """

    row: CatalogueRow
    starts_on: date
    until: date | None = None

    def in_time(self) -> CatalogueRow | None:
        """Return the row cut to those days; None: it was replaced before its first day."""
        first = max(_first_day(self.row), self.starts_on)
        ends = [day for day in (self.row.valid_to, self.until) if day is not None]
        last = min(ends, default=None)
        if last is not None and last < first:
            return None
        if (first, last) == (self.row.valid_from, self.row.valid_to):
            return self.row  # as most are: a copy would cost more than reading it
        return replace(self.row, valid_from=first, valid_to=last)


@dataclass(frozen=True, slots=True)
class StandardsChange:
    """What one bed day is worth in fen from the day ``since`` on; None: no standard any more."""

    since: date
    bed_day_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Standards:
    """The inpatient service standards: ``bed_day_fen`` for one bed day; None: no standard.

    ``changes`` are those that come into force later, in the order of their days.
    """

    bed_day_fen: int | None = None
    changes: tuple[StandardsChange, ...] = ()


@dataclass(frozen=True, slots=True)
class CatalogueVersion:
    """One region's published list."""

    region: str
    version: str
    rows: tuple[CatalogueRow, ...]
    standards: Standards = field(default_factory=Standards)
    insurance: Insurance | None = None


@dataclass(slots=True)
class Entry:
    """What governs one code on the bills of one benefit: its rows, never none, in order.

    The rest is of the first row, for the many codes that have no other: ``price_max`` is its cap
    in 1/1,000,000 yuan, and up to ``paid_whole_to`` a price is paid whole (-1: none is, for the
    row is out of scope); ``class_no`` is the place of its class of cost in KINDS.
    From ``alone_from`` to ``alone_to``, both included, it rules each line of the code by itself:
    it is valid, the only row, and no line can use up another's room. Else no day is between them.
    ``is_shared``: the row leaves a part of the cost to the patient.
    """

    # Not frozen, for speed: a bill makes one for each of its codes.

    rows: tuple[CatalogueRow, ...]
    kind: CostKind
    class_no: int
    in_scope: bool
    price_max: int
    paid_whole_to: int
    label: str
    alone_from: date
    alone_to: date
    is_shared: bool

    @classmethod
    def of(cls, rows: tuple[CatalogueRow, ...]) -> "Entry":
        """Read what a bill asks of every line, once."""
        row = rows[0]
        cap = row.price_cap_fen
        price_max = PRICE_MAX if cap is None else cap * PRICE_PER_FEN
        stands_alone = len(rows) == 1 and not row.shares_limits
        return cls(
            rows,
            row.kind,
            _CLASS_NO[row.kind],
            row.in_scope,
            price_max,
            price_max if row.in_scope else -1,
            row.label,
            (row.valid_from or date.min) if stands_alone else date.max,
            (row.valid_to or date.max) if stands_alone else date.min,
            bool(row.co_payment_share),
        )


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every row by its code, each code's rows ordered by first day; the standards by region."""

    rows: Mapping[str, tuple[CatalogueRow, ...]]
    standards: Mapping[str, Standards] = field(default_factory=dict)
    # What was looked up before, by benefit and code: one site's bills share most of their codes.
    _entries: dict[tuple[ByBenefit[RegionalList], bool], dict[str, Entry]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def entries(
        self, codes: Iterable[str], *, lists: ByBenefit[RegionalList], service: str
    ) -> dict[str, Entry]:
        """Return what governs each of ``codes``; a code that no version knows has no entry."""
        known = self._entries.setdefault((lists, service == Service.DEVICE), {})
        found: dict[str, Entry] = {}
        for code in codes:
            entry = known.get(code)
            if entry is None:
                rows = self.governing(code, lists=lists, service=service)
                if not rows:
                    continue
                entry = known[code] = Entry.of(rows)
            found[code] = entry
        return found

    def governing(
        self, code: str, *, lists: ByBenefit[RegionalList], service: str
    ) -> tuple[CatalogueRow, ...]:
        """Return the rows of ``code`` that count for a bill, in order; none: an unknown code.

        A row counts from the list that governs its benefit. Where one code is a device in one
        list and something else in another, it is the device on a bill for devices only.
        """
        rows = self.rows.get(code, ())
        counted = tuple([row for row in rows if lists.of(row.kind).holds(row)])
        if len(counted) <= 1:
            return counted
        devices = tuple(row for row in counted if row.kind is CostKind.DEVICE)
        if not devices or len(devices) == len(counted):
            return counted
        if service == Service.DEVICE:
            return devices
        return tuple(row for row in counted if row.kind is not CostKind.DEVICE)

    def picked(self, codes: Iterable[str]) -> tuple[CatalogueRow, ...]:
        """Return every row of these codes, in the codes' order: what a stored bill rests on."""
        return tuple(row for code in codes for row in self.rows.get(code, ()))


def catalogue_of(rows: Iterable[CatalogueRow], *, field: str = "catalogue") -> Catalogue:
    """Put rows in order by code.

    Raises:
        BadInput: CATALOGUE_ROW, naming ``field[place].key``: a validity that ends before it
            starts, a cap or limit that is no number of its kind, the same row twice.
    """
    by_code: dict[str, list[CatalogueRow]] = {}
    seen: set[tuple[_Key, Insurance | None]] = set()
    for place, row in enumerate(rows):
        _require_sound(row, f"{field}[{place}]")
        key = _key(row), row.insurance
        if key in seen:
            _refuse(f"{field}[{place}].code", f"{row.label} 重复", f"{row.label} stands twice")
        seen.add(key)
        by_code.setdefault(row.code, []).append(row)
    return Catalogue({code: tuple(sorted(rows, key=_first_day)) for code, rows in by_code.items()})


def joined(versions: Iterable[CatalogueVersion]) -> Catalogue:
    """Make one catalogue of several regions' lists, each row stamped with whose it is.

    Raises:
        BadInput: CATALOGUE_ROW, as ``catalogue_of``.
    """
    rows: list[CatalogueRow] = []
    standards: dict[str, Standards] = {}
    for version in versions:
        rows += [
            replace(
                row, region=version.region, version=version.version, insurance=version.insurance
            )
            for row in version.rows
        ]
        standards[version.region] = version.standards
    return Catalogue(catalogue_of(rows, field="rows").rows, standards)


def in_force(said: Iterable[Said]) -> tuple[CatalogueRow, ...]:
    """Return the rows as they count, whichever versions said them, oldest version first.

    Rows cut to the same first day keep their rank: the one said later covers the earlier, which
    goes on after it. A code that has no other row than one replaced before its first day is known
    and out of scope.
    """
    rows: dict[_Key, CatalogueRow] = {}
    too_late: list[CatalogueRow] = []
    for one in reversed(list(said)):
        row = one.in_time()
        if row is None:
            too_late.append(one.row)
        else:
            _lay_under(rows, row)
    known = {(row.code, row.region) for row in rows.values()}
    for row in too_late:
        if (row.code, row.region) not in known:
            rows.setdefault(_key(row), replace(row, in_scope=False, valid_to=row.valid_from))
    return tuple(sorted(rows.values(), key=lambda row: (row.code, _first_day(row), row.kind)))


def row_on(rows: tuple[CatalogueRow, ...], day: date) -> CatalogueRow | None:
    """Return the row valid on ``day``; where two overlap, the one that started later."""
    for row in reversed(rows):
        if row.counts_on(day):
            return row
    return None


def row_nearest(rows: tuple[CatalogueRow, ...], day: date) -> CatalogueRow:
    """Return the row that tells best what a code was, of ``rows`` that are never none.

    It is the last one started by ``day``, or the first that ever starts.
    """
    return next((row for row in reversed(rows) if row.started_by(day)), rows[0])


_Key = tuple[str, str | None, bool, date | None]


def _key(row: CatalogueRow) -> _Key:
    return row.code, row.region, row.kind is CostKind.DEVICE, row.valid_from


def _lay_under(rows: dict[_Key, CatalogueRow], row: CatalogueRow) -> None:
    """Add a row that counts only on the days on which those of its own first day do not."""
    above = rows.setdefault(_key(row), row)
    if above is row or above.valid_to is None:
        return
    if row.valid_to is None or row.valid_to > above.valid_to:
        _lay_under(rows, replace(row, valid_from=above.valid_to + timedelta(days=1)))


def _require_sound(row: CatalogueRow, field: str) -> None:
    if row.valid_from and row.valid_to and row.valid_to < row.valid_from:
        _refuse(f"{field}.valid_to", "有效期止早于有效期起", "the validity ends before it starts")
    if row.price_cap_fen is not None and not 0 <= row.price_cap_fen <= FEN_MAX:
        _refuse(f"{field}.price_cap_fen", "限价超出可用范围", "not a cap in fen, 0 or more")
    for name in ("quantity_per_day_max", "quantity_max"):
        limit: Decimal | None = getattr(row, name)
        if limit is not None and quantity_of(limit) is None:
            _refuse(
                f"{field}.{name}",
                "限量须为非负数，至多4位小数",
                "not a quantity of at most 4 places, 0 or more",
            )
    share = row.co_payment_share
    if share is not None and share_of(share) is None:
        name = f"{field}.co_payment_share"
        _refuse(
            name, "自付比例须为0至1，至多4位小数", "not a share of 0 to 1 with at most 4 places"
        )


def _first_day(row: CatalogueRow) -> date:
    return row.valid_from or date.min


def _refuse(field: str, zh: str, en: str) -> NoReturn:
    mend = Words("更正该目录行后重新提交", "correct this catalogue row and send it again")
    raise BadInput("CATALOGUE_ROW", Words(zh, en), mend, field=field)
