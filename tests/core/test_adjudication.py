"""One example for each reason, worked out by hand to the fen, and for each way to meet a limit."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from edge.core.adjudication import LineReason, Personal, RuledLine, Sums, adjudicate
from edge.core.catalogue import catalogue_of
from edge.core.errors import BadInput
from edge.core.verification import Notice, NoticeItem
from tests.core.bills import (
    RULES,
    bill,
    device_bill,
    june,
    line,
    notice,
    refusals,
    row,
    ruled,
    split,
)


def test_a_line_in_scope_is_paid_whole_with_row_and_article() -> None:
    one = ruled(bill([line("1", "A1", "2", "12.345600")], [row("A1", price_cap_fen=5000)]))["1"]
    assert one == RuledLine(
        id="1",
        amount_fen=2469,
        fund_fen=2469,
        personal_fen=0,
        bucket=None,
        catalogue_row="A1@2024-01-01",
        reason=LineReason.IN_SCOPE,
        article="医疗 IN_SCOPE",
    )


@pytest.mark.parametrize("kind", ["meal", "travel"])
def test_meals_and_travel_are_excluded_whatever_else_holds(kind: str) -> None:
    rows = [row("M", kind, in_scope=False)]
    one = ruled(bill([line("1", "M", "3", "20", injury_related=False)], rows))["1"]
    assert split(one) == (0, 6000, "excluded", "EXCLUDED")


def test_a_meal_whose_row_has_ended_is_still_a_meal() -> None:
    one = ruled(bill([line("1", "M")], [row("M", "meal", valid_to=date(2024, 5, 31))]))["1"]
    assert one.reason == LineReason.EXCLUDED


def test_what_treats_something_else_is_the_workers_before_the_catalogue_is_asked() -> None:
    rows = [row("A", in_scope=False)]
    one = ruled(bill([line("1", "A", "2", "7.5", injury_related=False)], rows))["1"]
    assert split(one) == (0, 1500, "non_injury", "NON_INJURY")
    assert one.article == "医疗 NON_INJURY"


def test_a_row_out_of_scope_is_the_workers() -> None:
    one = ruled(bill([line("1", "A")], [row("A", in_scope=False)]))["1"]
    assert split(one) == (0, 1000, "out_of_catalogue", "OUT_OF_CATALOGUE")


def test_a_row_counts_on_its_first_and_last_day_and_on_no_other() -> None:
    rows = [row("A", valid_from=june(3), valid_to=june(5))]
    lines = [line(str(day), "A", date=june(day)) for day in (2, 3, 5, 6)]
    by_id = ruled(bill(lines, rows))
    assert [by_id[str(day)].reason for day in (2, 3, 5, 6)] == [
        "OUT_OF_CATALOGUE",
        "IN_SCOPE",
        "IN_SCOPE",
        "OUT_OF_CATALOGUE",
    ]
    assert by_id["6"].catalogue_row == "A@2024-06-03"


def test_a_price_over_the_cap_is_cut_to_it() -> None:
    one = ruled(bill([line("1", "A", "3", "12.34")], [row("A", price_cap_fen=1000)]))["1"]
    assert split(one) == (3000, 702, "over_standard", "OVER_PRICE_CAP")


def test_a_price_over_the_cap_by_a_millionth_is_over_it() -> None:
    one = ruled(bill([line("1", "A", "1", "10.000001")], [row("A", price_cap_fen=1000)]))["1"]
    assert split(one) == (1000, 0, "over_standard", "OVER_PRICE_CAP")


def test_the_cap_times_the_quantity_is_rounded_half_up_once() -> None:
    one = ruled(bill([line("1", "A", "0.5", "10")], [row("A", price_cap_fen=333)]))["1"]
    assert split(one) == (167, 333, "over_standard", "OVER_PRICE_CAP")


def test_the_hospitals_amount_counts_when_nothing_limits_it() -> None:
    rows = [row("A", price_cap_fen=1000)]
    one = ruled(bill([line("1", "A", "1", "10", amount_fen=1001)], rows))["1"]
    assert split(one) == (1001, 0, None, "IN_SCOPE")


def test_the_fund_never_pays_more_than_the_hospitals_amount() -> None:
    rows = [row("A", price_cap_fen=333)]
    one = ruled(bill([line("1", "A", "1", "3.334", amount_fen=332)], rows))["1"]
    assert split(one) == (332, 0, "over_standard", "OVER_PRICE_CAP")


def test_a_days_quantity_is_allowed_in_line_order() -> None:
    rows = [row("A", quantity_per_day_max="3")]
    lines = [
        line("1", "A", "2"),
        line("2", "A", "2"),
        line("3", "A", "1"),
        line("4", "A", "3", date=june(3)),
    ]
    by_id = ruled(bill(lines, rows))
    assert split(by_id["1"]) == (2000, 0, None, "IN_SCOPE")
    assert split(by_id["2"]) == (1000, 1000, "over_standard", "OVER_QUANTITY")
    assert split(by_id["3"]) == (0, 1000, "over_standard", "OVER_QUANTITY")
    assert split(by_id["4"]) == (3000, 0, None, "IN_SCOPE")


def test_a_stays_quantity_counts_what_the_days_have_allowed() -> None:
    rows = [row("A", quantity_per_day_max="2", quantity_max="3")]
    lines = [line("1", "A", "5"), line("2", "A", "2", date=june(3))]
    by_id = ruled(bill(lines, rows))
    assert split(by_id["1"]) == (2000, 3000, "over_standard", "OVER_QUANTITY")
    assert split(by_id["2"]) == (1000, 1000, "over_standard", "OVER_QUANTITY")


def test_price_and_quantity_limit_together_and_price_names_the_reason() -> None:
    rows = [row("A", price_cap_fen=800, quantity_max="1.5")]
    one = ruled(bill([line("1", "A", "2", "10")], rows))["1"]
    assert split(one) == (1200, 800, "over_standard", "OVER_PRICE_CAP")


def test_a_line_that_is_not_for_the_injury_uses_up_no_quantity() -> None:
    rows = [row("A", quantity_max="1")]
    by_id = ruled(bill([line("1", "A", injury_related=False), line("2", "A")], rows))
    assert by_id["2"].reason == LineReason.IN_SCOPE


def test_bed_days_are_spread_from_the_lines_day_with_the_remainder_on_the_first() -> None:
    # 2.5 days at 80: 200.00 over 3 days is 66.68, 66.66, 66.66; the standard is 66.67.
    given = bill([line("1", "B", "2.5", "80")], [row("B", "bed")], bed_day_fen=6667)
    assert split(ruled(given)["1"]) == (19_999, 1, "over_standard", "OVER_BED_STANDARD")


def test_each_day_has_one_bed_standard_taken_in_line_order() -> None:
    lines = [line("1", "B", "2", "40"), line("2", "B2", "1", "50", date=june(3))]
    by_id = ruled(bill(lines, [row("B", "bed"), row("B2", "bed")], bed_day_fen=6000))
    assert split(by_id["1"]) == (8000, 0, None, "IN_SCOPE")
    assert split(by_id["2"]) == (2000, 3000, "over_standard", "OVER_BED_STANDARD")


def test_a_beds_price_cap_comes_before_the_standard() -> None:
    rows = [row("B", "bed", price_cap_fen=7000)]
    one = ruled(bill([line("1", "B", "1", "80")], rows, bed_day_fen=6000))["1"]
    assert split(one) == (6000, 2000, "over_standard", "OVER_PRICE_CAP")


def test_without_a_standard_a_bed_is_paid_as_any_other_line() -> None:
    one = ruled(bill([line("1", "B", "3", "400")], [row("B", "bed")]))["1"]
    assert one.reason == LineReason.IN_SCOPE
    bare = replace(bill([line("1", "B")], [row("B", "bed")]), standards=None)
    assert ruled(bare)["1"].fund_fen == 1000


def test_a_bed_line_of_no_days_lies_on_its_own_day() -> None:
    given = bill([line("1", "B", "0", "80", amount_fen=1)], [row("B", "bed")], bed_day_fen=0)
    assert split(ruled(given)["1"]) == (0, 1, "over_standard", "OVER_BED_STANDARD")


def test_a_bed_line_of_more_than_ten_years_is_paid_for_ten() -> None:
    given = bill([line("1", "B", "4000", "10")], [row("B", "bed")], bed_day_fen=1000)
    assert split(ruled(given)["1"]) == (
        3660_000,
        340_000,
        "over_standard",
        "OVER_BED_STANDARD",
    )


def test_a_device_over_the_catalogues_limit_is_paid_up_to_it() -> None:
    one = ruled(device_bill(line("1", "D", "1", "1500")))["1"]
    assert split(one) == (100_000, 50_000, "device_over_limit", "DEVICE_OVER_LIMIT")
    assert one.article == "器具 DEVICE_OVER_LIMIT"


def test_a_device_under_its_limit_is_paid_as_it_costs() -> None:
    assert split(ruled(device_bill(line("1", "D", "1", "999.99")))["1"]) == (
        99_999,
        0,
        None,
        "IN_SCOPE",
    )


def test_the_notices_limit_takes_the_place_of_the_catalogues() -> None:
    over = device_bill(line("1", "D", "1", "1500"), notice=notice(D=140_000))
    assert ruled(over)["1"].fund_fen == 140_000
    silent = device_bill(line("1", "D", "1", "1500"), notice=notice(D=None))
    assert ruled(silent)["1"].fund_fen == 100_000


@pytest.mark.parametrize(
    ("limit", "times", "fund"),
    [(100_000, "1.5", 150_000), (None, "1.2", 120_000), (1, "0.5", 1), (100_000, "0.3333", 33_330)],
)
def test_a_multiplier_raises_the_limit_whoever_names_it(
    limit: int | None, times: str, fund: int
) -> None:
    item = NoticeItem(code="D", limit_fen=limit, limit_multiplier=Decimal(times))
    given = device_bill(line("1", "D", "1", "9999"), notice=Notice(items=(item,)))
    assert ruled(given)["1"].fund_fen == fund
    unlimited = device_bill(
        line("1", "D", "1", "9999"),
        rows=[row("D", "device")],
        notice=Notice(items=(replace(item, limit_fen=None),)),
    )
    assert ruled(unlimited)["1"].fund_fen == 999_900


def test_the_limit_of_several_units_is_one_room_taken_in_line_order() -> None:
    by_id = ruled(device_bill(line("1", "D", "1", "1500"), line("2", "D", "1", "700")))
    assert split(by_id["1"]) == (150_000, 0, None, "IN_SCOPE")
    assert split(by_id["2"]) == (50_000, 20_000, "device_over_limit", "DEVICE_OVER_LIMIT")


def test_a_device_that_is_not_paid_at_all_brings_no_room() -> None:
    by_id = ruled(
        device_bill(line("1", "D", "1", "1500", injury_related=False), line("2", "D", "1", "1500"))
    )
    assert by_id["2"].fund_fen == 100_000


def test_a_device_that_the_notice_does_not_name_is_out_of_the_catalogue() -> None:
    one = ruled(device_bill(line("1", "D"), notice=notice(E=None)))["1"]
    assert split(one) == (0, 1000, "out_of_catalogue", "DEVICE_NOT_APPROVED")
    assert ruled(device_bill(line("1", "D"), notice=Notice(items=None)))["1"].fund_fen == 0


def test_a_notice_bars_nothing_but_devices() -> None:
    given = device_bill(line("1", "A"), rows=[row("A", "consumable")], notice=notice(E=None))
    assert ruled(given)["1"].reason == LineReason.IN_SCOPE


def test_a_device_without_any_limit_is_paid_whole() -> None:
    given = device_bill(line("1", "D", "1", "99999"), rows=[row("D", "device")])
    assert split(ruled(given)["1"]) == (9_999_900, 0, None, "IN_SCOPE")


def test_a_device_that_had_no_limit_yet_takes_nothing_from_the_later_limit() -> None:
    rows = [row("D", "device"), row("D", "device", valid_from=june(3), price_cap_fen=100_000)]
    lines = [line("1", "D", "1", "1500"), line("2", "D", "1", "1500", date=june(3))]
    by_id = ruled(device_bill(*lines, rows=rows))
    assert (by_id["1"].fund_fen, by_id["2"].fund_fen) == (150_000, 100_000)


def test_totals_are_shown_by_bucket_class_of_cost_and_day() -> None:
    lines = [
        line("1", "A", "2"),
        line("2", "M", "1", "20", date=june(3)),
        line("3", "A", "1", date=june(3), injury_related=False),
        line("4", "R", "1", "100", date=june(3)),
    ]
    rows = [row("A"), row("M", "meal"), row("R", "rehab", price_cap_fen=9000)]
    ruling = adjudicate(bill(lines, rows), RULES)
    assert (ruling.total_fen, ruling.fund_fen, ruling.personal_fen) == (15_000, 11_000, 4_000)
    assert ruling.personal == Personal(excluded=2000, non_injury=1000, over_standard=1000)
    assert ruling.kinds == {
        "drug": Sums(3000, 2000, 1000),
        "rehab": Sums(10_000, 9000, 1000),
        "meal": Sums(2000, 0, 2000),
    }
    assert ruling.days == {
        "2024-06-02": Sums(2000, 2000, 0),
        "2024-06-03": Sums(13_000, 9000, 4000),
    }
    assert ruling.lines[3].article == "康复 OVER_PRICE_CAP"


def test_a_bill_of_nothing_comes_to_nothing() -> None:
    ruling = adjudicate(bill([], []), RULES)
    assert (ruling.total_fen, ruling.lines, ruling.kinds, ruling.days) == (0, (), {}, {})


def test_a_refused_line_is_reported_and_in_no_total() -> None:
    ruling = adjudicate(bill([line("1", "A"), line("2", "?")], [row("A")]), RULES)
    assert refusals(ruling) == [("2", "UNKNOWN_CODE")]
    assert ruling.total_fen == 1000


def test_an_amount_a_fen_and_a_half_off_the_product_rounds_to_one_or_two_off() -> None:
    below = line("1", "A", "1", "0.025", amount_fen=1)
    above = line("2", "A", "1", "0.025", amount_fen=4)
    ruling = adjudicate(bill([below, above], [row("A")]), RULES)
    assert refusals(ruling) == [("1", "AMOUNT_MISMATCH")]
    assert ruling.fund_fen == 4


def test_lines_of_nothing_that_are_paid_in_full_make_a_day_but_no_class_of_cost() -> None:
    lines = [line("1", "A", "0", "10"), line("2", "B", date=june(3)), line("3", "C", "0", "0")]
    rows = [row("A"), row("B", "treatment"), row("C", "consumable", in_scope=False)]
    ruling = adjudicate(bill(lines, rows), RULES)
    assert list(ruling.kinds) == ["treatment", "consumable"]
    assert list(ruling.days) == ["2024-06-02", "2024-06-03"]


def test_the_sites_own_catalogue_serves_in_place_of_the_bills_rows() -> None:
    ruling = adjudicate(bill([line("1", "A")], []), RULES, catalogue_of([row("A")]))
    assert ruling.fund_fen == 1000


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("treatment_region", {"treatment_region": "12000"}),
        ("insured_region", {"insured_region": "１２００００"}),
        ("insured_region", {"insured_region": "51000x"}),
        ("discharged_on", {"discharged_on": date(2024, 5, 31)}),
        ("lines[0].id", {"lines": (line("", "A"),)}),
        ("notice.items[0].limit_fen", {"notice": notice(D=-1)}),
        (
            "notice.items[0].limit_multiplier",
            {"notice": Notice(items=(NoticeItem(code="D", limit_multiplier=Decimal(101)),))},
        ),
        (
            "notice.items[1].limit_fen",
            {
                "notice": Notice(
                    items=(
                        NoticeItem(code="D"),
                        NoticeItem(code="D", limit_multiplier=Decimal(2)),
                    )
                )
            },
        ),
        (
            "notice.items[1].limit_fen",
            {"notice": Notice(items=(NoticeItem(code="D", limit_fen=1), NoticeItem(code="D")))},
        ),
    ],
)
def test_a_bill_that_contradicts_itself_is_bad_input(field: str, changed: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as refused:
        adjudicate(replace(bill([], []), **changed), RULES)
    assert (refused.value.code, refused.value.field) == ("BAD_BILL", field)


def test_a_standard_below_nothing_is_bad_input() -> None:
    with pytest.raises(BadInput, match=r"standards\.bed_day_fen"):
        adjudicate(bill([], [], bed_day_fen=-1), RULES)


def test_a_line_that_is_not_paid_in_full_names_the_row_that_decided_it() -> None:
    rows = [row("A", price_cap_fen=900), row("B"), row("C", in_scope=False)]
    lines = [line("1", "A"), line("2", "B", injury_related=False), line("3", "C")]
    assert [one.catalogue_row for one in ruled(bill(lines, rows)).values()] == [
        *("A@2024-01-01", "B@2024-01-01", "C@2024-01-01"),
    ]


def test_a_rehab_line_names_the_article_on_rehab_whether_paid_or_not() -> None:
    rows = [row("R", "rehab"), row("C", "rehab", price_cap_fen=900)]
    lines = ruled(bill([line("1", "R"), line("2", "C")], rows))
    assert [one.article for one in lines.values()] == ["康复 IN_SCOPE", "康复 OVER_PRICE_CAP"]
