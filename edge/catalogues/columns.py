"""The columns of a catalogue file: their names, and where a file's header puts them.

Reads no value (``cells`` does).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from edge.catalogues import cells
from edge.catalogues.listing import Refusals, Why, address
from edge.catalogues.workbook import Cell
from edge.core.errors import Words


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the row's field, its Chinese name, how a cell is read, whether it may lack."""

    field: str
    title: str
    read: Callable[[Cell], object]
    needed: bool = False


COLUMNS = (
    Column("code", "编码", cells.code, needed=True),
    Column("name", "名称", cells.name, needed=True),
    Column("kind", "类别", cells.kind, needed=True),
    Column("in_scope", "是否支付", cells.in_scope, needed=True),
    Column("price_cap", "限价（元）", cells.money),
    Column("quantity_per_day_max", "每日限量", cells.quantity),
    Column("quantity_max", "每次住院限量", cells.quantity),
    Column("service_years", "最低使用年限", cells.service_years),
    Column("restrictions", "限定支付范围", cells.restrictions),
    Column("valid_from", "有效期起", cells.first_day, needed=True),
    Column("valid_to", "有效期止", cells.day),
)
"""In the order of the template; a file may have them in any other."""

_BY_NAME: Mapping[str, Column] = {
    **{column.field: column for column in COLUMNS},
    **{column.title: column for column in COLUMNS},
}

Layout = Mapping[str, tuple[int, Column]]
"""Where each field's column stands, counted from 0."""


def layout_of(row: int, header: Sequence[Cell], refusals: Refusals) -> Layout:
    """Find the columns in a header; what is unknown, twice or missing is refused by its address.

    An unknown column is refused because a mistyped limit would be no limit.
    """
    layout: dict[str, tuple[int, Column]] = {}
    for place, cell in enumerate(header):
        name = str(cell).strip()
        column = _BY_NAME.get(name.lower().replace("(", "（").replace(")", "）"))
        if not name:
            continue
        if column is None:
            refusals.add(address(row, place), _unknown(name))
        elif column.field in layout:
            refusals.add(address(row, place), _twice(name))
        else:
            layout[column.field] = (place, column)
    for column in COLUMNS:
        if column.needed and column.field not in layout:
            refusals.add(address(row, len(header)), _missing(column))
    return layout


def _unknown(name: str) -> Why:
    known = "、".join(column.title for column in COLUMNS)
    return Why(
        Words(f"没有名为“{name}”的列", f"there is no column {name!r}"),
        Words(
            f"改为其中之一或删除该列：{known}",
            "rename or delete it; known: " + ", ".join(column.field for column in COLUMNS),
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
