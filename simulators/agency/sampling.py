"""What inspectors pick out (川 36, 鲁 27, 吉规 34, 京 四(三)): large, frequent, in both places.

A sample deducts nothing: a person looks at it. The thresholds are ours, no instrument gives any.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from edge.store.database import Row, Rows

LARGE_FEN = 5_000_000
"""The fund's share of one settlement from which on it is large: 50,000 yuan."""

FREQUENT = 5
"""Settlements of one worker in one month from which on they are frequent."""


class Sample(StrEnum):
    """Why somebody should look."""

    LARGE = "large"
    FREQUENT = "frequent"
    BOTH_PLACES = "both_places"


TEXTS = {
    Sample.LARGE: "大额支出",
    Sample.FREQUENT: "高频次支出",
    Sample.BOTH_PLACES: "备案期间备案地和参保地双向支出",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """One settlement that was picked out."""

    facility: str
    settlement: str
    why: Sample
    fund_fen: int


def picked(db: Rows, month: str, facility: str | None = None) -> tuple[Picked, ...]:
    """Return what is picked out of the settlements of a month (Shanghai time), by ``facility``."""
    rows = list(db.query(_MONTH, [month]))
    found = sorted(_picked(rows), key=lambda one: (one.facility, one.settlement, one.why))
    return tuple(one for one in found if facility in {None, one.facility})


def _picked(rows: Sequence[Row]) -> Iterator[Picked]:
    for row in rows:
        if row["fund_fen"] >= LARGE_FEN:
            yield _of(row, Sample.LARGE)
    for theirs in _by_worker(rows):
        if len(theirs) >= FREQUENT:
            yield from (_of(row, Sample.FREQUENT) for row in theirs)
        places = {_at_home(row) for row in theirs}
        if places == {True, False}:
            yield from (_of(row, Sample.BOTH_PLACES) for row in theirs if row["filing"])


def _by_worker(rows: Iterable[Row]) -> Iterable[Sequence[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row["id_number"], []).append(row)
    return groups.values()


def _at_home(row: Row) -> bool:
    """Tell whether the worker was treated where they are insured: by city, or by province."""
    if row["insured_city"]:
        return bool(row["city"][:4] == row["insured_city"][:4])
    return bool(row["region"] == row["insured_region"])


def _of(row: Row, why: Sample) -> Picked:
    return Picked(
        facility=row["facility"], settlement=row["settlement"], why=why, fund_fen=row["fund_fen"]
    )


_MONTH = """\
select s.facility, s.settlement, s.fund_fen, c.id_number, c.filing, f.city, f.region,
    c.insured_region, w.insured_city
from settlements as s join cases as c on c.facility = s.facility and c.order_key = s.order_key
join facilities as f on f.id = s.facility left join workers as w on w.id_number = c.id_number
where s.reversed_at is null and strftime('%Y-%m', s.settled_at, '+8 hours') = ?"""
