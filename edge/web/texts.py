"""Every sentence of the pages' frame, Chinese first, English beside it. Verdicts bring their own.

One mapping: a test compares its keys with what the templates ask for.
"""

from enum import Enum

from edge.core.errors import Words


class Language(Enum):
    """What a page can be read in; the value is its ``lang`` attribute."""

    ZH = "zh-CN"
    EN = "en"


TEXTS: dict[str, Words] = {
    "product": Words("工伤异地就医结算", "Work-injury settlement"),
    "skip": Words("跳到正文", "Skip to the content"),
    "switch": Words("English", "中文"),
    "desk": Words("窗口", "Desk"),
    "clerk": Words("经办人", "Clerk"),
    "waiting": Words("待处理消息", "Waiting"),
    "account": Words("帮助与账号", "Help and account"),
    "logout": Words("退出", "Log out"),
    "simulated": Words(
        "模拟环境：非真实参保人员，不得用于结算", "SIMULATED: not real people or money"
    ),
    "disconnected": Words(
        "与本院服务的连接已中断，正在重连。页面内容可能已过时，请勿据此结算。",
        "The connection to the service is lost; reconnecting. What you see may be out of date.",
    ),
    "working": Words("处理中…", "In work…"),
    "unanswered": Words(
        "未收到答复，结果未知。请检查网络后再按一次：同一张表单不会重复办理。",
        "No answer came, the outcome is unknown. Check the network and press again: "
        "one form is never carried out twice.",
    ),
    "stale": Words(
        "此处已有新内容；提交或刷新页面后显示", "There is news here; submit or reload to see it"
    ),
    "keys": Words("本页按键", "Keys on this screen"),
    "key.help": Words("显示本页按键", "Show these keys"),
    "key.main": Words("主要操作", "Main action"),
    "key.next": Words("下一栏（不会提交款项）", "Next field (never submits money)"),
    "key.back": Words("关闭或返回", "Close or go back"),
    "key.next_card": Words("办理新插入的卡", "Go on with the new card"),
    "close": Words("关闭", "Close"),
    "next_action": Words("下一步", "Next step"),
    "article": Words("依据", "Article"),
    "login.title": Words("登录", "Log in"),
    "login.name": Words("账号", "Account"),
    "login.password": Words("密码", "Password"),
    "login.desk": Words("窗口", "Desk"),
    "login.desk_hint": Words(
        "管理与审计人员可不填", "Administrators and auditors may leave it out"
    ),
    "login.submit": Words("登录", "Log in"),
    "login.shared": Words(
        "账号仅限本人使用；15 分钟无操作自动退出。",
        "An account is for one person; 15 idle minutes log you out.",
    ),
    "problem.home": Words("回到首页", "To the start page"),
    "verdict.settles": Words("可结算", "Settles here"),
    "verdict.refused": Words("不可结算", "Does not settle here"),
    "verdict.unverified": Words("无法核验", "Cannot be verified"),
    "arrival.title": Words("读卡与在院", "Card and stays"),
    "card.title": Words("读卡", "Card"),
    "card.ready": Words("社会保障卡已就绪", "A social-security card is ready"),
    "card.code_ready": Words("已扫到电子社保卡的码", "An e-card's code was scanned"),
    "card.service": Words("服务", "Service"),
    "card.emergency": Words("紧急情况", "Emergency"),
    "card.third_party": Words("涉及第三方责任", "Third-party liability"),
    "card.verify": Words("核验", "Verify"),
    "card.not_yours": Words(
        "核验由入院、出院或辅具配置岗位办理",
        "Verifying is for admission, discharge, fitting clerks",
    ),
    "new_card": Words("新卡已插入", "Another card was inserted"),
    "new_card.go": Words("办理新卡", "Go on with the new card"),
    "emergency.none": Words("无", "None"),
    "emergency.emergency": Words("急诊", "Emergency"),
    "emergency.force_majeure": Words("不可抗力", "Force majeure"),
    "service.inpatient_medical": Words("住院医疗", "Inpatient, medical"),
    "service.inpatient_rehab": Words("住院康复", "Inpatient, rehabilitation"),
    "devices.title": Words("设备", "Devices"),
    "devices.kind": Words("种类", "Kind"),
    "devices.name": Words("名称", "Name"),
    "devices.desk": Words("窗口", "Desk"),
    "devices.state": Words("状态", "State"),
    "devices.at": Words("自何时 / 最近联系", "Since / last heard"),
    "devices.fault": Words("故障", "Fault"),
    "stays.title": Words("最近入院", "Newest stays"),
    "stays.none": Words("还没有入院记录", "No stays yet"),
    "stay.number": Words("住院号", "Stay number"),
    "stay.determination": Words("工伤认定编号", "Injury determination"),
    "stay.choose": Words("请选择", "choose one"),
    "stay.emergency_document": Words("急诊或不可抗力证明", "Proof of the emergency"),
    "stay.emergency_marked": Words("如：病历注明急诊", "e.g. the record is marked 急诊"),
    "stay.parts": Words("伤残部位", "Injured parts"),
    "stay.ward": Words("病区", "Ward"),
    "stay.bed": Words("床位", "Bed"),
    "stay.diagnosis": Words("诊断", "Diagnosis"),
    "stay.admitted": Words("入院时间", "Admitted"),
    "stay.discharged": Words("出院时间", "Discharged"),
    "stay.settle_by": Words("结算时限", "Settle by"),
    "stay.overdue_reason": Words("逾期原因", "Reason for the delay"),
    "stay.clock": Words("结算剩余时间", "Time left to settle"),
    "stay.state": Words("状态", "State"),
    "state.admitted": Words("在院", "In hospital"),
    "state.discharged": Words("已出院待结算", "Discharged, to be settled"),
    "state.settled": Words("已结算", "Settled"),
    "state.manual": Words("手工报销", "Manual"),
    "state.cancelled": Words("已取消", "Cancelled"),
    "state.reversed": Words("已冲正", "Reversed"),
    "verdict.title": Words("核验结果", "Verdict"),
    "verdict.again": Words("重新核验", "Verify again"),
    "verdict.again_how": Words(
        "处理后请职工的卡留在读卡器中，再核验一次。",
        "Once that is done, leave the worker's card in the reader and verify again.",
    ),
    "facts.insured": Words("参保地", "Insured region"),
    "facts.filing": Words("备案", "Filing"),
    "facts.chosen": Words("备案机构", "Facilities of the filing"),
    "facts.contribution": Words("参保缴费", "Contribution"),
    "facts.basis": Words("核验方式", "Basis"),
    "facts.from_card": Words("按卡面发卡地，未核实", "from the card, not confirmed"),
    "category.long_term_residence": Words("异地长期居住", "Long-term residence"),
    "category.long_term_work": Words("常驻异地工作", "Long-term work"),
    "category.referral": Words("异地转诊转院", "Referral"),
    "contribution.paying": Words("正常缴费", "Paying"),
    "contribution.interrupted": Words("中断缴费", "Interrupted"),
    "contribution.terminated": Words("已解除劳动关系", "Contract ended"),
    "contribution.deceased": Words("已死亡", "Deceased"),
    "basis.online": Words("平台实时核验", "Online"),
    "basis.list": Words("缓存名单", "Cached list"),
    "basis.none": Words("未能核验", "Neither"),
    "admit.title": Words("登记入院", "Admit"),
    "admit.submit": Words("登记入院", "Admit"),
    "admit.not_yours": Words("登记入院由入院窗口办理", "Admitting is for admission clerks"),
    "back": Words("返回", "Back"),
    "none": Words("无", "None"),
    "unknown": Words("未知", "Unknown"),
    "discharge.title": Words("出院", "Discharge"),
    "discharge.starts": Words(
        "登记出院后开始计算结算时限；此后仍可上传退费。",
        "The time to settle starts with the discharge; refunds may still come.",
    ),
    "discharge.submit": Words("登记出院", "Discharge"),
    "discharge.not_yours": Words("登记出院由出院窗口办理", "Discharging is for discharge clerks"),
    "settle.title": Words("出院结算", "Settlement"),
    "settle.submit": Words(
        "结算：基金 {fund} 元，个人 {personal} 元",
        "Settle: fund {fund}, personal {personal} yuan",
    ),
    "settle.mend": Words(
        "有费用明细未通过，更正后才能结算（见下方费用）。",
        "Some lines were refused; settling needs them mended (see the bill below).",
    ),
    "settle.no_lines": Words(
        "尚未收到费用明细，收到后才能结算。", "No charges have come; settling needs them."
    ),
    "settle.not_yours": Words("结算由出院窗口办理", "Settling is for discharge clerks"),
    "act.none": Words("本次住院在此没有待办事项", "Nothing is left to do here for this stay"),
    "receipt.title": Words("已结算", "Settled"),
    "receipt.what": Words("结算回执（元）", "receipt (yuan)"),
    "receipt.id": Words("结算编号", "Settlement"),
    "receipt.at": Words("结算时间", "settled at"),
    "bill.title": Words("费用（元）", "Bill (yuan)"),
    "bill.preview": Words("预览，未结算", "preview, not settled"),
    "bill.settled": Words("已结算", "settled"),
    "bill.none": Words("尚未收到费用明细", "No charges yet"),
    "bill.cut": Words(
        "共 {count} 条明细，此处列出 {shown} 条，有个人支付的在前",
        "{shown} of {count} lines, those with a personal share first",
    ),
    "bill.item": Words("项目", "Item"),
    "bill.of_which": Words("其中", "of which"),
    "bill.nothing_personal": Words("无个人支付", "nothing personal"),
    "bill.line": Words("明细", "Line"),
    "bill.quantity": Words("数量 × 单价", "Quantity × price"),
    "bill.amount": Words("金额", "Amount"),
    "bill.fund": Words("基金支付", "Fund"),
    "bill.personal": Words("个人支付", "Personal"),
    "bill.reason": Words("依据", "Why"),
    "bill.total": Words("合计", "Total"),
    "bucket.out_of_catalogue": Words("超目录范围", "out of catalogue"),
    "bucket.over_standard": Words("超支付标准", "over the standard"),
    "bucket.non_injury": Words("非工伤费用", "not for the injury"),
    "bucket.excluded": Words("伙食、交通等不予直接结算", "never in direct settlement"),
    "bucket.device_over_limit": Words("超辅具限额", "over the device limit"),
    "refused.title": Words(
        "{count} 条明细未通过，不计入合计", "{count} lines refused, not in the total"
    ),
    "refused.next": Words(
        "请在医院系统中更正后以原明细号重新上传。",
        "Mend them in the hospital's system and send them again under the same ids.",
    ),
    "refused.why": Words("未通过原因", "Why"),
    "reason.IN_SCOPE": Words("目录内", "In scope"),
    "reason.OUT_OF_CATALOGUE": Words("超目录范围", "Out of catalogue"),
    "reason.OVER_PRICE_CAP": Words("超限价", "Over the price cap"),
    "reason.OVER_BED_STANDARD": Words("超床位费标准", "Over the bed standard"),
    "reason.OVER_QUANTITY": Words("超限量", "Over the quantity limit"),
    "reason.NON_INJURY": Words("非工伤", "Not for the injury"),
    "reason.EXCLUDED": Words("不属直接结算", "Never in direct settlement"),
    "reason.DEVICE_OVER_LIMIT": Words("超辅具限额", "Over the device limit"),
    "reason.DEVICE_NOT_APPROVED": Words("不在核付通知单内", "Device not approved"),
    "reason.REVERSED": Words("退费", "Reversed"),
    "delivery.title": Words("上传平台", "Delivery"),
    "delivery.tries": Words("已试次数", "tries"),
    "delivery.none": Words("没有需要上传的消息", "No messages to deliver"),
    "kind.admission": Words("入院登记", "Admission"),
    "kind.charges": Words("费用明细", "Charges"),
    "kind.discharge": Words("出院", "Discharge"),
    "kind.settlement": Words("结算", "Settlement"),
    "kind.reversal": Words("冲正", "Reversal"),
    "kind.fitting": Words("辅具配置", "Fitting"),
    "kind.manual": Words("转手工报销", "Manual reimbursement"),
    "kind.claim": Words("月结申请", "Monthly claim"),
    "kind.objection": Words("申诉", "Objection"),
    "kind.confirmation": Words("对账确认", "Confirmation"),
    "kind.reimbursement_answer": Words("重复报销答复", "Answer on reimbursement"),
    "kind.ledger_head": Words("账链头", "Ledger head"),
    "message.pending": Words("待发送", "Waiting"),
    "message.sending": Words("发送中", "Sending"),
    "message.accepted": Words("平台已接收", "Accepted"),
    "message.rejected": Words("被退回，待处理", "Refused, needs a person"),
    "message.unknown": Words("结果未知，查询中", "Unknown, being asked"),
}


def say(words: Words, language: Language) -> str:
    """Return the sentence in the reader's language."""
    return words.zh if language is Language.ZH else words.en


def text(key: str, language: Language) -> str:
    """Return the frame's sentence of this name; a name that does not exist is a KeyError."""
    return say(TEXTS[key], language)
