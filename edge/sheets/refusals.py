"""Cells that cannot stand, by their address; and files that are no sheet at all. Reads nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field

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


def address(row: int, column: int) -> str:
    """Return a cell's address: ``row`` counts from 1, ``column`` from 0, so (17, 2) is C17."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"


def unreadable(zh: str, en: str, *, field: str = "") -> BadInput:
    """Return the error of a file that is no sheet at all, or whose cell no reader sees."""
    mend = Words(
        "用表格软件另存为 CSV（UTF-8）或 XLSX 后重新导入",
        "save it anew as CSV (UTF-8) or XLSX and import again",
    )
    return BadInput("SHEET_UNREADABLE", Words(zh, en), mend, field=field)


def too_large(zh: str, en: str) -> BadInput:
    """Return the error of a file beyond the limits."""
    mend = Words("拆成几个文件后分别导入", "split it, and import each part")
    return BadInput("SHEET_TOO_LARGE", Words(zh, en), mend, field="file")
