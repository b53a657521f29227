"""The totals of a bill by class of cost, bucket and day, while its lines are ruled.

Knows amounts only; what a line comes to is decided in ``alone`` and ``together``.
"""

from collections import Counter, defaultdict
from datetime import date

from edge.core.adjudication.ruling import Bucket, Personal, Sums
from edge.core.catalogue import KINDS, CostKind

_NOTHING = Sums()


class Tally:
    """Adds up what each line comes to in the end, its refunds taken off.

    ``in_full`` is what came, by class of cost, to the lines that stand alone and are paid in full;
    ``count`` takes all others. Each line's share of ``days`` is the caller's to add.
    """

    def __init__(self) -> None:
        self.in_full = dict.fromkeys(KINDS, 0)
        self.days: defaultdict[date, Sums] = defaultdict(Sums)
        self._kinds: defaultdict[CostKind, Sums] = defaultdict(Sums)
        self._shares: Counter[Bucket] = Counter()

    def count(self, kind: CostKind, amount_fen: int, fund_fen: int, bucket: Bucket | None) -> None:
        """Add a line to its class of cost, and the worker's share to its bucket."""
        self._kinds[kind].add(amount_fen, fund_fen)
        if bucket is not None:
            self._shares[bucket] += amount_fen - fund_fen

    def personal(self) -> Personal:
        """Return the worker's share by bucket."""
        return Personal.of(self._shares)

    def sums_by_kind(self) -> dict[CostKind, Sums]:
        """Return the total by class of cost, in the classes' order."""
        kinds = dict(self._kinds)
        for kind, fen in self.in_full.items():
            if fen:  # lines of 0 make no class: rulings already stored have none
                others = kinds.get(kind, _NOTHING)
                kinds[kind] = Sums(
                    others.total_fen + fen, others.fund_fen + fen, others.personal_fen
                )
        return {kind: kinds[kind] for kind in KINDS if kind in kinds}

    def sums_by_day(self) -> dict[str, Sums]:
        """Return the total by day (YYYY-MM-DD), in order."""
        return {day.isoformat(): self.days[day] for day in sorted(self.days)}
