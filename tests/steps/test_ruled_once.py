"""A bill is ruled once while nothing of it changes, and never as it was before something did."""

from dataclasses import replace
from datetime import date

import pytest

from edge.case.bill import case_ruled, ruled
from edge.core.catalogue import ByBenefit, RegionalList
from edge.core.errors import Fault
from edge.core.rules import Rulebook
from edge.core.stay import Stay
from edge.site.rulings import Inputs, Ruled, Rulings
from edge.steps.charge import charge
from edge.steps.discharge import discharge
from edge.steps.preview import preview
from edge.steps.settle import Request, settle
from edge.store.bills import lines_of
from edge.store.catalogues import CODES_MAX
from edge.store.settlements import Settlement
from edge.store.stays import load_stay
from tests.catalogues.shelf import keep_rows, row
from tests.steps.conftest import CLERK, ROWS, Ground, line
from tests.steps.test_catalogue_codes import map_to


def as_it_is(ground: Ground, stay: Stay) -> tuple[Ruled, Ruled]:
    """Return the ruling that is taken now, and one made anew from what is kept."""
    site, db = ground.site, ground.site.store.read()
    now = load_stay(db, stay.id)
    return case_ruled(site, db, now), ruled(site, now, lines_of(db, site.vault, stay.id))


def test_what_reception_ruled_is_what_is_shown_and_settled(ground: Ground) -> None:
    stay = ground.discharged(line("1"))
    shown = preview(ground.site, stay.ref)
    assert preview(ground.site, stay.ref) is shown
    assert isinstance(settle(ground.site, Request(case=stay.ref, key="k"), CLERK), Settlement)
    assert preview(ground.site, stay.ref) is shown


def test_every_change_is_ruled_anew(ground: Ground) -> None:
    stay = ground.admitted()
    charge(ground.site, stay.id, [line("1"), line("2", "H1"), line("3", "NEW")], CLERK)
    capped = replace(ROWS[0], price_cap_fen=500)
    changes = (
        lambda: charge(ground.site, stay.id, [line("4")], CLERK),
        lambda: map_to(ground, "TREAT"),
        lambda: map_to(ground, "DRUG"),
        lambda: keep_rows(ground.site.store, [capped, *ROWS[1:]]),
        lambda: keep_rows(ground.site.store, [*ROWS, row("NEW", ROWS[0].kind)], version="2"),
        lambda: keep_rows(ground.site.store, ROWS, version="3", bed_day_fen=100),
        lambda: ground.clock.pass_time(hours=30),
        lambda: discharge(ground.site, stay.id, None, CLERK),
    )
    before, _ = as_it_is(ground, stay)
    kept = 0
    for change in changes:
        change()
        now, anew = as_it_is(ground, stay)
        assert now == anew
        kept += now is before
        before = now
    assert kept == 1  # that time passes alone changes nothing


def test_another_law_is_another_ruling(ground: Ground) -> None:
    stay = ground.admitted()
    charge(ground.site, stay.id, [line("1")], CLERK)
    before, _ = as_it_is(ground, stay)
    packs = tuple(replace(pack, sha256="0" * 64) for pack in ground.site.rulebook.packs)
    site = replace(ground.site, rulebook=Rulebook(packs))
    assert case_ruled(site, site.store.read(), stay) is not before


def test_lines_that_were_tampered_with_are_not_settled_from_memory(ground: Ground) -> None:
    stay = ground.discharged(line("1"))
    preview(ground.site, stay.ref)
    with ground.site.store.transaction() as db:
        changed = "cast(lines_sealed || x'00' as blob)"
        db.execute(f"update charge_batches set lines_sealed = {changed}")  # noqa: S608 - ours
    with pytest.raises(Fault, match="SEAL_BROKEN"):
        settle(ground.site, Request(case=stay.ref, key="k"), CLERK)


def test_the_memory_is_bounded_and_holds_the_last_of_a_stay(ground: Ground) -> None:
    stay = ground.admitted()
    charge(ground.site, stay.id, [line("1"), line("2")], CLERK)
    known, _ = as_it_is(ground, stay)
    inputs = Inputs(
        stay="a",
        lines_sha256="",
        treatment_region="120000",
        insured_region="110000",
        service="inpatient_medical",
        admitted_on=date(2026, 11, 20),
        discharged_on=None,
        catalogue=1,
        mapping=0,
        packs=(),
    )
    rulings = Rulings(lines_max=6)
    for name in ("a", "b"):
        rulings.remember(replace(inputs, stay=name), known)
    longer = replace(inputs, discharged_on=date(2026, 11, 22))
    rulings.remember(longer, known)
    assert rulings.made_from(inputs) is None
    assert rulings.made_from(longer) is known
    rulings.remember(replace(inputs, stay="c"), known)
    assert rulings.made_from(replace(inputs, stay="b")) is None
    assert rulings.made_from(replace(inputs, stay="c")) is known


def test_rows_are_kept_until_the_next_import_and_never_without_end(ground: Ground) -> None:
    catalogues, home = ground.site.catalogues, RegionalList("120000")
    lists = ByBenefit(home, home, home)
    assert catalogues.picked(["DRUG", "NOWHERE"], lists) == catalogues.picked(["DRUG"], lists)
    assert catalogues.holding(["DRUG"], lists) is catalogues.holding(["NOWHERE"], lists)
    keep_rows(ground.site.store, [replace(ROWS[0], price_cap_fen=1), *ROWS[1:]])
    [drug] = catalogues.picked(["DRUG"], lists)
    assert drug.price_cap_fen == 1
    strangers = catalogues.holding([f"S{number}" for number in range(CODES_MAX)], lists)
    assert dict(strangers.rows) == {}
    assert catalogues.picked(["DRUG"], lists) == (drug,)
