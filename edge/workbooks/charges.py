"""A bill as a sheet: CSV or XLSX into charge lines, or every cell that cannot stand. Keeps nothing.

A sheet is read as a form: a cell that says nothing usable stops it all. Whether a line can be
ruled (its code, its day, its sums) is judged later, line by line, as for any other bill.
"""

import re

from edge.core.charges import Charge
from edge.core.errors import Words
from edge.core.money import PRICE_PER_FEN, parse_price
from edge.sheets import Cell, Column, Refusals, Sheet, Values, Why, cells, unreadable

_NUMBER = re.compile(r"-?\d{1,12}(\.\d{1,8})?", re.ASCII)


def read_charges(data: bytes) -> tuple[Charge, ...] | Refusals:
    """Read a bill: CSV in UTF-8 or GB18030, or XLSX; the first filled row is the header.

    Raises:
        BadInput: SHEET_UNREADABLE, when it is no such file or holds no line; SHEET_TOO_LARGE.
    """
    sheet = Sheet(data, COLUMNS)
    lines: list[Charge] = []
    for number, values in sheet:
        amount = values.pop("amount")
        if isinstance(amount, int):
            said: Values = {"name": "", "reverses": None, **values}
            lines.append(Charge(amount_fen=amount, **said))
        else:
            sheet.refuse(number, "amount", _NO_AMOUNT)
    if sheet.refusals.count:
        return sheet.refusals
    if not lines:
        raise unreadable("表头下没有费用明细", "there are no lines under the header")
    return tuple(lines)


def _number(cell: Cell) -> str | Why:
    """Read a decimal as it is written; whether it can be used is judged with its line."""
    text = cells.plain(cell)
    if not _NUMBER.fullmatch(text):
        return cells.why(
            f"“{cells.shown(cell)}”不是数字",
            f"{cells.shown(cell)!r} is no number",
            "更正数字，不写逗号和单位",
            "correct it, without commas or unit",
        )
    return text


def _fen(cell: Cell) -> int | Why | None:
    """Read an amount in yuan, below nought for a refund; None where the cell is blank."""
    text = cells.plain(cell)
    if not text:
        return None
    price = parse_price(text.removeprefix("-"))
    if price is None or price % PRICE_PER_FEN:
        return cells.why(
            f"“{cells.shown(cell)}”不是金额（元，至多2位小数）",
            f"{cells.shown(cell)!r} is no amount in yuan with at most 2 decimals",
            "更正金额；退费行写负数",
            "correct it; a refund is negative",
        )
    fen = price // PRICE_PER_FEN
    return -fen if text.startswith("-") else fen


def _original(cell: Cell) -> str | Why | None:
    return None if cell == "" else cells.code(cell)


def _name(cell: Cell) -> str | Why:
    return "" if cell == "" else cells.name(cell)


COLUMNS = (
    Column("id", "明细号", cells.code, needed=True),
    Column("date", "费用日期", cells.first_day, needed=True),
    Column("code", "编码", cells.code, needed=True),
    Column("name", "名称", _name),
    Column("quantity", "数量", _number, needed=True),
    Column("price", "单价（元）", _number, needed=True),
    Column("amount", "金额（元）", _fen, needed=True),
    Column("injury_related", "工伤相关", cells.yes_or_no, needed=True),
    Column("reverses", "冲销明细号", _original),
)
"""In the order of the template; a sheet may have them in any other."""

_NO_AMOUNT = Why(
    Words("金额为空", "the amount is missing"),
    Words("填写金额（元）", "enter the amount in yuan"),
)
