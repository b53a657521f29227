"""The closed set of rule keys: what a pack may say, in which kind of value.

Holds no value of any region: those stand in config/regions, one file a region.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from edge.core.errors import Words


class Kind(Enum):
    """What a value is made of."""

    FLAG = "true or false"
    STATED = "true (left out where nothing says so)"
    COUNT = "a whole number, 1 or more"
    WORD = "one word of the key's choices"
    WORDS = "a list of words of the key's choices"
    CODES = "a list of 6-digit division codes"
    PERIOD = "one of {years = N}, {months = N}, {days = N}"
    VALIDITY = "a period, or the word open (unlimited) or as_filed (the filing's own dates)"


@dataclass(frozen=True, slots=True)
class Key:
    """One key. A ``required`` key stands in every pack, from its first day on."""

    kind: Kind
    words: Words
    choices: tuple[str, ...] = ()
    required: bool = False


_SERVICES = (
    "inpatient_medical",
    "outpatient_medical",
    "inpatient_rehab",
    "outpatient_rehab",
    "device",
)
_VERIFIED = ("identity", "filing", "contribution")


def _flag(zh: str, en: str) -> Key:
    return Key(Kind.FLAG, Words(zh, en), required=True)


def _stated(zh: str, en: str, *, required: bool = False) -> Key:
    return Key(Kind.STATED, Words(zh, en), required=required)


def _word(zh: str, en: str, *choices: str, required: bool = True) -> Key:
    return Key(Kind.WORD, Words(zh, en), choices, required)


def _words(zh: str, en: str, *choices: str, required: bool = True) -> Key:
    return Key(Kind.WORDS, Words(zh, en), choices, required)


def _of(kind: Kind, zh: str, en: str, *, required: bool = False) -> Key:
    return Key(kind, Words(zh, en), required=required)


_KEYS = {
    # Who and what is in scope
    "local.area": _word("本地的范围", "what counts as local", "region", "city"),
    "local.own_areas": _of(Kind.CODES, "单列的县（市）", "codes that are an area of their own"),
    "local.municipalities": _of(Kind.CODES, "直辖市", "regions that are one city"),
    "services.cross_province": _words(
        "跨省直接结算的服务", "services, cross-province", *_SERVICES, required=False
    ),
    "services.intra_province": _words(
        "省内直接结算的服务", "services, intra-province", *_SERVICES, required=False
    ),
    "third_party.excluded": _word("第三方责任", "third-party liability", "manual"),
    "worker.suspended": _word("职工被暂停直接结算", "worker suspended", "manual"),
    "facility.suspended": _word("机构被暂停直接结算", "facility suspended", "manual"),
    # Filing
    "filing.required": _stated("先备案后就医", "a filing comes before care", required=True),
    "filing.validity.long_term_residence": _of(
        Kind.VALIDITY, "异地长期居住备案有效期", "validity, long-term residence"
    ),
    "filing.validity.long_term_work": _of(
        Kind.VALIDITY, "常驻异地工作备案有效期", "validity, long-term work"
    ),
    "filing.validity.referral": _of(Kind.VALIDITY, "异地转诊转院备案有效期", "validity, referral"),
    "filing.validity.device": _of(Kind.VALIDITY, "辅助器具备案有效期", "validity, devices"),
    "filing.warn_before": _of(
        Kind.PERIOD, "备案到期前提醒", "warn before a filing ends", required=True
    ),
    "referral.start_within": _of(
        Kind.PERIOD, "转诊自核准起开始就医的期限", "care under a referral starts within"
    ),
    "referral.trip_binds_outpatient": _stated(
        "转诊门诊以往返起止日为限", "a referral's trip dates bind its visits"
    ),
    "referral.inpatient_episodes": _of(
        Kind.COUNT, "一次转诊可住院结算的次数", "stays that one referral covers"
    ),
    "rehab.cap.long_term_residence": _of(
        Kind.PERIOD, "长期居住康复最长期限", "rehab at most, long-term residence"
    ),
    "rehab.cap.long_term_work": _of(
        Kind.PERIOD, "常驻工作康复最长期限", "rehab at most, long-term work"
    ),
    "rehab.cap.referral": _of(Kind.PERIOD, "转诊康复最长期限", "rehab at most, referral"),
    "stay.admitted_within_validity": _stated(
        "有效期内入院不受到期影响", "a stay begun within validity stays valid", required=True
    ),
    # Without a (right) filing
    "unfiled.effect": _word("未备案的后果", "no filing, not an emergency", "refuse", "manual"),
    "unfiled.device_service_mismatch": _word(
        "配置超出备案范围的后果", "a device outside the filing", "refuse", required=False
    ),
    "emergency.unfiled": _word(
        "急诊或不可抗力未备案", "no filing in an emergency", "late_filing", "manual"
    ),
    "facility.not_chosen": _word("非备案机构", "facility not chosen", "refuse", "manual"),
    "facility.not_direct": _word("非直接结算机构", "facility not direct", "refuse", "manual"),
    "facility.registered_non_direct.care": _word(
        "备案登记的非直接结算机构（医疗康复）", "registered non-direct facility, care", "manual"
    ),
    "facility.registered_non_direct.device": _word(
        "备案登记的非直接结算机构（配置）", "registered non-direct facility, device", "manual"
    ),
    "eligibility.lost": _word("丧失待遇资格", "eligibility lost", "refuse", "manual"),
    "contribution.interrupted": _word("中断缴费或备案中止", "contribution interrupted", "hold"),
    # At the desk
    "credential.accepted": _words("身份凭证", "credentials accepted", "card", "e_card"),
    "verification.at_admission": _words("入院核验", "verified at admission", *_VERIFIED),
    "verification.at_fitting": _words("配置核验", "verified at a fitting", *_VERIFIED),
    "verification.at_discharge": _words("出院核验", "verified at discharge", *_VERIFIED),
    "fault.manual": _flag("网络或凭证故障转手工报销", "a fault leads to manual"),
    "settlement.hours": _of(
        Kind.COUNT, "出院后结算时限（小时）", "hours to settle from discharge", required=True
    ),
    "offline.settlement": _flag("断网时凭名单结算", "settling on the cached list"),
    # Devices
    "device.notice_presented": _stated("职工出示核付通知单", "worker presents the notice"),
    "device.notice_checked": _stated("机构查验核付通知单", "facility checks the notice"),
    "device.approved_items": _stated("按核付项目配置", "only approved devices"),
    "device.service_life": _stated("最低使用年限", "minimum service life"),
    "device.channel": _word(
        "配置信息的上传方式", "how fittings are uploaded", "api", "login", required=False
    ),
    # The bill
    "catalogue.medical": _word(
        "医疗目录", "medical catalogue", "treatment", "treatment_medical_insurance", "province"
    ),
    "catalogue.rehab": _word(
        "康复目录", "rehab catalogue", "treatment", "treatment_medical_insurance", "province"
    ),
    "catalogue.device": _word(
        "辅助器具目录和限额", "device catalogue", "insured", "province", required=False
    ),
    "bill.excluded": _words("不直接结算的费用", "never in direct settlement", "meal", "travel"),
    "bill.excluded_alike": _words(
        "没有明文、同样不直接结算的费用",
        "likewise, where no text says so",
        "meal",
        "travel",
        required=False,
    ),
    "bill.co_payments": Key(
        Kind.FLAG, Words("目录中的个人自付比例是否适用", "co-payment shares of the list apply")
    ),
    "bill.non_injury": _stated("治疗非工伤的费用", "what treats something else", required=True),
    "bill.out_of_catalogue": _stated("超目录范围", "out of the catalogue", required=True),
    "bill.over_standard": _stated("超标准", "over the standard", required=True),
    "bill.device_over_limit": _stated("超辅助器具最高支付限额", "over the device limit"),
}

KEYS: Mapping[str, Key] = MappingProxyType(_KEYS)
"""Every key that a pack may hold. Each is described in docs/packs.md (a test compares)."""
