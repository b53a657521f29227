"""A sheet taken row by row: the values of each sound row, and every cell that cannot stand.

Knows no column's meaning; what two cells say together is the caller's to judge.
"""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from edge.core.errors import Words
from edge.sheets.columns import Column, Layout, layout_of
from edge.sheets.refusals import Progress, Refusals, Why, address
from edge.sheets.table import Table, table_of
from edge.sheets.workbook import Cell

_TELL_EVERY = 2_000
Values: TypeAlias = dict[str, Any]
"""What a row says, by field; a column that the sheet lacks is absent."""


class Sheet:
    """One file: iterate for its sound rows, each with its number; then look at ``refusals``.

    CSV in UTF-8 or GB18030, or XLSX; the first filled row is the header.

    Raises:
        BadInput: SHEET_UNREADABLE, also while rows are taken; SHEET_TOO_LARGE, likewise.
    """

    def __init__(
        self,
        data: bytes,
        columns: Sequence[Column],
        progress: Progress = lambda _done, _about: None,
    ) -> None:
        self.refusals = Refusals()
        self._progress = progress
        self._table = table_of(data)
        number, header = next(self._table.rows, (1, ()))
        self._layout: Layout = layout_of(columns, number, header, self.refusals)
        self._places = [(c.field, place, c.read, c.read("")) for place, c in self._layout.values()]
        self._named = {place for place, _ in self._layout.values()}

    def __iter__(self) -> Iterator[tuple[int, Values]]:
        """Yield the rows whose cells all stand; none when the header does not."""
        if self.refusals.count:
            return
        for number, cells in _told(self._table, self._progress):
            values = self._values(number, cells)
            if values is not None:
                yield number, values

    def has(self, field: str) -> bool:
        """Tell whether the sheet has this field's column."""
        return field in self._layout

    def refuse(self, number: int, field: str, why: Why) -> None:
        """Refuse a cell of a row that was taken."""
        self.refusals.add(address(number, self._layout[field][0]), why)

    def _values(self, number: int, cells: Sequence[Cell]) -> Values | None:
        values: Values = {}
        width = len(cells)
        for field, place, read, blank in self._places:
            cell = cells[place] if place < width else ""
            value = blank if cell == "" else read(cell)
            if isinstance(value, Why):
                self.refusals.add(address(number, place), value)
            else:
                values[field] = value
        for place in range(width) if width > len(self._named) else ():
            if place not in self._named and cells[place] != "":
                self.refusals.add(address(number, place), _NO_HEADER)
                return None
        return values if len(values) == len(self._places) else None


def _told(table: Table, progress: Progress) -> Iterator[tuple[int, Sequence[Cell]]]:
    done = 0
    for done, row in enumerate(table.rows, start=1):
        yield row
        if done % _TELL_EVERY == 0:
            progress(done, max(done, table.about))
    progress(done, done)


_NO_HEADER = Why(
    Words("该单元格所在列没有表头", "this cell's column has no name"),
    Words(
        "名称中有逗号时须加引号；否则填写表头或清空该列",
        "quote a text that holds a comma; else name the column or clear it",
    ),
)
