"""What a worker takes along: the package of a manual reimbursement, and a referral's opinion."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from edge.core.adjudication import Bill, Ruling
from edge.core.dates import local_day
from edge.core.fallback import ManualPackage
from edge.core.fallback import Paper as Asked
from edge.core.fitting import Fitting
from edge.core.identity import Identity
from edge.core.money import yuan
from edge.core.paper.blocks import (
    Align,
    Block,
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
from edge.core.paper.settled import line_table
from edge.core.paper.words import SERVICES, capitals, moment, place
from edge.core.stay import Injury, Stay
from edge.core.verification import Decision, Verdict

_MONEY = Align.RIGHT


def manual_paper(package: ManualPackage, *, facility: str) -> Paper:
    """Return the package: why it is by hand, what to take along, the verdict and the bill."""
    case = package.fitting or package.stay
    if case is None:
        raise AssertionError(package)  # one of the two was handed over
    return Paper(
        title="工伤保险手工报销材料",
        subtitle=SERVICES[case.service],
        issuer=facility,
        number=case.hospital_number,
        dated=package.handed_at,
        blocks=(
            _who(package, case),
            Heading("转手工报销的原因"),
            fields(
                ("原因", f"{package.ground.text}（{package.ground.code}）"),
                ("依据", package.ground.article),
                ("经办人说明", package.reason),
                ("原结算", _undone(package)),
                wide=("原因", "依据", "经办人说明", "原结算"),
            ),
            Heading("材料清单"),
            _checklist(package.papers),
            Signatures(("领取人签字", "与职工关系", "领取日期", "经办人", "协议机构（盖章）")),
            Heading("核验结果"),
            _verdict(package.verdict),
            *_bill(package.bill, package.ruling),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """A treating facility's opinion that the worker be referred (川 第十一条, 吉规 第九条).

    ``cannot`` says what is beyond the facility: ``diagnose`` or ``treat`` (吉规 附件1).
    """

    condition: str
    opinion: str
    cannot: tuple[str, ...]
    destination: str
    physician: str
    expert: str = ""
    employer: str = ""
    injured_on: str = ""
    phone: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Referred:
    """Who is referred, by whom, when."""

    person: Identity
    injury: Injury
    insured_region: str
    hospital_number: str
    diagnosis: str
    facility: str
    at: datetime


def referral_opinion(said: Referral, whom: Referred) -> Paper:
    """Return the opinion in the common layout, with the boxes of 吉规 附件1."""
    return Paper(
        title="转诊转院意见书",
        subtitle="工伤保险异地就医",
        issuer=whom.facility,
        number=whom.hospital_number,
        dated=whom.at,
        blocks=(
            fields(
                ("姓名", whom.person.name),
                ("公民身份号码", whom.person.number),
                ("参保地", place(whom.insured_region)),
                ("住院（门诊）号", whom.hospital_number),
                ("工伤认定书编号", whom.injury.determination),
                ("受伤部位", whom.injury.parts),
                ("诊断", whom.diagnosis),
                ("建议转往", said.destination),
            ),
            Opinion(
                "初诊医师意见",
                f"主要病情初诊意见：{said.condition}",
                (f"初诊医师（签章）：{said.physician}", "年　　月　　日"),
            ),
            Opinion(
                "会诊专家意见",
                f"转诊原因：{_boxes(said.cannot)}\n{said.opinion}",
                (f"会诊专家（签章）：{said.expert}", "年　　月　　日"),
            ),
            Opinion(
                "协议机构意见",
                "根据病情，同意出具转诊转院意见。",
                ("工伤保险协议机构（章）", "年　　月　　日"),
            ),
            Paragraph(
                "本意见供工伤职工向参保地社会保险经办机构重新办理备案使用，不代替备案。", small=True
            ),
        ),
    )


def referral_application(said: Referral, whom: Referred) -> Paper:
    """Return 川 附件1 in its own layout, with the facility's opinion filled in."""
    number = whom.person.number
    return Paper(
        title="四川省工伤职工转诊转院申请表",
        issuer=whom.facility,
        headed=False,
        number=whom.hospital_number,
        dated=whom.at,
        blocks=(
            Fields(
                (
                    Field("单位名称", said.employer, wide=True),
                    Field("姓名", whom.person.name),
                    Field("身份证号码", number),
                    Field("性别", _sex(number)),
                    Field("年龄", _age(number, whom.at)),
                    Field("工伤事故发生时间", said.injured_on),
                    Field("伤残部位", whom.injury.parts),
                    Field("工伤认定书编号", whom.injury.determination),
                    Field("联系电话", said.phone),
                    Field("联系地址", said.address, wide=True),
                )
            ),
            Opinion("工伤职工本人、近亲属申请", "", ("申请人：　　　　", "年　　月　　日")),
            Opinion(
                "工伤保险协议医疗（康复）机构意见",
                f"病情：{said.condition}\n转诊原因：{_boxes(said.cannot)}\n{said.opinion}\n"
                f"建议转往：{said.destination}",
                (
                    "工伤保险协议医疗（康复）机构（章）",
                    f"医师：{said.physician}　　　　年　　月　　日",
                ),
                height_mm=45,
            ),
            Opinion("用人单位意见", "", ("用人单位（章）", "经办人：　　　　年　　月　　日")),
            Opinion(
                "社会保险经办机构意见",
                "",
                ("社会保险经办机构（章）", "经办人：　　　　年　　月　　日"),
            ),
            Opinion("备注", "", (), height_mm=12),
        ),
    )


def _who(package: ManualPackage, case: Stay | Fitting) -> Block:
    return fields(
        ("姓名", package.person.name),
        ("公民身份号码", package.person.number),
        ("参保地", place(case.insured_region)),
        ("业务编号", case.hospital_number),
        ("开始时间", moment(case.began_at)),
        ("结束时间", moment(case.ended_at)),
        ("工伤认定书编号", case.injury.determination),
        ("受伤部位", case.injury.parts),
        ("办理时间", moment(package.handed_at)),
    )


def _undone(package: ManualPackage) -> str:
    undone = package.reversed_settlement
    return f"{undone}（已冲正，未由基金支付）" if undone else "未直接结算过"


def _checklist(papers: Iterable[Asked]) -> Table:
    columns = (
        Column("已备", 2, Align.CENTER),
        Column("材料", 12),
        Column("要求", 5),
        Column("依据", 5),
    )
    return Table(columns, tuple(_asked(paper) for paper in papers))


def _asked(paper: Asked) -> Row:
    wants = ["原件" if paper.original else "复印件可"]
    if paper.asked_back:
        wants.append("结算时已收，须退还职工")
    return Row(("□", paper.zh, "；".join(wants), paper.article))


def _verdict(verdict: Verdict) -> Table:
    columns = (Column("结论", 3), Column("理由", 10), Column("依据", 4), Column("下一步", 8))
    rows = (
        Row((_DECISIONS[one.effect], f"{one.text}（{one.code}）", one.article, one.next))
        for one in verdict.reasons
    )
    return Table(columns, tuple(rows))


def _bill(bill: Bill, ruling: Ruling) -> Iterator[Block]:
    yield Heading("费用清单（元）")
    yield Paragraph(
        "基金支付与个人负担为本机构按就医地目录试算，最终以参保地社会保险经办机构审核为准。",
        small=True,
    )
    yield fields(
        ("费用总额", f"{yuan(ruling.total_fen)}（{capitals(ruling.total_fen)}）"),
        ("试算基金支付", yuan(ruling.fund_fen)),
        ("试算个人负担", yuan(ruling.personal_fen)),
        ("未通过校验的明细", f"{len(ruling.refused)} 条"),
    )
    yield line_table(bill, ruling)
    if ruling.refused:
        yield Heading("未通过校验的明细")
        yield _refused(bill, ruling)


def _refused(bill: Bill, ruling: Ruling) -> Table:
    """Return the lines that are in no sum: the worker's invoice has them all the same."""
    charges = {charge.id: charge for charge in bill.lines}
    columns = (
        Column("明细号", 4),
        Column("编码", 4),
        Column("名称", 6),
        Column("金额", 4, _MONEY),
        Column("原因", 14),
    )
    rows = []
    for one in ruling.refused:
        charge = charges[one.id]
        rows.append(Row((one.id, charge.code, charge.name, yuan(charge.amount_fen), one.text)))
    return Table(columns, tuple(rows), small=True)


def _boxes(cannot: tuple[str, ...]) -> str:
    return "　".join(f"{'■' if key in cannot else '□'} {words}" for key, words in _CANNOT.items())


def _sex(number: str) -> str:
    """Read the sex off a citizen number (GB 11643: the 17th digit is odd for men)."""
    if not _is_citizen(number):
        return ""
    return "男" if int(number[16]) % 2 else "女"


def _age(number: str, at: datetime) -> str:
    if not _is_citizen(number):
        return ""
    born, today = number[6:14], f"{local_day(at):%Y%m%d}"
    return str(int(today[:4]) - int(born[:4]) - (today[4:] < born[4:]))


def _is_citizen(number: str) -> bool:
    return len(number) == _CITIZEN_LENGTH and number.isascii() and number[:-1].isdigit()


_CITIZEN_LENGTH = 18

_CANNOT = {"diagnose": "无法诊断", "treat": "无法治疗"}

_DECISIONS = {
    Decision.LOCAL: "本地结算",
    Decision.REFUSE: "基金不予支付",
    Decision.MANUAL: "手工报销",
    Decision.HOLD: "无法核验",
    Decision.PROVISIONAL: "可入院",
    Decision.DIRECT: "可直接结算",
}
