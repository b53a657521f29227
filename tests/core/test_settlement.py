"""Whether a stay may be settled: every obstacle is told, and none is invented."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from edge.core.adjudication import Bill, LineReason, Personal, RuledLine, Ruling
from edge.core.changes import Change
from edge.core.charges import Refusal, RefusedLine
from edge.core.errors import BadInput, Conflict, Words
from edge.core.settlement import (
    Blocked,
    OfflineLimits,
    OnList,
    Terms,
    bill_packs,
    blocked_by,
    held_to_preview,
    hindered,
    over_offline_limits,
    paid_twice,
    require_key,
    require_same_day,
    reused_key,
    settlement_terms,
)
from edge.core.stay import UNKNOWN_BEDSIDE, Injury, Stay, StayState
from edge.core.verification import Code, Decision, PackSide, Reason, Service, Verdict
from tests.core.desk import rulebook

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
STAY = Stay(
    id="s1",
    person_id="p1",
    verification_id="v1",
    hospital_number="ZY1",
    service=Service.INPATIENT_MEDICAL,
    injury=Injury(determination="认定1", parts="左手"),
    bedside=UNKNOWN_BEDSIDE,
    insured_region="110000",
    admission_decision=Decision.DIRECT,
    state=StayState.DISCHARGED,
    admitted_at=NOW - timedelta(days=3),
    discharged_at=NOW,
    settle_by=NOW + timedelta(hours=48),
)
LINE = RuledLine("1", 1000, 900, 100, None, "A", LineReason.IN_SCOPE, "津 第二十三条")
RULING = Ruling(
    total_fen=1000,
    fund_fen=900,
    personal_fen=100,
    personal=Personal(over_standard=100),
    lines=(LINE,),
    refused=(),
    kinds={},
    days={},
)
REFUSED = replace(RULING, refused=(RefusedLine("2", Refusal.UNKNOWN_CODE, "未知", "unknown"),))
EMPTY = replace(RULING, lines=())


def verdict(decision: Decision) -> Verdict:
    reason = Reason(
        code=Code.VERIFIED_ONLINE,
        effect=decision,
        article="津 第二十五条",
        text="原因",
        text_en="why",
        next="下一步",
    )
    known = replace(reason, code=Code.CARD_EXPIRED, effect=Decision.DIRECT)
    return Verdict(decision=decision, reasons=(reason, known), warnings=(), packs=())


def blocks(outcome: Terms | Blocked) -> list[str]:
    return [block.code for block in outcome.blocks] if isinstance(outcome, Blocked) else []


def test_a_direct_verdict_and_a_clean_bill_settle() -> None:
    terms = settlement_terms(STAY, verdict(Decision.DIRECT), RULING, now=NOW, overdue_reason="")
    assert terms == Terms(total_fen=1000, fund_fen=900, personal_fen=100, overdue=False)


@pytest.mark.parametrize("decision", [d for d in Decision if d is not Decision.DIRECT])
def test_no_other_decision_settles_and_the_reason_is_the_deciding_one(decision: Decision) -> None:
    outcome = settlement_terms(STAY, verdict(decision), RULING, now=NOW, overdue_reason="")
    assert isinstance(outcome, Blocked)
    (block,) = outcome.blocks
    assert block.code == Code.VERIFIED_ONLINE
    assert "津 第二十五条" in block.reason.zh
    assert block.next_action.zh == "下一步"


def test_every_obstacle_is_told_at_once() -> None:
    late = NOW + timedelta(hours=48, microseconds=1)
    for decision, ruling, now in product(
        (Decision.DIRECT, Decision.HOLD), (RULING, REFUSED, EMPTY), (NOW, late)
    ):
        outcome = settlement_terms(STAY, verdict(decision), ruling, now=now, overdue_reason=" ")
        expected = ["VERIFIED_ONLINE"] * (decision is Decision.HOLD)
        expected += ["LINES_REFUSED"] * (ruling is REFUSED) + ["NO_CHARGES"] * (ruling is EMPTY)
        expected += ["OVERDUE_REASON_MISSING"] * (now is late)
        assert blocks(outcome) == expected


def test_overdue_with_a_reason_settles_and_says_so() -> None:
    late = NOW + timedelta(hours=49)
    terms = settlement_terms(STAY, verdict(Decision.DIRECT), RULING, now=late, overdue_reason="因")
    assert isinstance(terms, Terms)
    assert terms.overdue


@pytest.mark.parametrize(
    "state",
    [StayState.ADMITTED, StayState.SETTLED, StayState.MANUAL, StayState.CANCELLED],
)
def test_only_a_discharged_or_reversed_stay_settles(state: StayState) -> None:
    stay = replace(STAY, state=state)
    with pytest.raises(Conflict) as refused:
        settlement_terms(stay, verdict(Decision.DIRECT), RULING, now=NOW, overdue_reason="")
    assert refused.value.code == "STAY_STATE"


def test_a_reversed_stay_settles_again() -> None:
    stay = replace(STAY, state=StayState.REVERSED)
    terms = settlement_terms(stay, verdict(Decision.DIRECT), RULING, now=NOW, overdue_reason="")
    assert isinstance(terms, Terms)


def test_the_last_moment_of_the_48_hours_is_in_time() -> None:
    last = NOW + timedelta(hours=48)
    terms = settlement_terms(STAY, verdict(Decision.DIRECT), RULING, now=last, overdue_reason="")
    assert isinstance(terms, Terms)
    assert not terms.overdue


def test_each_obstacle_says_why_and_what_to_do() -> None:
    late = NOW + timedelta(hours=49)
    outcome = settlement_terms(STAY, verdict(Decision.HOLD), REFUSED, now=late, overdue_reason="")
    assert isinstance(outcome, Blocked)
    assert [(one.reason, one.next_action) for one in outcome.blocks] == [
        (Words("原因（津 第二十五条）", "why (津 第二十五条)"), Words("下一步", "下一步")),
        (
            Words("有 1 条费用明细未通过校验", "1 lines of the bill are refused"),
            Words(
                "按提示更正或补充映射后重新上传这些明细",
                "mend or map these lines and send them again",
            ),
        ),
        (
            Words("已超过出院后 48 小时的结算时限", "the 48 hours after discharge have passed"),
            Words(
                "填写逾期原因后仍可结算", "give the reason for the delay; settling is still allowed"
            ),
        ),
    ]


def is_refused(key: str) -> bool:
    try:
        require_key(key)
    except BadInput:
        return True
    return False


def test_a_key_of_one_to_two_hundred_characters_will_do_and_no_other() -> None:
    lengths = {length for length in range(250) if not is_refused("k" * length)}
    assert lengths == set(range(1, 201))


@pytest.mark.parametrize("key", ["", "k" * 201])
def test_an_act_on_money_without_a_usable_key_is_bad_input(key: str) -> None:
    with pytest.raises(BadInput) as refused:
        require_key(key)
    wrong = refused.value
    assert (wrong.code, wrong.field) == ("IDEMPOTENCY_KEY", "Idempotency-Key")
    assert wrong.reason == Words(
        "缺少或超长的 Idempotency-Key", "the Idempotency-Key is missing or too long"
    )
    assert wrong.next_action == Words(
        "每张表单生成一个新的键，重试时沿用",
        "make one key for each form, and send the same key when you try again",
    )


def test_the_key_of_another_case_is_a_conflict_that_says_so() -> None:
    conflict = reused_key()
    assert (conflict.code, conflict.field) == ("IDEMPOTENCY_KEY_REUSED", "Idempotency-Key")
    assert conflict.reason == Words(
        "该 Idempotency-Key 已用于另一笔业务", "this key was used for another case"
    )
    assert conflict.next_action == Words("刷新页面后重新提交", "open the form again and send it")


@pytest.mark.parametrize(
    ("insured", "admitted_on", "regions"),
    [
        ("110000", date(2025, 8, 1), ["110000", "120000"]),
        ("120000", date(2025, 8, 1), ["000000", "000000"]),
        ("110000", date(2024, 5, 31), ["000000", "120000"]),
    ],
)
def test_a_bill_names_the_packs_of_both_sides_in_force_at_admission(
    insured: str, admitted_on: date, regions: list[str]
) -> None:
    given = Bill(
        treatment_region="120000",
        insured_region=insured,
        service=Service.INPATIENT_MEDICAL,
        admitted_on=admitted_on,
        lines=(),
    )
    used = bill_packs(rulebook(), given)
    assert [(pack.side, pack.region) for pack in used] == [
        (PackSide.INSURED, regions[0]),
        (PackSide.TREATMENT, regions[1]),
    ]
    files = {(pack.version, pack.sha256) for pack in rulebook().packs}
    assert {(pack.version, pack.sha256) for pack in used} <= files


LIMITS = OfflineLimits(fund_fen_max=900, count_max=3, total_fen_max=2_000)
ON_LIST = Terms(total_fen=1_000, fund_fen=900, personal_fen=100, overdue=False)


@pytest.mark.parametrize(
    ("fund_fen", "before", "stopped"),
    [
        (900, OnList(count=2, fund_fen=1_100), False),
        (901, OnList(count=0, fund_fen=0), True),
        (900, OnList(count=3, fund_fen=0), True),
        (900, OnList(count=2, fund_fen=1_101), True),
    ],
)
def test_a_settlement_on_the_list_keeps_within_each_limit(
    fund_fen: int, before: OnList, *, stopped: bool
) -> None:
    terms = replace(ON_LIST, fund_fen=fund_fen)
    blocked = over_offline_limits(terms, before, LIMITS)
    assert [block.code for block in blocked.blocks] == ["OFFLINE_LIMIT"] if blocked else not stopped
    assert (blocked is not None) == stopped


@pytest.mark.parametrize(("total", "more"), [(1, "少"), (10**9, "多")])
def test_a_hospital_total_that_differs_blocks_and_says_which_way(total: int, more: str) -> None:
    outcome = settlement_terms(
        STAY,
        verdict(Decision.DIRECT),
        RULING,
        now=NOW,
        overdue_reason="",
        hospital_total_fen=total,
    )
    assert isinstance(outcome, Blocked)
    (block,) = outcome.blocks
    assert block.code == "HOSPITAL_TOTAL_DIFFERS"
    assert more in block.reason.zh


def test_a_hospital_total_that_agrees_is_no_obstacle() -> None:
    terms = settlement_terms(
        STAY,
        verdict(Decision.DIRECT),
        RULING,
        now=NOW,
        overdue_reason="",
        hospital_total_fen=RULING.total_fen,
    )
    assert isinstance(terms, Terms)


def test_a_hospital_total_that_differs_says_both_sums_and_by_how_much() -> None:
    def told(total: int) -> tuple[Words, Words]:
        outcome = settlement_terms(
            STAY,
            verdict(Decision.DIRECT),
            RULING,
            now=NOW,
            overdue_reason="",
            hospital_total_fen=total,
        )
        assert isinstance(outcome, Blocked)
        [block] = outcome.blocks
        return block.reason, block.next_action

    mend = Words(
        "补传缺少的明细或退费行；总额有误时由医院系统重新发送总额",
        "send the missing lines or refunds, or the right total",
    )
    assert told(123_456) == (
        Words(
            "医院系统的总额 1,234.56 元比已收明细合计 10.00 元多 1,224.56 元",
            "the hospital's total of 1,234.56 yuan is 1,224.56 more than the 10.00 yuan of the"
            " lines received",
        ),
        mend,
    )
    assert told(0) == (
        Words(
            "医院系统的总额 0.00 元比已收明细合计 10.00 元少 10.00 元",
            "the hospital's total of 0.00 yuan is 10.00 less than the 10.00 yuan of the"
            " lines received",
        ),
        mend,
    )


def test_what_forbids_a_fitting_stands_beside_what_else_is_in_the_way() -> None:
    reason = verdict(Decision.REFUSE).reasons[0]
    assert blocked_by(()) is None
    assert hindered(ON_LIST, ()) == ON_LIST
    alone = hindered(ON_LIST, (reason,))
    assert alone == blocked_by((reason,))
    assert blocks(alone) == ["VERIFIED_ONLINE"]
    missing = settlement_terms(STAY, verdict(Decision.DIRECT), EMPTY, now=NOW, overdue_reason="")
    assert blocks(hindered(missing, ())) == ["NO_CHARGES"]
    assert blocks(hindered(missing, (reason,))) == ["NO_CHARGES", "VERIFIED_ONLINE"]


def test_a_case_whose_day_was_said_anew_meanwhile_is_looked_at_again() -> None:
    require_same_day(STAY, STAY.admitted_at)
    with pytest.raises(Conflict) as refused:
        require_same_day(STAY, STAY.admitted_at + timedelta(minutes=1))
    assert (refused.value.code, refused.value.field) == ("CASE_CHANGED", "state")


SOUND_TERMS = settlement_terms(STAY, verdict(Decision.DIRECT), RULING, now=NOW, overdue_reason="")
CHANGED = (Change(what="fund_fen", before=900, after=800),)


def held(
    terms: Terms | Blocked, changes: tuple[Change, ...], now: Decision = Decision.DIRECT
) -> Terms | Blocked:
    return held_to_preview(terms, changes, was=Decision.DIRECT, verdict=verdict(now))


def test_what_is_as_it_was_shown_is_held_by_nothing() -> None:
    assert held(SOUND_TERMS, ()) == SOUND_TERMS


def test_what_changed_since_it_was_shown_stops_it_and_is_said() -> None:
    outcome = held(SOUND_TERMS, CHANGED)
    assert isinstance(outcome, Blocked)
    [block] = outcome.blocks
    assert outcome.changes == CHANGED
    assert block.code == "PREVIEW_CHANGED"
    assert block.reason == Words(
        "预览之后费用或核算结果有变化，未结算。基金支付 9.00 → 8.00 元",
        "the bill is not as it was previewed; not settled. fund 9.00 → 8.00 yuan",
    )
    assert block.next_action == Words(
        "核对变化，刷新页面或重新预览后再结算",
        "look at what changed, open the page or preview again, then settle",
    )


def test_a_verdict_that_turned_is_told_beside_what_is_in_the_way() -> None:
    blocked = settlement_terms(STAY, verdict(Decision.HOLD), RULING, now=NOW, overdue_reason="")
    assert isinstance(blocked, Blocked)
    outcome = held(blocked, CHANGED, Decision.HOLD)
    assert isinstance(outcome, Blocked)
    assert [one.code for one in outcome.blocks] == ["PREVIEW_CHANGED", blocked.blocks[0].code]
    turned = Change(what="verdict.decision", before=Decision.DIRECT, after=Decision.HOLD)
    assert outcome.changes == (*CHANGED, turned)
    unchanged = held(blocked, (), Decision.HOLD)
    assert isinstance(unchanged, Blocked)
    assert (unchanged.blocks, unchanged.changes) == (blocked.blocks, (turned,))
    same = held_to_preview(blocked, (), was=Decision.HOLD, verdict=verdict(Decision.HOLD))
    assert same == blocked


@pytest.mark.parametrize(
    ("reimbursed", "code"), [(True, "REIMBURSED_BY_HAND"), (False, "REIMBURSEMENT_ASKED")]
)
def test_what_is_paid_by_hand_is_not_paid_twice(code: str, *, reimbursed: bool) -> None:
    [block] = paid_twice(reimbursed=reimbursed).blocks
    assert block.code == code
