"""What is taken away as a workbook: a bill as ruled, what is to come, complaints, a day's end.

Writes nothing to the store. Money is a number of yuan; text never becomes a formula.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from edge import codec
from edge.case.bill import case_ruled
from edge.core.adjudication import Bill, Ruling
from edge.core.cases import CaseRef
from edge.core.complaint import Channel, Complaint, ComplaintState, Report
from edge.core.dates import local_day
from edge.core.day_end import ClerkDay
from edge.core.paper.words import place
from edge.core.reconciliation import Advanced, Band
from edge.sheets.written import Fen, Sheet, workbook
from edge.site import Site
from edge.store.cases import load_case
from edge.store.settlements import settlement_of
from edge.workbooks.bill import Row, bill_sheets


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
    return workbook(*bill_sheets(bill, ruling))


def receivables_workbook(advanced: Iterable[Advanced], bands: Iterable[Band]) -> bytes:
    """Return what was advanced for the fund and is not back: by age, and by settlement."""
    return workbook(
        Sheet(name="账龄", rows=_bands(bands), widths=(18, 8, 16)),
        Sheet(name="未收回", rows=_advanced(advanced), widths=(12, 20, 14, 14, 14, 14, 36)),
    )


def complaints_workbook(complaints: Iterable[Complaint], report: Report) -> bytes:
    """Return complaints with their answers, and their sums; they name people."""
    sums: list[Row] = [
        ["起", "止", "受理", "已答复", "逾期答复", "未答复", "已逾期"],
        [
            report.first,
            report.last,
            report.received,
            report.answered,
            report.answered_late,
            report.open,
            report.overdue,
        ],
    ]
    return workbook(
        Sheet(name="投诉", rows=_complaints(complaints), widths=(12, 8, 40, 12, 16, 16, 12, 8, 40)),
        Sheet(name="汇总", rows=sums, widths=(12, 12, 8, 8, 10, 8, 8)),
    )


def day_end_workbook(day: date, clerks: Iterable[ClerkDay], total: ClerkDay) -> bytes:
    """Return a day's money by clerk and in all."""
    head: Row = ["日期", "经办人", "结算笔数", "合计（元）", "基金（元）", "个人（元）"]
    head += ["冲正笔数", "冲正合计（元）", "冲正基金（元）", "转手工", "逾期结算"]
    rows = [head, *(_clerk(day, one, one.clerk) for one in clerks), _clerk(day, total, "合计")]
    return workbook(Sheet(name="日终", rows=rows, widths=(12, 14, 10, 14, 14, 14, 10, 14, 14)))


def _clerk(day: date, one: ClerkDay, name: str) -> Row:
    settled, undone = one.settled, one.reversed
    return [
        day,
        name,
        settled.count,
        Fen(settled.total_fen),
        Fen(settled.fund_fen),
        Fen(settled.personal_fen),
        undone.count,
        Fen(undone.total_fen),
        Fen(undone.fund_fen),
        one.handed_to_manual,
        one.settled_late,
    ]


def _complaints(complaints: Iterable[Complaint]) -> Iterator[Row]:
    yield ["受理日期", "来源", "内容", "投诉人", "联系方式", "业务编号", "期限", "状态", "答复"]
    for one in complaints:
        said = one.said
        yield [
            local_day(one.received_at),
            _CHANNELS[said.channel],
            said.text,
            said.name,
            said.contact,
            said.case_number,
            one.due_on,
            _STATES[one.state],
            one.answer,
        ]


_CHANNELS = {Channel.DESK: "窗口", Channel.AGENCY: "经办机构"}
_STATES = {
    ComplaintState.NEW: "待办",
    ComplaintState.IN_WORK: "办理中",
    ComplaintState.ANSWERED: "已答复",
}


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
