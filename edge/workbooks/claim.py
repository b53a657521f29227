"""A month's claim as a workbook for finance and the agency's window. Knows no person by name."""

from collections.abc import Iterator

from edge.claiming import ClaimNow, ClaimTerms
from edge.core.claim import CLAIM_NAMES, ClaimPaper, ItemKind, summed
from edge.core.paper.words import CLASSES, MATCHES, SERVICES
from edge.core.reconciliation import standing_fen
from edge.sheets.written import Cell, Fen, Sheet, workbook

_KINDS = {ItemKind.SETTLEMENT: "结算", ItemKind.CORRECTION: "冲正更正"}

Row = list[Cell]


def claim_workbook(now: ClaimNow, terms: ClaimTerms) -> bytes:
    """Return the month as XLSX: claim, papers, deductions, reconciliation, payments."""
    return workbook(
        Sheet(name="月结申请", rows=_items(now), head=2, widths=(14, 10, 16, 12, 12, 14, 14, 36)),
        Sheet(name="材料清单", rows=_papers(terms), widths=(14, 10, 50, 8, 8, 8, 8, 8, 16)),
        Sheet(name="审核扣除", rows=_deductions(now), widths=(36, 12, 14, 16, 12, 30, 16, 8)),
        Sheet(name="对账", rows=_compared(now), widths=(36, 14, 14, 14)),
        Sheet(name="拨付", rows=_payments(now), widths=(24, 14, 14, 24)),
    )


def _items(now: ClaimNow) -> Iterator[Row]:
    whole = summed(now.items)
    yield [f"{now.month} 月结（{CLAIM_NAMES[now.state].zh}）  单位：元（保留两位小数）"]
    yield ["结算日期", "类别", "服务", "参保地", "住院号", "总费用", "基金支付", "结算编号"]
    for item in now.items:
        yield [
            item.settled_on,
            _KINDS[item.kind],
            SERVICES[item.service],
            item.insured_region,
            item.hospital_number,
            Fen(item.total_fen),
            Fen(item.fund_fen),
            item.settlement,
        ]
    sums: Row = [Fen(whole.total_fen), Fen(whole.fund_fen)]
    yield ["合计", f"{whole.count} 笔", None, None, None, *sums]


def _papers(terms: ClaimTerms) -> Iterator[Row]:
    yield ["服务", "每", "材料", "份数", "原件", "盖章", "签字", "上传", "依据"]
    for service, lists in terms.papers.items():
        for per, papers in (("申请", lists.by_claim), ("结算", lists.by_settlement)):
            for paper in papers:
                yield [SERVICES[service], per, paper.zh, paper.copies, *_marks(paper)]


def _marks(paper: ClaimPaper) -> Row:
    marks = (paper.original, paper.sealed, paper.signed, paper.uploaded)
    return [*("是" if mark else "" for mark in marks), paper.article]


def _deductions(now: ClaimNow) -> Iterator[Row]:
    by_deduction = {one.deduction: one for one in now.objections}
    yield ["结算编号", "明细", "扣除金额", "类别", "现扣金额", "原因", "依据", "扣分"]
    for item in now.audited:
        for one in item.deductions:
            standing = standing_fen(one, by_deduction.get(one.id))
            yield [
                one.settlement,
                one.line,
                Fen(one.amount_fen),
                CLASSES[one.kind],
                Fen(standing),
                one.reason,
                one.article,
                one.points,
            ]


def _compared(now: ClaimNow) -> Iterator[Row]:
    yield ["结算编号", "结果", "本机构", "经办机构"]
    for row in now.reconciliation.rows if now.reconciliation else ():
        sides = [None if fen is None else Fen(fen) for fen in (row.ours_fen, row.theirs_fen)]
        yield [row.settlement, MATCHES[row.match], *sides]


def _payments(now: ClaimNow) -> Iterator[Row]:
    yield ["拨付编号", "日期", "金额", "凭证"]
    for payment in now.payments:
        yield [payment.id, payment.paid_on, Fen(payment.amount_fen), payment.reference]
    yield ["应拨付", None, Fen(now.balance.due_fen)]
    yield ["未拨付", None, Fen(now.balance.open_fen)]
