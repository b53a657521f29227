"""Report on a stay's bill before it is settled: what cannot stand, what looks twice, what differs.

Stores nothing.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from edge.case.bill import case_ruled
from edge.core.charges import Charge, Refusal, RefusedLine
from edge.site import Site
from edge.store.bills import hospital_total, lines_of
from edge.store.stays import load_stay

ALIKE_MAX = 100
"""Groups of lines alike that are told; there may be more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeReport:
    """A bill at a glance; money in fen.

    ``lines`` counts all that were received, ``ruled_fen`` sums those that stand and ``refused_fen``
    the others. ``refused_by_code`` counts ``refused``. ``alike``: ids of lines that agree in day,
    code, quantity, price and amount; perhaps charged twice, perhaps not. The hospital's own total
    and ``difference_fen`` (its total less ours) are None where it named none.
    """

    stay: str
    lines: int
    ruled_fen: int
    refused_fen: int
    refused: tuple[RefusedLine, ...]
    refused_by_code: dict[Refusal, int]
    alike: tuple[tuple[str, ...], ...]
    hospital_total_fen: int | None
    difference_fen: int | None


def report_charges(site: Site, stay_id: str) -> ChargeReport:
    """Return the report on the bill as it is now.

    Raises:
        NotFound: UNKNOWN_STAY.
    """
    db = site.store.read()
    stay = load_stay(db, stay_id)
    ruling = case_ruled(site, db, stay).ruling
    lines = lines_of(db, site.vault, stay_id)  # after it: they hold all that was ruled
    counts: dict[Refusal, int] = defaultdict(int)
    for line in ruling.refused:
        counts[line.code] += 1
    said = hospital_total(db, stay_id)
    return ChargeReport(
        stay=stay_id,
        lines=len(lines),
        ruled_fen=ruling.total_fen,
        refused_fen=sum(lines[line.id].amount_fen for line in ruling.refused),
        refused=ruling.refused,
        refused_by_code=dict(counts),
        alike=_alike(lines.values()),
        hospital_total_fen=said,
        difference_fen=None if said is None else said - ruling.total_fen,
    )


def _alike(lines: Iterable[Charge]) -> tuple[tuple[str, ...], ...]:
    groups: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for line in lines:
        if line.reverses is None:
            key = (line.date, line.code, line.quantity, line.price, line.amount_fen)
            groups[key].append(line.id)
    found = [tuple(ids) for ids in groups.values() if len(ids) > 1]
    return tuple(found[:ALIKE_MAX])
