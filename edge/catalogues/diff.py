"""What a new list changes in an old one: rows new, changed field by field, and ended.

Compares what is said, not by whom: regions and versions of the rows do not count.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter

from edge.core.catalogue import CatalogueRow

FIELDS = (
    "name",
    "kind",
    "in_scope",
    "price_cap_fen",
    "quantity_per_day_max",
    "quantity_max",
    "co_payment_share",
    "service_years",
    "restrictions",
    "valid_from",
    "valid_to",
)
"""What a row says of its code."""

_said = attrgetter(*FIELDS)


@dataclass(frozen=True, slots=True)
class Change:
    """One row before and after."""

    before: CatalogueRow
    after: CatalogueRow

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that differ, in the order of FIELDS."""
        pairs = zip(FIELDS, _said(self.before), _said(self.after), strict=True)
        return tuple(field for field, before, after in pairs if before != after)


@dataclass(frozen=True, slots=True)
class Diff:
    """The rows that the new list alone has, says otherwise, or has no more; in order of code."""

    new: tuple[CatalogueRow, ...] = ()
    changed: tuple[Change, ...] = ()
    ended: tuple[CatalogueRow, ...] = ()

    def by_field(self) -> Mapping[str, int]:
        """Count the changed rows by each field that changed."""
        return Counter(field for change in self.changed for field in change.fields)


def diff_of(old: Iterable[CatalogueRow], new: Iterable[CatalogueRow]) -> Diff:
    """Compare two lists code by code.

    Rows of one code with the same first day are one row before and after. Those left over are
    paired in the order of their first days: a version that dates all its rows anew changes them.
    """
    before, after = _by_code(old), _by_code(new)
    pairs = [
        pair
        for code in sorted(before.keys() | after.keys())
        for pair in _pairs(before.get(code, []), after.get(code, []))
    ]
    return Diff(
        new=tuple(is_ for was, is_ in pairs if was is None and is_ is not None),
        changed=tuple(
            Change(was, is_)
            for was, is_ in pairs
            if was is not None and is_ is not None and _said(was) != _said(is_)
        ),
        ended=tuple(was for was, is_ in pairs if was is not None and is_ is None),
    )


_Pair = tuple[CatalogueRow | None, CatalogueRow | None]


def _by_code(rows: Iterable[CatalogueRow]) -> dict[str, list[CatalogueRow]]:
    by_code: dict[str, list[CatalogueRow]] = {}
    for row in rows:
        by_code.setdefault(row.code, []).append(row)
    return by_code


def _pairs(before: list[CatalogueRow], after: list[CatalogueRow]) -> Iterator[_Pair]:
    if len(before) == len(after) == 1:  # most codes have one row, and there may be 300,000
        yield before[0], after[0]
        return
    same_day = {row.valid_from: row for row in before}
    left = sorted((r for r in after if r.valid_from not in same_day), key=_first_day)
    for row in after:
        if row.valid_from in same_day:
            yield same_day.pop(row.valid_from), row
    gone = sorted(same_day.values(), key=_first_day)
    yield from zip(gone, left, strict=False)
    yield from ((row, None) for row in gone[len(left) :])
    yield from ((None, row) for row in left[len(gone) :])


def _first_day(row: CatalogueRow) -> str:
    return row.valid_from.isoformat() if row.valid_from else ""
