"""What comes with the list is taken once, or refused with its reason; the list itself stands."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from edge.core.catalogue import Insurance
from edge.loops.list_keeping import keep_list
from edge.packs import pack_files
from edge.shipped import config_folder
from edge.site import Site
from edge.site.rulebooks import rulebook_in_force
from edge.steps.list_status import list_status
from edge.store.catalogues import held_versions
from edge.store.deliveries import Delivery, DeliveryState, facility_named
from edge.store.ledger import latest
from simulators.platform.releases import Enclosed
from tests.steps.conftest import Ground
from tests.steps.test_cached_list import Lists

SHIPPED = config_folder() / "regions"
CATALOGUE = config_folder() / "catalogues/110000/2024.1.csv"


@pytest.fixture
def lists(ground: Ground, tmp_path: Path) -> Lists:
    """Return the platform's side, nothing enclosed yet and nothing refreshed."""
    return Lists(ground, tmp_path)


def published(lists: Lists, ground: Ground, *files: Enclosed) -> list[Delivery]:
    """Publish these with the next list, refresh, and return what became of files so far."""
    lists.files = list(files)
    lists.releases.publish()
    assert keep_list(ground.site)
    return list(list_status(ground.site).files)


def of_kind(found: list[Delivery], kind: str) -> Delivery:
    [delivery] = [one for one in found if one.kind == kind]
    return delivery


def pack(tmp_path: Path, *, version: str = "2031.1", spoil: str = "") -> Enclosed:
    """Return Tianjin's pack as a file of the platform's, under another version."""
    text = (SHIPPED / "tianjin/rules.toml").read_text(encoding="utf-8")
    path = tmp_path / f"{version}.toml"
    path.write_text(text.replace('version = "2024.1"', f'version = "{version}"') + spoil)
    return Enclosed("pack", path, place="tianjin")


def catalogue(path: Path = CATALOGUE, version: str = "2031.1") -> Enclosed:
    return Enclosed("catalogue", path, region="510000", version=version)


def test_a_catalogue_that_comes_with_the_list_is_imported_once(
    lists: Lists, ground: Ground
) -> None:
    delivery = of_kind(published(lists, ground, catalogue()), "catalogue")
    assert (delivery.state, delivery.name) == (DeliveryState.TAKEN, "510000 2031.1")
    held = [v.version for v in held_versions(ground.site.store.read()) if v.region == "510000"]
    assert held == ["2031.1"]
    again = published(lists, ground, catalogue())
    assert of_kind(again, "catalogue") == delivery


def test_a_catalogue_that_comes_with_the_list_says_which_of_its_regions_lists_it_is(
    lists: Lists, ground: Ground, tmp_path: Path
) -> None:
    medical = replace(catalogue(), insurance="medical")
    assert of_kind(published(lists, ground, medical), "catalogue").state is DeliveryState.TAKEN
    [held] = [v for v in held_versions(ground.site.store.read()) if v.region == "510000"]
    assert held.insurance is Insurance.MEDICAL
    other = tmp_path / "other.csv"
    other.write_bytes(CATALOGUE.read_bytes().rstrip())
    strange = replace(catalogue(other, "2031.2"), insurance="dental")
    [refused] = [
        one for one in published(lists, ground, strange) if one.state is DeliveryState.REFUSED
    ]
    assert refused.why == "no such insurance: dental"


def test_a_catalogue_with_a_bad_cell_is_refused_by_address_and_the_list_stands(
    lists: Lists, ground: Ground, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(CATALOGUE.read_text(encoding="utf-8-sig").replace("2024-01-01", "soon", 1))
    delivery = of_kind(published(lists, ground, catalogue(bad)), "catalogue")
    assert delivery.state is DeliveryState.REFUSED
    assert delivery.why.startswith("J2:")
    assert list_status(ground.site).version == 2
    entered = {one.act.kind for one in latest(ground.site.store.read(), limit=5)}
    assert "delivery.refused" in entered


def test_a_mended_file_is_another_file_and_is_taken(
    lists: Lists, ground: Ground, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("编码,名称\n1,2\n")
    published(lists, ground, catalogue(bad))
    states = [one.state for one in published(lists, ground, catalogue()) if one.kind == "catalogue"]
    assert sorted(states) == ["refused", "taken"]


def law(site: Site) -> str:
    rulebook = rulebook_in_force(site.store, pack_files(SHIPPED), site.clock())
    return rulebook.governing("120000", on=date(2024, 6, 1), cross_province=True).version


def test_a_pack_that_comes_with_the_list_is_in_force_from_the_next_start(
    lists: Lists, ground: Ground, tmp_path: Path
) -> None:
    before = ground.site.rulebook
    delivery = of_kind(published(lists, ground, pack(tmp_path)), "pack")
    assert (delivery.state, delivery.name) == (DeliveryState.TAKEN, "tianjin")
    assert ground.site.rulebook is before
    assert law(ground.site) == "2031.1"


@pytest.mark.parametrize(
    ("spoil", "why"),
    [("\nsurprise = 1\n", "tianjin/rules.toml"), ("\n[[", "tianjin/rules.toml")],
)
def test_a_pack_that_the_loader_refuses_is_refused_naming_file_and_key(
    lists: Lists, ground: Ground, tmp_path: Path, spoil: str, why: str
) -> None:
    delivery = of_kind(published(lists, ground, pack(tmp_path, spoil=spoil)), "pack")
    assert delivery.state is DeliveryState.REFUSED
    assert why in delivery.why
    assert law(ground.site) == "2024.1"


def test_a_pack_without_a_folders_name_is_refused(
    lists: Lists, ground: Ground, tmp_path: Path
) -> None:
    nameless = replace(pack(tmp_path), place=None)
    assert "NO_PLACE" in of_kind(published(lists, ground, nameless), "pack").why


def test_the_library_names_the_facilities_that_a_filing_numbers(
    lists: Lists, ground: Ground
) -> None:
    [ours] = lists.register.facilities
    named = ours.model_copy(update={"name": "样例 天津康复医院"})
    lists.register = lists.register.model_copy(update={"facilities": (named,)})
    published(lists, ground)
    known = facility_named(ground.site.store.read(), "TJ0001")
    assert known
    assert known.name == "样例 天津康复医院"


def test_a_kind_that_this_release_does_not_know_is_shown_and_nothing_else(
    lists: Lists, ground: Ground
) -> None:
    strange = Enclosed("forms", CATALOGUE)  # type: ignore[arg-type] # of a later protocol
    delivery = of_kind(published(lists, ground, strange), "forms")
    assert delivery.why == "no such kind: forms"


def test_what_the_newest_list_no_longer_brings_is_deleted(lists: Lists, ground: Ground) -> None:
    published(lists, ground, catalogue())
    folder = lists.folder / "list" / "received"
    assert len(list(folder.iterdir())) == 2
    published(lists, ground)
    published(lists, ground)
    assert len(list(folder.iterdir())) == 1
