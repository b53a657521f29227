"""What is printed of a settlement: the statement that the worker signs, and what they pay.

Every fen of the worker's own share stands under its reason in words and the article it rests on.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from edge.core.adjudication import Bill, RuledLine, Ruling
from edge.core.charges import Charge
from edge.core.dates import local_day
from edge.core.fitting import Case, Fitted, Fitting
from edge.core.identity import Identity, masked_number
from edge.core.money import yuan
from edge.core.paper.blocks import (
    Align,
    Block,
    Code,
    Column,
    Field,
    Fields,
    Heading,
    Paper,
    Paragraph,
    Row,
    Signatures,
    Table,
    fields,
)
from edge.core.paper.words import (
    ACTS,
    CATEGORIES,
    KINDS,
    SERVICES,
    capitals,
    day,
    moment,
    place,
    reason_of,
)
from edge.core.stay import Stay
from edge.core.verification import Basis, Filing, Service

_MONEY = Align.RIGHT
_IN_BED = (Service.INPATIENT_MEDICAL, Service.INPATIENT_REHAB)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a region calls its statement, who asks for it, and who signs it."""

    title: str
    article: str
    signed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """One settlement with all that its documents say. Moments are aware.

    ``as_of`` is how old the list was where the settlement rests on it (``basis``), and
    ``ruling_sha256`` what the ledger's entry of the settlement holds.
    """

    settlement: str
    case: Case
    person: Identity
    facility: str
    filing: Filing | None
    bill: Bill
    ruling: Ruling
    ruling_sha256: str
    basis: Basis
    as_of: datetime | None
    overdue_reason: str
    settled_at: datetime


def statement(settled: Settled, form: Form) -> Paper:
    """Return the settlement statement: sums first, every line at the end."""
    return Paper(
        title=form.title,
        subtitle="" if isinstance(settled.case, Fitting) else SERVICES[settled.case.service],
        issuer=settled.facility,
        number=settled.settlement,
        dated=settled.settled_at,
        blocks=(
            *_who(settled, settled.person.number),
            *_sums(settled.ruling),
            *_own_share(settled.ruling),
            *_basis(settled),
            *_signed(form),
            _code("结算单", settled),
            *_detail(settled),
        ),
    )


def payment_slip(settled: Settled) -> Paper:
    """Return what the worker takes to the cashier; the number is masked, it lies about."""
    ruling = settled.ruling
    return Paper(
        title="个人缴费通知单",
        subtitle="工伤保险异地就医直接结算",
        issuer=settled.facility,
        number=settled.settlement,
        dated=settled.settled_at,
        blocks=(
            fields(
                ("姓名", settled.person.name),
                ("公民身份号码", masked_number(settled.person.number)),
                (_number_label(settled.case), settled.case.hospital_number),
                ("结算时间", moment(settled.settled_at)),
                ("费用总额（元）", yuan(ruling.total_fen)),
                ("基金支付（元）", yuan(ruling.fund_fen)),
                ("个人应缴（元）", yuan(ruling.personal_fen)),
                ("大写", capitals(ruling.personal_fen)),
            ),
            *_own_share(ruling),
            Signatures(("收款人", "收款日期")),
            _code("缴费单", settled),
        ),
    )


def _who(settled: Settled, number: str) -> Iterator[Block]:
    case, filing = settled.case, settled.filing
    yield fields(
        ("姓名", settled.person.name),
        ("公民身份号码", number),
        ("参保地", place(case.insured_region)),
        ("就医地", place(settled.bill.treatment_region)),
        (_number_label(case), case.hospital_number),
        ("结算时间", moment(settled.settled_at)),
        *(_of_stay(case) if isinstance(case, Stay) else _of_fitting(case)),
        ("工伤认定书编号", case.injury.determination),
        ("受伤部位", case.injury.parts),
        ("备案编号", filing.id if filing else ""),
        ("备案类别", CATEGORIES[filing.category] if filing else ""),
    )


def _of_stay(stay: Stay) -> Iterator[tuple[str, str]]:
    yield "入院（就诊）时间", moment(stay.admitted_at)
    yield "出院时间", moment(stay.discharged_at)
    yield "诊断", stay.bedside.diagnosis
    if stay.discharged_at and stay.service in _IN_BED:
        days = (local_day(stay.discharged_at) - local_day(stay.admitted_at)).days
        yield "住院天数", str(max(days, 1))


def _of_fitting(fitting: Fitting) -> Iterator[tuple[str, str]]:
    notice = fitting.notice
    yield "配置时间", moment(fitting.began_at)
    yield "配置费用核付通知单编号", notice.id if notice else ""


def _sums(ruling: Ruling) -> Iterator[Block]:
    yield Heading("费用汇总（元）")
    columns = (
        Column("费用类别", 4),
        Column("金额", 3, _MONEY),
        Column("工伤保险基金支付", 3, _MONEY),
        Column("个人负担", 3, _MONEY),
    )
    kinds = (
        Row((KINDS[kind], yuan(s.total_fen), yuan(s.fund_fen), yuan(s.personal_fen)))
        for kind, s in ruling.kinds.items()
    )
    sums = (ruling.total_fen, ruling.fund_fen, ruling.personal_fen)
    yield Table(columns, (*kinds, Row(("合计", *map(yuan, sums)), strong=True)))
    yield Fields(
        (
            Field("费用总额（大写）", capitals(ruling.total_fen), wide=True),
            Field("基金支付（大写）", capitals(ruling.fund_fen), wide=True),
            Field("个人负担（大写）", capitals(ruling.personal_fen), wide=True),
        )
    )


def _own_share(ruling: Ruling) -> Iterator[Block]:
    """Yield the worker's share by reason: what these rows come to is all of it."""
    yield Heading("个人负担及理由（元）")
    reasons = _by_reason(ruling.lines)
    if not reasons:
        yield Paragraph("本次费用全部由工伤保险基金支付，个人无须负担。")
        return
    columns = (
        Column("理由", 7),
        Column("依据", 4),
        Column("明细数", 2, _MONEY),
        Column("金额", 3, _MONEY),
    )
    rows = (
        Row((words, article, str(count), yuan(fen)))
        for (words, article), (count, fen) in reasons.items()
    )
    count = sum(one for one, _ in reasons.values())
    whole = Row(("合计", "", str(count), yuan(ruling.personal_fen)), strong=True)
    yield Table(columns, (*rows, whole))


def _by_reason(lines: Iterable[RuledLine]) -> Mapping[tuple[str, str], tuple[int, int]]:
    """Add up what is the worker's, by its reason in words and its article."""
    reasons: dict[tuple[str, str], tuple[int, int]] = {}
    for line in lines:
        if line.personal_fen:
            key = reason_of(line), line.article
            count, fen = reasons.get(key, (0, 0))
            reasons[key] = count + 1, fen + line.personal_fen
    return reasons


def _basis(settled: Settled) -> Iterator[Block]:
    if settled.basis is Basis.LIST:
        yield Paragraph(
            f"结算时平台不通，依据 {moment(settled.as_of)} 的离线名单核验，申请月结前须联网复核。",
            small=True,
        )
    if settled.overdue_reason:
        yield Paragraph(f"逾期结算原因：{settled.overdue_reason}", small=True)


def _signed(form: Form) -> Iterator[Block]:
    yield Paragraph(
        f"以上费用经本人核对无误。（依据：{form.article}）个人负担部分已逐项告知理由。", small=True
    )
    yield Signatures(
        (f"{form.signed_by}签字", "与职工关系", "签字日期", "经办人", "协议机构（盖章）")
    )


def _code(what: str, settled: Settled) -> Code:
    ruling = settled.ruling
    said = (
        settled.settlement,
        str(ruling.total_fen),
        str(ruling.fund_fen),
        str(ruling.personal_fen),
        settled.ruling_sha256,
    )
    return Code(
        "\n".join(said),
        (
            f"{what}校验码：结算编号、总额、基金、个人（分）与核算摘要",
            settled.settlement,
            settled.ruling_sha256,
        ),
    )


def _detail(settled: Settled) -> Iterator[Block]:
    yield Heading("费用明细（元）")
    case = settled.case
    if isinstance(case, Fitting):
        yield _devices(case, settled.bill)
    yield line_table(settled.bill, settled.ruling)


def line_table(bill: Bill, ruling: Ruling) -> Table:
    """Return every line with its split and its reason; of what is the worker's, the article too."""
    charges = {charge.id: charge for charge in bill.lines}
    names = {row.code: row.name for row in bill.catalogue}
    columns = (
        Column("日期", 5),
        Column("编码", 6),
        Column("名称", 9),
        Column("数量", 3, _MONEY),
        Column("单价", 5, _MONEY),
        Column("金额", 5, _MONEY),
        Column("基金支付", 5, _MONEY),
        Column("个人负担", 5, _MONEY),
        Column("理由与依据", 10),
    )
    rows = (_line(charges[line.id], line, names) for line in ruling.lines)
    sums = map(yuan, (ruling.total_fen, ruling.fund_fen, ruling.personal_fen))
    whole = Row((f"共 {len(ruling.lines)} 条", "", "合计", "", "", *sums, ""), strong=True)
    return Table(columns, (*rows, whole), small=True)


def _line(charge: Charge, line: RuledLine, names: Mapping[str, str]) -> Row:
    why = f"{reason_of(line)}；{line.article}" if line.personal_fen else reason_of(line)
    return Row(
        (
            day(charge.date),
            charge.code,
            charge.name or names.get(charge.code, ""),
            charge.quantity,
            charge.price,
            yuan(line.amount_fen),
            yuan(line.fund_fen),
            yuan(line.personal_fen),
            why,
        )
    )


def _devices(fitting: Fitting, bill: Bill) -> Table:
    codes = {charge.id: charge.code for charge in bill.lines}  # the catalogue's, not our own
    columns = (
        Column("器具名称", 7),
        Column("目录编码", 5),
        Column("型号", 5),
        Column("序列号", 6),
        Column("配置类别", 4),
        Column("上次配置", 5),
        Column("最低使用年限", 4, _MONEY),
        Column("核付限额", 5, _MONEY),
    )
    rows = (_device(line, codes[line.charge.id], bill) for line in fitting.lines)
    return Table(columns, tuple(rows), small=True)


def _device(line: Fitted, code: str, bill: Bill) -> Row:
    act = ACTS[line.act] if line.charge.reverses is None else "退费"
    rows = [row for row in bill.catalogue if row.code == code]
    item = (bill.device_limits or {}).get(code)
    limits = [item.limit_fen if item else None, *(row.price_cap_fen for row in rows)]
    years = [item.service_years if item else None, *(row.service_years for row in rows)]
    limit = next((yuan(fen) for fen in limits if fen is not None), "")
    life = next((f"{one} 年" for one in years if one is not None), "")
    times = f" × {item.limit_multiplier}" if item and item.limit_multiplier else ""
    return Row(
        (
            line.charge.name,
            code,
            line.model,
            line.serial,
            act,
            day(line.last_fitted_on),
            life,
            f"{limit}{times}",
        )
    )


def _number_label(case: Case) -> str:
    return "配置业务编号" if isinstance(case, Fitting) else "住院（门诊）号"
