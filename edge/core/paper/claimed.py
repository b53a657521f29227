"""What is printed of a month: the claim's form in two copies with its annexes, the report on it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from edge.core.claim import (
    CLAIM_NAMES,
    ClaimPaper,
    ClaimState,
    Item,
    ItemKind,
    Month,
    Sum,
    by_region,
    by_service,
    summed,
)
from edge.core.money import yuan
from edge.core.paper.blocks import (
    Align,
    Block,
    Code,
    Column,
    Field,
    Fields,
    Heading,
    PageBreak,
    Paper,
    Paragraph,
    Row,
    Signatures,
    Table,
    fields,
)
from edge.core.paper.words import CLASSES, MATCHES, SERVICES, capitals, day, moment, place
from edge.core.reconciliation import (
    AuditedItem,
    Balance,
    Objection,
    Payment,
    Reconciliation,
    standing_fen,
)
from edge.core.verification import Service

_MONEY = Align.RIGHT

_COPIES = ("第一联　社会保险经办机构留存", "第二联　协议机构留存")
_KINDS = {ItemKind.SETTLEMENT: "结算", ItemKind.CORRECTION: "冲正更正"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A month's claim as it was sent, and what the treatment region asks of it.

    ``by_claim`` and ``by_settlement`` are the papers of each service (川 第二十三条).
    """

    claim: str
    month: Month
    facility: str
    facility_id: str
    treatment_region: str
    items: tuple[Item, ...]
    due_on: date | None
    due_article: str
    by_claim: Mapping[Service, tuple[ClaimPaper, ...]]
    by_settlement: Mapping[Service, tuple[ClaimPaper, ...]]
    submitted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """A month's claim beside the agency's audit, as of a moment."""

    month: Month
    state: ClaimState
    facility: str
    items: tuple[Item, ...]
    audited: tuple[AuditedItem, ...]
    objections: tuple[Objection, ...]
    payments: tuple[Payment, ...]
    balance: Balance
    reconciliation: Reconciliation | None
    confirmed_by: str
    note: str
    as_of: datetime


def claim_form(claimed: Claimed) -> Paper:
    """Return 医疗费用清算申请单 in two copies, then the items and the papers that go along."""
    copies: list[Block] = []
    for copy in _COPIES:
        copies += [*_form(claimed, copy), PageBreak()]
    return Paper(
        title="医疗费用清算申请单",
        subtitle=f"{claimed.month} 工伤保险异地就医",
        issuer=claimed.facility,
        number=claimed.claim,
        dated=claimed.submitted_at,
        blocks=(*copies, *_annex(claimed)),
    )


def reconciliation_report(found: Reconciled) -> Paper:
    """Return how our claim and the agency's audit compare, what was deducted, what came."""
    return Paper(
        title="月结对账报告",
        subtitle=f"{found.month}　{CLAIM_NAMES[found.state].zh}",
        issuer=found.facility,
        number=str(found.month),
        dated=found.as_of,
        blocks=(
            *_balance(found),
            *_compared(found.reconciliation),
            *_deductions(found.audited, found.objections),
            *_payments(found.payments),
            Signatures(("制表人", "复核人", "日期")),
        ),
    )


def _form(claimed: Claimed, copy: str) -> Iterator[Block]:
    whole = summed(claimed.items)
    due = f"{day(claimed.due_on)}（{claimed.due_article}）" if claimed.due_on else ""
    yield Paragraph(copy)
    yield fields(
        ("申请机构", claimed.facility),
        ("机构编号", claimed.facility_id),
        ("就医地", place(claimed.treatment_region)),
        ("费用所属月份", str(claimed.month)),
        ("申请时间", moment(claimed.submitted_at)),
        ("申请期限", due),
    )
    yield Heading("按服务类别（元）")
    yield _sums("服务类别", {SERVICES[key]: one for key, one in by_service(claimed.items).items()})
    yield Heading("按参保地（元）")
    yield _sums("参保地", {place(key): one for key, one in by_region(claimed.items).items()})
    yield Fields((Field("申请基金支付（大写）", capitals(whole.fund_fen), wide=True),))
    yield Paragraph("所附结算明细与材料见附件，均与上传数据一致，如有不实由本机构承担责任。")
    yield Signatures(("经办人", "负责人", "申请机构（公章）", "经办机构受理人", "受理日期"))
    said = (claimed.claim, str(whole.count), str(whole.total_fen), str(whole.fund_fen))
    caption = ("申请校验码：申请编号、笔数、总额、基金（分）", claimed.claim)
    yield Code("\n".join(said), caption)


def _sums(label: str, sums: Mapping[str, Sum]) -> Table:
    columns = (
        Column(label, 5),
        Column("笔数", 2, _MONEY),
        Column("总费用", 4, _MONEY),
        Column("申请基金支付", 4, _MONEY),
    )
    rows = [_sum(name, one) for name, one in sums.items()]
    whole = Sum(
        count=sum(one.count for one in sums.values()),
        total_fen=sum(one.total_fen for one in sums.values()),
        fund_fen=sum(one.fund_fen for one in sums.values()),
    )
    return Table(columns, (*rows, _sum("合计", whole, strong=True)))


def _sum(name: str, one: Sum, *, strong: bool = False) -> Row:
    return Row((name, str(one.count), yuan(one.total_fen), yuan(one.fund_fen)), strong)


def _annex(claimed: Claimed) -> Iterator[Block]:
    yield Heading("附件一　结算明细（元）")
    columns = (
        Column("结算日期", 10),
        Column("类别", 8),
        Column("服务", 11),
        Column("参保地", 17),
        Column("住院（业务）号", 14),
        Column("总费用", 11, _MONEY),
        Column("基金支付", 11, _MONEY),
        Column("结算编号", 21),
    )
    whole = summed(claimed.items)
    sums = (yuan(whole.total_fen), yuan(whole.fund_fen))
    last = Row((f"共 {whole.count} 笔", "", "合计", "", "", *sums, ""), strong=True)
    yield Table(columns, (*map(_item, claimed.items), last), small=True)
    yield Heading("附件二　材料清单")
    yield _papers(claimed)


def _item(item: Item) -> Row:
    return Row(
        (
            day(item.settled_on),
            _KINDS[item.kind],
            SERVICES[item.service],
            place(item.insured_region),
            item.hospital_number,
            yuan(item.total_fen),
            yuan(item.fund_fen),
            item.settlement,
        )
    )


def _papers(claimed: Claimed) -> Table:
    columns = (
        Column("已附", 2, Align.CENTER),
        Column("服务", 5),
        Column("每", 2),
        Column("材料", 11),
        Column("份数", 2, _MONEY),
        Column("要求", 5),
        Column("依据", 5),
    )
    rows = [
        *_asked(claimed.by_claim, "申请"),
        *_asked(claimed.by_settlement, "结算"),
    ]
    return Table(columns, tuple(rows), small=True)


def _asked(lists: Mapping[Service, Iterable[ClaimPaper]], per: str) -> Iterator[Row]:
    for service, papers in lists.items():
        for paper in papers:
            marks = {
                "原件": paper.original,
                "盖章": paper.sealed,
                "签字": paper.signed,
                "联网上传": paper.uploaded,
            }
            wants = "、".join(word for word, wanted in marks.items() if wanted)
            cells = (SERVICES[service], per, paper.zh, str(paper.copies), wants, paper.article)
            yield Row(("□", *cells))


def _balance(found: Reconciled) -> Iterator[Block]:
    money = found.balance
    yield fields(
        ("截至", moment(found.as_of)),
        ("结算笔数", str(len(found.items))),
        ("申请基金支付（元）", yuan(money.claimed_fen)),
        ("审核扣除（元）", yuan(money.deducted_fen)),
        ("应拨付（元）", yuan(money.due_fen)),
        ("已拨付（元）", yuan(money.paid_fen)),
        ("未拨付（元）", yuan(money.open_fen)),
        ("大写", capitals(money.open_fen)),
        ("确认人", found.confirmed_by),
        ("确认说明", found.note),
    )


def _compared(found: Reconciliation | None) -> Iterator[Block]:
    yield Heading("对账（元）")
    if found is None:
        yield Paragraph("经办机构尚未审核。")
        return
    yield fields(
        ("本机构笔数", str(found.ours.count)),
        ("本机构金额", yuan(found.ours.fund_fen)),
        ("经办机构笔数", str(found.theirs_count)),
        ("经办机构金额", yuan(found.theirs_fen)),
        ("总数", "一致" if found.totals_agree else "不一致"),
        ("逐笔", f"{len(found.differences)} 笔不一致"),
    )
    columns = (
        Column("结算编号", 10),
        Column("结果", 4),
        Column("本机构", 5, _MONEY),
        Column("经办机构", 5, _MONEY),
    )
    rows = (
        Row((row.settlement, MATCHES[row.match], _side(row.ours_fen), _side(row.theirs_fen)))
        for row in found.differences
    )
    if found.differences:
        yield Table(columns, tuple(rows), small=True)


def _side(fen: int | None) -> str:
    return "—" if fen is None else yuan(fen)


def _deductions(audited: Iterable[AuditedItem], objections: Iterable[Objection]) -> Iterator[Block]:
    yield Heading("审核扣除（元）")
    answers = {one.deduction: one for one in objections}
    rows = []
    for one in (deduction for item in audited for deduction in item.deductions):
        objection = answers.get(one.id)
        said = "" if objection is None else objection.answer.text if objection.answer else "待答复"
        found = (one.settlement, one.line, CLASSES[one.kind], yuan(one.amount_fen))
        standing, why = yuan(standing_fen(one, objection)), f"{one.reason}；{one.article}"
        rows.append(Row((*found, standing, why, str(one.points), said)))
    if not rows:
        yield Paragraph("没有扣除。")
        return
    columns = (
        Column("结算编号", 7),
        Column("明细", 3),
        Column("类别", 4),
        Column("扣除", 4, _MONEY),
        Column("现扣", 4, _MONEY),
        Column("原因与依据", 8),
        Column("扣分", 2, _MONEY),
        Column("异议答复", 5),
    )
    yield Table(columns, tuple(rows), small=True)


def _payments(payments: Iterable[Payment]) -> Iterator[Block]:
    yield Heading("拨付（元）")
    columns = (
        Column("拨付编号", 6),
        Column("日期", 4),
        Column("金额", 4, _MONEY),
        Column("凭证", 6),
    )
    rows = [Row((p.id, day(p.paid_on), yuan(p.amount_fen), p.reference)) for p in payments]
    yield Table(columns, tuple(rows)) if rows else Paragraph("尚无拨付。")
