"""The totals of a bill by class of cost, bucket and day, while its lines are ruled.

Knows amounts only; what a line comes to is decided in ``alone`` and ``together``.
"""

from datetime import date

from edge.core.adjudication.ruling import BUCKETS_IN_ORDER, Bucket, Personal, Sums
from edge.core.catalogue import KINDS, CostKind
from edge.core.dates import written


class Tally:
    """Adds up in fen, in columns, what each line comes to in the end, its refunds taken off.

    ``totals`` has a place for each class of cost, in the order of KINDS, and ``personals`` the
    worker's part of it: None, as long as all lines of the class stand alone and are paid in full.
    """

    def __init__(self) -> None:
        self.totals = [0] * len(KINDS)
        self.personals: list[int | None] = [None] * len(KINDS)
        self._shares = dict.fromkeys(BUCKETS_IN_ORDER, 0)
        self._days: dict[date, int] = {}
        self._personal_days: dict[date, int] = {}

    def add_day(self, day: date, total_fen: int, personal_fen: int) -> None:
        """Add lines of one day; their classes are the caller's to add."""
        self._days[day] = self._days.get(day, 0) + total_fen
        if personal_fen:
            self._personal_days[day] = self._personal_days.get(day, 0) + personal_fen

    def add_line(
        self, kind: CostKind, day: date, *, total_fen: int, personal_fen: int, bucket: Bucket | None
    ) -> None:
        """Add one line to all that it counts in."""
        class_no = KINDS.index(kind)
        self.totals[class_no] += total_fen
        self.leave_to_worker(class_no, personal_fen, bucket)
        self.add_day(day, total_fen, personal_fen)

    def leave_to_worker(self, class_no: int, personal_fen: int, bucket: Bucket | None) -> None:
        """Add what a line leaves to the worker, to its class and its bucket; None: it leaves 0."""
        self.personals[class_no] = (self.personals[class_no] or 0) + personal_fen
        if bucket is not None:
            self._shares[bucket] += personal_fen

    def personal(self) -> Personal:
        """Return the worker's share by bucket."""
        return Personal.of(self._shares)

    def sums_by_kind(self) -> dict[CostKind, Sums]:
        """Return the total by class of cost, in the classes' order."""
        return {
            kind: Sums(total, total - (personal or 0), personal or 0)
            for kind, total, personal in zip(KINDS, self.totals, self.personals, strict=True)
            # Lines of 0 paid in full make no class: rulings already stored have none.
            if total or personal is not None
        }

    def sums_by_day(self) -> dict[str, Sums]:
        """Return the total by day (YYYY-MM-DD), in order."""
        personal_on = self._personal_days.get
        return {
            written(day): Sums(total, total - (personal := personal_on(day, 0)), personal)
            for day, total in sorted(self._days.items())
        }
