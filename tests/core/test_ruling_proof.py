"""A ruling proves itself: whatever does not add up is a fault, and never a bill."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from edge.core.adjudication import Personal, Ruling, Sums, adjudicate
from edge.core.adjudication.ruling import proven
from edge.core.errors import Fault
from tests.core.bills import RULES, bill, june, line, row


@pytest.mark.parametrize(
    ("view", "changed"),
    [
        ("total_fen", {"personal_fen": 1}),
        ("lines", {"lines": ()}),
        ("personal", {"personal": Personal(excluded=1)}),
        ("lines.bucket", {"personal": Personal(excluded=702)}),
        ("kinds", {"kinds": {}}),
        ("days", {"days": {"2024-06-02": Sums(3702, 3702, 0)}}),
    ],
)
def test_a_ruling_that_does_not_add_up_is_a_fault_and_never_a_bill(
    view: str, changed: dict[str, Any]
) -> None:
    given = bill([line("1", "A", "3", "12.34")], [row("A", price_cap_fen=1000)])
    ruling: Ruling = adjudicate(given, RULES)
    assert proven(ruling) is ruling
    with pytest.raises(Fault) as broken:
        proven(replace(ruling, **changed))
    assert broken.value.code == "RULING_IDENTITY"
    assert view in broken.value.field.split(", ")


@pytest.mark.parametrize("view", ["lines", "kinds", "days"])
def test_errors_that_cancel_each_other_in_the_total_are_a_fault_too(view: str) -> None:
    given = bill([line("1", "A"), line("2", "M", date=june(3))], [row("A"), row("M", "consumable")])
    ruling = adjudicate(given, RULES)
    wrong: dict[str, Any] = {
        "lines": tuple(
            msgspec.structs.replace(one, personal_fen=off)
            for one, off in zip(ruling.lines, (5, -5), strict=True)
        ),
        "kinds": dict(zip(ruling.kinds, (Sums(1000, 1000, 5), Sums(1000, 1000, -5)), strict=True)),
        "days": dict(zip(ruling.days, (Sums(1000, 1000, 5), Sums(1000, 1000, -5)), strict=True)),
    }
    with pytest.raises(Fault) as broken:
        proven(replace(ruling, **{view: wrong[view]}))
    assert broken.value.field == view
