"""Workbooks that we write: rows in, XLSX bytes out. The one importer of xlsxwriter.

Text stays text, whatever it begins with: no cell of ours is ever a formula, a number or a link by
accident. Rows are written as they come (constant memory); money is given in fen and shown in yuan
with two decimals.
"""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

SHEET_NAME_LENGTH_MAX = 31
_SAFELY = {
    "constant_memory": True,
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
_ALWAYS = datetime(2000, 1, 1)  # noqa: DTZ001 - the format has no zone
_NOT_IN_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\", "-"))


@dataclass(frozen=True, slots=True)
class Fen:
    """Money in a cell: written as yuan with two decimals."""

    fen: int


Cell: TypeAlias = str | int | Fen | date | None


@dataclass(frozen=True, slots=True)
class Merge:
    """Cells that are one: rows and columns counted from 0, both ends included."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet: ``head`` is how many of the first rows are title and heads."""

    name: str
    rows: Iterable[Sequence[Cell]]
    head: int = 1
    widths: Sequence[int] = ()
    merges: Sequence[Merge] = field(default=())


def workbook(*sheets: Sheet) -> bytes:
    """Return the sheets as one XLSX file."""
    import xlsxwriter  # noqa: PLC0415 - 2 MB that a service which writes none does not hold

    made = io.BytesIO()
    with xlsxwriter.Workbook(made, _SAFELY) as book:
        book.set_properties({"created": _ALWAYS})  # equal rows, equal bytes
        looks = _Looks(
            head=book.add_format({"bold": True, "align": "center", "text_wrap": True}),
            money=book.add_format({"num_format": "0.00"}),
            day=book.add_format({"num_format": "yyyy-mm-dd"}),
        )
        for sheet in sheets:
            name = sheet.name.translate(_NOT_IN_NAMES)[:SHEET_NAME_LENGTH_MAX]
            _write(book.add_worksheet(name), sheet, looks)
    return made.getvalue()


@dataclass(frozen=True, slots=True)
class _Looks:
    head: "Format"
    money: "Format"
    day: "Format"


def _write(page: "Worksheet", sheet: Sheet, looks: _Looks) -> None:
    for column, width in enumerate(sheet.widths):
        page.set_column(column, column, width)
    for number, row in enumerate(sheet.rows):
        for column, cell in enumerate(row):
            _put(page, number, column, cell, looks, is_head=number < sheet.head)
    for merge in sheet.merges:
        # Last: its rows have left, so only the merge is kept of it and no cell is written over.
        page.merge_range(merge.first_row, merge.first_column, merge.last_row, merge.last_column, "")


def _put(
    page: "Worksheet", row: int, column: int, cell: Cell, looks: _Looks, *, is_head: bool
) -> None:
    look = looks.head if is_head else None
    match cell:
        case None | "":
            return
        case Fen(fen):
            page.write_number(row, column, float(Decimal(fen) / 100), looks.money)
        case str():
            page.write_string(row, column, cell, look)
        case int():
            page.write_number(row, column, cell, look)
        case _:
            page.write_datetime(row, column, cell, looks.day)
