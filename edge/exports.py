"""What finance takes away as a workbook: a case's bill as it was ruled, and what is still to come.

Writes nothing to the store. Money is a number of yuan; text never becomes a formula.
"""

from collections.abc import Iterable, Iterator

from edge import codec
from edge.case import case_ruled
from edge.core.adjudication import Bill, Ruling
from edge.core.cases import CaseRef
from edge.core.paper.words import KINDS, place, reason_of
from edge.core.reconciliation import Advanced, Band
from edge.sheets.written import Cell, Fen, Sheet, workbook
from edge.site import Site
from edge.store.cases import load_case
from edge.store.settlements import settlement_of

Row = list[Cell]

_LINES: Row = ["明细号", "日期", "编码", "名称", "数量", "单价（元）", "金额（元）"]
_SPLIT: Row = ["基金支付（元）", "个人负担（元）", "理由", "依据", "目录条目", "冲销明细号"]


def bill_workbook(site: Site, ref: CaseRef) -> bytes:
    """Return a stay's or fitting's bill: as settled, or as it is ruled now where nothing stands.

    Raises:
        NotFound: UNKNOWN_STAY, UNKNOWN_FITTING.
    """
    db = site.store.read()
    case = load_case(db, site.vault, ref)
    settlement = settlement_of(db, site.vault, ref)
    if settlement:
        bill = codec.decode(settlement.bill, Bill)
        ruling = codec.decode(settlement.ruling, Ruling)
    else:
        outcome = case_ruled(site, db, case)
        bill, ruling = outcome.bill, outcome.ruling
    return workbook(
        Sheet(name="费用明细", rows=_lines(bill, ruling), widths=(14, 12, 14, 24, 8, 12, 12, 12)),
        Sheet(name="汇总", rows=_kinds(ruling), widths=(16, 14, 14, 14)),
        Sheet(name="未通过", rows=_refused(bill, ruling), widths=(14, 14, 24, 12, 22, 60)),
    )


def receivables_workbook(advanced: Iterable[Advanced], bands: Iterable[Band]) -> bytes:
    """Return what was advanced for the fund and is not back: by age, and by settlement."""
    return workbook(
        Sheet(name="账龄", rows=_bands(bands), widths=(18, 8, 16)),
        Sheet(name="未收回", rows=_advanced(advanced), widths=(12, 20, 14, 14, 14, 14, 36)),
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


def _bands(bands: Iterable[Band]) -> Iterator[Row]:
    yield ["结算后天数", "笔数", "未收回（元）"]
    for band in bands:
        until = f"{band.from_days}–{band.to_days}" if band.to_days else f"{band.from_days} 以上"
        yield [until, band.count, Fen(band.outstanding_fen)]


def _advanced(advanced: Iterable[Advanced]) -> Iterator[Row]:
    yield [
        "结算日期",
        "参保地",
        "垫付（元）",
        "扣除（元）",
        "收回（元）",
        "未收回（元）",
        "结算编号",
    ]
    for one in advanced:
        yield [
            one.settled_on,
            place(one.insured_region),
            Fen(one.fund_fen),
            Fen(one.deducted_fen),
            Fen(one.recovered_fen),
            Fen(one.outstanding_fen),
            one.settlement,
        ]
