"""What holds for every bill: the sums, the order of lines, the limits, and refunds."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from math import ceil
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from edge.core.adjudication import Bill, Bucket, Ruling, Sums, adjudicate
from edge.core.catalogue import catalogue_of
from edge.core.money import parse_quantity
from edge.core.verification import Service
from tests.core.bill_dice import Dice
from tests.core.bills import RULES, bill, june, line, refund, row, ruled, whole_refund

seeds = st.integers(0, 10**9)


def by_bucket(ruling: Ruling) -> Counter[str]:
    shares: Counter[str] = Counter()
    for one in ruling.lines:
        if one.bucket is not None:
            shares.update(one.split or {one.bucket: one.personal_fen})
    return shares


@given(seeds)
def test_fund_and_personal_make_the_total_of_every_line_bucket_class_and_day(seed: int) -> None:
    ruling = adjudicate(Dice(seed).bill(), RULES)
    whole = Sums(ruling.total_fen, ruling.fund_fen, ruling.personal_fen)
    views = [*ruling.kinds.values(), *ruling.days.values(), whole]
    assert all(view.fund_fen + view.personal_fen == view.total_fen for view in views)
    assert all(one.fund_fen + one.personal_fen == one.amount_fen for one in ruling.lines)
    assert all(one.bucket or one.personal_fen == 0 for one in ruling.lines)
    assert ruling.total_fen == sum(one.amount_fen for one in ruling.lines)
    assert ruling.fund_fen == sum(one.fund_fen for one in ruling.lines)
    shares = by_bucket(ruling)
    assert all(getattr(ruling.personal, bucket) == shares[bucket] for bucket in Bucket)
    assert sum(shares.values()) == ruling.personal_fen


@given(seeds)
def test_the_same_bill_is_ruled_the_same(seed: int) -> None:
    assert adjudicate(Dice(seed).bill(), RULES) == adjudicate(Dice(seed).bill(), RULES)


@given(seeds, st.lists(st.sampled_from([Service.INPATIENT_MEDICAL, Service.DEVICE]), min_size=2))
def test_a_catalogue_that_is_kept_rules_every_bill_as_a_fresh_one_does(
    seed: int, services: list[Service]
) -> None:
    dealt = Dice(seed).bill()
    kept = catalogue_of(dealt.catalogue)
    for service in services:
        one = replace(dealt, service=service, lines=dealt.lines[: len(services)])
        assert adjudicate(one, RULES, kept) == adjudicate(one, RULES)


def standing(dealt: Bill) -> Bill:
    """Return the bill without its refunds and without what is refused."""
    good = {one.id for one in adjudicate(dealt, RULES).lines}
    firsts = {one.id: one for one in reversed(dealt.lines)}  # a second one is a duplicate
    charges = [one for one in dealt.lines if firsts[one.id] is one and one.reverses is None]
    return replace(dealt, lines=tuple(one for one in charges if one.id in good))


@given(seeds, st.randoms(use_true_random=False))
def test_lines_given_back_whole_leave_the_bill_as_if_never_charged(
    seed: int, chance: Random
) -> None:
    whole = standing(Dice(seed).bill())
    gone = [one for one in whole.lines if parse_quantity(one.quantity) and chance.random() < 0.5]
    lines = list(whole.lines)
    for one in gone:
        lines.insert(chance.randrange(len(lines) + 1), whole_refund(f"back-{one.id}", one))
    ruling = adjudicate(replace(whole, lines=tuple(lines)), RULES)
    kept = tuple(one for one in whole.lines if one not in gone)
    never = adjudicate(replace(whole, lines=kept), RULES)
    assert ruling.refused == ()
    assert (ruling.total_fen, ruling.fund_fen) == (never.total_fen, never.fund_fen)
    assert ruling.personal == never.personal
    ruled_by_id = {one.id: one for one in ruling.lines}
    assert [ruled_by_id[one.id] for one in kept] == list(never.lines)


@given(st.permutations(["-1", "-2", "-3"]), st.integers(0, 7))
def test_the_refunds_of_a_line_come_to_the_same_in_any_order(
    quantities: list[str], most: int
) -> None:
    first, later = line("1", "A", "7"), line("2", "A", "4")
    backs = [refund(quantity, first, quantity) for quantity in quantities]
    rows = [row("A", quantity_max=str(most))]
    ruling = adjudicate(bill([backs[0], first, *backs[1:], later], rows), RULES)
    once = adjudicate(bill([line("1", "A", "1"), later], rows), RULES)
    assert (ruling.fund_fen, ruling.personal) == (once.fund_fen, once.personal)
    assert ruling.lines[-1] == once.lines[-1]


@given(st.permutations(range(6)))
def test_lines_that_share_no_limit_are_ruled_alike_in_any_order(order: list[int]) -> None:
    codes = "ABCDEF"
    lines = [line(code, code, "4", "10", date=june(2)) for code in codes]
    rows = [
        row("A", quantity_per_day_max="3"),
        row("B", quantity_max="2"),
        row("C", "bed"),
        row("D", "device", price_cap_fen=900),
        row("E", price_cap_fen=700),
        row("F", "meal"),
    ]
    in_order = ruled(bill(lines, rows, bed_day_fen=800))
    mixed = ruled(bill([lines[place] for place in order], rows, bed_day_fen=800))
    assert mixed == in_order


@given(st.lists(st.tuples(st.sampled_from(["0.5", "1", "2", "3.25"]), st.integers(1, 9))))
def test_the_fund_never_pays_more_than_the_limits_allow(asked: list[tuple[str, int]]) -> None:
    beds = [
        line(f"b{place}", "B", quantity, "70", date=june(day))
        for place, (quantity, day) in enumerate(asked)
    ]
    drugs = [
        line(f"a{place}", "A", quantity, "10", date=june(day))
        for place, (quantity, day) in enumerate(asked)
    ]
    devices = [
        line(f"d{place}", "D", quantity, str(day * 10), date=june(day))
        for place, (quantity, day) in enumerate(asked)
    ]
    rows = [
        row("A", quantity_per_day_max="4", quantity_max="9.5"),
        row("B", "bed"),
        row("D", "device", price_cap_fen=5_000),
    ]
    by_id = ruled(bill(beds + drugs + devices, rows, bed_day_fen=6_000))
    paid = Counter[str]()
    for one in by_id.values():
        paid[one.id[0]] += one.fund_fen
    days = {day + night for quantity, day in asked for night in range(ceil(Fraction(quantity)))}
    assert paid["b"] <= 6_000 * len(days)
    assert paid["a"] <= 9_500
    for day in range(1, 10):
        today = [one.id for one in drugs if one.date == june(day)]
        assert sum(by_id[line_id].fund_fen for line_id in today) <= 4_000
    assert paid["d"] <= sum(5_000 * Fraction(quantity) for quantity, _ in asked)
