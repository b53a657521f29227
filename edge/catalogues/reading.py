"""A catalogue file read whole: every row sound, or every bad cell named. Writes nothing."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, TypeAlias

from edge.catalogues.cells import BED_STANDARD
from edge.catalogues.columns import Layout, layout_of
from edge.catalogues.listing import Listing, Progress, Refusals, Why, address, unreadable
from edge.catalogues.table import Table, table_of
from edge.catalogues.workbook import Cell
from edge.core.catalogue import CatalogueRow
from edge.core.errors import Words

_TELL_EVERY = 2_000
_Values: TypeAlias = dict[str, Any]


def read_listing(
    data: bytes, progress: Progress = lambda _done, _about: None
) -> Listing | Refusals:
    """Read a file's content: CSV in UTF-8 or GB18030, or XLSX; the first filled row is the header.

    Raises:
        BadInput: CATALOGUE_FILE, when it is no such file or holds no row; CATALOGUE_SIZE.
    """
    table = table_of(data)
    number, header = next(table.rows, (1, ()))
    refusals = Refusals()
    layout = layout_of(number, header, refusals)
    if refusals.count:
        return refusals
    reader = _Reader(layout, refusals)
    for row, cells in _told(table, progress):
        reader.take(row, cells)
    return reader.result()


class _Reader:
    """The rows of one file, taken one by one."""

    def __init__(self, layout: Layout, refusals: Refusals) -> None:
        self._layout, self._refusals = layout, refusals
        self._places = [(c.field, place, c.read, c.read("")) for place, c in layout.values()]
        self._named = {place for place, _ in layout.values()}
        self._seen: dict[tuple[str, date], int] = {}
        self._rows: list[CatalogueRow] = []
        self._bed_day_fen: int | None = None

    def result(self) -> Listing | Refusals:
        """Return the whole list, or the refused cells if there is one."""
        if self._refusals.count:
            return self._refusals
        if not self._rows:
            raise unreadable("表头下没有目录行", "there are no rows under the header")
        return Listing(tuple(self._rows), self._bed_day_fen)

    def take(self, number: int, cells: Sequence[Cell]) -> None:
        """Keep the row, or refuse each of its cells that cannot stand."""
        values: _Values = {}
        width = len(cells)
        for field, place, read, blank in self._places:
            cell = cells[place] if place < width else ""
            value = blank if cell == "" else read(cell)
            if isinstance(value, Why):
                self._refusals.add(address(number, place), value)
            else:
                values[field] = value
        if self._is_sound(number, cells, values):
            self._keep(number, values)

    def _is_sound(self, number: int, cells: Sequence[Cell], values: _Values) -> bool:
        for place in range(len(cells)) if len(cells) > len(self._named) else ():
            if place not in self._named and cells[place] != "":
                self._refusals.add(address(number, place), _NO_HEADER)
                return False
        if len(values) < len(self._places):
            return False
        ends = values.get("valid_to")
        if ends and ends < values["valid_from"]:
            self._refuse(number, "valid_to", _ENDS_EARLY)
            return False
        return True

    def _keep(self, number: int, values: _Values) -> None:
        price_cap_fen = values.pop("price_cap", None)
        if values["kind"] == BED_STANDARD:
            self._keep_standard(number, price_cap_fen)
            return
        key = (values["code"], values["valid_from"])
        if key in self._seen:
            self._refuse(number, "code", _twice(self._seen[key]))
            return
        self._seen[key] = number
        self._rows.append(CatalogueRow(price_cap_fen=price_cap_fen, **values))

    def _keep_standard(self, number: int, bed_day_fen: int | None) -> None:
        if bed_day_fen is None or self._bed_day_fen is not None:
            field = "price_cap" if bed_day_fen is None and "price_cap" in self._layout else "kind"
            self._refuse(number, field, _ONE_STANDARD)
        else:
            self._bed_day_fen = bed_day_fen

    def _refuse(self, number: int, field: str, why: Why) -> None:
        self._refusals.add(address(number, self._layout[field][0]), why)


def _told(table: Table, progress: Progress) -> Iterator[tuple[int, Sequence[Cell]]]:
    done = 0
    for done, row in enumerate(table.rows, start=1):
        yield row
        if done % _TELL_EVERY == 0:
            progress(done, max(done, table.about))
    progress(done, done)


def _twice(first: int) -> Why:
    return Why(
        Words(
            f"编码与有效期起和第 {first} 行相同", f"the code and first day stand in row {first} too"
        ),
        Words("删除重复行，或更正有效期起", "delete one of the rows, or correct its first day"),
    )


_NO_HEADER = Why(
    Words("该单元格所在列没有表头", "this cell's column has no name"),
    Words(
        "名称中有逗号时须加引号；否则填写表头或清空该列",
        "quote a text that holds a comma; else name the column or clear it",
    ),
)
_ENDS_EARLY = Why(
    Words("有效期止早于有效期起", "the validity ends before it starts"),
    Words("更正其中一个日期", "correct one of the two days"),
)
_ONE_STANDARD = Why(
    Words(
        "一个版本只有一行床位费标准，金额写在限价列",
        "a version has one bed-day standard, its amount in the price-cap column",
    ),
    Words(
        "填写金额；标准变动时另立版本", "enter the amount; where it changes make another version"
    ),
)
