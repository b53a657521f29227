"""No value, article or day of the law, and no row of the table of answers, changes unnoticed.

Each is changed in turn, and at least one readable case must fail; each answer that can be given
must be given by a case.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache

import pytest

from edge import codec
from edge.core.dates import Period
from edge.core.rules import KEYS, NATIONAL, Kind, Pack, Rule, Rulebook, Value
from edge.core.verification import Facts, Moment, verify
from edge.packs import Case
from edge.packs.cases import differences
from tests.core.desk import rulebook
from tests.core.fact_dice import Dice
from tests.core.reference_verdict import Reference
from tests.regions.test_cases import cases

A_DAY = timedelta(days=1)
NO_SUCH = "他 第一条"

BILLS_ONLY = ("bill.", "catalogue.")
"""Keys that decide no verdict; tests/core/test_adjudication_law.py changes those."""

NO_VERDICT = (*BILLS_ONLY, "device.channel")
"""The channel decides none either; tests/core/test_fitting.py changes it."""

CITED_BY_NO_REASON = (
    "local.municipalities",
    "local.own_areas",
    "filing.validity.",
    "filing.warn_before",
    "referral.",
    "rehab.cap.",
)
"""Keys that say when a reason holds; the article it gives is that of its effect."""


class Longer(Period):
    """A length with one day more."""

    def last_day(self, first: date) -> date:
        """Return the day after the last."""
        return Period.last_day(self, first) + A_DAY


class Shorter(Period):
    """A length with one day less."""

    def last_day(self, first: date) -> date:
        """Return the day before the last."""
        return Period.last_day(self, first) - A_DAY


@dataclass(frozen=True)
class Change:
    """One rule of one pack otherwise; None: no longer there."""

    pack: Pack
    rule: Rule
    instead: Rule | None

    def book(self) -> Rulebook:
        """Return all packs, with this one change in both scopes that have the rule."""
        return Rulebook(
            self._changed(one) if one.region == self.pack.region else one
            for one in rulebook().packs
        )

    def _changed(self, pack: Pack) -> Pack:
        key = self.rule.key
        dated = tuple(
            (since, self.instead if rule == self.rule else rule)
            for since, rule in pack.dated.get(key, ())
        )
        return replace(pack, dated={**pack.dated, key: dated})


def changes(pack: Pack, rule: Rule) -> Iterator[Change]:
    if not rule.key.startswith(CITED_BY_NO_REASON) and not settles_everything(rule):
        yield Change(pack, rule, replace(rule, article=NO_SUCH))
    if not is_always_there(rule) and rule.value not in {"open", "as_filed"}:
        yield Change(pack, rule, None)
    for value in other_values(pack, rule):
        yield Change(pack, rule, replace(rule, value=value))


def otherwise(rule: Rule) -> Rule | None:
    """Return the rule changed as much as it can be: gone, else of another article and length."""
    if rule.value in {"open", "as_filed"}:
        return replace(rule, value=Period(days=1))
    if not KEYS[rule.key].required:
        return None
    value = Period(years=9) if isinstance(rule.value, Period) else rule.value
    return replace(rule, article=NO_SUCH, value=value)


def is_always_there(rule: Rule) -> bool:
    """Tell a rule that the loader asks of every pack; its tests take it out."""
    return KEYS[rule.key].required or rule.key.startswith("services.")


def settles_everything(rule: Rule) -> bool:
    """Tell a list of all services: nothing is out of scope, so no reason can cite it."""
    return rule.key.startswith("services.") and set(rule.words) == set(KEYS[rule.key].choices)


def other_values(pack: Pack, rule: Rule) -> Iterator[Value]:
    key, value = KEYS[rule.key], rule.value
    if key.kind is Kind.FLAG:
        yield not value
    elif key.kind is Kind.COUNT:
        yield from (rule.count + 1, rule.count - 1)
    elif isinstance(value, Period):
        yield from (
            other(years=value.years, months=value.months, days=value.days)
            for other in (Longer, Shorter)
        )
    elif key.kind is Kind.VALIDITY:
        yield Period(days=1)
    elif isinstance(value, tuple):
        yield from other_words(pack, rule)
    else:
        yield from (word for word in key.choices if word != value and not said_twice(rule))


def other_words(pack: Pack, rule: Rule) -> Iterator[tuple[str, ...]]:
    for word in rule.words:
        if not says_nothing(pack, rule, word):
            yield tuple(other for other in rule.words if other != word)
    for word in KEYS[rule.key].choices:
        if word not in rule.words:
            yield (*rule.words, word)


def says_nothing(pack: Pack, rule: Rule, word: str) -> bool:
    """Tell a word that decides nothing.

    That a filing is verified, filing.required says, and the loader sees to it; that the identity
    is, picks an article, and the national pack has but one.
    """
    verifies = rule.key.startswith("verification.")
    return verifies and (word == "filing" or (word == "identity" and pack.region == NATIONAL))


def said_twice(rule: Rule) -> bool:
    """Tell that a municipality is one city, which the national pack says of each as well."""
    return rule.key == "local.area" and rule.value == "region"


RULES = {
    (pack.region, rule.key, rule): pack
    for pack in rulebook().packs
    for key in KEYS
    if not key.startswith(NO_VERDICT)
    for _, rule in pack.dated.get(key, ())
    if rule
}
"""Every rule once, with a pack that has it."""

CHANGES = [
    pytest.param(change, id=f"{pack.place}-{rule.key}-{rule.since}-{number}")
    for (_, _, rule), pack in RULES.items()
    for number, change in enumerate(changes(pack, rule))
]


def is_noticed(book: Rulebook, place: str) -> bool:
    """Tell whether a case fails."""
    return any(
        said for case, facts in read_once(place) for said in differences(case, verify(facts, book))
    )


@cache
def read_once(place: str) -> tuple[tuple[Case, Facts], ...]:
    """Return each case with its facts, those of one region's folder first."""
    ordered = sorted(cases(), key=lambda case: not case.file.startswith(f"{place}/"))
    return tuple((case, codec.convert(case.facts, Facts)) for case in ordered if not case.bad_input)


@pytest.mark.parametrize("change", CHANGES)
def test_a_rule_that_changes_breaks_a_case(change: Change) -> None:
    assert is_noticed(change.book(), change.pack.place)


@pytest.mark.parametrize("days", [A_DAY, -A_DAY])
@pytest.mark.parametrize("pack", [p for p in rulebook().packs if p.region != NATIONAL])
def test_a_first_day_that_moves_breaks_a_case(pack: Pack, days: timedelta) -> None:
    book = Rulebook(
        moved(one, days) if one.region == pack.region else one for one in rulebook().packs
    )
    assert is_noticed(book, pack.place)


@pytest.mark.parametrize("days", [A_DAY, -A_DAY])
@pytest.mark.parametrize(
    "pack", [p for p in rulebook().packs if any(one.ends for one in p.instruments)]
)
def test_a_stated_term_that_moves_breaks_a_case(pack: Pack, days: timedelta) -> None:
    longer = tuple(replace(one, ends=one.ends and one.ends + days) for one in pack.instruments)
    changed = replace(pack, instruments=longer)
    book = Rulebook(changed if one == pack else one for one in rulebook().packs)
    assert is_noticed(book, pack.place)


def moved(pack: Pack, days: timedelta) -> Pack:
    """Return the pack with its own first day and that of all its rules moved."""
    dated = {
        key: tuple((since + days, rule) for since, rule in of_key)
        for key, of_key in pack.dated.items()
    }
    return replace(pack, starts=pack.starts + days, dated=dated)


BY_EMERGENCY = {
    "FACILITY_NOT_DIRECT",
    "FACILITY_TYPE_MISMATCH",
    "FILING_CANCELLED",
    "FILING_CONSUMED",
    "FILING_DESTINATION_MISMATCH",
    "FILING_EXPIRED",
    "FILING_FACILITY_NOT_CHOSEN",
    "FILING_MISSING",
    "FILING_NOT_YET_VALID",
    "FILING_SERVICE_MISMATCH",
    "REFERRAL_WINDOW_PASSED",
    "REHAB_PERIOD_ENDED",
}
"""Reasons whose row of the table has another answer in an emergency."""

Row = tuple[str, str, str, str]
"""A row of the table of answers: reason, when, whether in an emergency, effect."""

SEEDS, FACTS_A_SEED = 12, 1000


def rows(facts: Facts) -> Iterator[Row]:
    reference = Reference(facts)
    when = "overdue" if "SETTLEMENT_OVERDUE" in reference.effects else "discharge"
    if facts.moment is not Moment.DISCHARGE:
        when = "start"
    for code, effect in reference.effects.items():
        urgent = facts.emergency and code in BY_EMERGENCY
        yield code, when, "emergency" if urgent else "", effect


@cache
def told_by_cases() -> frozenset[Row]:
    """Return every row that a readable case gives; it names each reason and its effect."""
    return frozenset(row for _, facts in read_once("") for row in rows(facts))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_every_row_of_the_table_of_answers_is_a_case(seed: int) -> None:
    dice = Dice(seed)
    thrown = {row for _ in range(FACTS_A_SEED) for row in rows(dice.facts())}
    assert sorted(thrown - told_by_cases()) == []


def test_the_table_has_all_its_rows() -> None:
    assert len(told_by_cases()) == ROWS


ROWS = 194
"""How many different rows there are; one that is lost from cases and dice alike shows here."""
