"""A fitting: what its state allows, what was approved, what forbids that the fund pays."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.adjudication import ruled_by_law
from edge.core.cases import CaseKind, CaseRef
from edge.core.catalogue import CostKind
from edge.core.errors import BadInput, Conflict
from edge.core.fitting import (
    LINES_MAX,
    Channel,
    Fitted,
    Fitting,
    FittingState,
    approved_items,
    fitting_rules,
    obstacles,
    require_complete,
)
from edge.core.money import QUANTITY_UNIT, half_up
from edge.core.verification import Code, Decision, DeviceAct, Notice, NoticeItem, Reason, Service
from tests.core.desk import rulebook
from tests.core.fittings import (
    DAY,
    LEG,
    NOTICE,
    OPEN,
    OPENED,
    ROW,
    RULES,
    bill_of,
    fitted,
    recorded,
)

ENDED = {FittingState.FITTED, FittingState.REVERSED}


def forbidden(fitting: Fitting, *, used: bool = False) -> list[Reason]:
    return list(obstacles(fitting, RULES, bill_of(fitting), notice_used=used))


def codes(fitting: Fitting, *, used: bool = False) -> list[str]:
    return [reason.code for reason in forbidden(fitting, used=used)]


def replaced(last: date | None, **other: Any) -> Fitted:  # noqa: ANN401 - its fields
    return fitted(act=DeviceAct.REPLACEMENT, last_fitted_on=last, **other)


@pytest.mark.parametrize(
    ("move", "allowed", "after"),
    [
        (Fitting.settled, ENDED, FittingState.SETTLED),
        (Fitting.in_manual, ENDED, FittingState.MANUAL),
        (Fitting.reversed, {FittingState.SETTLED}, FittingState.REVERSED),
    ],
)
def test_each_act_has_its_states_and_no_other(
    move: Callable[[Fitting], Fitting], allowed: set[FittingState], after: FittingState
) -> None:
    for state in FittingState:
        fitting = replace(OPEN, state=state)
        if state in allowed:
            assert move(fitting) == replace(OPEN, state=after)
            continue
        with pytest.raises(Conflict) as refused:
            move(fitting)
        assert (refused.value.code, refused.value.field) == ("FITTING_STATE", "state")
        assert "配置记录" in refused.value.reason.zh


def test_only_an_effective_settlement_makes_it_settled() -> None:
    assert [state for state in FittingState if replace(OPEN, state=state).is_settled] == [
        FittingState.SETTLED
    ]


def test_a_fitting_is_a_case_of_its_own_day_without_a_deadline() -> None:
    assert OPEN.ref == CaseRef(CaseKind.FITTING, "f1")
    assert (OPEN.service, OPEN.settle_by) == (Service.DEVICE, None)
    assert (OPEN.began_at, OPEN.ended_at) == (OPENED, None)
    done = recorded()
    assert done.began_at == done.ended_at == OPENED + timedelta(hours=1)


def test_what_was_fitted_may_be_said_again_until_it_is_settled() -> None:
    first, later = recorded(), OPENED + timedelta(hours=2)
    assert first.state is FittingState.FITTED
    again = first.recorded((fitted("2"),), later, later)
    assert [line.charge.id for line in again.lines] == ["2"]
    undone = replace(first, state=FittingState.REVERSED)
    assert undone.recorded((fitted("2"),), later, later).state is FittingState.REVERSED
    for state in (FittingState.SETTLED, FittingState.MANUAL):
        with pytest.raises(Conflict):
            replace(first, state=state).recorded((fitted(),), later, later)


@pytest.mark.parametrize("off", [timedelta(seconds=-1), timedelta(seconds=1)])
def test_nothing_is_fitted_before_its_verification_or_in_the_future(off: timedelta) -> None:
    assert OPEN.recorded((fitted(),), OPENED, OPENED)
    with pytest.raises(BadInput) as refused:
        OPEN.recorded((fitted(),), OPENED + off, OPENED)
    assert (refused.value.code, refused.value.field) == ("FITTING_MOMENT", "fitted_at")


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (fitted(serial=" "), "lines[1].serial"),
        (fitted(model=""), "lines[1].model"),
        (fitted(act=DeviceAct.REPLACEMENT), "lines[1].last_fitted_on"),
    ],
)
def test_a_new_device_says_what_it_is_and_what_it_follows(line: Fitted, field: str) -> None:
    with pytest.raises(BadInput) as refused:
        require_complete((fitted(), line))
    assert (refused.value.code, refused.value.field) == ("FIELD_EMPTY", field)


def test_a_repair_and_a_refund_need_no_serial() -> None:
    repair = fitted("2", act=DeviceAct.REPAIR, serial="", model="")
    refund = fitted("3", quantity="-1", reverses="1", serial="", model="")
    assert not repair.is_new
    assert not refund.is_new
    require_complete((fitted(), repair, refund))


@pytest.mark.parametrize(
    ("lines", "code"), [((), "NO_LINES"), ((fitted(),) * (LINES_MAX + 1), "TOO_MANY_LINES")]
)
def test_no_line_and_endless_lines_are_refused(lines: tuple[Fitted, ...], code: str) -> None:
    with pytest.raises(BadInput) as refused:
        require_complete(lines)
    assert (refused.value.code, refused.value.field) == (code, "lines")
    require_complete((fitted(),) * LINES_MAX)


def test_the_notices_devices_are_approved_unless_the_filing_names_others() -> None:
    other = NoticeItem(code="D-ARM")
    both = replace(OPEN, notice=replace(NOTICE, items=(*(NOTICE.items or ()), other)))
    assert approved_items(both) == both.notice
    narrowed = approved_items(replace(both, approved=("D-ARM",)))
    assert narrowed is not None
    assert narrowed.items == (other,)


def test_without_a_notice_the_filings_devices_bind_and_without_both_the_catalogue_decides() -> None:
    bare = replace(OPEN, notice=None)
    assert approved_items(bare) is None
    assert approved_items(replace(bare, approved=(LEG,))) == Notice(items=(NoticeItem(code=LEG),))
    assert approved_items(replace(OPEN, notice=Notice(id="N1", items=None))) == Notice(
        id="N1", items=()
    )


def test_a_sound_fitting_meets_no_obstacle() -> None:
    assert forbidden(recorded()) == []


def test_a_used_notice_refuses_by_the_article_that_asks_for_it() -> None:
    [reason] = forbidden(recorded(), used=True)
    assert (reason.code, reason.effect) == (Code.NOTICE_USED, Decision.REFUSE)
    assert reason.article == "津 第二十二条"
    ours = fitting_rules(rulebook(), treatment_region="110000", insured_region="120000", on=DAY)
    assert ours.articles[Code.NOTICE_USED] == "津 第十八条"


@pytest.mark.parametrize(("last", "expired"), [(DAY, False), (DAY - timedelta(days=1), True)])
def test_a_notice_counts_to_its_last_day_of_the_fitting_itself(
    last: date, *, expired: bool
) -> None:
    fitting = recorded(notice=replace(NOTICE, valid_to=last))
    assert codes(fitting) == ["NOTICE_EXPIRED"] * expired
    assert all(last.isoformat() in reason.text for reason in forbidden(fitting))
    assert codes(recorded(notice=replace(NOTICE, valid_to=None))) == []


@pytest.mark.parametrize(("last", "due"), [(date(2023, 11, 20), False), (date(2023, 11, 21), True)])
def test_a_service_life_is_reached_on_its_anniversary(last: date, *, due: bool) -> None:
    assert codes(recorded(replaced(last))) == ["SERVICE_LIFE_NOT_REACHED"] * due
    assert codes(recorded(fitted(act=DeviceAct.REPAIR, last_fitted_on=last))) == []


def test_without_a_word_in_the_notice_the_catalogues_service_life_counts() -> None:
    silent = replace(NOTICE, items=(NoticeItem(code=LEG),))
    almost = date(2022, 11, 21)
    for notice in (silent, None):
        assert codes(recorded(replaced(almost), notice=notice)) == ["SERVICE_LIFE_NOT_REACHED"]
        assert codes(recorded(replaced(date(2022, 11, 20)), notice=notice)) == []


def test_what_the_worker_pays_alone_and_what_no_list_limits_has_no_service_life() -> None:
    recent = date(2026, 11, 1)
    other = replace(NOTICE, items=(NoticeItem(code="D-ARM"),))
    assert codes(recorded(replaced(recent), notice=other)) == []
    fitting = recorded(replaced(recent, code="DRUG"), notice=None)
    drug = replace(ROW, code="DRUG", kind=CostKind.DRUG)
    assert obstacles(fitting, RULES, bill_of(fitting, drug), notice_used=False) == ()


def test_of_several_devices_the_first_that_is_not_due_is_told() -> None:
    lines = (replaced(date(2020, 1, 1)), replaced(date(2026, 1, 1), line_id="2"))
    both = recorded(*lines, replaced(date(2026, 2, 1), line_id="3"))
    [reason] = forbidden(both)
    assert "2029-01-01" in reason.text
    assert LEG in reason.text
    assert reason.effect is Decision.REFUSE


@pytest.mark.parametrize(
    ("treatment", "insured", "channel"),
    [
        ("120000", "110000", Channel.LOGIN),
        ("110000", "120000", Channel.API),
        ("370000", "120000", Channel.API),
        ("220000", "220000", Channel.API),
        ("330000", "440000", Channel.API),
    ],
)
def test_tianjin_types_its_fittings_and_the_others_send_them(
    treatment: str, insured: str, channel: Channel
) -> None:
    rules = fitting_rules(rulebook(), treatment_region=treatment, insured_region=insured, on=DAY)
    assert rules.channel is channel


quantities = st.integers(1, 4)


@given(
    st.lists(st.tuples(quantities, st.integers(1, 3_000_000)), min_size=1, max_size=5),
    st.integers(0, 2_500_000),
    st.data(),
)
def test_the_fund_pays_at_most_the_limit_times_the_net_quantity(
    devices: list[tuple[int, int]], limit: int, data: st.DataObject
) -> None:
    lines, net, amount = [], 0, 0
    for number, (quantity, price_fen) in enumerate(devices):
        price = f"{price_fen // 100}.{price_fen % 100:02}"
        back = data.draw(st.integers(0, quantity))
        lines.append(fitted(f"L{number}", quantity=str(quantity), price=price))
        if back:
            refund = fitted(f"R{number}", quantity=f"-{back}", price=price, reverses=f"L{number}")
            lines.append(refund)
        net += quantity - back
        amount += (quantity - back) * price_fen
    items = (NoticeItem(code=LEG, limit_fen=limit),)
    fitting = recorded(*lines, notice=replace(NOTICE, items=items))
    ruling = ruled_by_law(bill_of(fitting), rulebook())
    assert ruling.refused == ()
    assert ruling.total_fen == amount
    assert ruling.fund_fen == min(amount, half_up(limit * net * QUANTITY_UNIT, QUANTITY_UNIT))
    assert ruling.fund_fen + ruling.personal_fen == ruling.total_fen
    assert ruling.personal.device_over_limit == ruling.personal_fen
    assert Fraction(ruling.fund_fen) <= Fraction(limit * net)


def test_a_device_beside_the_notice_is_the_workers() -> None:
    fitting = recorded(fitted(), fitted("2", code="D-ARM", price="100"))
    arm = replace(ROW, code="D-ARM")
    ruling = ruled_by_law(bill_of(fitting, ROW, arm), rulebook())
    assert (ruling.fund_fen, ruling.personal.out_of_catalogue) == (1_800_000, 10_000)
