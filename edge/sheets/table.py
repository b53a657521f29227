"""A CSV or XLSX file as numbered rows of cells. Knows no column's meaning."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from edge.sheets.refusals import too_large, unreadable
from edge.sheets.workbook import Cell, workbook_rows

FILE_MB_MAX = 100
ROWS_MAX = 300_000

_WORKBOOK = b"PK\x03\x04"
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Table:
    """The rows that hold anything, each with its number in the sheet; ``about`` is how many.

    A row is read once, as it is asked for.
    """

    rows: Iterator[tuple[int, Sequence[Cell]]]
    about: int


def table_of(data: bytes) -> Table:
    """Open a file's content by what it is, whatever its name says.

    Raises:
        BadInput: SHEET_UNREADABLE, also while rows are taken; SHEET_TOO_LARGE, likewise.
    """
    if len(data) > FILE_MB_MAX * 1024 * 1024:
        raise too_large(f"文件超过 {FILE_MB_MAX} MB", f"the file is larger than {FILE_MB_MAX} MB")
    if data.startswith(_WORKBOOK):
        rows, about = workbook_rows(data)
    else:
        text = _text(data)
        rows, about = _csv_rows(text), text.count("\n")
    return Table(_bounded(rows), about)


def _text(data: bytes) -> str:
    # On the whole file: the first thousand rows of a GB18030 file may be plain ASCII.
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.removeprefix(_BOM).decode(encoding)
        except UnicodeDecodeError:
            continue
    raise unreadable(
        "文件既不是 UTF-8 也不是 GB18030 编码，也不是 XLSX 工作簿",
        "the file is neither UTF-8 nor GB18030 text, nor an XLSX workbook",
    )


def _csv_rows(text: str) -> Iterator[Sequence[Cell]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        yield from reader
    except csv.Error as wrong:
        line = reader.line_num
        raise unreadable(
            f"第 {line} 行不是有效的 CSV：{wrong}", f"line {line} is no CSV: {wrong}"
        ) from wrong


def _bounded(rows: Iterator[Sequence[Cell]]) -> Iterator[tuple[int, Sequence[Cell]]]:
    found = 0
    for number, cells in enumerate(rows, start=1):
        if not any(cells):
            continue
        found += 1
        if found > ROWS_MAX + 1:  # and the header
            raise too_large(f"超过 {ROWS_MAX} 行", f"more than {ROWS_MAX:,} rows")
        yield number, cells
