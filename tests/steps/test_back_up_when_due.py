"""Backups by themselves: in time, looked at, thinned out, and nothing removed when one fails."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from edge.core.errors import Fault
from edge.settings import Backup
from edge.site import Site
from edge.site.restoring import check_backup
from edge.steps.back_up import back_up_when_due, backup_is_due
from edge.store.backup_shelf import is_late, kept_in
from edge.store.ledger import latest
from tests.steps.conftest import Ground

DAY = timedelta(days=1)


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "shelf"
    yield folder
    if folder.is_dir():
        folder.chmod(0o700)


def scheduled(ground: Ground, shelf: Path | None) -> Site:
    backup = Backup(folder=shelf, every_h=24, keep=2)
    settings = ground.site.settings.model_copy(update={"backup": backup})
    return replace(ground.site, settings=settings)


def test_one_is_made_when_due_and_can_be_restored(ground: Ground, shelf: Path) -> None:
    site = scheduled(ground, shelf)
    ground.discharged()
    assert back_up_when_due(site, "schedule") is not None
    assert back_up_when_due(site, "schedule") is None
    ground.clock.pass_time(hours=24, seconds=-1)
    assert not backup_is_due(site)
    ground.clock.pass_time(seconds=1)
    made = back_up_when_due(site, "schedule")
    assert made is not None
    newest = kept_in(shelf)[-1]
    assert check_backup(site.settings, newest.path) == made
    [entry] = latest(site.store.read(), limit=1)
    assert (entry.act.kind, entry.act.operator) == ("backup.made", "schedule")


def test_the_oldest_go_and_what_else_lies_there_stays(ground: Ground, shelf: Path) -> None:
    site = scheduled(ground, shelf)
    shelf.mkdir()
    (shelf / "notes.txt").touch()
    (shelf / "edge-by-hand.backup").touch()
    for _ in range(4):
        back_up_when_due(site, "schedule")
        ground.clock.pass_time(days=1)
    assert len(kept_in(shelf)) == 2
    assert ground.clock() - kept_in(shelf)[-1].made_at == DAY
    assert {"notes.txt", "edge-by-hand.backup"} < {path.name for path in shelf.iterdir()}


def test_one_that_fails_removes_nothing_and_is_due_again(ground: Ground, shelf: Path) -> None:
    site = scheduled(ground, shelf)
    for _ in range(2):
        back_up_when_due(site, "schedule")
        ground.clock.pass_time(days=1)
    before = kept_in(shelf)
    with site.store.transaction() as db:
        db.execute("drop trigger ledger_is_never_changed")
        db.execute("update ledger set operator = '别人' where seq = 1")
    with pytest.raises(Fault) as damaged:
        back_up_when_due(site, "schedule")
    assert damaged.value.code == "BACKUP_DAMAGED"
    assert kept_in(shelf) == before
    assert backup_is_due(site)


def test_a_missed_round_is_late_and_a_clock_set_back_makes_one_anew(
    ground: Ground, shelf: Path
) -> None:
    site = scheduled(ground, shelf)
    assert is_late(kept_in(shelf), ground.clock(), DAY)
    back_up_when_due(site, "schedule")
    assert not is_late(kept_in(shelf), ground.clock(), DAY)
    assert not is_late(kept_in(shelf), ground.clock() + 2 * DAY - timedelta(seconds=1), DAY)
    assert is_late(kept_in(shelf), ground.clock() + 2 * DAY, DAY)
    ground.clock.pass_time(days=-30)
    assert backup_is_due(site)


def test_without_a_folder_none_is_ever_due(ground: Ground) -> None:
    site = scheduled(ground, None)
    assert not backup_is_due(site)
    assert back_up_when_due(site, "schedule") is None
