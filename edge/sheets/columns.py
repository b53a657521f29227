"""The columns of a sheet: their names, and where its header puts them. Reads no value."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from edge.core.errors import Words
from edge.sheets.refusals import Refusals, Why, address
from edge.sheets.workbook import Cell


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the row's field, its Chinese name, how a cell is read, whether it may lack."""

    field: str
    title: str
    read: Callable[[Cell], object]
    needed: bool = False


Layout = Mapping[str, tuple[int, Column]]
"""Where each field's column stands, counted from 0."""


def layout_of(
    columns: Sequence[Column], row: int, header: Sequence[Cell], refusals: Refusals
) -> Layout:
    """Find ``columns`` in a header; what is unknown, twice or missing is refused by its address.

    An unknown column is refused because a mistyped limit would be no limit.
    """
    by_name = {column.field: column for column in columns}
    by_name |= {column.title: column for column in columns}
    layout: dict[str, tuple[int, Column]] = {}
    for place, cell in enumerate(header):
        name = str(cell).strip()
        column = by_name.get(name.lower().replace("(", "（").replace(")", "）"))
        if not name:
            continue
        if column is None:
            refusals.add(address(row, place), _unknown(name, columns))
        elif column.field in layout:
            refusals.add(address(row, place), _twice(name))
        else:
            layout[column.field] = (place, column)
    for column in columns:
        if column.needed and column.field not in layout:
            refusals.add(address(row, len(header)), _missing(column))
    return layout


def _unknown(name: str, columns: Sequence[Column]) -> Why:
    known = "、".join(column.title for column in columns)
    return Why(
        Words(f"没有名为“{name}”的列", f"there is no column {name!r}"),
        Words(
            f"改为其中之一或删除该列：{known}",
            "rename or delete it; known: " + ", ".join(column.field for column in columns),
        ),
    )


def _twice(name: str) -> Why:
    return Why(
        Words(f"列“{name}”出现两次", f"the column {name!r} stands twice"),
        Words("只保留一列", "keep one of them"),
    )


def _missing(column: Column) -> Why:
    return Why(
        Words(f"缺少“{column.title}”列", f"the column {column.field!r} is missing"),
        Words("在表头加上该列并逐行填写", "add it to the header and fill it in each row"),
    )
