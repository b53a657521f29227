"""津 第三十条至第三十三条: prepayments between provinces, their use, and when they warn.

No annex of these is printed in the text; the sheet is ours, its words are the articles'.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from edge.sheets.written import Cell, Fen, Sheet
from simulators.agency.forms.places import PROVINCES

YELLOW_PERCENT = 70
RED_PERCENT = 80
_QUARTERS = 4


class Grade(StrEnum):
    """How much of a prepayment is used (第三十三条)."""

    NONE = "正常"
    YELLOW = "黄色预警"
    RED = "红色预警"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """One province's prepayment with us, in fen. ``pending_fen``: claimed and not cleared yet."""

    payer: str
    prepaid_fen: int
    cleared_fen: int
    pending_fen: int
    requested: bool = False

    @property
    def grade(self) -> Grade:
        """Yellow from 70 %, red from 80 %; what was never prepaid and is used is red."""
        used = self.cleared_fen * 100
        if used >= RED_PERCENT * self.prepaid_fen and used > 0:
            return Grade.RED
        return Grade.YELLOW if used >= YELLOW_PERCENT * self.prepaid_fen > 0 else Grade.NONE

    @property
    def request_fen_max(self) -> int:
        """What an emergency request may ask: twice the pending, once a quarter, only when red."""
        allowed = self.grade is Grade.RED and not self.requested
        return 2 * self.pending_fen if allowed else 0

    @property
    def percent(self) -> str:
        """The usage, cut to a tenth of a percent: no rounding reaches a threshold."""
        if not self.prepaid_fen:
            return "—"
        tenths = self.cleared_fen * 1000 // self.prepaid_fen
        return f"{tenths // 10}.{tenths % 10}%"


def annual_fen(quarters: Sequence[int]) -> int:
    """Return a year's prepayment: twice the mean of last year's four quarters (第三十条).

    That is half a year's money, as the first prepayment is too (第三十一条). Half a fen goes up.
    """
    if len(quarters) != _QUARTERS:
        raise ValueError("a year has four quarters")
    return -(-sum(quarters) * 2 // _QUARTERS)


def sheet(usages: Iterable[Usage], quarter: str, payee: str) -> Sheet:
    """Return the quarter's warnings for one province of treatment."""
    rows: list[list[Cell]] = [
        ["工伤保险跨省异地就医预付金预警表"],
        [f"就医省：{PROVINCES[payee]}  {quarter}  单位：元（保留两位小数）"],
        [
            "参保省",
            "预付金",
            "清算资金",
            "预付金使用率",
            "预警",
            "待与协议机构月结金额",
            "本季度紧急调增申请",
            "可申请最高额度",
        ],
    ]
    rows.extend(map(_line, usages))
    return Sheet(name="预付金预警", rows=rows, head=3, widths=(12, 16, 16, 14, 12, 22, 20, 18))


def _line(one: Usage) -> list[Cell]:
    return [
        PROVINCES[one.payer],
        Fen(one.prepaid_fen),
        Fen(one.cleared_fen),
        one.percent,
        one.grade.value,
        Fen(one.pending_fen),
        "已申请" if one.requested else "未申请",
        Fen(one.request_fen_max),
    ]
