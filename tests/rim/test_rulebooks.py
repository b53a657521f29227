"""Which packs are in force: the release's, unless the platform has brought a newer one."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from edge import packs
from edge.packs import PackFile
from edge.shipped import config_folder
from edge.site.rulebooks import rulebook_by_hash, rulebook_in_force
from edge.store.database import Store
from edge.store.kept_packs import KeptPack, PackSource, keep_packs
from edge.store.migrations import migrate

SHIPPED = packs.pack_files(config_folder() / "regions")
NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "edge.db")
    migrate(store)
    yield store
    store.close()


def tianjin(version: str) -> PackFile:
    """Return Tianjin's pack under another version number."""
    [file] = [file for file in SHIPPED if file.place == "tianjin"]
    return PackFile("tianjin", file.rules.replace(b'version = "2024.1"', version_line(version)))


def version_line(version: str) -> bytes:
    return f'version = "{version}"'.encode()


def bring(store: Store, file: PackFile) -> KeptPack:
    """Keep a pack as one that the platform has brought."""
    pack = KeptPack(file.place, file.rules, PackSource.PLATFORM)
    with store.transaction() as db:
        keep_packs(db, [pack], NOW)
    return pack


def version_in_force(store: Store) -> str:
    rulebook = rulebook_in_force(store, SHIPPED, NOW)
    return rulebook.governing("120000", on=date(2024, 6, 1), cross_province=True).version


def test_without_anything_brought_the_releases_packs_are_in_force(store: Store) -> None:
    assert rulebook_in_force(store, SHIPPED, NOW).packs == packs.rulebook_of(SHIPPED).packs


@pytest.mark.parametrize(
    ("brought", "in_force"), [("2024.2", "2024.2"), ("2024.10", "2024.10"), ("2023.9", "2024.1")]
)
def test_a_newer_pack_of_the_platforms_takes_the_place_and_an_older_does_not(
    store: Store, brought: str, in_force: str
) -> None:
    bring(store, tianjin(brought))
    assert version_in_force(store) == in_force


def test_of_several_brought_the_newest_is_in_force_whatever_came_last(store: Store) -> None:
    bring(store, tianjin("2024.10"))
    bring(store, tianjin("2024.9"))
    assert version_in_force(store) == "2024.10"


def test_an_earlier_pack_is_found_by_its_hash(store: Store) -> None:
    earlier = bring(store, tianjin("2023.9"))
    rulebook = rulebook_in_force(store, SHIPPED, NOW)
    then = rulebook_by_hash(store.read(), rulebook, [earlier.sha256])
    versions = {pack.version for pack in then.packs if pack.region == "120000"}
    assert versions == {"2023.9"}
    assert len(then.packs) == len(rulebook.packs)


def test_a_hash_that_was_never_kept_changes_nothing(store: Store) -> None:
    rulebook = rulebook_in_force(store, SHIPPED, NOW)
    assert rulebook_by_hash(store.read(), rulebook, ["f" * 64]).packs == rulebook.packs


def test_opening_again_keeps_nothing_twice(store: Store) -> None:
    rulebook_in_force(store, SHIPPED, NOW)
    rulebook_in_force(store, SHIPPED, NOW)
    [row] = store.read().query("select count(*) as kept from packs_kept")
    assert row["kept"] == len(SHIPPED)


@pytest.mark.parametrize("act", ["delete from packs_kept", "update packs_kept set place = 'x'"])
def test_what_may_have_decided_is_neither_deleted_nor_altered(store: Store, act: str) -> None:
    rulebook_in_force(store, SHIPPED, NOW)
    with pytest.raises(Exception, match=r"never|不"), store.transaction() as db:
        db.execute(act)


def test_a_stated_term_that_has_passed_gives_way_where_the_site_is_strict(store: Store) -> None:
    strict = rulebook_in_force(store, SHIPPED, NOW, strict_terms=True)
    pack = strict.governing("120000", on=date(2026, 6, 1), cross_province=True)
    assert pack.place == "national"
