"""An entry sheet: what is copied, in which order, and the number that closes it once."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from edge.core.adjudication import ruled_by_law
from edge.core.entry_sheet import (
    NUMBER_LENGTH_MAX,
    EntrySheet,
    SheetField,
    SheetKind,
    SheetState,
    number_taken,
    require_closed,
    reversal_fields,
    settlement_fields,
)
from edge.core.errors import BadInput, Conflict
from edge.core.fitting import Fitting
from edge.core.identity import Identity
from edge.core.verification import DeviceAct, NoticeItem
from tests.core.desk import rulebook
from tests.core.fittings import LEG, NOTICE, OPEN, OPENED, bill_of, fitted, recorded

PERSON = Identity("110101199003074512", "张合成")
SHEET = EntrySheet(id="e1", case=OPEN.ref, kind=SheetKind.SETTLEMENT, fields=(), made_at=OPENED)


def copied(fitting: Fitting) -> list[tuple[str, str, str]]:
    bill = bill_of(fitting)
    fields = settlement_fields(
        fitting, PERSON, bill, ruled_by_law(bill, rulebook()), facility="演示机构", at=OPENED
    )
    assert all(field.label_en for field in fields)
    return [(field.section, field.label, field.value) for field in fields]


def test_a_settled_fitting_is_copied_as_the_forms_name_it_in_order() -> None:
    told = copied(recorded(fitted(price="21000")))
    assert told[:5] == [
        ("工伤职工基本信息", "姓名", "张合成"),
        ("工伤职工基本信息", "公民身份号码", "110101199003074512"),
        ("工伤职工基本信息", "参保地", "110000"),
        ("工伤职工基本信息", "受伤部位", "左小腿"),
        ("工伤职工基本信息", "认定工伤决定书文（编）号", "认定1"),
    ]
    assert told[5:10] == [
        ("备案信息", "备案编号", "F1"),
        ("备案信息", "配置费用核付通知单文（编）号", "N1"),
        ("配置信息", "协议机构（名称）", "演示机构"),
        ("配置信息", "机构业务编号", "PZ1"),
        ("配置信息", "配置时间", "2026-11-20"),
    ]
    device = {label: value for section, label, value in told if section == "辅助器具基本信息 1"}
    assert device == {
        "配置类别": "首次配置",
        "上次配置（更换）时间": "",
        "辅助器具名称": "小腿假肢",
        "项目编码": LEG,
        "型号": "M-1",
        "序列号": "SN-1",
        "最低使用年限": "3",
        "最高支付限额（元）": "20,000.00",
        "数量": "1",
        "单价（元）": "21000",
        "金额（元）": "21,000.00",
        "基金支付（元）": "20,000.00",
        "个人负担（元）": "1,000.00",
    }
    assert told[-4:] == [
        ("结算信息", "费用总额（元）", "21,000.00"),
        ("结算信息", "基金支付（元）", "20,000.00"),
        ("结算信息", "个人负担（元）", "1,000.00"),
        ("结算信息", "结算时间", "2026-11-20 09:00"),
    ]


def test_acts_refunds_and_what_the_notice_leaves_out_are_copied_too() -> None:
    lines = (
        fitted("1", quantity="2"),
        fitted("2", quantity="-1", reverses="1", serial=""),
        fitted("3", act=DeviceAct.REPAIR, last_fitted_on=OPENED.date()),
        fitted("4", act=DeviceAct.REPLACEMENT, last_fitted_on=OPENED.date()),
    )
    item = NoticeItem(code=LEG, limit_multiplier=Decimal("1.5"))
    told = copied(recorded(*lines, notice=replace(NOTICE, items=(item,))))
    assert [value for _, label, value in told if label == "配置类别"] == [
        "首次配置",
        "退费",
        "维修",
        "更换",
    ]
    labels = {label for _, label, _ in told}
    assert ("辅助器具基本信息 1", "限额倍数", "1.5") in told
    assert ("辅助器具基本信息 3", "上次配置（更换）时间", "2026-11-20") in told
    assert not labels & {"最低使用年限", "最高支付限额（元）"}
    bare = copied(recorded(notice=None))
    assert ("备案信息", "配置费用核付通知单文（编）号", "") in bare
    assert "限额倍数" not in {label for _, label, _ in bare}


def test_a_number_closes_the_sheet_once_and_the_same_again_changes_nothing() -> None:
    closed = SHEET.confirmed(" QR-1 ", by="配置员", at=OPENED)
    assert (closed.state, closed.confirmation) == (SheetState.CONFIRMED, "QR-1")
    assert (closed.closed_by, closed.closed_at) == ("配置员", OPENED)
    assert closed.confirmed("QR-1", by="另一人", at=OPENED + timedelta(hours=1)) is closed
    with pytest.raises(Conflict) as refused:
        closed.confirmed("QR-2", by="另一人", at=OPENED)
    assert refused.value.code == "ENTRY_SHEET_STATE"
    with pytest.raises(Conflict):
        _withdrawn(closed)


def test_a_sheet_that_was_withdrawn_takes_no_number() -> None:
    gone = _withdrawn(SHEET)
    assert (gone.state, gone.note) == (SheetState.WITHDRAWN, "未录入")
    assert (gone.closed_by, gone.closed_at) == ("配置员", OPENED)
    with pytest.raises(Conflict) as refused:
        gone.confirmed("QR-1", by="配置员", at=OPENED)
    assert "撤回" in refused.value.reason.zh


@pytest.mark.parametrize("number", ["1", "x" * NUMBER_LENGTH_MAX])
def test_a_number_has_one_to_so_many_characters(number: str) -> None:
    assert SHEET.confirmed(number, by="配置员", at=OPENED).confirmation == number


def test_the_number_is_whole_while_it_is_typed_and_masked_once_the_sheet_is_closed() -> None:
    person = SheetField(section="s", label="公民身份号码", label_en="n", value=PERSON.number)
    other = SheetField(section="s", label="序列号", label_en="serial", value=PERSON.number)
    sheet = replace(SHEET, fields=(person, other))
    assert sheet.shown() == sheet
    for closed in (sheet.confirmed("QR-1", by="配置员", at=OPENED), _withdrawn(sheet)):
        assert [one.value for one in closed.shown().fields] == [
            "110101********4512",
            PERSON.number,
        ]
        assert closed.fields == sheet.fields  # what is kept stays whole


@pytest.mark.parametrize("number", ["", " ", "a\nb", "x" * (NUMBER_LENGTH_MAX + 1)])
def test_what_is_no_number_is_refused(number: str) -> None:
    with pytest.raises(BadInput) as refused:
        SHEET.confirmed(number, by="配置员", at=OPENED)
    assert (refused.value.code, refused.value.field) == ("CONFIRMATION_NUMBER", "number")


def test_a_sheet_is_late_only_while_it_waits() -> None:
    due = OPENED + timedelta(hours=24)
    assert not SHEET.is_late(due, within_h=24)
    assert SHEET.is_late(due + timedelta(seconds=1), within_h=24)
    closed = SHEET.confirmed("QR-1", by="配置员", at=OPENED)
    assert not closed.is_late(due + timedelta(days=9), within_h=24)


def test_a_reversal_names_the_number_of_what_it_takes_back() -> None:
    original = SHEET.confirmed("QR-1", by="配置员", at=OPENED)
    fields = reversal_fields(original, reason="金额录错", at=OPENED)
    assert [(field.label, field.value) for field in fields] == [
        ("原确认号", "QR-1"),
        ("冲正原因", "金额录错"),
        ("冲正时间", "2026-11-20 09:00"),
    ]
    assert reversal_fields(SHEET, reason="x", at=OPENED)[0].value == ""


def test_while_nobody_knows_whether_it_was_typed_it_is_not_reversed() -> None:
    with pytest.raises(Conflict) as refused:
        require_closed(SHEET)
    assert refused.value.code == "ENTRY_SHEET_WAITING"
    require_closed(_withdrawn(SHEET))
    require_closed(SHEET.confirmed("QR-1", by="配置员", at=OPENED))


def test_a_number_of_another_sheet_is_told_with_that_sheet() -> None:
    taken = number_taken("e7")
    assert (taken.code, taken.field) == ("CONFIRMATION_TAKEN", "number")
    assert "e7" in taken.reason.zh


def _withdrawn(sheet: EntrySheet) -> EntrySheet:
    return sheet.withdrawn("未录入", by="配置员", at=OPENED)
