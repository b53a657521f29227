"""How a list's file is laid out: two on one place, and files in another form."""

from pathlib import Path

import pytest

from edge.store.database import open_building
from sync.errors import ListRefused
from sync.lists import RowSeal
from sync.lists.offer import MANIFEST
from tests.sync.list_ground import KEY, Ground


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    """Return a platform and an empty folder."""
    return Ground(tmp_path)


def test_who_finds_the_place_taken_stands_at_the_next(ground: Ground) -> None:
    ground.refreshed(ground.cached())
    path = next((ground.folder / "list").glob("list-1.db"))
    worker = ground.register.workers[0]
    one = RowSeal(KEY).place(worker.id_number)
    file = open_building(path)
    file.execute("update persons set place = ? where place = ?", [one.at + 1, one.at])
    file.execute("insert into persons values (?, x'00')", [one.at])
    file.close()
    entry = ground.cached().look_up(worker.id_number, now=ground.clock())
    assert entry
    assert entry.record
    assert entry.record["worker"]["name"] == worker.name


def test_a_list_of_the_form_before_is_replaced_by_the_next_refresh(ground: Ground) -> None:
    ground.refreshed(ground.cached())
    pointer = ground.folder / "list" / "current.json"
    pointer.write_bytes(pointer.read_bytes().replace(b',"form":2', b""))
    fresh = ground.cached()
    with pytest.raises(ListRefused) as refused:
        fresh.status()
    assert refused.value.code == "LIST_DAMAGED"
    assert ground.refreshed(fresh).by == "snapshot"
    assert fresh.status()


def test_a_signed_file_of_another_form_is_refused(ground: Ground) -> None:
    publish_in_another_form(ground)
    cached = ground.cached()
    with pytest.raises(ListRefused) as refused:
        ground.refreshed(cached)
    assert refused.value.code == "LIST_UNREADABLE"
    assert ground.cached().status() is None


def publish_in_another_form(ground: Ground) -> None:
    """Sign the newest release again, its snapshot of the form before."""
    ground.releases.publish()
    folder = ground.folder / "platform-1"
    snapshot, manifest = folder / "snapshot-2.db", folder / "manifest-2.json"
    file = open_building(snapshot)
    file.execute("pragma user_version = 0")
    file.close()
    ground.releases.repository.publish({MANIFEST: manifest, snapshot.name: snapshot})


def test_a_download_tells_how_far_it_is(ground: Ground) -> None:
    told: list[tuple[int, int]] = []
    ground.cached().refresh(ground.clock(), progress=lambda here, whole: told.append((here, whole)))
    assert told
    assert all(0 < here <= whole for here, whole in told)
    assert told[-1][0] == told[-1][1]
