"""Catalogues: which row counts for a code, from whose list, on which day; the samples read."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from edge import catalogues
from edge.core.catalogue import (
    ByBenefit,
    CatalogueRow,
    CatalogueVersion,
    CostKind,
    Insurance,
    RegionalList,
    Said,
    Standards,
    catalogue_of,
    in_force,
    joined,
    row_nearest,
    row_on,
)
from edge.core.errors import BadInput
from edge.core.money import FEN_MAX
from edge.core.verification import Service
from tests.core.bills import SICHUAN, TIANJIN, june, row

CONFIG = Path(__file__).parents[2] / "config"
LISTS = ByBenefit(
    medical=RegionalList(TIANJIN), rehab=RegionalList("130000"), device=RegionalList(SICHUAN)
)


def governing(
    rows: list[CatalogueRow], *, service: Service = Service.INPATIENT_MEDICAL
) -> list[str]:
    """Return the kinds and first days of the rows that count for code A."""
    counted = catalogue_of(rows).governing("A", lists=LISTS, service=service)
    return [f"{one.kind} {one.valid_from}" for one in counted]


def test_what_belongs_to_a_benefit_is_told_by_the_kind() -> None:
    benefits = ByBenefit("medical", "rehab", "device")
    assert [benefits.of(kind) for kind in CostKind] == [
        *("medical", "medical", "medical", "medical"),
        *("rehab", "device", "medical", "medical"),
    ]


def test_a_row_counts_only_from_the_region_that_governs_its_benefit() -> None:
    device = [row("A", "device", region=SICHUAN), row("A", "device", region=TIANJIN)]
    assert len(governing(device)) == 1
    drugs = [row("A", region=TIANJIN), row("A", region=SICHUAN)]
    assert len(governing(drugs)) == 1
    assert governing([row("A", "rehab", region=TIANJIN)]) == []
    assert governing([row("A", "rehab", region="130000")]) == ["rehab 2024-01-01"]


def test_a_row_counts_only_from_the_list_that_governs_where_a_region_has_several() -> None:
    rows = [
        row("A", "drug", region=TIANJIN, insurance=insurance, valid_from=june(day))
        for day, insurance in ((1, Insurance.WORK_INJURY), (2, Insurance.MEDICAL), (3, None))
    ]
    assert governing(rows) == ["drug 2024-06-01", "drug 2024-06-03"]
    medical = ByBenefit(*[RegionalList(TIANJIN, Insurance.MEDICAL)] * 3)
    counted = catalogue_of(rows).governing("A", lists=medical, service=Service.INPATIENT_MEDICAL)
    assert [one.valid_from for one in counted] == [june(2), june(3)]


def test_two_lists_of_a_region_may_have_the_same_row() -> None:
    rows = [row("A", insurance=insurance) for insurance in (None, *Insurance)]
    assert len(catalogue_of(rows).rows["A"]) == len(rows)


def test_a_row_without_a_region_counts_everywhere() -> None:
    assert governing([row("A")]) == ["drug 2024-01-01"]


def test_a_code_of_both_lists_is_the_device_on_a_device_bill_only() -> None:
    both = [row("A", "device"), row("A", "consumable")]
    assert governing(both, service=Service.DEVICE) == ["device 2024-01-01"]
    assert governing(both) == ["consumable 2024-01-01"]
    assert governing(both[:1]) == ["device 2024-01-01"]
    assert governing(both[1:], service=Service.DEVICE) == ["consumable 2024-01-01"]


def test_a_code_that_no_list_has_is_known_to_none() -> None:
    assert governing([row("B")]) == []


def test_what_was_looked_up_before_governs_as_at_first_and_an_unknown_code_never_does() -> None:
    kept = catalogue_of([row("A"), row("B")])
    service = Service.INPATIENT_MEDICAL
    first = kept.entries(["A", "?"], lists=LISTS, service=service)
    again = kept.entries(["A", "B", "?"], lists=LISTS, service=service)
    assert (set(first), set(again)) == ({"A"}, {"A", "B"})
    assert first["A"] is again["A"]


def test_rows_stand_in_the_order_of_their_first_days() -> None:
    rows = [row("A", valid_from=june(5)), row("A", valid_from=None), row("A", valid_from=june(1))]
    assert governing(rows) == ["drug None", "drug 2024-06-01", "drug 2024-06-05"]


def test_the_row_of_a_day_is_the_later_one_where_two_overlap() -> None:
    old, new = row("A", valid_from=None), row("A", valid_from=june(3), valid_to=june(5))
    assert [row_on((old, new), june(day)) for day in (2, 3, 5, 6)] == [old, new, new, old]


def test_between_two_versions_no_row_is_valid_and_the_last_one_is_nearest() -> None:
    old = row("A", valid_from=june(1), valid_to=june(2))
    new = row("A", valid_from=june(5))
    assert row_on((old, new), june(3)) is None
    assert row_nearest((old, new), june(3)) is old
    assert row_nearest((old, new), date(2024, 5, 1)) is old
    assert row_nearest((old, new), june(5)) is new
    assert row_nearest((old, new), june(9)) is new


def test_a_row_is_named_by_code_and_first_day() -> None:
    assert row("A").label == "A@2024-01-01"
    assert row("A", valid_from=None).label == "A"


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("valid_to", {"valid_to": date(2023, 12, 31)}),
        ("price_cap_fen", {"price_cap_fen": -1}),
        ("quantity_per_day_max", {"quantity_per_day_max": Decimal("0.00001")}),
        ("quantity_max", {"quantity_max": Decimal("NaN")}),
        ("co_payment_share", {"co_payment_share": Decimal("1.1")}),
    ],
)
def test_a_row_that_cannot_be_is_refused_by_place_and_field(
    field: str, wrong: dict[str, Any]
) -> None:
    with pytest.raises(BadInput) as refused:
        catalogue_of([row("A"), row("B", **wrong)])
    assert (refused.value.code, refused.value.field) == ("CATALOGUE_ROW", f"catalogue[1].{field}")


def test_the_highest_cap_is_a_cap() -> None:
    assert len(catalogue_of([row("A", price_cap_fen=FEN_MAX), row("B", price_cap_fen=0)]).rows) == 2


def test_a_wrong_row_of_joined_lists_is_named_by_its_place_in_them_all() -> None:
    versions = [
        CatalogueVersion(TIANJIN, "1", rows=(row("A"),)),
        CatalogueVersion(SICHUAN, "2", rows=(row("A"), row("B", price_cap_fen=-1))),
    ]
    with pytest.raises(BadInput) as refused:
        joined(versions)
    assert refused.value.field == "rows[2].price_cap_fen"


def test_the_same_row_twice_is_refused() -> None:
    with pytest.raises(BadInput, match=r"catalogue\[1\]\.code"):
        catalogue_of([row("A"), row("A", in_scope=False)])


def test_joined_lists_are_stamped_with_region_and_version_and_keep_their_standards() -> None:
    versions = [
        CatalogueVersion(TIANJIN, "1", rows=(row("A"), row("B"))),
        CatalogueVersion(SICHUAN, "2", rows=(row("A"),), insurance=Insurance.MEDICAL),
    ]
    catalogue = joined(versions)
    picked = catalogue.picked(["A", "Z", "B"])
    stamps = [(one.region, one.version, one.insurance) for one in picked]
    medical = (SICHUAN, "2", Insurance.MEDICAL)
    assert stamps == [(TIANJIN, "1", None), medical, (TIANJIN, "1", None)]
    assert catalogue.standards == {TIANJIN: Standards(), SICHUAN: Standards()}


def spans(*said: Said) -> list[tuple[str, bool, date | None, date | None]]:
    """Return the name, scope and days of each row that counts."""
    return [(one.name, one.in_scope, one.valid_from, one.valid_to) for one in in_force(said)]


def test_a_row_may_count_on_one_single_day() -> None:
    new_year = date(2024, 1, 1)
    assert spans(Said(row("A", name="a"), new_year, until=new_year)) == [
        ("a", True, new_year, new_year)
    ]


def test_what_is_said_later_of_the_same_first_day_covers_the_earlier_which_goes_on_after() -> None:
    first = june(1)
    said = [
        Said(row("A", name="open", valid_from=first), first),
        Said(row("A", name="long", valid_from=first, valid_to=june(9)), first),
        Said(row("A", name="short", valid_from=first, valid_to=june(3)), first),
        Said(row("A", name="as short", valid_from=first, valid_to=june(3)), first),
    ]
    assert spans(*said) == [
        ("as short", True, first, june(3)),
        ("long", True, june(4), june(9)),
        ("open", True, june(10), None),
    ]


def test_an_open_row_that_is_said_later_leaves_nothing_of_the_earlier() -> None:
    first = june(1)
    for ends_on in (june(9), None):
        said = Said(row("A", name="earlier", valid_from=first, valid_to=ends_on), first)
        assert spans(said, Said(row("A", name="open", valid_from=first), first)) == [
            ("open", True, first, None)
        ]


def test_a_code_replaced_before_its_first_day_is_known_and_out_of_scope() -> None:
    first, later = june(1), june(5)
    too_late = [
        Said(row(code, name=code, valid_from=later), first, until=june(4)) for code in ("A", "B")
    ]
    assert spans(*too_late) == [("A", False, later, later), ("B", False, later, later)]
    assert spans(*too_late, Said(row("A", name="new", valid_from=june(5)), june(5))) == [
        ("new", True, later, None),
        ("B", False, later, later),
    ]


def test_the_sample_catalogues_read_and_are_marked_as_synthetic() -> None:
    catalogue = catalogues.load(CONFIG / "catalogues")
    rows = [one for rows in catalogue.rows.values() for one in rows]
    assert all(one.code.startswith("SYN-") and "样例" in one.name for one in rows)
    tianjin = [one for one in rows if one.region == TIANJIN]
    assert {one.kind for one in tianjin} == set(CostKind)
    assert len(tianjin) >= 60
    assert catalogue.standards[TIANJIN].bed_day_fen == 6_000
    devices = [one for one in rows if one.region == "110000"]
    assert all(one.kind is CostKind.DEVICE and one.service_years for one in devices)
    assert devices
