"""What a catalogue file says once it is read: a list of rows, or the cells that stop it.

Reads nothing itself.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from edge.core.catalogue import CatalogueRow, CostKind
from edge.core.errors import BadInput, Words

REFUSALS_SHOWN_MAX = 100
"""So many refused cells are told; the rest is counted."""

Progress = Callable[[int, int], None]
"""Called with how many rows are done, and about how many there are."""


@dataclass(frozen=True, slots=True)
class Why:
    """Why one cell cannot stand, and what mends it."""

    reason: Words
    next_action: Words


@dataclass(frozen=True, slots=True)
class RefusedCell:
    """One cell that cannot stand, by its address in the sheet: ``C17``."""

    address: str
    why: Why


@dataclass(slots=True)
class Refusals:
    """The refused cells: the first hundred are kept, all are counted."""

    shown: list[RefusedCell] = field(default_factory=list)
    count: int = 0

    def add(self, address: str, why: Why) -> None:
        """Note one more."""
        self.count += 1
        if len(self.shown) < REFUSALS_SHOWN_MAX:
            self.shown.append(RefusedCell(address, why))


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


def address(row: int, column: int) -> str:
    """Return a cell's address: ``row`` counts from 1, ``column`` from 0, so (17, 2) is C17."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"


def unreadable(zh: str, en: str, *, field: str = "") -> BadInput:
    """Return the error of a file that is no catalogue at all."""
    mend = Words(
        "用表格软件另存为 CSV（UTF-8）或 XLSX 后重新导入",
        "save it anew as CSV (UTF-8) or XLSX and import again",
    )
    return BadInput("CATALOGUE_FILE", Words(zh, en), mend, field=field)


def too_large(zh: str, en: str) -> BadInput:
    """Return the error of a file beyond the limits."""
    mend = Words(
        "按类别拆成几个文件，各用一个版本名导入",
        "split it by kind of cost, and import each part under a version of its own",
    )
    return BadInput("CATALOGUE_SIZE", Words(zh, en), mend, field="file")
