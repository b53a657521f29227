"""One cell of a catalogue to one value, or why it cannot be: kinds, money, limits, words.

Knows no row: what two cells say together is judged in ``reading``.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from edge.core.catalogue import CostKind
from edge.core.money import PRICE_PER_FEN, QUANTITY_UNIT, parse_price, parse_quantity
from edge.sheets import Cell, Why
from edge.sheets.cells import plain, shown, why

RESTRICTIONS_LENGTH_MAX = 2000
SERVICE_YEARS_MAX = 100

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

_TOO_FINE = re.compile(r"\d+\.\d{3,}", re.ASCII)


def restrictions(cell: Cell) -> str | Why:
    """Read what people are to know: at most 2000 characters, lines allowed."""
    text = plain(cell)
    if len(text) > RESTRICTIONS_LENGTH_MAX or "\0" in text:
        return why(
            f"限定支付范围超过 {RESTRICTIONS_LENGTH_MAX} 个字符",
            f"more than {RESTRICTIONS_LENGTH_MAX} characters",
            "缩短该文字",
            "shorten it",
        )
    return text


def kind(cell: Cell) -> CostKind | str | Why:
    """Read a kind of cost, in Chinese or English; BED_STANDARD is one too."""
    found = KINDS.get(str(cell)) or KINDS.get(plain(cell).lower())
    return found or why(
        f"类别“{shown(cell)}”不在可用范围内",
        f"{shown(cell)!r} is no kind of cost",
        "填写：" + "、".join(word for word in KINDS if not word.isascii()),
        "one of: " + ", ".join(word for word in KINDS if word.isascii()),
    )


def money(cell: Cell) -> int | Why | None:
    """Read yuan with at most 2 decimals, not negative, in fen; blank is None."""
    text = plain(cell)
    if not text:
        return None
    if _TOO_FINE.fullmatch(text):
        return why(
            f"金额 {shown(cell)} 超过2位小数",
            f"the amount {shown(cell)} has more than 2 decimals",
            "按分取整后填写，如 12.34",
            "enter it to the fen, such as 12.34",
        )
    price = parse_price(text)
    if price is None:
        return why(
            f"“{shown(cell)}”不是金额（元，非负，至多2位小数）",
            f"{shown(cell)!r} is no amount in yuan, 0 or more with at most 2 decimals",
            "更正金额，不写逗号和单位；不限时留空",
            "correct it, without commas or unit; leave it blank where there is none",
        )
    return price // PRICE_PER_FEN


def quantity(cell: Cell) -> Decimal | Why | None:
    """Read a quantity with at most 4 decimals, not negative; blank is None."""
    text = plain(cell)
    if not text:
        return None
    scaled = parse_quantity(text)
    if scaled is None or scaled < 0:
        return why(
            f"“{shown(cell)}”不是数量（非负，至多4位小数）",
            f"{shown(cell)!r} is no quantity, 0 or more with at most 4 decimals",
            "更正限量；不限时留空",
            "correct the limit; leave it blank where there is none",
        )
    return quantity_in_short(scaled)


def share(cell: Cell) -> Decimal | Why | None:
    """Read a share of the cost, 0.1 or 10%, from 0 to 1 with at most 4 decimals; blank is None."""
    text = plain(cell)
    if not text:
        return None
    percent = text.endswith("%")
    scaled = parse_quantity(text.removesuffix("%"))
    whole = 100 if percent else 1
    if scaled is None or not 0 <= scaled <= QUANTITY_UNIT * whole or scaled % whole:
        return why(
            f"“{shown(cell)}”不是自付比例（0 至 1 或 0% 至 100%，至多4位小数）",
            f"{shown(cell)!r} is no share from 0 to 1 (0% to 100%) with at most 4 decimals",
            "更正比例，如 0.1 或 10%；没有自付时留空",
            "correct it, such as 0.1 or 10%; leave it blank where there is none",
        )
    return quantity_in_short(scaled // whole)


def service_years(cell: Cell) -> int | Why | None:
    """Read whole years, 0 to 100; blank is None."""
    text = plain(cell)
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) <= len(str(SERVICE_YEARS_MAX)):
        years = int(text)
        if years <= SERVICE_YEARS_MAX:
            return years
    return why(
        f"“{shown(cell)}”不是 0 至 {SERVICE_YEARS_MAX} 的整年数",
        f"{shown(cell)!r} is no whole number of years from 0 to {SERVICE_YEARS_MAX}",
        "填写整年数；没有规定时留空",
        "enter whole years; leave it blank where none are set",
    )


@lru_cache(maxsize=4096)
def quantity_in_short(scaled: int) -> Decimal:
    """Write 1/10,000 as the shortest decimal: 20_000 is 2, never 2.0 or 2E+0."""
    return Decimal(f"{Decimal(scaled) / QUANTITY_UNIT:f}")
