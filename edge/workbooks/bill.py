"""A bill as ruled, as the sheets of a workbook: lines, classes of cost, what is refused.

Money is a number of yuan built from fen; text never becomes a formula. Writes nothing by itself.
"""

from collections.abc import Iterator

from edge.core.adjudication import Bill, Ruling
from edge.core.paper.words import KINDS, reason_of
from edge.sheets.written import Cell, Fen, Sheet

Row = list[Cell]

_LINES: Row = ["明细号", "日期", "编码", "名称", "数量", "单价（元）", "金额（元）"]
_SPLIT: Row = ["基金支付（元）", "个人负担（元）", "理由", "依据", "目录条目", "冲销明细号"]


def bill_sheets(bill: Bill, ruling: Ruling) -> tuple[Sheet, ...]:
    """Return the sheets of a ruled bill; they name no person."""
    return (
        Sheet(name="费用明细", rows=_lines(bill, ruling), widths=(14, 12, 14, 24, 8, 12, 12, 12)),
        Sheet(name="汇总", rows=_kinds(ruling), widths=(16, 14, 14, 14)),
        Sheet(name="未通过", rows=_refused(bill, ruling), widths=(14, 14, 24, 12, 22, 60)),
    )


def _lines(bill: Bill, ruling: Ruling) -> Iterator[Row]:
    charges = {charge.id: charge for charge in bill.lines}
    names = {row.code: row.name for row in bill.catalogue}
    yield [*_LINES, *_SPLIT]
    for line in ruling.lines:
        charge = charges[line.id]
        yield [
            line.id,
            charge.date,
            charge.code,
            charge.name or names.get(charge.code, ""),
            charge.quantity,
            charge.price,
            Fen(line.amount_fen),
            Fen(line.fund_fen),
            Fen(line.personal_fen),
            reason_of(line),
            line.article,
            line.catalogue_row,
            charge.reverses,
        ]
    sums: Row = [Fen(ruling.total_fen), Fen(ruling.fund_fen), Fen(ruling.personal_fen)]
    yield ["合计", None, None, None, None, None, *sums]


def _kinds(ruling: Ruling) -> Iterator[Row]:
    yield ["费用类别", "金额（元）", "基金支付（元）", "个人负担（元）"]
    for kind, sums in ruling.kinds.items():
        yield [KINDS[kind], Fen(sums.total_fen), Fen(sums.fund_fen), Fen(sums.personal_fen)]


def _refused(bill: Bill, ruling: Ruling) -> Iterator[Row]:
    charges = {charge.id: charge for charge in bill.lines}
    yield ["明细号", "编码", "名称", "金额（元）", "代码", "原因"]
    for one in ruling.refused:
        charge = charges[one.id]
        yield [one.id, charge.code, charge.name, Fen(charge.amount_fen), one.code.value, one.text]
