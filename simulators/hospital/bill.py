"""A synthetic bill of thirty lines from the sample catalogue: most in scope, some not.

Sends nothing (``records`` does) and rules nothing.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import chain, zip_longest
from typing import Any

from edge import catalogues
from edge.core.catalogue import CatalogueRow, CostKind
from edge.shipped import config_folder

LINES = 30
_REGION = "120000"
_WARD_KINDS = (CostKind.DRUG, CostKind.TREATMENT, CostKind.CONSUMABLE)
_PLAIN_PRICE_FEN = 3600
_BED_PRICES_FEN = (5500, 7200)
"""A day in the plain room, which the sample's standard covers, and in the better one."""

_OVER_CAP_EVERY = 6
_OUT_OF_SCOPE_EVERY = 9
_NOT_INJURY_EVERY = 11


def thirty_lines(first: date, *, days: int = 10) -> list[dict[str, Any]]:
    """Return thirty charge lines as the hospital's system sends them, over 1 to 30 ``days``.

    One bed a day; every other row once, valid on every day of the bill.
    """
    rows = _rows()
    dates = [first + timedelta(days=number) for number in range(days)]
    care = (dates[number % days] for number in range(LINES - days))
    drawn = [*_beds(rows, dates), *_care(rows, list(care))]
    drawn.sort(key=lambda line: str(line["date"]))
    return [{"id": f"L{number:02}", **line} for number, line in enumerate(drawn, start=1)]


def _rows() -> list[CatalogueRow]:
    catalogue = catalogues.load(config_folder() / "catalogues")
    known = [row for rows in catalogue.rows.values() for row in rows if row.region == _REGION]
    return sorted(known, key=lambda row: row.code)


def _beds(rows: Sequence[CatalogueRow], dates: Sequence[date]) -> Iterator[dict[str, Any]]:
    """Yield the better room on the first day, then the plain one."""
    for number, day in enumerate(dates):
        beds = [r for r in rows if r.kind is CostKind.BED and r.in_scope and r.counts_on(day)]
        better = int(number == 0)
        yield _line(beds[better], day, _BED_PRICES_FEN[better])


def _care(rows: Sequence[CatalogueRow], dates: Sequence[date]) -> Iterator[dict[str, Any]]:
    valid = [row for row in rows if all(row.counts_on(day) for day in dates)]
    covered = _by_turns([row for row in valid if row.in_scope])
    not_covered = _by_turns([row for row in valid if not row.in_scope])
    for number, day in enumerate(dates, start=1):
        row = next(covered if number % _OUT_OF_SCOPE_EVERY else not_covered)
        price_fen = row.price_cap_fen or _PLAIN_PRICE_FEN
        if number % _OVER_CAP_EVERY == 0:
            price_fen += price_fen // 4
        yield _line(row, day, price_fen, injury_related=bool(number % _NOT_INJURY_EVERY))


def _by_turns(rows: Sequence[CatalogueRow]) -> Iterator[CatalogueRow]:
    """Yield a drug, a treatment, a consumable, and so on, each row once."""
    kinds = [[row for row in rows if row.kind is kind] for kind in _WARD_KINDS]
    return (row for row in chain.from_iterable(zip_longest(*kinds)) if row)


def _line(
    row: CatalogueRow, day: date, price_fen: int, *, injury_related: bool = True
) -> dict[str, Any]:
    return {
        "date": day.isoformat(),
        "code": row.code,
        "name": row.name,
        "quantity": "1",
        "price": f"{price_fen // 100}.{price_fen % 100:02}",
        "amount_fen": price_fen,
        "injury_related": injury_related,
        "reverses": None,
    }
