"""XLSX workbooks as rows of cells. The one importer of python-calamine; knows no column's meaning.

The sheet's XML is looked through first for what a reader of values would silently lose: a formula
may never have been computed, an error would read as blank, and a blank limit is no limit.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import TypeAlias

from python_calamine import CalamineError, CalamineWorkbook

from edge.core.errors import Words
from edge.sheets.refusals import too_large, unreadable

Cell: TypeAlias = str | float | bool | date | datetime | time | timedelta
"""A cell as it was written; a number is a float, an empty cell is an empty text."""

UNPACKED_MB_MAX = 400

_SHEETS = "xl/worksheets/"
_CELL = rb"""<(?:\w+:)?c\b(?=[^>]*\br=["']([A-Z]{1,3}\d{1,7})["'])"""
_FORMULA = re.compile(_CELL + rb"[^>]*>\s*<(?:\w+:)?f\b")
_ERROR = re.compile(_CELL + rb"""[^>]*\bt=["']e["']""")
# Cells beyond column AZ or row 999,999 make the reader lay out all between: memory for billions.
_FAR = re.compile(rb"""r=["']((?:[B-Z][A-Z]|[A-Z]{3})\d+|[A-Z]+\d{7,})["']""")
_PITFALLS = (
    (
        (b"r=",),
        _FAR,
        Words("单元格远在表格之外，请删除", "it lies far outside the list: delete it"),
    ),
    (
        (b"<f", b":f"),
        _FORMULA,
        Words("单元格是公式，请粘贴为数值", "a formula: paste it as a value"),
    ),
    (
        (b't="e"', b"t='e'"),
        _ERROR,
        Words("单元格是错误值（如 #N/A）", "an error value such as #N/A"),
    ),
)
# The marks are looked for first: a regular expression over 100 MB takes seconds.


def workbook_rows(data: bytes) -> tuple[Iterator[Sequence[Cell]], int]:
    """Return the rows of the one sheet that holds anything, from its row 1, and how many.

    Raises:
        BadInput: SHEET_UNREADABLE: not a workbook, several filled sheets, a formula or an error
            value (by its address); SHEET_TOO_LARGE.
    """
    _look_through(data)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            sheets = [book.get_sheet_by_name(name) for name in book.sheet_names]
    except CalamineError as wrong:
        raise unreadable(
            f"工作簿无法读取：{wrong}", f"the workbook cannot be read: {wrong}"
        ) from wrong
    filled = [sheet for sheet in sheets if sheet.start is not None]
    if len(filled) != 1:
        names = "、".join(sheet.name for sheet in filled)
        raise unreadable(
            f"工作簿须只有一张有内容的工作表，现有 {len(filled)} 张：{names}",
            f"exactly one sheet must hold something; {len(filled)} do: {names}",
        )
    (sheet,) = filled
    before = [""] * (sheet.start or (0, 0))[1]
    rows = sheet.iter_rows()
    return (([*before, *row] for row in rows) if before else iter(rows)), sheet.total_height


def _look_through(data: bytes) -> None:
    """Refuse what the reader of values would lose, or could not bear."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            if sum(part.file_size for part in package.infolist()) > UNPACKED_MB_MAX * 1024 * 1024:
                raise too_large(
                    f"工作簿解压后超过 {UNPACKED_MB_MAX} MB",
                    f"the workbook unpacks to more than {UNPACKED_MB_MAX} MB",
                )
            for name in package.namelist():
                if name.startswith(_SHEETS):
                    _require_plain(package.read(name))
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as wrong:
        raise unreadable(
            f"工作簿已损坏或加密：{wrong}", f"the workbook is damaged or encrypted: {wrong}"
        ) from wrong


def _require_plain(sheet: bytes) -> None:
    for marks, pitfall, words in _PITFALLS:
        found = pitfall.search(sheet) if any(mark in sheet for mark in marks) else None
        if found:
            raise unreadable(words.zh, words.en, field=found[1].decode())
