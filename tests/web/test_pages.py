"""What the pages say of lamps, clock, bill and regions, from values; no browser, no site."""

from datetime import UTC, date, datetime, timedelta

import pytest

from drivers.monitor import ReaderState, ReaderView
from drivers.scanner import ScannerState
from edge import packs
from edge.core.adjudication import Bill, Bucket, LineReason, adjudicate, bill_rules
from edge.core.catalogue import CatalogueRow, CostKind
from edge.core.charges import Charge
from edge.core.reminders import Deadline, Duty, MonthOpen, reminders
from edge.core.stay import Bedside, Injury, Stay, StayState
from edge.core.verification import (
    Category,
    ContributionStatus,
    Decision,
    Emergency,
    Service,
)
from edge.shipped import config_folder
from edge.site.rulings import Ruled
from edge.store.operators import Role
from edge.web.look import Colour
from edge.web.pages.deadline import time_left
from edge.web.pages.frame import acts_of
from edge.web.pages.lamps import circuit_lamp, due_lamps, platform_lamp, reader_lamps
from edge.web.pages.lists import nearness
from edge.web.pages.stay import LINES_SHOWN, bill_shown
from edge.web.pages.verdict import FAMILIES, region_named
from edge.web.security import Caller
from edge.web.texts import Language, catalogue
from sync import breaker
from sync.envelope import Kind
from sync.message import State

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
RULEBOOK = packs.load(config_folder() / "regions")


def stay_due(settle_by: datetime | None, state: StayState = StayState.DISCHARGED) -> Stay:
    return Stay(
        id="s1",
        person_id="p1",
        verification_id="v1",
        hospital_number="ZY1",
        service=Service.INPATIENT_MEDICAL,
        injury=Injury(determination="认定1", parts="左手"),
        bedside=Bedside(),
        insured_region="110000",
        admission_decision=Decision.DIRECT,
        state=state,
        admitted_at=NOW - timedelta(days=3),
        discharged_at=NOW,
        settle_by=settle_by,
    )


@pytest.mark.parametrize(
    ("hours", "colour", "words"),
    [
        (47.5, Colour.BUSY, "剩 47 小时 30 分"),
        (12, Colour.UNKNOWN, "即将到期：剩 12 小时 0 分"),
        (0, Colour.UNKNOWN, "即将到期：剩 0 小时 0 分"),
        (-3.25, Colour.BAD, "已逾期 3 小时 15 分"),
    ],
)
def test_the_clock_tells_its_time_in_colour_and_words(
    hours: float, colour: Colour, words: str
) -> None:
    left = time_left(stay_due(NOW + timedelta(hours=hours)), NOW)
    assert left
    assert (left.colour, left.words.zh, left.overdue) == (colour, words, hours < 0)


def test_the_clock_stands_in_hospital_and_after_settlement() -> None:
    assert time_left(stay_due(None, StayState.ADMITTED), NOW) is None
    assert time_left(stay_due(NOW, StayState.SETTLED), NOW) is None


def views(*names: str) -> list[ReaderView]:
    return [ReaderView(name, ReaderState.EMPTY, NOW) for name in names]


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["ACS ACR39U 00 00"], ["读卡器"]),
        (["Virtual PCD 00 00", "Virtual PCD 00 01"], ["读卡器 00", "读卡器 01"]),
        (["ACS ACR39U 00", "HID Omnikey 00"], ["读卡器 ACS ACR39U 00", "读卡器 HID Omnikey 00"]),
        (["Feitian", "Feitian 2"], ["读卡器 Feitian", "读卡器 2"]),
        ([], []),
    ],
)
def test_several_readers_are_told_apart_by_name(names: list[str], labels: list[str]) -> None:
    assert [lamp.label.zh for lamp in reader_lamps(views(*names))] == labels


def test_the_platforms_lamp_says_when_it_is_left_in_peace() -> None:
    shut = breaker.Circuit(state=breaker.State.OPEN, silences=3, until=NOW)
    lamp = circuit_lamp(shut)
    assert lamp
    assert (lamp.colour, lamp.state.zh) == (Colour.BAD, "无应答，暂停联系")
    assert circuit_lamp(None) is None
    closed = breaker.Circuit(state=breaker.State.CLOSED, silences=2, until=None)
    assert circuit_lamp(closed) is None


def test_what_is_due_has_a_lamp_only_while_something_is() -> None:
    tenth = Deadline(duty=Duty.CLAIM, article="川 第二十三条", warn_days=5, day=10)
    november = MonthOpen(month=date(2026, 11, 1), unclaimed=2)
    assert due_lamps(()) == ()
    for day, colour, state in (
        (date(2026, 12, 9), Colour.BUSY, "1 项待办，12-10 前"),
        (date(2026, 12, 11), Colour.BAD, "1 项待办，已过 12-10"),
    ):
        [lamp] = due_lamps(reminders([tenth], [november], today=day))
        assert (lamp.label.zh, lamp.colour, lamp.state.zh) == ("期限", colour, state)


def test_the_platforms_lamp_says_only_what_was_met() -> None:
    assert platform_lamp(None, answered=False).colour is Colour.UNKNOWN
    assert platform_lamp(NOW, answered=True).colour is Colour.GOOD
    assert platform_lamp(NOW, answered=False).state.zh == "无法连接"


def test_a_region_has_its_name_where_a_pack_knows_it() -> None:
    assert region_named(RULEBOOK, "110000") == "北京市（110000）"
    assert region_named(RULEBOOK, "990000") == "990000"


@pytest.mark.parametrize(
    ("role", "acts"),
    [
        (Role.ADMISSION, {"verify", "confirm", "admit", "plan", "try"}),
        (Role.DISCHARGE, {"verify", "confirm", "plan", "discharge", "settle", "try", "close"}),
        (Role.FITTING, {"verify", "confirm", "fit", "try"}),
        (Role.FINANCE, {"deliver", "close"}),
        (Role.SYSTEM_ADMINISTRATOR, {"deliver", "try"}),
    ],
)
def test_a_clerk_is_offered_what_the_endpoints_let_them_do(role: Role, acts: set[str]) -> None:
    assert acts_of(Caller(name="李敏", grants=frozenset({role}))) == acts


def test_every_value_that_a_page_can_meet_has_its_words() -> None:
    spoken = {
        "state": StayState,
        "kind": Kind,
        "message": State,
        "bucket": Bucket,
        "reason": LineReason,
        "category": Category,
        "contribution": ContributionStatus,
        "emergency": Emergency,
        "headline": Decision,
        "reader": ReaderState,
        "scanner": ScannerState,
    }
    known = set(catalogue(Language.ZH))
    for name, values in spoken.items():
        assert {f"{name}.{value.value}" for value in values} <= known
    assert set(FAMILIES) == set(Decision)


def ruled(count: int, *, over_cap: int) -> Ruled:
    charges = tuple(
        Charge(
            id=str(number),
            date=date(2026, 11, 20),
            code="A1",
            quantity="1",
            price="12.00" if number == over_cap else "10.00",
            amount_fen=1200 if number == over_cap else 1000,
            injury_related=True,
        )
        for number in range(count)
    )
    bill = Bill(
        treatment_region="120000",
        insured_region="110000",
        service=Service.INPATIENT_MEDICAL,
        admitted_on=date(2026, 11, 20),
        lines=charges,
        catalogue=(
            CatalogueRow(
                "A1", CostKind.DRUG, in_scope=True, price_cap_fen=1000, restrictions="限住院"
            ),
        ),
    )
    rules = bill_rules(
        RULEBOOK,
        treatment_region="120000",
        insured_region="110000",
        service=Service.INPATIENT_MEDICAL,
        on=bill.admitted_on,
    )
    return Ruled(bill, adjudicate(bill, rules))


def test_a_bill_shows_its_lines_in_order_and_the_buckets_that_hold_money() -> None:
    shown = bill_shown(ruled(3, over_cap=1))
    assert [line.charge.id for line in shown.lines] == ["0", "1", "2"]
    assert shown.buckets == {"over_standard": 200}
    assert shown.restrictions == {"A1": "限住院"}


def test_of_a_long_bill_the_lines_with_a_personal_share_come_first() -> None:
    shown = bill_shown(ruled(LINES_SHOWN + 50, over_cap=LINES_SHOWN + 7))
    assert len(shown.lines) == LINES_SHOWN
    assert [line.charge.id for line in shown.lines][:2] == [str(LINES_SHOWN + 7), "0"]


@pytest.mark.parametrize(
    ("day", "colour"),
    [(24, Colour.BAD), (25, Colour.UNKNOWN), (30, Colour.UNKNOWN), (31, None)],
)
def test_a_filing_s_last_day_is_near_over_or_neither(day: int, colour: Colour | None) -> None:
    until, today, soon = (date(2026, 10, one) for one in (day, 25, 30))
    assert nearness(until, today=today, soon=soon) is colour
