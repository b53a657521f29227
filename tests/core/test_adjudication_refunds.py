"""Refunds: what each carries, what it frees for others, and in which bucket the rest ends up."""

from edge.core.adjudication import Personal, Sums, adjudicate
from tests.core.bills import (
    RULES,
    bill,
    device_bill,
    june,
    line,
    refund,
    row,
    ruled,
    split,
    whole_refund,
)


def test_a_whole_refund_undoes_its_line() -> None:
    first = line("1", "A", "3", "12.34")
    given = bill([first, whole_refund("2", first)], [row("A", price_cap_fen=1000)])
    by_id = ruled(given)
    assert split(by_id["1"]) == (3000, 702, "over_standard", "OVER_PRICE_CAP")
    assert split(by_id["2"]) == (-3000, -702, "over_standard", "REVERSED")
    assert by_id["2"].article == "医疗 OVER_PRICE_CAP"
    assert by_id["1"].catalogue_row == by_id["2"].catalogue_row == "A@2024-01-01"
    assert adjudicate(given, RULES).personal == Personal()


def test_a_refund_frees_its_days_quantity_for_a_later_line() -> None:
    first = line("1", "A", "5")
    lines = [first, line("2", "A", "2"), refund("3", first, "-4")]
    by_id = ruled(bill(lines, [row("A", quantity_per_day_max="3")]))
    assert split(by_id["1"]) == (3000, 2000, "over_standard", "OVER_QUANTITY")
    assert split(by_id["2"]) == (2000, 0, None, "IN_SCOPE")
    assert split(by_id["3"]) == (-2000, -2000, "over_standard", "REVERSED")


def test_several_refunds_each_carry_the_difference_that_they_make() -> None:
    first = line("1", "A", "5")
    lines = [refund("2", first, "-1"), first, refund("3", first, "-2")]
    given = bill(lines, [row("A", quantity_max="3")])
    by_id = ruled(given)
    assert split(by_id["1"]) == (3000, 2000, "over_standard", "OVER_QUANTITY")
    assert split(by_id["2"]) == (0, -1000, "over_standard", "REVERSED")
    assert split(by_id["3"]) == (-1000, -1000, "over_standard", "REVERSED")
    assert [one.id for one in adjudicate(given, RULES).lines] == ["2", "1", "3"]


def test_a_refund_may_come_after_the_discharge_and_counts_on_its_lines_day() -> None:
    first = line("1", "A", "2")
    given = bill([first, refund("2", first, "-1", date=june(30))], [row("A")])
    assert adjudicate(given, RULES).days == {"2024-06-02": Sums(1000, 1000, 0)}


def test_a_refund_that_moves_the_rest_to_another_bucket_says_so() -> None:
    # Two fitted, one allowed: 150.00 is over the quantity. One given back: 50.00 over the limit.
    rows = [row("D", "device", price_cap_fen=10_000, quantity_max="1")]
    first = line("1", "D", "2", "150")
    given = device_bill(first, refund("2", first, "-1"), rows=rows)
    by_id = ruled(given)
    assert split(by_id["1"]) == (15_000, 15_000, "over_standard", "OVER_QUANTITY")
    assert split(by_id["2"]) == (-5_000, -10_000, "over_standard", "REVERSED")
    assert by_id["2"].split == {"over_standard": -15_000, "device_over_limit": 5_000}
    assert adjudicate(given, RULES).personal == Personal(device_over_limit=5_000)


def test_a_refund_may_leave_more_to_the_worker_and_says_in_which_bucket() -> None:
    # A day and a half is two days of 75.00; one day is one of 100.00, 25.00 over the standard.
    first = line("1", "B", "1.5", "100")
    given = bill([first, refund("2", first, "-0.5")], [row("B", "bed")], bed_day_fen=7_500)
    by_id = ruled(given)
    assert split(by_id["1"]) == (15_000, 0, None, "IN_SCOPE")
    assert split(by_id["2"]) == (-7_500, 2_500, "over_standard", "REVERSED")
    assert by_id["2"].split is None


def test_what_gives_back_more_than_was_charged_frees_no_room_for_others() -> None:
    first, other = line("1", "B", "10", "0.014"), line("4", "B", "1", "0.05")
    back = refund("2", first, "-9", amount_fen=-14)
    more = refund("3", first, "-0.5", amount_fen=-2)
    given = bill([first, back, more, other], [row("B", "bed")], bed_day_fen=1)
    ruling = adjudicate(given, RULES)
    assert (ruling.total_fen, ruling.fund_fen, ruling.personal_fen) == (3, -1, 4)
