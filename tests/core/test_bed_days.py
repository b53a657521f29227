"""Bed days: each has the standard of its own day, however often it changes within a stay."""

from dataclasses import replace

import pytest

from edge.core.adjudication import adjudicate
from edge.core.catalogue import Standards, StandardsChange
from edge.core.errors import BadInput
from edge.core.money import FEN_MAX
from tests.core.bills import RULES, bill, june, line, row, ruled, split

BEDS = [row("B", "bed"), row("B2", "bed")]
FROM_THE_FOURTH = (StandardsChange(june(4), 7000),)


def test_each_bed_day_has_the_standard_of_its_own_day() -> None:
    given = bill(
        [line("1", "B", "4", "90")], BEDS, bed_day_fen=6000, changes=FROM_THE_FOURTH
    )  # from 2 June: two days at 60.00, two at 70.00
    assert split(ruled(given)["1"]) == (26_000, 10_000, "over_standard", "OVER_BED_STANDARD")


def test_a_stay_that_ends_before_a_change_knows_nothing_of_it() -> None:
    given = bill([line("1", "B", "2", "90")], BEDS, bed_day_fen=6000)
    later = bill([line("1", "B", "2", "90")], BEDS, bed_day_fen=6000, changes=FROM_THE_FOURTH)
    assert ruled(given) == ruled(later)


def test_a_change_before_the_stay_is_its_standard() -> None:
    changes = (StandardsChange(june(1), 5000), StandardsChange(june(2), 7000))
    given = bill([line("1", "B", "1", "90")], BEDS, bed_day_fen=6000, changes=changes)
    assert ruled(given)["1"].fund_fen == 7000


def test_a_day_without_a_standard_is_paid_whole_and_takes_no_other_days_room() -> None:
    changes = (StandardsChange(june(3), None), StandardsChange(june(4), 7000))
    lines = [line("1", "B", "3", "90"), line("2", "B2", "3", "10")]
    by_id = ruled(bill(lines, BEDS, bed_day_fen=6000, changes=changes))
    assert by_id["1"].fund_fen == 6000 + 9000 + 7000
    assert by_id["2"].fund_fen == 1000


def test_a_standard_that_only_begins_within_the_stay_limits_from_then_on() -> None:
    given = bill([line("1", "B", "3", "90")], BEDS, changes=FROM_THE_FOURTH)
    assert ruled(given)["1"].fund_fen == 9000 + 9000 + 7000


@pytest.mark.parametrize(
    ("field", "standards"),
    [
        ("bed_day_fen", Standards(-1)),
        ("bed_day_fen", Standards(FEN_MAX + 1)),
        ("changes[1].bed_day_fen", Standards(1, (*FROM_THE_FOURTH, StandardsChange(june(5), -1)))),
        ("changes[1].since", Standards(1, FROM_THE_FOURTH * 2)),
        ("changes[1].since", Standards(1, (*FROM_THE_FOURTH, StandardsChange(june(3), 1)))),
    ],
)
def test_standards_that_cannot_be_are_bad_input(field: str, standards: Standards) -> None:
    with pytest.raises(BadInput) as refused:
        adjudicate(replace(bill([], []), standards=standards), RULES)
    assert (refused.value.code, refused.value.field) == ("BAD_BILL", f"standards.{field}")


def test_standards_of_nothing_and_of_the_most_are_sound() -> None:
    changes = (StandardsChange(june(4), FEN_MAX), StandardsChange(june(5)))
    given = bill([line("1", "B", "1", "90")], BEDS, bed_day_fen=0, changes=changes)
    assert split(ruled(given)["1"]) == (0, 9000, "over_standard", "OVER_BED_STANDARD")
