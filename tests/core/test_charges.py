"""Sifting a bill's lines: every refusal, which comes first, and what a refund may be."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from edge.core.charges import Charge, Readings, Refusal, Sifted, entangled, sift
from edge.core.money import FEN_MAX, parse_quantity
from tests.core.bills import ADMITTED, DISCHARGED, june, line, refund, whole_refund

KNOWN = {"A", "B"}
FIRST = line("1", "A", "4", "2.5")


def sifted(*lines: Charge, last: date | None = DISCHARGED) -> Sifted:
    return sift(lines, first=ADMITTED, last=last, known=KNOWN)


def refused(*lines: Charge) -> list[tuple[str, str]]:
    return [(one.id, one.code) for one in sifted(*lines).refused]


def test_a_sound_line_comes_with_its_numbers() -> None:
    assert sifted(FIRST) == Sifted([(FIRST, 40_000, 2_500_000)], {}, [])


@pytest.mark.parametrize(
    "broken",
    [
        {"quantity": "two"},
        {"quantity": "1.00000"},
        {"price": "-2.5"},
        {"price": "2.5000000"},
        {"amount_fen": FEN_MAX + 1},
        {"amount_fen": -FEN_MAX - 1},
    ],
)
def test_a_bad_number_refuses_its_line_and_no_other(broken: dict[str, Any]) -> None:
    given = sifted(replace(FIRST, **broken), line("2", "A"))
    assert [(one.id, one.code) for one in given.refused] == [("1", Refusal.BAD_NUMBER)]
    assert [charge.id for charge, _, _ in given.lines] == ["2"]


def test_the_second_line_of_an_id_is_refused_even_when_the_first_was() -> None:
    assert refused(FIRST, FIRST) == [("1", "DUPLICATE_LINE")]
    assert refused(replace(FIRST, price="x"), FIRST) == [
        ("1", "BAD_NUMBER"),
        ("1", "DUPLICATE_LINE"),
    ]


def test_a_code_that_no_version_knows_is_to_be_mapped() -> None:
    given = sifted(line("1", "ZZ"))
    assert given.refused[0].code == Refusal.UNKNOWN_CODE
    assert "ZZ" in given.refused[0].text
    assert "ZZ" in given.refused[0].text_en


def test_the_days_of_admission_and_discharge_belong_to_the_stay() -> None:
    days = [date(2024, 5, 31), june(1), june(11), june(12)]
    lines = [line(str(place), "A", date=day) for place, day in enumerate(days)]
    assert refused(*lines) == [("0", "OUTSIDE_STAY"), ("3", "OUTSIDE_STAY")]


def test_before_the_discharge_a_stay_has_no_last_day() -> None:
    assert sifted(line("1", "A", date=date(2025, 1, 1)), last=None).refused == []


def test_only_a_refund_may_come_after_the_discharge_and_none_before_the_admission() -> None:
    late = refund("2", FIRST, "-1", date=june(20))
    assert refused(FIRST, late) == []
    assert refused(FIRST, replace(late, date=date(2024, 5, 31))) == [("2", "OUTSIDE_STAY")]
    assert refused(FIRST, replace(late, reverses=None)) == [("2", "OUTSIDE_STAY")]


@pytest.mark.parametrize("off", [-1, 0, 1])
def test_the_hospitals_amount_stands_when_it_is_within_a_fen(off: int) -> None:
    assert refused(replace(FIRST, amount_fen=1000 + off)) == []


@pytest.mark.parametrize("amount", [998, 1002, -1000])
def test_an_amount_more_than_a_fen_off_is_refused(amount: int) -> None:
    assert refused(replace(FIRST, amount_fen=amount)) == [("1", "AMOUNT_MISMATCH")]


def test_an_amount_of_the_wrong_sign_is_refused_even_within_a_fen() -> None:
    free = line("1", "A", "1", "0", amount_fen=-1)
    assert refused(free) == [("1", "AMOUNT_MISMATCH")]
    given = line("2", "A", "2", "0.001")
    assert refused(given, refund("3", given, "-1", amount_fen=1)) == [("3", "AMOUNT_MISMATCH")]


def test_lines_of_nothing_are_lines() -> None:
    assert refused(line("1", "A", "0"), line("2", "A", "1", "0")) == []


def test_refunds_go_to_the_line_that_they_reverse_wherever_they_stand() -> None:
    before, after = refund("2", FIRST, "-1"), refund("3", FIRST, "-3")
    assert sifted(before, FIRST, after).refunds == {
        "1": [(before, -10_000, 2_500_000), (after, -30_000, 2_500_000)]
    }


@pytest.mark.parametrize(
    "changed",
    [
        {"reverses": "none"},
        {"reverses": None},
        {"reverses": "2"},
        {"code": "B"},
        {"price": "2.6", "amount_fen": -260},
        {"quantity": "1", "amount_fen": 250},
        {"quantity": "0", "amount_fen": 0},
        {"quantity": "-4.0001", "amount_fen": -1000},
        {"quantity": "-4", "amount_fen": -999},
    ],
)
def test_a_refund_that_does_not_fit_its_line_is_refused(
    changed: dict[str, Any],
) -> None:
    back = replace(refund("2", FIRST, "-1"), **changed)
    assert refused(FIRST, back) == [("2", "BAD_REVERSAL")]


def test_the_same_price_written_otherwise_is_the_same_price() -> None:
    assert refused(FIRST, replace(refund("2", FIRST, "-1"), price="2.500000")) == []


def test_a_refund_of_a_refused_line_is_refused_too() -> None:
    wrong = replace(FIRST, amount_fen=1)
    assert refused(wrong, refund("2", FIRST, "-1")) == [
        ("1", "AMOUNT_MISMATCH"),
        ("2", "BAD_REVERSAL"),
    ]


def test_a_refund_cannot_be_refunded() -> None:
    back = refund("2", FIRST, "-1")
    assert refused(FIRST, back, refund("3", back, "-1")) == [("3", "BAD_REVERSAL")]


def test_refunds_together_never_give_back_more_than_was_charged() -> None:
    backs = [refund(str(place), FIRST, "-1.5") for place in (2, 3, 4)]
    assert refused(FIRST, *backs, refund("5", FIRST, "-1")) == [("4", "BAD_REVERSAL")]


def test_a_refund_with_a_wrong_amount_gives_nothing_back() -> None:
    wrong = refund("2", FIRST, "-3", amount_fen=-700)
    assert refused(FIRST, wrong, whole_refund("3", FIRST)) == [("2", "AMOUNT_MISMATCH")]


def test_when_all_is_given_back_the_amounts_must_meet_to_the_fen() -> None:
    thirds = line("1", "A", "3", "3.333")
    backs = [refund(str(place), thirds, "-1") for place in (2, 3, 4)]
    assert refused(thirds, *backs) == [("4", "BAD_REVERSAL")]
    assert refused(thirds, *backs[:2], replace(backs[2], amount_fen=-334)) == []


def test_a_line_carries_the_first_refusal_that_holds() -> None:
    all_wrong = replace(FIRST, code="ZZ", date=june(30), amount_fen=1)
    lines = [
        FIRST,
        replace(all_wrong, price="x"),
        all_wrong,
        replace(all_wrong, id="2"),
        replace(all_wrong, id="3", code="A"),
        replace(refund("4", FIRST, "-9"), amount_fen=1),
    ]
    assert [code for _, code in refused(*lines)] == [
        "BAD_NUMBER",
        "DUPLICATE_LINE",
        "UNKNOWN_CODE",
        "OUTSIDE_STAY",
        "BAD_REVERSAL",
    ]


def test_what_is_refused_is_listed_in_the_bills_order_with_words_for_the_clerk() -> None:
    lines = [refund("9", FIRST, "-9"), FIRST, line("2", "A", amount_fen=1), line("3", "ZZ")]
    given = sifted(*lines)
    assert [one.id for one in given.refused] == ["9", "2", "3"]
    assert all(one.text and one.text_en for one in given.refused)


def test_the_most_that_a_line_may_be_is_a_line_and_may_be_given_back() -> None:
    most = line("1", "A", "1", str(FEN_MAX // 100))
    assert most.amount_fen == FEN_MAX
    assert refused(most, whole_refund("2", most)) == []


def test_of_the_smallest_part_that_can_be_left_the_amounts_need_not_meet() -> None:
    assert refused(FIRST, refund("2", FIRST, "-3.9999", amount_fen=-999)) == []


def test_lines_that_bear_on_no_other_are_not_entangled() -> None:
    back = refund("2", FIRST, "-1")
    alone = line("5", "A")
    tangle = [FIRST, back, line("3", "A"), line("3", "B"), alone]
    assert entangled(tangle, {"1", "2", "3", "5"}) == {"1", "2", "3"}
    assert entangled([FIRST, alone], {"1", "5"}) == set()


def test_a_text_is_read_once_and_what_is_read_stays_bounded() -> None:
    read: list[str] = []

    def reading(text: str) -> int | None:
        read.append(text)
        return parse_quantity(text)

    readings = Readings(reading)
    assert [readings[text] for text in ("2", "x", "2", "x")] == [20_000, None, 20_000, None]
    assert read == ["2", "x"]
    for number in range(Readings.MAX):
        assert readings[str(number)] == number * 10_000
        assert len(readings) <= Readings.MAX
    assert len(readings) < Readings.MAX
