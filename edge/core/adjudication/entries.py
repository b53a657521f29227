"""What the catalogue says of each code of a bill during its stay. Rules no line."""

from dataclasses import dataclass
from datetime import date

from edge.core.adjudication.bill import Bill, BillRules
from edge.core.adjudication.ruling import LineReason
from edge.core.catalogue import Catalogue, CatalogueRow, CostKind
from edge.core.money import PRICE_MAX, PRICE_PER_FEN


@dataclass(slots=True)
class Entry:
    """One code's governing rows, never none, and what was paid in full under them.

    ``plain``: its one row holds for the whole stay, and nothing but ``price_max`` (in 1/1,000,000
    yuan) can limit it; ``label`` and ``article`` are that row's.
    """

    rows: tuple[CatalogueRow, ...]
    plain: bool
    price_max: int
    label: str
    article: str
    in_full_fen: int = 0

    @property
    def kind(self) -> CostKind:
        """The class of cost; of the first row, where versions differ."""
        return self.rows[0].kind


def entries_of(bill: Bill, rules: BillRules, catalogue: Catalogue) -> dict[str, Entry]:
    """Look each code up once; a code that no version knows has no entry."""
    entries: dict[str, Entry] = {}
    for code in {charge.code for charge in bill.lines}:
        rows = catalogue.governing(code, regions=rules.regions, service=bill.service)
        if rows:
            entries[code] = _entry(rows, bill, rules)
    return entries


def _entry(rows: tuple[CatalogueRow, ...], bill: Bill, rules: BillRules) -> Entry:
    row = rows[0]
    cap = row.price_cap_fen
    return Entry(
        rows,
        len(rows) == 1 and _is_plain(row, bill, rules),
        PRICE_MAX if cap is None else cap * PRICE_PER_FEN,
        row.label,
        rules.articles.of(row.kind)[LineReason.IN_SCOPE],
    )


def _is_plain(row: CatalogueRow, bill: Bill, rules: BillRules) -> bool:
    return (
        row.in_scope
        and row.kind is not CostKind.BED
        and row.kind is not CostKind.DEVICE
        and row.kind not in rules.excluded
        and row.quantity_per_day_max is None
        and row.quantity_max is None
        and row.counts_on(bill.admitted_on)
        and row.counts_on(bill.discharged_on or date.max)
    )
