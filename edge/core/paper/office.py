"""What the office prints: the day's end, what is typed into a site, a complaint's receipt."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from edge.core.complaint import Channel, Complaint
from edge.core.day_end import ClerkDay, Money
from edge.core.entry_sheet import EntrySheet, SheetField, SheetKind
from edge.core.money import yuan
from edge.core.paper.blocks import (
    Align,
    Block,
    Code,
    Column,
    Field,
    Fields,
    Heading,
    Opinion,
    Paper,
    Paragraph,
    Row,
    Signatures,
    Table,
    fields,
)
from edge.core.paper.words import capitals, day, moment

_MONEY = Align.RIGHT


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The ledger's newest entry: ``mac`` in hexadecimal, ``signed`` a JWS."""

    seq: int
    mac: str
    signed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day's money by clerk and in all; what is overdue or waits is so at ``as_of``."""

    date: date
    as_of: datetime
    facility: str
    by_clerk: tuple[ClerkDay, ...]
    total: ClerkDay
    overdue: int
    waiting: int
    refused: int
    head: Head | None


def day_end_sheet(closed: Day) -> Paper:
    """Return the day-end sheet; the head, kept on paper, shows later whether the ledger was cut."""
    return Paper(
        title="日终结账单",
        subtitle=day(closed.date),
        issuer=closed.facility,
        number=day(closed.date),
        dated=closed.as_of,
        wide=True,
        blocks=(
            Heading("各经办人（元）"),
            _clerks(closed),
            fields(
                ("结算净额大写（基金支付）", capitals(_net(closed.total).fund_fen)),
                ("结算净额大写（个人负担）", capitals(_net(closed.total).personal_fen)),
                ("打印时点", moment(closed.as_of)),
                ("超过 48 小时未结算", f"{closed.overdue} 例"),
                ("待上传消息", f"{closed.waiting} 条"),
                ("被退回消息", f"{closed.refused} 条"),
            ),
            *_head(closed.head),
            Signatures(("经办人", "复核人", "财务负责人")),
        ),
    )


def entry_sheet_paper(sheet: EntrySheet, *, facility: str) -> Paper:
    """Return what the clerk copies into the national site, and where its number is noted down."""
    what = "配置结算录入单" if sheet.kind is SheetKind.SETTLEMENT else "配置结算冲正录入单"
    return Paper(
        title=what,
        subtitle="登录模式：录入全国工伤异地就医系统",
        issuer=facility,
        number=sheet.id,
        dated=sheet.made_at,
        blocks=(
            *_sections(sheet.fields),
            Heading("录入后回填"),
            Fields((Field("国家平台确认号", ""), Field("录入时间", ""))),
            Signatures(("录入人", "复核人")),
        ),
    )


def complaint_receipt(complaint: Complaint, *, facility: str, article: str) -> Paper:
    """Return the receipt that whoever complains takes along; ``article`` obliges us."""
    said = complaint.said
    return Paper(
        title="投诉举报受理回执",
        issuer=facility,
        number=complaint.id,
        dated=complaint.received_at,
        blocks=(
            fields(
                ("投诉举报人", said.name or "未具名"),
                ("联系方式", said.contact),
                ("来源", "经办机构转来" if said.channel is Channel.AGENCY else "本机构窗口"),
                ("相关业务编号", said.case_number),
                ("受理时间", moment(complaint.received_at)),
                ("答复期限", day(complaint.due_on)),
                ("受理人", complaint.received_by),
                ("依据", article),
            ),
            Opinion("投诉举报内容", said.text, (), height_mm=40),
            Paragraph("本机构将在答复期限内办理，并将结果告知投诉举报人。请凭本回执查询。"),
            Signatures(("受理人签字", "投诉举报人签字", "协议机构（盖章）")),
        ),
    )


def _clerks(closed: Day) -> Table:
    columns = (
        Column("经办人", 5),
        Column("结算", 2, _MONEY),
        Column("结算总额", 4, _MONEY),
        Column("其中基金", 4, _MONEY),
        Column("其中个人", 4, _MONEY),
        Column("冲正", 2, _MONEY),
        Column("冲正总额", 4, _MONEY),
        Column("其中基金", 4, _MONEY),
        Column("其中个人", 4, _MONEY),
        Column("转手工", 2, _MONEY),
        Column("逾期", 2, _MONEY),
    )
    rows = (_clerk(one.clerk, one) for one in closed.by_clerk)
    return Table(columns, (*rows, _clerk("合计", closed.total, strong=True)))


def _clerk(name: str, one: ClerkDay, *, strong: bool = False) -> Row:
    manual, late = str(one.handed_to_manual), str(one.settled_late)
    return Row((name, *_money(one.settled), *_money(one.reversed), manual, late), strong)


def _money(money: Money) -> tuple[str, ...]:
    return (str(money.count), *map(yuan, (money.total_fen, money.fund_fen, money.personal_fen)))


def _net(total: ClerkDay) -> Money:
    """Return what was settled less what was undone that day."""
    return Money(
        fund_fen=total.settled.fund_fen - total.reversed.fund_fen,
        personal_fen=total.settled.personal_fen - total.reversed.personal_fen,
    )


def _head(head: Head | None) -> Iterator[Block]:
    yield Heading("账链锚点")
    if head is None:
        yield Paragraph("账链尚无记录。")
        return
    anchor = f"{head.seq}:{head.mac}"
    yield Code(anchor, ("账链最后一条的序号与校验值：", anchor, "edge ledger verify --anchor"))
    yield Paragraph(f"签名：{head.signed}", small=True)


def _sections(given: Iterable[SheetField]) -> Iterator[Block]:
    for section, members in groupby(given, key=lambda field: field.section):
        yield Heading(section)
        yield fields(*((field.label, field.value) for field in members))
