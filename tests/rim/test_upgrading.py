"""A newer release brings an older database up: a backup first, and with it there is a way back."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.clock import system_clock
from edge.core.errors import Conflict, Fault
from edge.doctor import examine
from edge.settings import Settings, load_settings
from edge.site.opening import open_site, open_to_others
from edge.site.restoring import check_backup, restore
from edge.site.upgrading import BEFORE_UPGRADE
from edge.store.backup import opened_backup
from edge.store.database import Store
from edge.store.keys import load_keys
from edge.store.ledger import Ledger, latest
from edge.store.migrations import _history, migrate, schema_of
from tests.journeys.test_commands import founded
from tests.steps.full_disk import files_no_longer_than, left_behind

NEWEST = len(_history())
PREVIOUS = NEWEST - 1
FIRST = 1


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(founded(tmp_path))


def older(settings: Settings, schema: int) -> Settings:
    """Put a database of an older release, with an entry in its ledger, in the place of ours."""
    path = settings.data / "edge.db"
    path.unlink()
    with closing(Store(path)) as store:
        migrate(store, _history()[:schema])
        with store.transaction() as db:
            Ledger(load_keys(settings.data / "keys")).enter(
                db, kind="kept", operator="", subject="", now=system_clock()
            )
    return settings


def schema_in(settings: Settings) -> int:
    with closing(Store(settings.data / "edge.db")) as store:
        return schema_of(store)


def backups(settings: Settings) -> Iterator[Path]:
    return (settings.data / BEFORE_UPGRADE).glob("*.backup")


@pytest.mark.parametrize("schema", [PREVIOUS, FIRST])
def test_an_older_database_is_backed_up_brought_up_and_can_be_gone_back_to(
    settings: Settings, schema: int
) -> None:
    older(settings, schema)
    with open_site(settings) as site:
        assert schema_of(site.store) == NEWEST
        [entry, kept] = latest(site.store.read(), limit=9)
        assert site.ledger.verify(site.store.read()) is None
    [backup] = backups(settings)
    assert (entry.act.kind, entry.act.subject) == ("site.upgraded", backup.name)
    assert kept.act.kind == "kept"
    assert backup.stat().st_mode & 0o777 == 0o600
    assert check_backup(settings, backup).schema == schema
    # What the older release's own `edge restore` would put back.
    with (
        opened_backup(backup, load_keys(settings.data / "keys"), settings.data) as (_, copy),
        closing(Store(copy)) as store,
    ):
        assert schema_of(store) == schema


def test_a_database_that_is_up_to_date_is_backed_up_by_nobody(settings: Settings) -> None:
    for _ in range(2):
        with open_site(settings):
            pass
    assert list(backups(settings)) == []


def test_one_of_a_newer_release_is_refused_untouched_and_the_way_back_is_named(
    settings: Settings, tmp_path: Path
) -> None:
    with open_site(older(settings, PREVIOUS)):
        pass
    [backup] = backups(settings)
    with closing(Store(settings.data / "edge.db")) as store:
        store.read().execute(f"pragma user_version = {NEWEST + 1}")
    with pytest.raises(Fault) as refused, open_site(settings):
        pass
    assert refused.value.code == "SCHEMA_TOO_NEW"
    assert "edge restore" in refused.value.next_action.en
    assert schema_in(settings) == NEWEST + 1
    [seen] = [
        one for one in examine(tmp_path / "site.toml", system_clock) if one.name == "database"
    ]
    assert not seen.well
    restore(settings, backup, system_clock, "信息科")
    assert schema_in(settings) == NEWEST


def test_without_room_for_the_backup_nothing_is_changed(settings: Settings) -> None:
    older(settings, PREVIOUS)
    with (
        pytest.raises((Fault, OSError)),
        files_no_longer_than(64 * 1024),
        open_site(settings),
    ):
        pass
    assert schema_in(settings) == PREVIOUS
    assert (list(backups(settings)), left_behind(settings.data)) == ([], set())


def test_while_the_older_release_runs_its_database_stays_as_it_is(settings: Settings) -> None:
    older(settings, PREVIOUS)
    with (
        open_to_others(settings.data),
        pytest.raises(Conflict) as refused,
        open_site(settings),
    ):
        pass
    assert refused.value.code == "SITE_IN_USE"
    assert schema_in(settings) == PREVIOUS


def test_who_only_looks_brings_nothing_up(settings: Settings, tmp_path: Path) -> None:
    older(settings, PREVIOUS)
    found = {one.name: one for one in examine(tmp_path / "site.toml", system_clock)}
    assert not found["database"].well
    assert "makes a backup first" in found["database"].fix
    assert schema_in(settings) == PREVIOUS
