"""A bill is ruled by the catalogue of each line's day, under its codes or the hospital's own."""

from dataclasses import replace
from datetime import date

from edge import codec
from edge.core.adjudication import Bill, LineReason
from edge.core.catalogue import CostKind
from edge.core.charges import Refusal
from edge.steps.charge import charge
from edge.steps.preview import preview
from edge.steps.replay import Same, replay
from edge.steps.settle import Request, settle
from edge.store.bills import lines_of
from edge.store.code_mappings import CodeMapping, map_code
from edge.store.settlements import Settlement
from tests.catalogues.shelf import keep_rows, row
from tests.steps.colleagues import settled
from tests.steps.conftest import CLERK, ROWS, Ground, line

TODAY = date(2026, 11, 20)
TIANJIN, BEIJING = "120000", "110000"


def map_to(
    ground: Ground, meaning: str, *, region: str = TIANJIN, since: date = date(2026, 1, 1)
) -> None:
    """Say what the hospital's code H1 means."""
    mapping = CodeMapping(
        region=region,
        hospital_code="H1",
        catalogue_code=meaning,
        valid_from=since,
        mapped_at=ground.clock(),
        mapped_by=CLERK,
    )
    with ground.site.store.transaction() as db:
        map_code(db, mapping)


def test_a_code_mapped_before_is_taken_and_the_stored_line_keeps_the_hospitals_own(
    ground: Ground,
) -> None:
    map_to(ground, "DRUG")
    stay = ground.admitted()
    assert charge(ground.site, stay.id, [line("1", "H1")], CLERK).refused == ()
    shown = preview(ground.site, stay.ref)
    assert [one.code for one in shown.bill.lines] == ["DRUG"]
    assert [one.catalogue_row for one in shown.ruling.lines] == ["DRUG@2024-01-01"]
    assert lines_of(ground.site.store.read(), ground.site.vault, stay.id)["1"].code == "H1"


def test_the_same_line_again_is_a_duplicate_whatever_its_code_has_come_to_mean(
    ground: Ground,
) -> None:
    stay = ground.admitted()
    charge(ground.site, stay.id, [line("1", "H1")], CLERK)
    map_to(ground, "DRUG")
    assert charge(ground.site, stay.id, [line("1", "H1")], CLERK).duplicates == 1


def test_an_unknown_code_is_refused_until_it_is_mapped_and_then_stands_by_itself(
    ground: Ground,
) -> None:
    stay = ground.admitted()
    received = charge(ground.site, stay.id, [line("1", "H1"), line("2")], CLERK)
    assert [(one.id, one.code) for one in received.refused] == [("1", Refusal.UNKNOWN_CODE)]
    map_to(ground, "DRUG")
    ruling = preview(ground.site, stay.ref).ruling
    assert (ruling.refused, len(ruling.lines)) == ((), 2)


def test_a_refund_goes_by_its_originals_day(ground: Ground) -> None:
    map_to(ground, "DRUG")
    map_to(ground, "TREAT", since=date(2026, 11, 21))
    stay = ground.admitted()
    original = line("1", "H1")
    back = replace(
        original, id="2", date=date(2026, 11, 22), quantity="-1", amount_fen=-1200, reverses="1"
    )
    assert charge(ground.site, stay.id, [original, back], CLERK).refused == ()
    assert preview(ground.site, stay.ref).ruling.total_fen == 0


def test_a_code_is_known_by_the_list_of_the_region_that_governs(ground: Ground) -> None:
    keep_rows(ground.site.store, [row("LEG", CostKind.DEVICE)], region=BEIJING)
    map_to(ground, "LEG", region=BEIJING)
    stay = ground.admitted()
    charge(ground.site, stay.id, [line("1", "H1"), line("2", "LEG")], CLERK)
    shown = preview(ground.site, stay.ref)
    assert shown.ruling.refused == ()
    assert {(one.code, one.region, one.version) for one in shown.bill.catalogue} == {
        ("LEG", BEIJING, "1")
    }


def test_a_line_goes_by_the_version_of_its_day(ground: Ground) -> None:
    cheaper = [replace(one, price_cap_fen=500) for one in ROWS if one.code == "DRUG"]
    keep_rows(ground.site.store, cheaper, version="2", since=TODAY)
    stay = ground.admitted()
    charge(ground.site, stay.id, [line("1"), line("2", "COSMETIC")], CLERK)
    drug, cosmetic = preview(ground.site, stay.ref).ruling.lines
    assert (drug.catalogue_row, drug.fund_fen) == ("DRUG@2026-11-20", 500)
    assert cosmetic.reason is LineReason.OUT_OF_CATALOGUE


def test_a_settlement_keeps_the_rows_it_went_by_when_the_catalogue_changes(
    ground: Ground,
) -> None:
    stay = ground.discharged(line("1"))
    settled = settle(ground.site, Request(case=stay.ref, key="k"), CLERK)
    assert isinstance(settled, Settlement)
    keep_rows(ground.site.store, [replace(ROWS[0], price_cap_fen=1)])
    [kept] = codec.decode(settled.bill, Bill).catalogue
    assert (kept.price_cap_fen, kept.region, kept.version) == (1000, TIANJIN, "1")


def test_each_bed_day_has_the_standard_of_the_version_on_that_day(ground: Ground) -> None:
    beds, tomorrow = [row("BED", CostKind.BED)], date(2026, 11, 21)
    keep_rows(ground.site.store, beds, version="beds-1", bed_day_fen=5000)
    keep_rows(ground.site.store, beds, version="beds-2", since=tomorrow, bed_day_fen=5500)
    bed = line("1", "BED", "60.00", quantity="2", amount_fen=12_000)
    settlement = settled(ground, ground.discharged(bed).id)
    assert (settlement.fund_fen, settlement.personal_fen) == (5000 + 5500, 1000 + 500)
    assert replay(ground.site, settlement.id) == Same()
