"""The totals of a bill by class of cost, reason and day, while its lines are ruled.

Knows amounts only; what a line comes to is decided in ``alone`` and ``together``.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date

from edge.core.adjudication.bill import BillRules
from edge.core.adjudication.ruling import BUCKETS, Bucket, LineReason, Personal, Sums
from edge.core.catalogue import CostKind


@dataclass(slots=True)
class Sum:
    """A running total in fen, and the fund's share of it."""

    total_fen: int = 0
    fund_fen: int = 0

    def add(self, total_fen: int, fund_fen: int) -> None:
        """Add a line, or another sum."""
        self.total_fen += total_fen
        self.fund_fen += fund_fen

    def sums(self) -> Sums:
        """Return the total with both its shares."""
        return Sums(self.total_fen, self.fund_fen, self.total_fen - self.fund_fen)


@dataclass(slots=True)
class Part(Sum):
    """What came of one class of cost for one reason, and what is said of each such line."""

    reason: LineReason = LineReason.IN_SCOPE
    bucket: Bucket | None = None
    article: str = ""


class Parts(dict[CostKind, Part]):
    """The parts of one reason; one that nothing came to is not there."""

    def __init__(self, reason: LineReason, rules: BillRules) -> None:
        super().__init__()
        self._reason, self._articles = reason, rules.articles

    def __missing__(self, kind: CostKind) -> Part:
        """Begin a part, with the article that speaks of it."""
        article = self._articles.of(kind)[self._reason]
        part = self[kind] = Part(0, 0, self._reason, BUCKETS.get(self._reason), article)
        return part


class Tally:
    """Adds up what each line comes to in the end, its refunds taken off.

    ``in_full`` is of the lines that stand alone and are paid in full; ``of`` knows the others.
    """

    def __init__(self, rules: BillRules) -> None:
        self.in_full = Parts(LineReason.IN_SCOPE, rules)
        self.days: defaultdict[date, Sum] = defaultdict(Sum)
        self._parts: dict[LineReason, Parts] = {}
        self._rules = rules

    def of(self, reason: LineReason) -> Parts:
        """Return the parts of one reason."""
        if reason not in self._parts:
            self._parts[reason] = Parts(reason, self._rules)
        return self._parts[reason]

    def personal(self) -> Personal:
        """Return the worker's share by bucket."""
        shares: Counter[Bucket] = Counter()
        for parts in self._parts.values():
            for part in parts.values():
                if part.bucket is not None:
                    shares[part.bucket] += part.total_fen - part.fund_fen
        return Personal.of(shares)

    def sums_by_kind(self) -> dict[CostKind, Sums]:
        """Return the total by class of cost, in the classes' order."""
        kinds: defaultdict[CostKind, Sum] = defaultdict(Sum)
        for kind, part in self.in_full.items():
            if part.total_fen:  # lines of 0 make no class: rulings already stored have none
                kinds[kind].add(part.total_fen, part.fund_fen)
        for parts in self._parts.values():
            for kind, part in parts.items():
                kinds[kind].add(part.total_fen, part.fund_fen)
        return {kind: kinds[kind].sums() for kind in CostKind if kind in kinds}

    def sums_by_day(self) -> dict[str, Sums]:
        """Return the total by day (YYYY-MM-DD), in order."""
        return {day.isoformat(): self.days[day].sums() for day in sorted(self.days)}
