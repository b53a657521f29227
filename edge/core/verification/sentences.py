"""What the clerk reads: for every reason a Chinese sentence, an English one and the next step.

Names no person. Decides nothing: the same finding reads the same whatever its effect.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from edge.core.dates import SHANGHAI
from edge.core.verification.facts import Decision
from edge.core.verification.reasons import Code, Finding


@dataclass(frozen=True, slots=True)
class Sentence:
    """Both sentences with their blanks, and what mends this very reason, in both languages."""

    zh: str
    en: str
    mend: str
    mend_en: str


def told(finding: Finding) -> tuple[str, str, str]:
    """Return the Chinese sentence, the English sentence and the mend, blanks filled."""
    sentence = _SENTENCES[finding.code, finding.variant]
    if not finding.blanks:
        return sentence.zh, sentence.en, sentence.mend
    zh = {name: _words(value, 0) for name, value in finding.blanks.items()}
    en = {name: _words(value, 1) for name, value in finding.blanks.items()}
    return sentence.zh.format_map(zh), sentence.en.format_map(en), sentence.mend


def next_step(mend: str, effect: Decision) -> str:
    """Return what the clerk does next: what mends the reason, then what the effect asks for."""
    return mend + _THEN[effect]


def next_step_en(said: str, effect: Decision) -> str:
    """Return in English what `next_step` said; empty for the words of another release.

    A verdict keeps its next steps in Chinese alone: its bytes are replayed.
    """
    mend = next((one for one in _SENTENCES.values() if next_step(one.mend, effect) == said), None)
    return mend.mend_en + _THEN_EN[effect] if mend else ""


def _words(value: object, language: int) -> object:
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    return _NAMES.get(str(value), (value, value))[language]


_THEN: Mapping[Decision, str] = {
    Decision.LOCAL: "。",
    Decision.REFUSE: "；本次费用工伤保险基金不予支付，请向职工出示依据条款并说明。",
    Decision.MANUAL: "；本次不直接结算：职工先行支付，打印手工报销材料包，由参保地审核。",
    Decision.HOLD: "；处理后重新核验，暂不结算，48 小时时限照常计算。",
    Decision.PROVISIONAL: "；可先办理，出院结算前必须重新核验。",
    Decision.DIRECT: "。",
}

_THEN_EN: Mapping[Decision, str] = {
    Decision.LOCAL: "",
    Decision.REFUSE: "; the fund does not pay this: show the worker the article and explain it",
    Decision.MANUAL: "; it does not settle here: the worker pays, print the manual package, the "
    "insured region examines it",
    Decision.HOLD: "; verify again then and do not settle yet, the 48 hours run on",
    Decision.PROVISIONAL: "; go on for now, and verify again before the settlement",
    Decision.DIRECT: "",
}

_NAMES: Mapping[str, tuple[str, str]] = {
    "medical": ("工伤医疗", "medical treatment"),
    "rehab": ("工伤康复", "rehabilitation"),
    "device": ("辅助器具配置", "devices"),
    "inpatient_medical": ("住院工伤医疗", "inpatient treatment"),
    "outpatient_medical": ("门诊工伤医疗", "outpatient treatment"),
    "inpatient_rehab": ("住院工伤康复", "inpatient rehabilitation"),
    "outpatient_rehab": ("门诊工伤康复", "outpatient rehabilitation"),
}

_SENTENCES: Mapping[tuple[Code, str], Sentence] = {
    (Code.LOCAL_WORKER, ""): Sentence(
        "职工在本地参保，不属于异地就医",
        "the worker is insured in this very area: this is not treatment elsewhere",
        "按本地工伤职工的正常流程办理和结算",
        "settle as for any local worker",
    ),
    (Code.THIRD_PARTY_LIABILITY, ""): Sentence(
        "费用涉及第三方责任，不纳入异地就医直接结算",
        "a third party is liable: such cost is outside direct settlement",
        "请职工保留事故责任材料和票据，不要承诺基金一定支付",
        "have the worker keep the papers about liability and the bills; do not promise that "
        "the fund will pay",
    ),
    (Code.WORKER_SUSPENDED, ""): Sentence(
        "职工的异地就医直接结算已被暂停",
        "the worker's direct settlement is suspended",
        "请职工向就医地经办机构了解暂停原因，不要承诺基金一定支付",
        "have the worker ask the treatment region's agency why; do not promise that the fund "
        "will pay",
    ),
    (Code.FACILITY_SUSPENDED, ""): Sentence(
        "本机构的异地就医直接结算已被暂停",
        "this facility's direct settlement is suspended",
        "可为职工推荐其他直接结算协议机构，不要承诺基金一定支付",
        "name other direct facilities to the worker; do not promise that the fund will pay",
    ),
    (Code.SERVICE_OUT_OF_SCOPE, ""): Sentence(
        "{service}费用不在本次异地就医直接结算的范围内",
        "{service} is not settled directly between these regions",
        "告知职工该项服务按参保地规定垫付报销，不要承诺基金一定支付",
        "tell the worker that this service is reimbursed under the insured region's rules; do "
        "not promise that the fund will pay",
    ),
    (Code.FACILITY_TYPE_MISMATCH, ""): Sentence(
        "本机构不是{benefit}协议机构",
        "this facility has no agreement for {benefit}",
        "请职工改到相应类别的直接结算协议机构",
        "send the worker to a direct facility of that kind",
    ),
    (Code.FACILITY_NOT_DIRECT, ""): Sentence(
        "本机构未开通工伤保险异地就医直接结算",
        "this facility does not settle directly",
        "告知职工可实时查询并改到备案就医地的直接结算协议机构",
        "tell the worker where to look up the direct facilities of the filed destination, and "
        "to go there",
    ),
    (Code.FACILITY_NOT_DIRECT, "registered"): Sentence(
        "本机构是职工备案登记的非直接结算机构",
        "this facility is registered in the filing as non-direct",
        "照常诊疗，为职工备齐垫付报销材料",
        "treat as usual, and prepare the papers for reimbursement",
    ),
    (Code.FILING_FACILITY_NOT_CHOSEN, ""): Sentence(
        "备案选定了就医机构，本机构不在其中",
        "the filing names its facilities, and this one is not among them",
        "请职工到选定的机构就医，或先向参保地变更备案",
        "send the worker to a facility that was chosen, or have the filing changed first",
    ),
    (Code.FILING_MISSING, ""): Sentence(
        "未查到职工的异地就医备案",
        "no filing was found for the worker",
        "请职工向参保地经办机构办理备案；如属急诊或不可抗力，登记情形后重新核验",
        "have the worker file with the insured region's agency; in an emergency or force "
        "majeure enter it and verify again",
    ),
    (Code.FILING_MISSING, "late"): Sentence(
        "备案于 {approved} 核准，晚于 {started} 入院（就诊、配置），不能作为事先备案",
        "the filing was approved {approved}, after care began {started}: it does not count",
        "核对入院时间；如属急诊或不可抗力，登记情形后重新核验",
        "compare the time of admission; in an emergency or force majeure enter it and verify again",
    ),
    (Code.FILING_PENDING, ""): Sentence(
        "备案已提交，参保地经办机构尚未核准",
        "the filing is with the insured region's agency, not yet approved",
        "请职工催办备案审核",
        "have the worker press for the approval",
    ),
    (Code.FILING_NOT_YET_VALID, ""): Sentence(
        "备案自 {first} 起才有效",
        "the filing is valid only from {first}",
        "如可择期，请职工在备案生效后再来；否则向参保地核对生效日期",
        "if care can wait, have the worker come when the filing is valid; else ask the insured "
        "region about its first day",
    ),
    (Code.FILING_EXPIRED, ""): Sentence(
        "备案有效期已于 {last} 届满",
        "the filing's validity ended on {last}",
        "请职工重新办理备案登记，供以后就医使用",
        "have the worker file again, for later care",
    ),
    (Code.FILING_SUSPENDED, ""): Sentence(
        "备案有效期已中止",
        "the filing is suspended",
        "请职工向参保地经办机构申请恢复，恢复缴费后备案恢复有效",
        "have the worker ask the insured region's agency to restore it; it is valid again once "
        "contributions are paid",
    ),
    (Code.FILING_TERMINATED, ""): Sentence(
        "备案已终止",
        "the filing has been terminated",
        "请职工向参保地经办机构核实终止原因",
        "have the worker ask the insured region's agency why it was terminated",
    ),
    (Code.FILING_CANCELLED, ""): Sentence(
        "备案已取消",
        "the filing has been cancelled",
        "请职工向参保地经办机构重新办理备案",
        "have the worker file again with the insured region's agency",
    ),
    (Code.FILING_CONSUMED, ""): Sentence(
        "该转诊备案已用于一次住院结算",
        "the referral has already been used for one settled stay",
        "请职工为本次住院另行办理转诊备案",
        "have the worker file another referral for this stay",
    ),
    (Code.FILING_SERVICE_MISMATCH, ""): Sentence(
        "备案不包括{benefit}",
        "the filing does not cover {benefit}",
        "请职工向参保地补充相应类别的备案",
        "have the worker add this kind of care to the filing",
    ),
    (Code.FILING_DESTINATION_MISMATCH, ""): Sentence(
        "备案就医地是 {place}，不包括本机构所在地",
        "the filing's destination is {place}, which does not cover this facility",
        "请职工到备案就医地就医，或先向参保地变更备案",
        "send the worker to the filed destination, or have the filing changed first",
    ),
    (Code.REFERRAL_WINDOW_PASSED, ""): Sentence(
        "转诊备案应在 {last} 前（含当日）就诊或入院，现已超过",
        "care under the referral had to begin by {last}",
        "请职工凭就医地机构的转诊意见重新办理备案",
        "have the worker file again with the treating facility's referral opinion",
    ),
    (Code.REHAB_PERIOD_ENDED, ""): Sentence(
        "停工留薪期或核准的康复天数已于 {last} 届满",
        "the paid-leave period or the approved rehab days ended on {last}",
        "请职工向参保地重新确认康复期限",
        "have the worker ask the insured region to confirm the rehabilitation period",
    ),
    (Code.LATE_FILING_ALLOWED, ""): Sentence(
        "急诊或不可抗力：在出院结算前补办备案的，可以直接结算",
        "emergency or force majeure: filed before settlement, it settles directly",
        "留存急诊标注或不可抗力的证明，提醒职工或亲属立即补报备案",
        "keep the emergency mark or the proof of force majeure, and remind the worker or a "
        "relative to file at once",
    ),
    (Code.LATE_FILED, ""): Sentence(
        "急诊或不可抗力：备案已于 {approved} 在结算前补办",
        "emergency or force majeure: the filing was made late, {approved}, before settlement",
        "确认急诊标注或不可抗力的证明已留存后结算",
        "make sure that the emergency mark or the proof of force majeure is kept, then settle",
    ),
    (Code.ADMITTED_WITHIN_VALIDITY, ""): Sentence(
        "有效期已于 {last} 届满，但入院在有效期内，本次住院不受影响",
        "the validity ended on {last}, but the admission was inside it: this stay is not affected",
        "照常结算；提醒职工以后就医须重新备案",
        "settle as usual; remind the worker to file again for later care",
    ),
    (Code.CONTRIBUTION_INTERRUPTED, ""): Sentence(
        "职工的工伤保险缴费已中断",
        "the worker's contributions are interrupted",
        "请职工或用人单位恢复缴费",
        "have the worker or the employer resume the contributions",
    ),
    (Code.CONTRIBUTION_UNKNOWN, ""): Sentence(
        "未取得职工的参保缴费状态",
        "the worker's contribution status is not known",
        "联网核验参保缴费状态",
        "verify the contribution status on line",
    ),
    (Code.ELIGIBILITY_LOST, "terminated"): Sentence(
        "职工已解除劳动关系，待遇享受资格丧失",
        "the worker's contract has ended and with it the eligibility",
        "请职工向参保地经办机构核实待遇资格",
        "have the worker ask the insured region's agency about the eligibility",
    ),
    (Code.ELIGIBILITY_LOST, "deceased"): Sentence(
        "参保记录显示职工已死亡，待遇享受资格丧失",
        "the record says that the worker has died: the eligibility has ended",
        "核对持卡人身份，请近亲属向参保地经办机构核实",
        "compare who carries the card, and send the next of kin to the insured region's agency",
    ),
    (Code.CREDENTIAL_REQUIRED, ""): Sentence(
        "未读取到社会保障卡或电子社会保障卡",
        "no social-security card or e-card was read",
        "请职工出示社会保障卡或电子社会保障卡",
        "have the worker show the social-security card or the e-card",
    ),
    (Code.CARD_EXPIRED, ""): Sentence(
        "社会保障卡有效期已于 {until} 届满",
        "the card expired on {until}",
        "请职工改用电子社会保障卡，或换领新卡",
        "have the worker use the e-card, or get a new card",
    ),
    (Code.IDENTITY_UNPROVEN, "number"): Sentence(
        "缺少公民身份号码，无法核对是否本人",
        "there is no citizen number to compare",
        "查看身份证件，确认是本人后填写确认理由，或改用可读出号码的凭证",
        "look at the identity card and confirm with a reason that it is the worker, or use a "
        "credential with a number",
    ),
    (Code.IDENTITY_UNPROVEN, "name"): Sentence(
        "凭证上的姓名与参保信息不一致",
        "the name on the credential differs from the insured record",
        "逐字核对姓名，确认是本人后填写确认理由",
        "compare the names character by character, and confirm with a reason that it is the worker",
    ),
    (Code.IDENTITY_MISMATCH, ""): Sentence(
        "凭证的公民身份号码与职工不一致",
        "the credential's citizen number is another person's",
        "退还该凭证，请职工出示本人的社会保障卡",
        "give the credential back and have the worker show their own card",
    ),
    (Code.NOTICE_MISSING, ""): Sentence(
        "未查到辅助器具配置费用核付通知单",
        "no fitting notice was found",
        "请职工出示配置费用核付通知单，或向参保地申请核发",
        "have the worker show the fitting notice, or ask the insured region for one",
    ),
    (Code.NOTICE_EXPIRED, ""): Sentence(
        "配置费用核付通知单已于 {last} 到期",
        "the fitting notice expired on {last}",
        "请职工向参保地申请重新核发通知单",
        "have the worker ask the insured region for a new notice",
    ),
    (Code.NOTICE_USED, ""): Sentence(
        "配置费用核付通知单已使用过",
        "the fitting notice has been used already",
        "核对以往配置记录，请职工向参保地申请新的通知单",
        "compare the earlier fittings, and have the worker ask the insured region for a new notice",
    ),
    (Code.DEVICE_NOT_APPROVED, "notice"): Sentence(
        "配置项目 {device} 不在核付通知单内",
        "device {device} is not on the fitting notice",
        "只配置通知单列明的项目，或请职工向参保地变更",
        "fit only what the notice names, or have it changed by the insured region",
    ),
    (Code.DEVICE_NOT_APPROVED, "filing"): Sentence(
        "配置项目 {device} 不在备案内",
        "device {device} is not in the filing",
        "只配置备案列明的项目，或请职工向参保地变更",
        "fit only what the filing names, or have it changed by the insured region",
    ),
    (Code.SERVICE_LIFE_NOT_REACHED, ""): Sentence(
        "辅助器具 {device} 未到最低使用年限，{due} 起方可更换",
        "device {device} has not reached its service life: due {due}",
        "可以维修；更换请在到期后申请",
        "it may be repaired; a replacement is asked for when it is due",
    ),
    (Code.LIST_STALE, "age"): Sentence(
        "本地名单截至 {as_of}，已超过 {hours} 小时",
        "the cached list is of {as_of}, older than {hours} hours",
        "恢复网络后刷新名单",
        "refresh the list when the network is back",
    ),
    (Code.LIST_STALE, "future"): Sentence(
        "本地名单的时间 {as_of} 晚于当前时间",
        "the cached list is dated {as_of}, in the future",
        "核对本机时钟后刷新名单",
        "compare this machine's clock, then refresh the list",
    ),
    (Code.LIST_STALE, "undated"): Sentence(
        "本地名单没有时间",
        "the cached list bears no date",
        "重新下载名单",
        "download the list again",
    ),
    (Code.PLATFORM_UNREACHABLE, ""): Sentence(
        "结算平台无法连接，也没有可用的本地名单",
        "the platform cannot be reached and there is no list to use",
        "检查网络，稍后重试",
        "check the network and try again later",
    ),
    (Code.VERIFIED_ONLINE, ""): Sentence(
        "已联网核验身份和备案信息",
        "verified with the platform",
        "以核验结果为准办理",
        "go by what was verified",
    ),
    (Code.VERIFIED_FROM_LIST, ""): Sentence(
        "按 {as_of} 的本地名单核验，未联网",
        "verified from the cached list of {as_of}, not on line",
        "在结算单上注明依据，恢复网络后补做联网核验",
        "state the basis on the statement, and verify on line when the network is back",
    ),
    (Code.SETTLEMENT_OVERDUE, ""): Sentence(
        "已超过结算时限 {by}",
        "the time to settle passed at {by}",
        "填写逾期原因",
        "enter why it is late",
    ),
}
