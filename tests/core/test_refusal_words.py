"""What a clerk reads when a claim, a fitting or an entry sheet is refused, to the letter."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from edge.core.adjudication import ruled_by_law
from edge.core.claim import (
    ClaimState,
    Draft,
    read_month,
    require_claim_state,
    require_over,
    require_seen,
)
from edge.core.entry_sheet import number_taken, require_closed, reversal_fields, settlement_fields
from edge.core.errors import EdgeError, Words
from edge.core.fitting import LINES_MAX, FittingState, require_complete
from edge.core.reconciliation import (
    Found,
    reconciled,
    require_confirmable,
    require_objectable,
)
from edge.core.settlement import require_same_day
from tests.core.desk import rulebook
from tests.core.fittings import NOTICE, OPEN, OPENED, bill_of, fitted, recorded
from tests.core.test_claim import NOVEMBER, item
from tests.core.test_entry_sheet import PERSON, SHEET
from tests.core.test_reconciliation import audited, objection

TYPED = SHEET.confirmed("QR-1", by="配置员", at=OPENED)
GONE = SHEET.withdrawn("未录入", by="配置员", at=OPENED)
LATE = datetime(2026, 12, 2, tzinfo=UTC)
DIFFER = reconciled([item("a")], [audited("a", 999), audited("b", 1)])


@dataclass(frozen=True)
class Refusal:
    """An act that is refused, and all that is said of it."""

    act: Callable[[], object]
    code: str
    field: str
    reason: Words
    next_action: Words


def taken() -> None:
    raise number_taken("e7")


REFUSALS = [
    Refusal(
        lambda: read_month("2026-13" + "x" * 20),
        "CLAIM_MONTH",
        "month",
        Words("不是有效的月份：2026-13xxxxxxxxxxxxx", "not a month: '2026-13xxxxxxxxxxxxx'"),
        Words("按 2026-11 的格式填写", "write it like 2026-11"),
    ),
    Refusal(
        lambda: require_over(NOVEMBER, OPENED),
        "CLAIM_MONTH_OPEN",
        "month",
        Words("2026-11 尚未结束，不能申请月结", "2026-11 is not over yet"),
        Words("2026-11-30 以后再申请", "claim it after 2026-11-30"),
    ),
    Refusal(
        lambda: require_seen(Draft(month=NOVEMBER, items=(), held=()), count=0, fund_fen=0),
        "CLAIM_EMPTY",
        "month",
        Words("2026-11 没有可以申请的结算", "there is nothing to claim for 2026-11"),
        Words("查看暂缓的结算及其原因", "look at what is held back, and why"),
    ),
    Refusal(
        lambda: require_seen(
            Draft(month=NOVEMBER, items=(item("a"),), held=()), count=1, fund_fen=1
        ),
        "CLAIM_CHANGED",
        "fund_fen",
        Words("月结内容已变化，与所见不一致", "the claim is not what you saw any more"),
        Words("重新查看后再申请", "look at it again, then send it"),
    ),
    Refusal(
        lambda: require_claim_state(
            NOVEMBER, ClaimState.OPEN, ClaimState.AUDITED, ClaimState.DISPUTED
        ),
        "CLAIM_STATE",
        "state",
        Words(
            "2026-11 月结当前为“未申请”，此操作仅限“已审核 / 有异议”",
            "the claim of 2026-11 is open; this needs audited or disputed",
        ),
        Words("刷新后从当前状态继续", "look at it again and go on from its state"),
    ),
    Refusal(
        lambda: require_objectable(objection("K"), until=None, now=LATE),
        "OBJECTION_MADE",
        "deduction",
        Words("对该扣除已提出过异议", "there is an objection to this deduction already"),
        Words("查看原异议及答复", "look at it and at its answer"),
    ),
    Refusal(
        lambda: require_objectable(None, until=date(2026, 12, 1), now=LATE),
        "OBJECTION_TOO_LATE",
        "deduction",
        Words("异议期限已于 2026-12-01 届满", "the term for objections ended on 2026-12-01"),
        Words(
            "期限由本站设定（claims.objection_days）；与经办机构协商处理",
            "the site sets the term (claims.objection_days); talk to the agency",
        ),
    ),
    Refusal(
        lambda: require_confirmable(Found(1), 2, DIFFER),
        "CLAIM_CHANGED",
        "approved_fen",
        Words("核定金额已变化，与所见不一致", "the approved sum is not what you saw any more"),
        Words("重新查看后再确认", "look at it again, then confirm"),
    ),
    Refusal(
        lambda: require_confirmable(Found(2, " "), 2, DIFFER),
        "DIFFERENCES_UNEXPLAINED",
        "note",
        Words("双方有 2 笔不一致，须说明处理情况", "2 items differ: say how they are dealt with"),
        Words("逐笔核对后填写说明再确认", "check each, write a note, then confirm"),
    ),
    Refusal(
        lambda: replace(OPEN, state=FittingState.VERIFIED).recorded(
            (fitted(),), OPENED - timedelta(1), OPENED
        ),
        "FITTING_MOMENT",
        "fitted_at",
        Words("配置时间早于核验时间或晚于当前时间", "before its verification, or to come"),
        Words("核对配置时间后重新提交", "check the moment of the fitting"),
    ),
    Refusal(
        lambda: require_same_day(OPEN, OPENED - timedelta(1)),
        "CASE_CHANGED",
        "state",
        Words("核验期间该业务的时间被修改", "the case was changed while it was being verified"),
        Words("重新预览后再办理", "look at the preview again, then go on"),
    ),
    Refusal(
        lambda: require_complete(()),
        "NO_LINES",
        "lines",
        Words("没有配置明细", "there are no lines"),
        Words("核对配置明细后重新提交", "check the lines and send them again"),
    ),
    Refusal(
        lambda: require_complete((fitted(),) * (LINES_MAX + 1)),
        "TOO_MANY_LINES",
        "lines",
        Words("一次配置最多 200 条明细", "at most 200 lines"),
        Words("核对配置明细后重新提交", "check the lines and send them again"),
    ),
    Refusal(
        lambda: require_complete((fitted(), fitted(serial=""))),
        "FIELD_EMPTY",
        "lines[1].serial",
        Words("serial 不能为空", "serial is empty"),
        Words("补填后重新提交", "fill it in and send again"),
    ),
    Refusal(
        lambda: SHEET.confirmed(" ", by="配置员", at=OPENED),
        "CONFIRMATION_NUMBER",
        "number",
        Words("确认号为空、过长或含不可见字符", "the number is blank, too long or unprintable"),
        Words("照国家平台显示的确认号填写", "write it as the national site shows it"),
    ),
    Refusal(
        lambda: TYPED.withdrawn("未录入", by="配置员", at=OPENED),
        "ENTRY_SHEET_STATE",
        "sheet",
        Words("该录入单已回填确认号", "the entry sheet is confirmed"),
        Words("刷新后查看；有误的先冲正", "look at it again; reverse what is wrong"),
    ),
    Refusal(
        lambda: GONE.confirmed("QR-1", by="配置员", at=OPENED),
        "ENTRY_SHEET_STATE",
        "sheet",
        Words("该录入单已撤回", "the entry sheet is withdrawn"),
        Words("刷新后查看；有误的先冲正", "look at it again; reverse what is wrong"),
    ),
    Refusal(
        lambda: require_closed(SHEET),
        "ENTRY_SHEET_WAITING",
        "settlement",
        Words("该结算尚未回填国家平台确认号", "no confirmation number was brought back yet"),
        Words(
            "已录入的先回填确认号；确未录入的先撤回录入单，再冲正",
            "bring the number back, or withdraw the sheet if it was never typed; then reverse",
        ),
    ),
    Refusal(
        taken,
        "CONFIRMATION_TAKEN",
        "number",
        Words("该确认号已回填到录入单 e7", "sheet e7 has this number"),
        Words("核对国家平台上的确认号", "check the number in the national site"),
    ),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda one: one.code)
def test_a_refusal_says_why_and_what_to_do(refusal: Refusal) -> None:
    with pytest.raises(EdgeError) as refused:
        refusal.act()
    said = refused.value
    assert (said.code, said.field) == (refusal.code, refusal.field)
    assert said.reason == refusal.reason
    assert said.next_action == refusal.next_action


def test_an_entry_sheet_is_labelled_in_english_too() -> None:
    item = replace((NOTICE.items or ())[0], limit_multiplier=Decimal("1.5"))
    fitting = recorded(fitted(price="21000"), notice=replace(NOTICE, items=(item,)))
    bill = bill_of(fitting)
    fields = settlement_fields(
        fitting, PERSON, bill, ruled_by_law(bill, rulebook()), facility="演示机构", at=OPENED
    )
    assert [field.label_en for field in fields] == [
        *("name", "identity number", "insured region", "injured parts", "injury determination"),
        *("filing", "fitting notice", "facility", "our number", "fitted on"),
        *("act", "last fitted on", "device", "code", "model", "serial", "service years", "limit"),
        "limit multiplier",
        *("quantity", "price", "amount", "fund", "personal"),
        *("total", "fund", "personal", "settled at"),
    ]
    assert [
        (one.section, one.label_en) for one in reversal_fields(TYPED, reason="x", at=OPENED)
    ] == [
        ("冲正信息", "confirmation number"),
        ("冲正信息", "reason"),
        ("冲正信息", "reversed at"),
    ]
