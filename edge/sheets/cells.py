"""One cell to one value, or why it cannot be: what every kind of sheet has.

Knows no row and no column.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from functools import lru_cache

from edge.core.errors import Words
from edge.sheets.refusals import Why
from edge.sheets.workbook import Cell

CODE_LENGTH_MAX = 64
NAME_LENGTH_MAX = 200
YEAR_MIN = 1900

_ANSWERS: Mapping[str, bool] = {
    **dict.fromkeys(("是", "true", "yes", "1"), True),
    **dict.fromkeys(("否", "false", "no", "0"), False),
}
_MANGLED = re.compile(r"\d+(\.\d+)?E\+\d+", re.IGNORECASE)
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def code(cell: Cell) -> str | Why:
    """Read a code: text without spaces, at most 64 characters, never a number."""
    if not isinstance(cell, str):
        return why(
            "编码单元格是数值或日期，前导零和末尾数字可能已丢失",
            "the code is a number or a date to the sheet: zeros and last digits may be lost",
            "将该列设为“文本”格式后重新填写编码",
            "format the column as text and enter the code again",
        )
    text = cell.strip()
    if _MANGLED.fullmatch(text):
        return why(
            f"编码 {text} 已被表格软件改写为科学计数",
            f"a spreadsheet has turned the code into {text}",
            "从原始目录恢复该编码，保存前将该列设为“文本”格式",
            "restore the code from its source, with the column formatted as text",
        )
    if not text or len(text) > CODE_LENGTH_MAX or not text.isprintable() or " " in text:
        return why(
            f"编码须为 1 至 {CODE_LENGTH_MAX} 个字符，不含空格",
            f"a code has 1 to {CODE_LENGTH_MAX} characters and no spaces",
            "填写目录编码",
            "enter the code",
        )
    return text


def name(cell: Cell) -> str | Why:
    """Read a name: at most 200 printable characters, not blank."""
    text = plain(cell)
    if not text or len(text) > NAME_LENGTH_MAX or not text.isprintable():
        return why(
            f"名称须为 1 至 {NAME_LENGTH_MAX} 个可见字符",
            f"a name has 1 to {NAME_LENGTH_MAX} printable characters",
            "填写一行名称",
            "enter the name on one line",
        )
    return text


def yes_or_no(cell: Cell) -> bool | Why:
    """Read 是 or 否, true or false, yes or no, 1 or 0."""
    found = _ANSWERS.get(plain(cell).lower())
    if found is None:
        return why(
            f"“{shown(cell)}”不是“是”或“否”",
            f"{shown(cell)!r} is neither yes nor no",
            "填写“是”或“否”",
            "enter yes or no",
        )
    return found


def day(cell: Cell) -> date | Why | None:
    """Read a day: a date cell, or text such as 2024-01-31; blank is None."""
    if isinstance(cell, datetime):
        whole = cell.time() == time()
        return cell.date() if whole and cell.year >= YEAR_MIN else _no_day(cell)
    if isinstance(cell, date):
        return cell if cell.year >= YEAR_MIN else _no_day(cell)
    if not isinstance(cell, str):
        return _no_day(cell)
    text = cell.strip()
    return (_iso_day(text) or _no_day(cell)) if text else None


def first_day(cell: Cell) -> date | Why:
    """Read a day that must be there."""
    return day(cell) or why(
        "日期为空",
        "the day is missing",
        "填写日期，如 2024-01-01",
        "enter a day such as 2024-01-01",
    )


def plain(cell: Cell) -> str:
    """Write a cell as its reader sees it: a number by its 15 digits, as every sheet shows it."""
    if isinstance(cell, str):
        return cell.strip()
    return f"{cell:.15g}" if isinstance(cell, float) else str(cell)


def shown(cell: Cell) -> str:
    """Return the cell for a sentence about it, cut where it is long."""
    text = plain(cell)
    return text if len(text) <= CODE_LENGTH_MAX else f"{text[:CODE_LENGTH_MAX]}…"


def why(zh: str, en: str, next_zh: str, next_en: str) -> Why:
    """Return why a cell cannot stand, and what mends it, Chinese and English."""
    return Why(Words(zh, en), Words(next_zh, next_en))


@lru_cache(maxsize=4096)
def _iso_day(text: str) -> date | None:
    if not _ISO_DAY.fullmatch(text) or int(text[:4]) < YEAR_MIN:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _no_day(cell: Cell) -> Why:
    return why(
        f"“{shown(cell)}”不是日期",
        f"{shown(cell)!r} is no day",
        f"填写日期单元格或 2024-01-31 格式的文字，{YEAR_MIN} 年以后",
        f"enter a date cell or text such as 2024-01-31, from {YEAR_MIN} on",
    )
