"""One cell to one value, or why it cannot be: codes, money, quantities, dates, words.

Knows no row: what two cells say together is judged in ``reading``.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache

from edge.catalogues.listing import Why
from edge.catalogues.workbook import Cell
from edge.core.catalogue import CostKind
from edge.core.errors import Words
from edge.core.money import PRICE_PER_FEN, QUANTITY_UNIT, parse_price, parse_quantity

CODE_LENGTH_MAX = 64
NAME_LENGTH_MAX = 200
RESTRICTIONS_LENGTH_MAX = 2000
SERVICE_YEARS_MAX = 100
YEAR_MIN = 1900

BED_STANDARD = "bed_standard"
"""The kind of the one row that is no row of the list: the standard of a bed day."""

KINDS: Mapping[str, CostKind | str] = {
    **{kind.value: kind for kind in CostKind},
    "药品": CostKind.DRUG,
    "诊疗项目": CostKind.TREATMENT,
    "医用耗材": CostKind.CONSUMABLE,
    "床位": CostKind.BED,
    "康复项目": CostKind.REHAB,
    "辅助器具": CostKind.DEVICE,
    "伙食": CostKind.MEAL,
    "交通": CostKind.TRAVEL,
    BED_STANDARD: BED_STANDARD,
    "床位费标准": BED_STANDARD,
}
"""What may stand under 类别 (kind)."""

_SCOPES: Mapping[str, bool] = {
    **dict.fromkeys(("是", "true", "yes", "1"), True),
    **dict.fromkeys(("否", "false", "no", "0"), False),
}
_MANGLED = re.compile(r"\d+(\.\d+)?E\+\d+", re.IGNORECASE)
_TOO_FINE = re.compile(r"\d+\.\d{3,}", re.ASCII)
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_EXACT_FLOAT_MAX = 2**53


def code(cell: Cell) -> str | Why:
    """Read a code: text without spaces, at most 64 characters, never a number."""
    if not isinstance(cell, str):
        return _why(
            "编码单元格是数值或日期，前导零和末尾数字可能已丢失",
            "the code is a number or a date to the sheet: zeros and last digits may be lost",
            "将该列设为“文本”格式后重新填写编码",
            "format the column as text and enter the code again",
        )
    text = cell.strip()
    if _MANGLED.fullmatch(text):
        return _why(
            f"编码 {text} 已被表格软件改写为科学计数",
            f"a spreadsheet has turned the code into {text}",
            "从原始目录恢复该编码，保存前将该列设为“文本”格式",
            "restore the code from its source, with the column formatted as text",
        )
    if not text or len(text) > CODE_LENGTH_MAX or not text.isprintable() or " " in text:
        return _why(
            f"编码须为 1 至 {CODE_LENGTH_MAX} 个字符，不含空格",
            f"a code has 1 to {CODE_LENGTH_MAX} characters and no spaces",
            "填写目录编码",
            "enter the code",
        )
    return text


def name(cell: Cell) -> str | Why:
    """Read a name: at most 200 printable characters, not blank."""
    text = _plain(cell)
    if not text or len(text) > NAME_LENGTH_MAX or not text.isprintable():
        return _why(
            f"名称须为 1 至 {NAME_LENGTH_MAX} 个可见字符",
            f"a name has 1 to {NAME_LENGTH_MAX} printable characters",
            "填写一行名称",
            "enter the name on one line",
        )
    return text


def restrictions(cell: Cell) -> str | Why:
    """Read what people are to know: at most 2000 characters, lines allowed."""
    text = _plain(cell)
    if len(text) > RESTRICTIONS_LENGTH_MAX or "\0" in text:
        return _why(
            f"限定支付范围超过 {RESTRICTIONS_LENGTH_MAX} 个字符",
            f"more than {RESTRICTIONS_LENGTH_MAX} characters",
            "缩短该文字",
            "shorten it",
        )
    return text


def kind(cell: Cell) -> CostKind | str | Why:
    """Read a kind of cost, in Chinese or English; BED_STANDARD is one too."""
    found = KINDS.get(str(cell)) or KINDS.get(_plain(cell).lower())
    return found or _why(
        f"类别“{_shown(cell)}”不在可用范围内",
        f"{_shown(cell)!r} is no kind of cost",
        "填写：" + "、".join(word for word in KINDS if not word.isascii()),
        "one of: " + ", ".join(word for word in KINDS if word.isascii()),
    )


def in_scope(cell: Cell) -> bool | Why:
    """Read whether the fund pays: 是 or 否, true or false, yes or no, 1 or 0."""
    found = _SCOPES.get(_plain(cell).lower())
    if found is None:
        return _why(
            f"“{_shown(cell)}”不是“是”或“否”",
            f"{_shown(cell)!r} is neither yes nor no",
            "填写“是”或“否”",
            "enter yes or no",
        )
    return found


def money(cell: Cell) -> int | Why | None:
    """Read yuan with at most 2 decimals, not negative, in fen; blank is None."""
    text = _plain(cell)
    if not text:
        return None
    if _TOO_FINE.fullmatch(text):
        return _why(
            f"金额 {_shown(cell)} 超过2位小数",
            f"the amount {_shown(cell)} has more than 2 decimals",
            "按分取整后填写，如 12.34",
            "enter it to the fen, such as 12.34",
        )
    price = parse_price(text)
    if price is None:
        return _why(
            f"“{_shown(cell)}”不是金额（元，非负，至多2位小数）",
            f"{_shown(cell)!r} is no amount in yuan, 0 or more with at most 2 decimals",
            "更正金额，不写逗号和单位；不限时留空",
            "correct it, without commas or unit; leave it blank where there is none",
        )
    return price // PRICE_PER_FEN


def quantity(cell: Cell) -> Decimal | Why | None:
    """Read a quantity with at most 4 decimals, not negative; blank is None."""
    text = _plain(cell)
    if not text:
        return None
    scaled = parse_quantity(text)
    if scaled is None or scaled < 0:
        return _why(
            f"“{_shown(cell)}”不是数量（非负，至多4位小数）",
            f"{_shown(cell)!r} is no quantity, 0 or more with at most 4 decimals",
            "更正限量；不限时留空",
            "correct the limit; leave it blank where there is none",
        )
    return quantity_in_short(scaled)


def service_years(cell: Cell) -> int | Why | None:
    """Read whole years, 0 to 100; blank is None."""
    text = _plain(cell)
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) <= len(str(SERVICE_YEARS_MAX)):
        years = int(text)
        if years <= SERVICE_YEARS_MAX:
            return years
    return _why(
        f"“{_shown(cell)}”不是 0 至 {SERVICE_YEARS_MAX} 的整年数",
        f"{_shown(cell)!r} is no whole number of years from 0 to {SERVICE_YEARS_MAX}",
        "填写整年数；没有规定时留空",
        "enter whole years; leave it blank where none are set",
    )


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
    return day(cell) or _why(
        "有效期起为空",
        "the first day is missing",
        "填写日期，如 2024-01-01",
        "enter a day such as 2024-01-01",
    )


@lru_cache(maxsize=4096)
def _iso_day(text: str) -> date | None:
    if not _ISO_DAY.fullmatch(text) or int(text[:4]) < YEAR_MIN:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def quantity_in_short(scaled: int) -> Decimal:
    """Write 1/10,000 as the shortest decimal: 20_000 is 2, never 2.0 or 2E+0."""
    return Decimal(f"{Decimal(scaled) / QUANTITY_UNIT:f}")


def _plain(cell: Cell) -> str:
    """Write a cell as its reader sees it: a whole number without its point."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _EXACT_FLOAT_MAX:
        return str(int(cell))
    return str(cell)


def _shown(cell: Cell) -> str:
    text = _plain(cell)
    return text if len(text) <= CODE_LENGTH_MAX else f"{text[:CODE_LENGTH_MAX]}…"


def _no_day(cell: Cell) -> Why:
    return _why(
        f"“{_shown(cell)}”不是日期",
        f"{_shown(cell)!r} is no day",
        f"填写日期单元格或 2024-01-31 格式的文字，{YEAR_MIN} 年以后",
        f"enter a date cell or text such as 2024-01-31, from {YEAR_MIN} on",
    )


def _why(zh: str, en: str, next_zh: str, next_en: str) -> Why:
    return Why(Words(zh, en), Words(next_zh, next_en))
