"""A pack answers by the day of the event; the book says which pack governs."""

from dataclasses import replace
from datetime import date

import pytest

from edge.core.dates import Period
from edge.core.errors import BadRule
from edge.core.rules import KEYS, NATIONAL, SILENT, Area, Instrument, Pack, Rule, Rulebook, Scope
from edge.core.rules.pack import Value
from tests.core.desk import rulebook

START = date(2024, 4, 1)


def rule(key: str, value: Value, since: date = START) -> Rule:
    return Rule(key=key, value=value, article="津 第一条", title="办法", since=since)


def instrument(short: str, starts: date, ends: date | None = None) -> Instrument:
    return Instrument(short=short, title="办法", starts=starts, article="津 第一条", ends=ends)


def pack(region: str = "120000", ends: date | None = None) -> Pack:
    kept = rule("local.area", "city", date.min if region == NATIONAL else START)
    hours = {"local.area": ((kept.since, kept),)}
    return Pack(
        place="somewhere",
        region=region,
        name="某地",
        version="1",
        sha256="0" * 64,
        scope=Scope.CROSS_PROVINCE,
        instruments=(instrument("津", kept.since, ends),),
        dated=hours,
        starts=kept.since,
    )


def both(one: Pack) -> list[Pack]:
    return [one, replace(one, scope=Scope.INTRA_PROVINCE)]


def test_a_rule_is_the_newest_that_counts_on_the_day() -> None:
    old, new = rule("settlement.hours", 48), rule("settlement.hours", 72, date(2025, 1, 1))
    dated = {"settlement.hours": ((new.since, new), (old.since, old))}
    held = replace(pack(), dated=dated)
    assert held.rule("settlement.hours", on=date(2024, 3, 31)) is None
    assert held.rule("settlement.hours", on=date(2024, 4, 1)) is old
    assert held.rule("settlement.hours", on=date(2024, 12, 31)) is old
    assert held.rule("settlement.hours", on=date(2025, 1, 1)) is new


def test_a_ceased_rule_is_no_rule() -> None:
    old = rule("settlement.hours", 48)
    dated = {"settlement.hours": ((date(2025, 1, 1), None), (old.since, old))}
    held = replace(pack(), dated=dated)
    assert held.rule("settlement.hours", on=date(2024, 12, 31)) is old
    assert held.rule("settlement.hours", on=date(2025, 1, 1)) is None


def test_what_a_pack_does_not_cover_is_absent_and_the_law_silent() -> None:
    assert pack().rule("rehab.cap.referral", on=START) is None
    assert pack().article("rehab.cap.referral", on=START) == SILENT
    assert pack().article("local.area", on=START) == "津 第一条"


def test_a_key_that_no_pack_can_hold_is_an_error() -> None:
    with pytest.raises(KeyError):
        pack().rule("settlement.minutes", on=START)


def test_a_needed_rule_that_is_missing_is_named() -> None:
    assert pack().needed("local.area", on=START).value == "city"
    with pytest.raises(BadRule) as raised:
        pack().needed("settlement.hours", on=START)
    assert raised.value.field == "120000: settlement.hours"


def test_a_value_answers_as_what_it_is_and_as_nothing_else() -> None:
    words = rule("credential.accepted", ("card",))
    length = rule("referral.start_within", Period(days=30))
    hours = rule("settlement.hours", 48)
    assert (words.words, words.period, words.count) == (("card",), None, 0)
    assert (length.words, length.period, length.count) == ((), Period(days=30), 0)
    assert (hours.words, hours.period, hours.count) == ((), None, 48)


def test_a_pack_governs_its_region_scope_and_time_and_national_the_rest() -> None:
    own = pack()
    book = Rulebook([own, *both(pack(NATIONAL))])
    assert book.governing("120000", on=START, cross_province=True) is own
    for region, on, crosses in (
        ("120000", date(2024, 3, 31), True),
        ("120000", START, False),
        ("990000", START, True),
    ):
        assert book.governing(region, on=on, cross_province=crosses).region == NATIONAL


def test_a_passed_term_still_governs_unless_terms_are_strict() -> None:
    own = pack(ends=date(2025, 3, 31))
    packs = [own, *both(pack(NATIONAL))]
    after = date(2025, 4, 1)
    lenient, strict = Rulebook(packs), Rulebook(packs, strict_terms=True)
    assert lenient.governing("120000", on=after, cross_province=True) is own
    assert strict.governing("120000", on=after, cross_province=True).region == NATIONAL
    assert strict.governing("120000", on=date(2025, 3, 31), cross_province=True) is own


def test_a_term_has_passed_when_no_begun_instrument_is_left() -> None:
    first = instrument("津", START, date(2025, 3, 31))
    successor = instrument("津新", date(2025, 6, 1))
    held = replace(pack(), instruments=(first, successor))
    passed = {on: held.term_passed(on) for on in (date(2024, 1, 1), date(2025, 3, 31))}
    assert passed == {date(2024, 1, 1): False, date(2025, 3, 31): False}
    assert held.term_passed(date(2025, 4, 1))
    assert not held.term_passed(date(2025, 6, 1))


def test_packs_are_listed_by_region_and_scope() -> None:
    book = Rulebook([pack(), *both(pack(NATIONAL))])
    assert [(one.region, one.scope.value) for one in book.packs] == [
        (NATIONAL, "cross_province"),
        (NATIONAL, "intra_province"),
        ("120000", "cross_province"),
    ]


def test_cities_compare_by_four_digits_unless_one_stands_alone() -> None:
    area = Area(whole_region=False, own_areas=("220184",), article="")
    assert area.same("220102", "220100")
    assert not area.same("220102", "220200")
    assert not area.same("220184", "220100")
    assert area.same("220184", "220184")
    assert not area.same("220000", "220000")


def test_a_region_that_is_one_city_is_one_area() -> None:
    area = Area(whole_region=True, own_areas=(), article="")
    assert area.same("310101", "310230")
    assert not area.same("310101", "320101")


def test_geography_is_the_regions_own_and_nationals_where_it_has_none() -> None:
    national = pack(NATIONAL)
    cities = rule("local.municipalities", ("310000",), date.min)
    national = replace(national, dated={**national.dated, cities.key: ((date.min, cities),)})
    own = pack()
    areas = rule("local.own_areas", ("120184",))
    own = replace(own, dated={**own.dated, areas.key: ((START, areas),)})
    book = Rulebook([own, *both(national)])
    assert book.area("310000", on=START).whole_region
    assert not book.area("330000", on=START).whole_region
    assert book.area("120000", on=START).own_areas == ("120184",)
    assert book.area("120000", on=date(2024, 3, 31)).own_areas == ()


def test_every_key_says_what_it_is_in_both_languages() -> None:
    assert all(key.words.zh and key.words.en for key in KEYS.values())
    assert all(" " not in name and name == name.lower() for name in KEYS)


def test_areas_are_told_of_more_regions_than_are_kept() -> None:
    on, book = date(2026, 1, 1), rulebook()
    for number in range(100_000, 100_300):
        assert not book.area(str(number), on=on).whole_region
    assert book.area("310000", on=on).whole_region
