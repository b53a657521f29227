"""What a new list changes is told so that the old one and the changes make the new one."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from edge.catalogues import FIELDS, Diff, diff_of
from edge.core.catalogue import CatalogueRow, CostKind
from tests.catalogues.shelf import NEW_YEAR, row, stamped

days = st.integers(0, 4).map(lambda n: NEW_YEAR + timedelta(days=n))
rows = st.builds(
    row,
    st.sampled_from("ABC"),
    st.sampled_from([CostKind.DRUG, CostKind.BED]),
    valid_from=days,
    price_cap_fen=st.none() | st.integers(0, 2),
    quantity_max=st.none() | st.just(Decimal(2)),
)
lists = st.lists(rows, unique_by=lambda one: (one.code, one.valid_from))


def applied(diff: Diff, old: list[CatalogueRow]) -> Counter[CatalogueRow]:
    """Make the new list out of the old one and what changes."""
    left = Counter(old)
    left.subtract([*diff.ended, *(change.before for change in diff.changed)])
    left.update([*diff.new, *(change.after for change in diff.changed)])
    return +left


@given(old=lists, new=lists)
def test_the_changes_applied_to_the_old_list_give_the_new_one(
    old: list[CatalogueRow], new: list[CatalogueRow]
) -> None:
    assert applied(diff_of(old, new), old) == Counter(new)


@given(old=lists, new=lists)
def test_nothing_is_told_twice_and_every_change_names_its_fields(
    old: list[CatalogueRow], new: list[CatalogueRow]
) -> None:
    diff = diff_of(old, new)
    before = [*diff.ended, *(change.before for change in diff.changed)]
    after = [*diff.new, *(change.after for change in diff.changed)]
    assert not Counter(before) - Counter(old)
    assert not Counter(after) - Counter(new)
    assert all(change.fields for change in diff.changed)
    assert all(change.before.code == change.after.code for change in diff.changed)


@given(one=lists)
def test_a_list_compared_with_itself_says_nothing(one: list[CatalogueRow]) -> None:
    assert diff_of(one, reversed(one)) == Diff()


def test_whose_list_it_is_does_not_count() -> None:
    assert diff_of([stamped(row("A"))], [row("A")]) == Diff()


def test_a_row_dated_anew_is_changed_and_not_a_new_one() -> None:
    [change] = diff_of([row("A")], [row("A", valid_from=date(2025, 1, 1))]).changed
    assert change.fields == ("valid_from",)


def test_of_several_rows_of_a_code_those_of_one_day_belong_together() -> None:
    first, second = row("A", valid_to=date(2024, 6, 30)), row("A", valid_from=date(2024, 7, 1))
    cheaper = replace(second, price_cap_fen=5)
    third = row("A", valid_from=date(2025, 1, 1))
    diff = diff_of([first, second], [cheaper, third])
    assert [(c.before, c.after) for c in diff.changed] == [(second, cheaper), (first, third)]
    assert diff.new == diff.ended == ()


def test_changes_are_counted_by_field() -> None:
    old = [row("A"), row("B"), row("C")]
    new = [row("A", price_cap_fen=1), row("B", price_cap_fen=2, in_scope=False), row("C")]
    assert diff_of(old, new).by_field() == {"price_cap_fen": 2, "in_scope": 1}


def test_every_field_that_a_row_says_is_compared() -> None:
    assert {*FIELDS, "code", "region", "insurance", "version"} == set(CatalogueRow.__slots__)
