"""What a stay's bill was ruled to, remembered under the very inputs that it was ruled from.

Lines are ruled when they come, again to be shown, and again when they are settled: between these
nothing changes mostly. In memory only, and bounded. Rules nothing (``edge.case`` does).
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import date
from threading import Lock

from edge.core.adjudication import Bill, Ruling

LINES_MAX = 25_000
"""Lines of all bills that are remembered; the oldest go first."""


@dataclass(frozen=True, slots=True)
class Ruled:
    """A case's bill and what it comes to."""

    bill: Bill
    ruling: Ruling


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """All that a stay's ruling depends on: other inputs, another ruling.

    ``lines_sha256`` is of the lines as they lie sealed; ``catalogue`` and ``mapping`` number the
    last import and the last word on a hospital's code; ``packs`` are the hashes of the law.
    """

    stay: str
    lines_sha256: str
    treatment_region: str
    insured_region: str
    service: str
    admitted_on: date
    discharged_on: date | None
    catalogue: int
    mapping: int
    packs: tuple[str, ...]


class Rulings:
    """Remembers the last rulings. Thread-safe."""

    def __init__(self, lines_max: int = LINES_MAX) -> None:
        self._lines_max = lines_max
        self._guard = Lock()
        self._made: OrderedDict[str, tuple[Inputs, Ruled]] = OrderedDict()
        self._lines = 0

    def made_from(self, inputs: Inputs) -> Ruled | None:
        """Return what these very inputs were ruled to, if it is remembered."""
        with self._guard:
            known = self._made.get(inputs.stay)
        return known[1] if known and known[0] == inputs else None

    def remember(self, inputs: Inputs, ruled: Ruled) -> None:
        """Keep a stay's last ruling in the place of the one before."""
        with self._guard:
            self._forget(inputs.stay)
            self._made[inputs.stay] = inputs, ruled
            self._lines += _size(ruled)
            while self._lines > self._lines_max:
                self._forget(next(iter(self._made)))

    def _forget(self, stay: str) -> None:
        known = self._made.pop(stay, None)
        if known:
            self._lines -= _size(known[1])


def _size(ruled: Ruled) -> int:
    return len(ruled.bill.lines) + 1  # a bill without lines takes room too
