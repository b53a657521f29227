"""The store hands out what each region's versions say of a code, each on its own days."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from edge.core.catalogue import (
    ByBenefit,
    CatalogueRow,
    CostKind,
    Insurance,
    RegionalList,
    Standards,
    StandardsChange,
    row_on,
)
from edge.core.errors import BadInput, Fault
from edge.store.catalogues import Catalogues, held_versions, spoken_before
from edge.store.code_mappings import CodeMapping, histories, map_code, mapped
from edge.store.database import Store
from edge.store.migrations import migrate
from tests.catalogues.shelf import NEW_YEAR, keep_rows, row, stamped

TIANJIN, BEIJING = "120000", "110000"
HOME = RegionalList(TIANJIN)
LISTS = ByBenefit(medical=HOME, rehab=HOME, device=RegionalList(BEIJING))
NEXT_YEAR = date(2025, 1, 1)
LAST_DAY = date(2024, 12, 31)
WORK = Insurance.WORK_INJURY


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "edge.db")
    migrate(store)
    yield store
    store.close()


def picked(store: Store, *codes: str) -> tuple[CatalogueRow, ...]:
    return Catalogues(store).picked(codes, LISTS)


def test_a_row_comes_back_as_it_was_kept_stamped_with_region_and_version(store: Store) -> None:
    kept = row(
        "A",
        CostKind.REHAB,
        in_scope=False,
        price_cap_fen=1,
        quantity_per_day_max=Decimal("0.5"),
        quantity_max=Decimal(10),
        service_years=3,
        valid_to=LAST_DAY,
        restrictions="限二级以上\n医疗机构",
        co_payment_share=Decimal("0.1"),
    )
    keep_rows(store, [kept, row("B")])
    assert picked(store, "A") == (stamped(kept),)
    assert picked(store, "B", "A", "Z") == (stamped(kept), stamped(row("B")))


def test_devices_come_from_the_region_that_governs_them_and_all_else_from_the_other(
    store: Store,
) -> None:
    both = [row("A", CostKind.DEVICE), row("B")]
    keep_rows(store, both, region=TIANJIN)
    keep_rows(store, both, region=BEIJING)
    assert [(one.code, one.region) for one in picked(store, "A", "B")] == [
        ("A", BEIJING),
        ("B", TIANJIN),
    ]


def test_a_later_version_takes_the_place_of_the_earlier_from_its_first_day(store: Store) -> None:
    keep_rows(store, [row("A", price_cap_fen=1), row("GONE")])
    keep_rows(store, [row("A", price_cap_fen=2)], version="2", since=NEXT_YEAR)
    old, new = picked(store, "A")
    assert (old.valid_to, old.price_cap_fen, old.version) == (LAST_DAY, 1, "1")
    assert (new.valid_from, new.price_cap_fen, new.version) == (NEXT_YEAR, 2, "2")
    assert [gone.valid_to for gone in picked(store, "GONE")] == [LAST_DAY]


def test_a_version_says_nothing_of_kinds_that_it_does_not_list(store: Store) -> None:
    keep_rows(store, [row("A"), row("C", CostKind.CONSUMABLE)])
    keep_rows(store, [row("A")], version="drugs-2", since=NEXT_YEAR)
    assert [one.valid_to for one in picked(store, "C")] == [None]


def test_a_row_that_was_replaced_before_its_first_day_is_known_and_out_of_scope(
    store: Store,
) -> None:
    keep_rows(store, [row("A", valid_from=date(2025, 6, 1)), row("B", valid_from=date(2025, 6, 1))])
    keep_rows(store, [row("B")], version="2", since=NEXT_YEAR)
    a, b = picked(store, "A", "B")
    assert (a.in_scope, b.in_scope) == (False, True)
    assert a.valid_from == a.valid_to == date(2025, 6, 1)


def test_rows_that_a_version_shortens_to_one_first_day_keep_their_rank(store: Store) -> None:
    older = row("A", valid_from=date(2010, 1, 1), price_cap_fen=1)
    newer = row("A", valid_from=date(2012, 1, 1), valid_to=date(2024, 6, 30), price_cap_fen=2)
    brief = row("A", valid_from=date(2011, 1, 1), valid_to=date(2024, 3, 31), price_cap_fen=3)
    keep_rows(store, [older, newer, brief])
    rows = picked(store, "A")
    caps = [row_on(rows, date(2024, month, 1)) for month in (1, 4, 7)]
    assert [found and found.price_cap_fen for found in caps] == [2, 2, 1]


def test_of_two_versions_from_one_day_the_later_kept_speaks(store: Store) -> None:
    keep_rows(store, [row("A", price_cap_fen=1)])
    keep_rows(store, [row("A", price_cap_fen=2)], version="1b")
    assert [one.version for one in picked(store, "A")] == ["1b"]


def test_a_version_kept_again_has_its_new_rows_only(store: Store) -> None:
    keep_rows(store, [row("A"), row("B"), row("C", CostKind.BED)], bed_day_fen=1)
    keep_rows(store, [row("B")])
    assert [one.code for one in picked(store, "A", "B", "C")] == ["B"]
    assert [held.row_count for held in held_versions(store.read())] == [1]
    assert Catalogues(store).standards(HOME, since=NEXT_YEAR).bed_day_fen is None


def test_two_lists_of_one_region_are_told_apart_each_with_its_own_versions(store: Store) -> None:
    medical = RegionalList(TIANJIN, Insurance.MEDICAL)
    keep_rows(store, [row("A"), row("OLD")], version="any", bed_day_fen=5000)
    own = row("A", price_cap_fen=1, valid_from=NEXT_YEAR)
    keep_rows(store, [own], version="m", since=NEXT_YEAR, insurance=Insurance.MEDICAL)
    keep_rows(store, [row("W", CostKind.BED)], version="w", since=NEXT_YEAR, insurance=WORK)
    catalogues = Catalogues(store)
    of_work = catalogues.picked(["A", "OLD", "W"], ByBenefit(HOME, HOME, HOME))
    assert [(one.code, one.version, one.valid_to) for one in of_work] == [
        ("A", "any", None),
        ("OLD", "any", None),
        ("W", "w", None),
    ]
    of_medical = catalogues.picked(["A", "OLD", "W"], ByBenefit(medical, medical, medical))
    assert [(one.code, one.version, one.valid_to) for one in of_medical] == [
        ("A", "any", LAST_DAY),
        ("A", "m", None),
        ("OLD", "any", LAST_DAY),
    ]
    assert of_medical[1] == replace(stamped(own, version="m"), insurance=Insurance.MEDICAL)
    both = catalogues.picked(["A"], ByBenefit(HOME, medical, HOME))
    assert [(one.code, one.version) for one in both] == [("A", "any")], "A is no rehab"
    assert catalogues.standards(HOME, since=NEXT_YEAR).bed_day_fen is None
    assert catalogues.standards(medical, since=NEXT_YEAR).bed_day_fen == 5000
    assert {one.version: one.insurance for one in held_versions(store.read())} == {
        "any": None,
        "m": Insurance.MEDICAL,
        "w": WORK,
    }


def test_a_list_is_compared_with_the_versions_of_that_very_list(store: Store) -> None:
    keep_rows(store, [row("A")], version="any")
    keep_rows(store, [row("A")], version="m", since=NEXT_YEAR, insurance=Insurance.MEDICAL)
    kinds = {CostKind.DRUG}
    against = [
        spoken_before(store.read(), TIANJIN, "2", kinds, insurance).versions
        for insurance in (None, WORK, Insurance.MEDICAL)
    ]
    assert against == [("any",), ("any",), ("m",)]


def test_the_standard_of_a_bed_day_is_that_of_the_version_on_the_day(store: Store) -> None:
    keep_rows(store, [row("A")], bed_day_fen=5000)
    keep_rows(store, [row("A")], version="drugs-2", since=NEXT_YEAR)
    keep_rows(store, [row("B", CostKind.BED)], version="beds-2", since=NEXT_YEAR, bed_day_fen=6000)
    catalogues = Catalogues(store)
    fen = [
        catalogues.standards(RegionalList(region), since=day).bed_day_fen
        for region, day in (
            (TIANJIN, date(2023, 12, 31)),
            (TIANJIN, LAST_DAY),
            (TIANJIN, NEXT_YEAR),
            (BEIJING, NEXT_YEAR),
        )
    ]
    assert fen == [None, 5000, 6000, None]


def test_the_standards_of_a_stay_tell_each_change_after_its_first_day_once(store: Store) -> None:
    later, last = date(2025, 7, 1), date(2026, 1, 1)
    keep_rows(store, [], bed_day_fen=5000)
    keep_rows(store, [], version="beds-2", since=NEXT_YEAR, bed_day_fen=5500)
    keep_rows(store, [], version="beds-2 mended", since=NEXT_YEAR, bed_day_fen=6000)
    keep_rows(store, [], version="beds-3", since=later, bed_day_fen=6000)
    keep_rows(store, [row("B", CostKind.BED)], version="beds-4", since=last)
    catalogues = Catalogues(store)
    no_more = StandardsChange(last, None)
    assert catalogues.standards(HOME, since=LAST_DAY) == Standards(
        5000, (StandardsChange(NEXT_YEAR, 6000), no_more)
    )
    assert catalogues.standards(HOME, since=NEXT_YEAR) == Standards(6000, (no_more,))
    assert catalogues.standards(HOME, since=last) == Standards(None)


def test_a_new_list_is_compared_with_its_own_version_or_else_with_the_latest(store: Store) -> None:
    keep_rows(store, [row("A"), row("C", CostKind.CONSUMABLE)], bed_day_fen=1)
    keep_rows(store, [row("A", price_cap_fen=2)], version="2", since=NEXT_YEAR)
    db = store.read()

    def spoken(version: str, *kinds: CostKind) -> tuple[tuple[str, ...], list[str]]:
        before = spoken_before(db, TIANJIN, version, kinds)
        return before.versions, [f"{one.code}/{one.version}" for one in before.rows]

    assert spoken("1", CostKind.DRUG) == (("1",), ["C/1", "A/1"])
    assert spoken("3", CostKind.DRUG) == (("2",), ["A/2"])
    assert spoken("3", CostKind.DRUG, CostKind.CONSUMABLE) == (("1", "2"), ["C/1", "A/2"])
    assert spoken("3", CostKind.DEVICE) == ((), [])
    assert spoken_before(db, TIANJIN, "3", [CostKind.BED]).bed_day_fen == 1
    assert spoken_before(db, BEIJING, "3", [CostKind.BED]).rows == []


def said(hospital: str, meaning: str | None, first: date, last: date | None = None) -> CodeMapping:
    return CodeMapping(
        region=TIANJIN,
        hospital_code=hospital,
        catalogue_code=meaning,
        valid_from=first,
        valid_to=last,
        mapped_at=datetime(2024, 1, 1, tzinfo=UTC),
        mapped_by="信息科",
    )


def tell(store: Store, *mappings: CodeMapping) -> None:
    with store.transaction() as db:
        for mapping in mappings:
            map_code(db, mapping)


def meaning(store: Store, day: date, code: str = "H1") -> str | None:
    return mapped(store.read(), [code, "other"], region=TIANJIN, on=day).get(code)


def test_of_what_was_said_of_a_hospital_code_the_last_word_counts_on_the_days_it_covers(
    store: Store,
) -> None:
    keep_rows(store, [row("A"), row("B")])
    tell(
        store,
        said("H1", "A", NEW_YEAR),
        said("H1", "B", date(2024, 3, 1), date(2024, 3, 31)),
        said("H1", None, date(2024, 6, 1)),
    )
    days = [date(2023, 12, 31), NEW_YEAR, date(2024, 3, 5), date(2024, 4, 1), date(2024, 6, 1)]
    assert [meaning(store, day) for day in days] == [None, "A", "B", "A", None]
    whole = histories(store.read(), ["H1"], TIANJIN)["H1"]
    assert [one.catalogue_code for one in whole] == [None, "B", "A"]
    assert {one.mapped_by for one in whole} == {"信息科"}


def test_a_mapping_is_of_one_region(store: Store) -> None:
    keep_rows(store, [row("A")])
    tell(store, said("H1", "A", NEW_YEAR))
    assert mapped(store.read(), ["H1"], region=BEIJING, on=NEW_YEAR) == {}


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        (said("H1", "Z", NEW_YEAR), "MAPPING_TARGET_UNKNOWN"),
        (said("A", "B", NEW_YEAR), "MAPPING_NEEDLESS"),
        (said("H1", "A", NEXT_YEAR, NEW_YEAR), "DATES_CONTRADICT"),
    ],
)
def test_a_mapping_without_sense_is_refused(store: Store, mapping: CodeMapping, code: str) -> None:
    keep_rows(store, [row("A"), row("B")])
    with pytest.raises(BadInput) as refused:
        tell(store, mapping)
    assert refused.value.code == code
    assert histories(store.read(), ["H1", "A"], TIANJIN) == {}


@pytest.mark.parametrize(
    "act", ["update code_mappings set mapped_by = ''", "delete from code_mappings"]
)
def test_the_history_of_mappings_is_never_rewritten(store: Store, act: str) -> None:
    keep_rows(store, [row("A")])
    tell(store, said("H1", "A", NEW_YEAR))
    with pytest.raises(Fault, match="append-only"), store.transaction() as db:
        db.execute(act)
