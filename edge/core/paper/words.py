"""The words of documents: names of things, moments, and money in capitals."""

from collections.abc import Iterator
from datetime import date, datetime

from edge.core.adjudication import Bucket, LineReason, RuledLine
from edge.core.catalogue import CostKind
from edge.core.dates import SHANGHAI
from edge.core.reconciliation import DeductionClass, Match
from edge.core.verification import Category, DeviceAct, Service

SERVICES = {
    Service.INPATIENT_MEDICAL: "住院工伤医疗",
    Service.OUTPATIENT_MEDICAL: "门诊工伤医疗",
    Service.INPATIENT_REHAB: "住院工伤康复",
    Service.OUTPATIENT_REHAB: "门诊工伤康复",
    Service.DEVICE: "辅助器具配置",
}

KINDS = {
    CostKind.DRUG: "药品费",
    CostKind.TREATMENT: "诊疗项目费",
    CostKind.CONSUMABLE: "医用耗材费",
    CostKind.BED: "床位费",
    CostKind.REHAB: "康复费",
    CostKind.DEVICE: "辅助器具费",
    CostKind.MEAL: "伙食费",
    CostKind.TRAVEL: "交通食宿费",
}

CATEGORIES = {
    Category.LONG_TERM_RESIDENCE: "异地长期居住",
    Category.LONG_TERM_WORK: "常驻异地工作",
    Category.REFERRAL: "异地转诊转院",
}

ACTS = {
    DeviceAct.FIRST: "首次配置",
    DeviceAct.REPLACEMENT: "更换",
    DeviceAct.REPAIR: "维修",
}

REASONS = {
    LineReason.IN_SCOPE: "目录内，全额由基金支付",
    LineReason.OUT_OF_CATALOGUE: "不在工伤保险目录支付范围内",
    LineReason.OVER_PRICE_CAP: "单价超过目录最高支付标准，超出部分自付",
    LineReason.OVER_BED_STANDARD: "超过住院床位费标准，超出部分自付",
    LineReason.OVER_QUANTITY: "超过目录限定数量，超出部分自付",
    LineReason.NON_INJURY: "与本次工伤无关的费用",
    LineReason.EXCLUDED: "伙食、交通食宿费不在直接结算范围",
    LineReason.DEVICE_OVER_LIMIT: "超过核付限额，超出部分自付",
    LineReason.DEVICE_NOT_APPROVED: "核付通知单未批准的辅助器具",
    LineReason.CO_PAYMENT: "目录规定由个人自付的部分",
    LineReason.REVERSED: "退费，冲减原明细",
}
"""Why a line is paid as it is, said to whoever pays the rest."""

BUCKETS = {
    Bucket.OUT_OF_CATALOGUE: "超目录范围",
    Bucket.OVER_STANDARD: "超支付标准",
    Bucket.NON_INJURY: "非工伤费用",
    Bucket.EXCLUDED: "不予直接结算",
    Bucket.DEVICE_OVER_LIMIT: "超辅具限额",
}

CLASSES = {
    DeductionClass.NON_INJURY: "非工伤",
    DeductionClass.OVER_STANDARD: "超标准",
    DeductionClass.OUT_OF_CATALOGUE: "超目录",
    DeductionClass.CLINICAL_ROUTINE: "不符合诊疗常规",
    DeductionClass.OTHER_BREACH: "其他违反规定",
}

MATCHES = {
    Match.AGREED: "一致",
    Match.MISSING_HERE: "本机构没有",
    Match.MISSING_THERE: "经办机构没有",
    Match.DIFFERS: "金额不一致",
}

PROVINCES = {
    "11": "北京市",
    "12": "天津市",
    "13": "河北省",
    "14": "山西省",
    "15": "内蒙古自治区",
    "21": "辽宁省",
    "22": "吉林省",
    "23": "黑龙江省",
    "31": "上海市",
    "32": "江苏省",
    "33": "浙江省",
    "34": "安徽省",
    "35": "福建省",
    "36": "江西省",
    "37": "山东省",
    "41": "河南省",
    "42": "湖北省",
    "43": "湖南省",
    "44": "广东省",
    "45": "广西壮族自治区",
    "46": "海南省",
    "50": "重庆市",
    "51": "四川省",
    "52": "贵州省",
    "53": "云南省",
    "54": "西藏自治区",
    "61": "陕西省",
    "62": "甘肃省",
    "63": "青海省",
    "64": "宁夏回族自治区",
    "65": "新疆维吾尔自治区",
    "66": "新疆生产建设兵团",
}
"""The first two digits of a division code (GB/T 2260) and whose they are."""

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_UNITS = ("仟", "佰", "拾", "")
_GROUPS = ("", "万", "亿", "万亿")


def place(region: str) -> str:
    """Name a division as far as its first two digits tell, with its code."""
    name = PROVINCES.get(region[:2])
    return f"{name}（{region}）" if name else region


def moment(at: datetime | None) -> str:
    """Write a moment as it was in Shanghai, to the minute; nothing for none."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M") if at else ""


def day(on: date | None) -> str:
    """Write a day; nothing for none."""
    return on.isoformat() if on else ""


def reason_of(line: RuledLine) -> str:
    """Say why a line is paid as it is; of a refund also whose part it lowers."""
    if line.reason is LineReason.REVERSED and line.bucket:
        return f"{REASONS[line.reason]}（{BUCKETS[line.bucket]}）"
    return REASONS[line.reason]


def capitals(fen: int) -> str:
    """Write money as it stands on receipts: 100105 is 壹仟零壹元零伍分."""
    if fen < 0:
        return f"负{capitals(-fen)}"
    yuan, rest = divmod(fen, 100)
    whole = f"{''.join(_whole(yuan))}元" if yuan else ""
    return f"{whole}{_rest(rest, after_yuan=yuan > 0)}" or "零元整"


def _whole(yuan: int) -> Iterator[str]:
    groups: list[int] = []
    while yuan:
        yuan, group = divmod(yuan, 10_000)
        groups.append(group)
    gap = False
    for place_, group in reversed(list(enumerate(groups))):
        if not group:
            gap = True
            continue
        is_first = place_ == len(groups) - 1
        yield from _group(group, needs_zero=not is_first and (gap or group < 1_000))  # noqa: PLR2004 - four digits
        yield _GROUPS[place_]
        gap = False


def _group(group: int, *, needs_zero: bool) -> Iterator[str]:
    """Yield four digits; zeros in a row are said once, those at the end not at all."""
    pending, begun = needs_zero, False
    for digit, unit in zip(map(int, f"{group:04}"), _UNITS, strict=True):
        if not digit:
            pending = pending or begun
            continue
        yield f"{_DIGITS[0] if pending else ''}{_DIGITS[digit]}{unit}"
        pending, begun = False, True


def _rest(rest: int, *, after_yuan: bool) -> str:
    jiao, fen = divmod(rest, 10)
    if not rest:
        return "整" if after_yuan else ""
    if not fen:
        return f"{_DIGITS[jiao]}角整"
    if not jiao:
        return f"{_DIGITS[0] if after_yuan else ''}{_DIGITS[fen]}分"
    return f"{_DIGITS[jiao]}角{_DIGITS[fen]}分"
