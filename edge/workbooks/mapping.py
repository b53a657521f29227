"""What the hospital's codes mean, as a sheet: CSV or XLSX, or every bad cell. Keeps none."""

from edge.sheets import Cell, Column, Refusals, Sheet, Why, cells, unreadable
from edge.store.code_mappings import Meaning


def read_mappings(data: bytes) -> tuple[Meaning, ...] | Refusals:
    """Read a file: CSV in UTF-8 or GB18030, or XLSX; the first filled row is the header.

    Raises:
        BadInput: SHEET_UNREADABLE, when it is no such file or holds no row; SHEET_TOO_LARGE.
    """
    sheet = Sheet(data, COLUMNS)
    meanings = tuple(Meaning(**{"valid_to": None, **values}) for _, values in sheet)
    if sheet.refusals.count:
        return sheet.refusals
    if not meanings:
        raise unreadable("表头下没有对照行", "there are no rows under the header")
    return meanings


def _meaning(cell: Cell) -> str | Why | None:
    """Read the catalogue's code; a blank cell says that the hospital's code means nothing more."""
    return None if cell == "" else cells.code(cell)


COLUMNS = (
    Column("hospital_code", "医院编码", cells.code, needed=True),
    Column("catalogue_code", "目录编码", _meaning, needed=True),
    Column("valid_from", "有效期起", cells.first_day, needed=True),
    Column("valid_to", "有效期止", cells.day),
)
"""In the order of the template; a sheet may have them in any other."""
