"""The totals of a bill by bucket, class of cost and day, while its lines are ruled.

Knows amounts only; what a line comes to is decided in ``lines``.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from edge.core.adjudication.entries import Entry
from edge.core.adjudication.limits import Taken
from edge.core.adjudication.ruling import Bucket, Personal, Sums
from edge.core.catalogue import CostKind


class Tally:
    """Adds up what each line comes to in the end, its refunds taken off.

    ``days_in_full`` is what was paid in full, by day: the loop over all lines adds to it.
    """

    def __init__(self) -> None:
        self.days_in_full: Counter[date] = Counter()
        self._buckets: Counter[Bucket] = Counter()
        self._kinds: dict[CostKind, _Sum] = defaultdict(_Sum)
        self._days: dict[date, _Sum] = defaultdict(_Sum)

    def add(self, kind: CostKind, day: date, taken: Taken) -> None:
        """Add what a line and its refunds came to."""
        self._kinds[kind].add(taken.amount_fen, taken.fund_fen)
        self._days[day].add(taken.amount_fen, taken.fund_fen)
        if taken.bucket is not None:
            self._buckets[taken.bucket] += taken.personal_fen

    def add_in_full(self, entries: Iterable[Entry]) -> None:
        """Add what was paid in full: by class of cost from the entries, by day as collected."""
        for entry in entries:
            if entry.in_full_fen:
                self._kinds[entry.kind].add(entry.in_full_fen, entry.in_full_fen)
        for day, fen in self.days_in_full.items():
            self._days[day].add(fen, fen)

    def personal(self) -> Personal:
        """Return the worker's share by bucket."""
        return Personal.of(self._buckets)

    def kinds(self) -> dict[CostKind, Sums]:
        """Return the total by class of cost, in the classes' order."""
        return {kind: self._kinds[kind].sums() for kind in CostKind if kind in self._kinds}

    def days(self) -> dict[str, Sums]:
        """Return the total by day (YYYY-MM-DD), in order."""
        return {day.isoformat(): self._days[day].sums() for day in sorted(self._days)}


@dataclass(slots=True)
class _Sum:
    total_fen: int = 0
    fund_fen: int = 0

    def add(self, total_fen: int, fund_fen: int) -> None:
        self.total_fen += total_fen
        self.fund_fen += fund_fen

    def sums(self) -> Sums:
        return Sums(self.total_fen, self.fund_fen, self.total_fen - self.fund_fen)
