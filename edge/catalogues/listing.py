"""What a catalogue file says once it is read. Reads nothing itself."""

from dataclasses import dataclass

from edge.core.catalogue import CatalogueRow, CostKind


@dataclass(frozen=True, slots=True)
class Listing:
    """A whole file, sound: its rows, each with a first day, and the bed-day standard in fen.

    The rows carry neither region nor version: a file does not say whose it is.
    """

    rows: tuple[CatalogueRow, ...]
    bed_day_fen: int | None = None

    @property
    def kinds(self) -> frozenset[CostKind]:
        """The kinds of which this file is the list; a bed-day standard speaks of beds."""
        of_rows = frozenset({row.kind for row in self.rows})
        return of_rows if self.bed_day_fen is None else of_rows | {CostKind.BED}
