"""川 附件3, 附件4, 附件5: the month's clearing within Sichuan (第二十八条, 第三十条)."""

from collections.abc import Sequence

from edge.core.money import half_up
from edge.sheets.written import Cell, Fen, Merge, Sheet
from simulators.agency.clearing import INPATIENT, OUTPATIENT, REHAB, Cleared, is_cross, summed
from simulators.agency.forms.places import SICHUAN, SICHUAN_MATRIX
from simulators.agency.forms.table import (
    UNIT,
    Form,
    everything,
    insured_in,
    listed,
    matrix,
    treated_in,
)

REGION = "510000"
_INITIAL_PERCENT = 10
_FOOT = ("单位负责人：", "审核人：", "制表人：", "制表日期：")


def initial_fen(month_before_fen: int) -> int:
    """Return a city's first prepayment: 10 % of the month before it began (第二十七条).

    Half a fen is rounded up.
    """
    return half_up(month_before_fen * _INITIAL_PERCENT, 100)


def within(rows: Sequence[Cleared]) -> list[Cleared]:
    """Return what was cleared within the province."""
    return [row for row in rows if row.treatment_region == REGION and not is_cross(row)]


def sheets(rows: Sequence[Cleared], month: str) -> list[Sheet]:
    """Return 附件3, 附件4, and one 附件5 for each city that pays."""
    ours = within(rows)
    payers = [city for city in SICHUAN if summed(ours, insured_in(city))]
    return [
        _matrix(ours),
        _benefits(ours),
        *(_notice(ours, city, month) for city in payers),
    ]


def _matrix(rows: Sequence[Cleared]) -> Sheet:
    order = (*SICHUAN_MATRIX, *(city for city in SICHUAN if city not in SICHUAN_MATRIX))
    form = Form(
        name="附件3 清算汇总表",
        titles=("省内异地就医清算汇总表", f"制表单位：（省级经办机构签章）  {UNIT}"),
        corner=("地  区", ""),
        lines={**{SICHUAN[c]: treated_in(c) for c in order}, "合  计": everything},
        columns={**{SICHUAN[c]: insured_in(c) for c in order}, "合计": everything},
        same="——",
        foot=_FOOT,
    )
    return matrix(form, rows, line_group="收款市（州）", column_group="付款市（州）")


def _benefits(rows: Sequence[Cleared]) -> Sheet:
    form = Form(
        name="附件4 待遇明细表",
        titles=("省内异地就医清算待遇明细表", UNIT),
        corner=("市（州）",),
        lines={**{name: insured_in(city) for city, name in SICHUAN.items()}, "合计": everything},
        columns={
            "住院费": lambda row: row.service in INPATIENT,
            "门诊费": lambda row: row.service in OUTPATIENT,
            "康复费": lambda row: row.service in REHAB,
            "上解合计": everything,
        },
        foot=(),
    )
    return listed(form, rows)


def _notice(rows: Sequence[Cleared], city: str, month: str) -> Sheet:
    """Bank details are left to be filled in: the simulator knows no accounts."""
    lines: list[list[Cell]] = [
        ["省内异地就医费用付款通知书"],
        [f"市（州）：{SICHUAN[city]}", "", "", f"期号：{month}"],
        ["拨付单据号", "上解资金", "银行户名", "银行账号", "开户行名称", "联行号"],
        [f"SC-{month}-{city}", Fen(summed(rows, insured_in(city)))],
        ["打印时间： 年 月 日"],
    ]
    return Sheet(
        name=f"附件5 {SICHUAN[city]}",
        rows=lines,
        head=3,
        widths=(24, 16, 20, 24, 20, 14),
        merges=[Merge(0, 0, 0, 5)],
    )
