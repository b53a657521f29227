"""A catalogue file read whole: every row sound, or every bad cell named. Writes nothing."""

from datetime import date

from edge.catalogues.cells import BED_STANDARD
from edge.catalogues.columns import COLUMNS
from edge.catalogues.listing import Listing
from edge.core.catalogue import CatalogueRow
from edge.core.errors import Words
from edge.sheets import Progress, Refusals, Sheet, Values, Why, unreadable


def read_listing(
    data: bytes, progress: Progress = lambda _done, _about: None
) -> Listing | Refusals:
    """Read a file's content: CSV in UTF-8 or GB18030, or XLSX; the first filled row is the header.

    Raises:
        BadInput: SHEET_UNREADABLE, when it is no such file or holds no row; SHEET_TOO_LARGE.
    """
    sheet = Sheet(data, COLUMNS, progress)
    reader = _Reader(sheet)
    for number, values in sheet:
        reader.take(number, values)
    return reader.result()


class _Reader:
    """The rows of one file, taken one by one."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._seen: dict[tuple[str, date], int] = {}
        self._rows: list[CatalogueRow] = []
        self._bed_day_fen: int | None = None

    def result(self) -> Listing | Refusals:
        """Return the whole list, or the refused cells if there is one."""
        if self._sheet.refusals.count:
            return self._sheet.refusals
        if not self._rows:
            raise unreadable("表头下没有目录行", "there are no rows under the header")
        return Listing(tuple(self._rows), self._bed_day_fen)

    def take(self, number: int, values: Values) -> None:
        """Keep the row, or refuse it for what its cells say together."""
        price_cap_fen = values.pop("price_cap", None)
        ends = values.get("valid_to")
        key = (values["code"], values["valid_from"])
        if ends and ends < values["valid_from"]:
            self._sheet.refuse(number, "valid_to", _ENDS_EARLY)
        elif values["kind"] == BED_STANDARD:
            self._keep_standard(number, price_cap_fen)
        elif key in self._seen:
            self._sheet.refuse(number, "code", _twice(self._seen[key]))
        else:
            self._seen[key] = number
            self._rows.append(CatalogueRow(price_cap_fen=price_cap_fen, **values))

    def _keep_standard(self, number: int, bed_day_fen: int | None) -> None:
        if bed_day_fen is None or self._bed_day_fen is not None:
            has_price = self._sheet.has("price_cap")
            field = "price_cap" if bed_day_fen is None and has_price else "kind"
            self._sheet.refuse(number, field, _ONE_STANDARD)
        else:
            self._bed_day_fen = bed_day_fen


def _twice(first: int) -> Why:
    return Why(
        Words(
            f"编码与有效期起和第 {first} 行相同", f"the code and first day stand in row {first} too"
        ),
        Words("删除重复行，或更正有效期起", "delete one of the rows, or correct its first day"),
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
