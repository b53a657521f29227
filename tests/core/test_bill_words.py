"""What a clerk reads when a bill, a line or a catalogue row cannot be used, to the letter."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from edge.core.adjudication import Ruling, adjudicate
from edge.core.adjudication.ruling import proven
from edge.core.catalogue import CatalogueRow, Standards, StandardsChange, catalogue_of
from edge.core.charges import Charge, Refusal
from edge.core.errors import BadInput, Fault
from edge.core.verification import Notice, NoticeItem
from tests.core.bills import DISCHARGED, RULES, bill, june, line, notice, refund, row

FIRST = line("1", "A", "4", "2.50")
NO_MULTIPLE = Notice(items=(NoticeItem(code="D", limit_multiplier=Decimal(0)),))
TWO_LIMITS = Notice(items=(NoticeItem(code="D", limit_fen=1), NoticeItem(code="D")))


@pytest.mark.parametrize(
    ("refusal", "lines", "zh", "en"),
    [
        (
            Refusal.BAD_NUMBER,
            [replace(FIRST, price="x")],
            (
                "数量“4”（至多4位小数）、单价“x”（非负，至多6位小数）或金额（1000 分）"
                "不是可用的数字，请更正后重新上传"
            ),
            (
                "quantity '4' (at most 4 places), price 'x' (not negative, at most 6 places) or the"
                " amount of 1000 fen is no number that can be used"
            ),
        ),
        (
            Refusal.DUPLICATE_LINE,
            [FIRST, FIRST],
            "明细号 1 在本单中已出现，请核对是否重复上传",
            "line id 1 stands earlier in this bill: was it sent twice?",
        ),
        (
            Refusal.UNKNOWN_CODE,
            [replace(FIRST, code="Z")],
            "编码 Z 不在任何版本的目录中，请先对照目录编码",
            "no catalogue version knows the code Z: map it first",
        ),
        (
            Refusal.OUTSIDE_STAY,
            [replace(FIRST, date=june(12))],
            "费用日期 2024-06-12 不在就诊期间内，请核对日期或入出院时间",
            "the day 2024-06-12 is outside the stay: check it, or the stay's dates",
        ),
        (
            Refusal.BAD_REVERSAL,
            [replace(refund("2", FIRST, "-1"), reverses="9")],
            (
                "退费行与所冲明细“9”不符：须指明同编码、同单价且有效的原明细，"
                "数量、金额为负，累计不超过原数量，全部退完时金额须退净"
            ),
            (
                "this refund does not fit the line '9' that it reverses: the same code and price,"
                " negative, at most what was charged, and nothing left at the end"
            ),
        ),
        (
            Refusal.BAD_REVERSAL,
            [replace(refund("2", FIRST, "-1"), reverses=None)],
            (
                "退费行与所冲明细“”不符：须指明同编码、同单价且有效的原明细，"
                "数量、金额为负，累计不超过原数量，全部退完时金额须退净"
            ),
            (
                "this refund does not fit the line '' that it reverses: the same code and price,"
                " negative, at most what was charged, and nothing left at the end"
            ),
        ),
        (
            Refusal.AMOUNT_MISMATCH,
            [replace(FIRST, amount_fen=998)],
            "金额 9.98 元与单价 2.50 × 数量 4 相差超过1分或正负不符，请核对",
            "the amount of 9.98 yuan is not 2.50 x 4 to within 1 fen, or has the wrong sign",
        ),
    ],
)
def test_a_refused_line_says_why_and_what_to_do(
    refusal: Refusal, lines: list[Charge], zh: str, en: str
) -> None:
    (refused,) = adjudicate(bill(lines, [row("A")]), RULES).refused
    assert (refused.code, refused.text, refused.text_en) == (refusal, zh, en)


@pytest.mark.parametrize(
    ("changed", "zh", "en"),
    [
        ({"treatment_region": "12"}, "地区编码须为6位数字", "not a 6-digit division code"),
        (
            {"admitted_on": june(12), "discharged_on": DISCHARGED},
            "出院日期早于入院日期",
            "the discharge is before the admission",
        ),
        (
            {"standards": Standards(-1)},
            "床位费标准不是可用的金额",
            "not an amount in fen, 0 or more",
        ),
        (
            {"standards": Standards(1, (StandardsChange(june(2), 1),) * 2)},
            "床位费标准未按日期先后排列",
            "not later than the change before it",
        ),
        ({"lines": (line("", "A"),)}, "明细号不能为空", "a line needs its id"),
        ({"notice": notice(D=-1)}, "限额不是可用的金额", "not an amount in fen"),
        ({"notice": NO_MULTIPLE}, "限额倍数不可用", "not a multiple above 0, up to 100"),
        ({"notice": TWO_LIMITS}, "同一器具有两个限额", "two limits, one device"),
    ],
)
def test_a_bill_that_contradicts_itself_says_where_and_what_to_do(
    changed: dict[str, Any], zh: str, en: str
) -> None:
    with pytest.raises(BadInput) as refused:
        adjudicate(replace(bill([], []), **changed), RULES)
    told, mend = refused.value.reason, refused.value.next_action
    assert (told.zh, told.en) == (zh, en)
    assert (mend.zh, mend.en) == ("更正后重新提交", "correct it and send the bill again")


@pytest.mark.parametrize(
    ("rows", "zh", "en"),
    [
        (
            [row("A", valid_from=june(2), valid_to=june(1))],
            "有效期止早于有效期起",
            "the validity ends before it starts",
        ),
        ([row("A", price_cap_fen=-1)], "限价超出可用范围", "not a cap in fen, 0 or more"),
        (
            [row("A", quantity_max="-1")],
            "限量须为非负数，至多4位小数",
            "not a quantity of at most 4 places, 0 or more",
        ),
        ([row("A"), row("A")], "A@2024-01-01 重复", "A@2024-01-01 stands twice"),
    ],
)
def test_a_catalogue_row_that_cannot_be_says_why_and_what_to_do(
    rows: list[CatalogueRow], zh: str, en: str
) -> None:
    with pytest.raises(BadInput) as refused:
        catalogue_of(rows)
    told, mend = refused.value.reason, refused.value.next_action
    assert (told.zh, told.en) == (zh, en)
    assert mend.zh == "更正该目录行后重新提交"
    assert mend.en == "correct this catalogue row and send it again"


def test_a_ruling_that_does_not_add_up_says_that_it_is_void_and_whom_to_call() -> None:
    ruling: Ruling = adjudicate(bill([FIRST], [row("A")]), RULES)
    with pytest.raises(Fault) as broken:
        proven(replace(ruling, kinds={}, days={}))
    told, mend = broken.value.reason, broken.value.next_action
    assert broken.value.field == "kinds, days"
    assert told.zh == "核算结果自检不平（kinds, days），本次结果作废"
    assert told.en == "fund + personal = total does not hold for kinds, days; nothing was ruled"
    assert mend.zh == "导出支持包并联系厂商"
    assert mend.en == "make a support bundle and call the supplier"
