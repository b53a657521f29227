"""The cached list: only what was signed, for us, newest and in time is used, and stays usable."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from edge.store.database import open_building
from simulators.platform.register import Contribution, Register, Worker
from simulators.platform.releases import BELIEVED
from sync.errors import ListRefused, SyncError
from sync.lists import CachedList
from tests.sync.list_ground import Ground
from tests.sync.sender import HeldClock

OTHER_KEY = bytes(32)


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    """Return a platform and an empty folder."""
    return Ground(tmp_path)


@pytest.fixture
def cached(ground: Ground) -> Iterator[CachedList]:
    """Return the facility's list, the first release in use."""
    cached = ground.cached()
    ground.refreshed(cached)
    yield cached
    cached.close()


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(SyncError) as refused:
        act()
    return refused.value.code


def test_a_worker_is_found_with_all_papers_and_as_of_when(
    ground: Ground, cached: CachedList
) -> None:
    worker = ground.register.workers[0]
    entry = cached.look_up(worker.id_number, now=ground.clock())
    assert entry
    assert entry.record
    assert entry.record["worker"]["name"] == worker.name
    assert len(entry.record["filings"]) == len(worker.filings)
    assert entry.release.as_of == ground.clock()


def test_a_number_that_the_list_does_not_hold_is_said_to_be_absent(
    ground: Ground, cached: CachedList
) -> None:
    entry = cached.look_up("110101199003070011", now=ground.clock())
    assert entry
    assert entry.record is None


def test_without_a_release_there_is_no_list_to_ask(ground: Ground) -> None:
    assert ground.cached().look_up("1", now=ground.clock()) is None


@pytest.mark.usefixtures("cached")
def test_reading_it_through_names_a_list_whose_file_is_gone(ground: Ground) -> None:
    ground.cached().read_through()
    (ground.folder / "list" / "list-1.db").unlink()
    assert refusal(ground.cached().read_through) == "LIST_DAMAGED"


def test_desks_that_ask_while_the_list_changes_are_always_answered(
    ground: Ground, cached: CachedList
) -> None:
    grown(ground, cached, 2_000)
    reader = ground.cached()
    worker = ground.register.workers[0]
    changed = Event()
    wrong: list[object] = []

    def ask() -> None:
        while not changed.is_set():
            entry = reader.look_up(worker.id_number, now=ground.clock())
            if not entry or not entry.record:
                wrong.append(entry)

    with ThreadPoolExecutor(4) as desks:
        asked = [desks.submit(ask) for _ in range(4)]
        for _ in range(5):
            ground.change(suspended=not ground.register.workers[0].suspended)
            ground.releases.publish()
            ground.refreshed(cached)
            cached.fold()
        changed.set()
        for one in asked:
            one.result()
    assert wrong == []


@pytest.mark.usefixtures("cached")
def test_no_identity_stands_in_the_file(ground: Ground) -> None:
    written = b"".join(path.read_bytes() for path in facility_files(ground.folder))
    for worker in ground.register.workers:
        assert worker.id_number.encode() not in written
        assert worker.name.encode() not in written


@pytest.mark.usefixtures("cached")
def test_another_facilitys_key_opens_nothing(ground: Ground) -> None:
    number = ground.register.workers[0].id_number
    entry = ground.cached(OTHER_KEY).look_up(number, now=ground.clock())
    assert entry
    assert entry.record is None


@pytest.mark.usefixtures("cached")
def test_a_row_moved_to_another_worker_is_damage(ground: Ground) -> None:
    path = next((ground.folder / "list").glob("list-1.db"))
    one, other = ground.register.workers[:2]
    file = open_building(path)
    first, second = (row[0] for row in file.execute("select place from persons limit 2").fetchall())
    file.execute(
        "update persons set sealed = (select sealed from persons where place = ?) where place = ?",
        [first, second],
    )
    file.close()
    now = ground.clock()
    fresh = ground.cached()
    codes = []
    for worker in ground.register.workers:
        try:
            fresh.look_up(worker.id_number, now=now)
        except ListRefused as refused:
            codes.append(refused.code)
    assert codes == ["LIST_DAMAGED"]
    assert one != other


def grown(ground: Ground, cached: CachedList, count: int) -> None:
    """Bring a list of so many more workers into use, one file."""
    ground.register = many(ground.register, count)
    ground.releases.publish()
    ground.refreshed(cached)


def suspended(cached: CachedList, worker: Worker, ground: Ground) -> bool:
    entry = cached.look_up(worker.id_number, now=ground.clock())
    assert entry
    assert entry.record
    return bool(entry.record["worker"]["suspended"])


def files_of(ground: Ground) -> list[str]:
    return sorted(path.name for path in (ground.folder / "list").glob("list-*.db"))


def test_a_small_change_comes_as_a_delta_laid_over_and_is_folded_afterwards(
    ground: Ground, cached: CachedList
) -> None:
    grown(ground, cached, 2_000)
    for version in (3, 4, 5):
        worker = ground.change(suspended=not ground.register.workers[0].suspended)
        ground.releases.publish()
        assert ground.refreshed(cached).by == "delta"
        assert suspended(cached, worker, ground) == worker.suspended
        cached.fold()
        assert suspended(cached, worker, ground) == worker.suspended
        assert f"list-{version}.db" in files_of(ground)
    ground.refreshed(cached)
    assert files_of(ground) == ["list-5.db"]


def test_changes_that_were_not_folded_yet_are_folded_by_the_next_delta(
    ground: Ground, cached: CachedList
) -> None:
    grown(ground, cached, 2_000)
    first = ground.change(suspended=True)
    ground.releases.publish()
    ground.refreshed(cached)
    last = ground.change(suspended=False, name="另名")
    ground.releases.publish()
    assert ground.refreshed(ground.cached()).by == "delta"
    assert first.id_number == last.id_number
    assert not suspended(cached, last, ground)
    assert {"list-3.db", "list-4-changes.db"} <= set(files_of(ground))


def test_changes_that_do_not_make_what_the_release_says_are_replaced_by_a_snapshot(
    ground: Ground, cached: CachedList
) -> None:
    grown(ground, cached, 2_000)
    ground.change(suspended=True)
    ground.releases.publish()
    ground.refreshed(cached)
    spoil_changes(ground.folder / "list" / "list-3-changes.db")
    ground.change(suspended=False)
    ground.releases.publish()
    assert refusal(cached.fold) == "LIST_DAMAGED"
    assert ground.refreshed(cached).by == "snapshot"


def spoil_changes(path: Path) -> None:
    """Let the changes bring a row that no release counts."""
    file = open_building(path)
    file.execute("insert into changes values (?, ?)", [0, bytes(40)])
    file.close()


def test_a_worker_who_left_the_register_leaves_the_list(ground: Ground, cached: CachedList) -> None:
    grown(ground, cached, 500)
    everyone = ground.register
    gone = everyone.workers[-1]
    ground.register = Register(facilities=everyone.facilities, workers=everyone.workers[:-1])
    ground.releases.publish()
    assert ground.refreshed(cached).by == "delta"
    assert absent(ground, cached, gone)
    cached.fold()
    assert absent(ground, cached, gone)


def absent(ground: Ground, cached: CachedList, worker: Worker) -> bool:
    entry = cached.look_up(worker.id_number, now=ground.clock())
    assert entry
    return entry.record is None


def test_a_reader_in_another_process_sees_the_next_release(
    ground: Ground, cached: CachedList
) -> None:
    reader = ground.cached()
    worker = ground.change(suspended=True)
    before = reader.look_up(worker.id_number, now=ground.clock())
    ground.releases.publish()
    ground.refreshed(cached)
    after = reader.look_up(worker.id_number, now=ground.clock())
    assert before
    assert after
    assert (before.release.version, after.release.version) == (1, 2)


def test_the_same_release_again_changes_nothing(ground: Ground, cached: CachedList) -> None:
    assert ground.refreshed(cached).by == "nothing"


def test_a_broken_download_goes_on_where_it_was_cut(ground: Ground, cached: CachedList) -> None:
    ground.register = many(ground.register, 12_000)
    ground.releases.publish()
    ground.fetched.clear()
    ground.breaks_after = 6  # root, timestamp, snapshot, targets, manifest, one piece
    assert refusal(lambda: ground.refreshed(cached)) == "PLATFORM_UNREACHABLE"
    status = cached.status()
    assert status
    assert status.release.version == 1
    ground.breaks_after = None
    ground.fetched.clear()
    assert ground.refreshed(cached).by == "snapshot"
    pieces = [span for span in ground.fetched if span and span.last - span.first > 10_000]
    assert pieces[0].first == 1024 * 1024


def test_a_list_that_was_rolled_back_is_refused_and_the_one_in_use_stays(
    ground: Ground, cached: CachedList
) -> None:
    ground.releases.publish()
    ground.refreshed(cached)
    ground.releases.repository.serve_again(1)
    assert refusal(lambda: ground.refreshed(cached)) == "LIST_ROLLED_BACK"
    status = cached.status()
    assert status
    assert status.release.version == 2


def test_the_sites_own_memory_of_a_version_is_a_floor(ground: Ground) -> None:
    assert refusal(lambda: ground.refreshed(ground.cached(), floor=2)) == "LIST_ROLLED_BACK"


def test_a_list_of_another_facility_is_refused(ground: Ground) -> None:
    ground.releases = ground.platform("TJ0002")
    assert refusal(lambda: ground.refreshed(ground.cached())) == "LIST_OF_ANOTHER"


def test_a_list_under_other_keys_is_refused(ground: Ground, cached: CachedList) -> None:
    strange = ground.platform()
    strange.publish()
    ground.releases = strange
    assert refusal(lambda: ground.refreshed(cached)) == "LIST_SIGNATURE"


def test_a_changed_letter_is_refused(ground: Ground, cached: CachedList) -> None:
    ground.releases.publish()
    ground.releases.repository.spoil()
    assert refusal(lambda: ground.refreshed(cached)) == "LIST_SIGNATURE"


def test_a_list_past_its_time_is_refused_and_no_list_any_more(
    ground: Ground, cached: CachedList
) -> None:
    number = ground.register.workers[0].id_number
    ground.clock.now += BELIEVED
    assert refusal(lambda: ground.refreshed(cached)) == "LIST_EXPIRED"
    assert cached.look_up(number, now=ground.clock()) is None


def test_a_list_from_the_future_is_refused(ground: Ground) -> None:
    ground.clock.now -= timedelta(hours=1)
    assert refusal(lambda: ground.refreshed(ground.cached())) == "LIST_FROM_FUTURE"


def test_a_file_with_other_bytes_than_signed_is_refused_and_fetched_anew(
    ground: Ground, cached: CachedList
) -> None:
    ground.register = many(ground.register, 500)
    ground.releases.publish()
    part = ground.folder / "list" / "incoming" / "snapshot-2.db.part"
    part.parent.mkdir(exist_ok=True)
    part.write_bytes(b"not what was signed")
    assert refusal(lambda: ground.refreshed(cached)) == "LIST_DAMAGED"
    assert ground.refreshed(cached).by == "snapshot"


@pytest.mark.usefixtures("cached")
def test_a_list_whose_file_is_gone_is_damage_and_a_refresh_mends_it(ground: Ground) -> None:
    number = ground.register.workers[0].id_number
    (ground.folder / "list" / "list-1.db").unlink()
    fresh = ground.cached()
    assert refusal(lambda: fresh.look_up(number, now=ground.clock())) == "LIST_DAMAGED"
    assert ground.refreshed(fresh).by == "snapshot"
    assert fresh.look_up(number, now=ground.clock())


def facility_files(folder: Path) -> list[Path]:
    """Return all that lies at the facility."""
    ours = [folder / "list", folder / "trust"]
    return [path for place in ours for path in place.rglob("*") if path.is_file()]


def many(register: Register, count: int) -> Register:
    """Return the register with ``count`` more synthetic workers."""
    paying = Contribution(status="paying", as_of=HeldClock().now.date())
    more = [
        Worker(
            id_number=f"SYN{number:015d}",
            name=f"合成{number}",
            insured_region="110000",
            contribution=paying,
        )
        for number in range(count)
    ]
    known = {worker.id_number for worker in register.workers}
    workers = (*register.workers, *(one for one in more if one.id_number not in known))
    return Register(facilities=register.facilities, workers=workers)


def test_a_platform_that_was_started_anew_goes_on_with_its_keys_and_numbers(
    ground: Ground, cached: CachedList
) -> None:
    ground.releases.publish()
    ground.refreshed(cached)
    ground.clock.forward(seconds=60)
    ground.releases = ground.again()
    ground.refreshed(cached)
    status = cached.status()
    assert status
    assert (ground.releases.version, status.release.version) == (3, 3)
    ground.releases = ground.platform()  # one that lost its folder is nobody's to believe
    assert refusal(lambda: ground.refreshed(cached)) == "LIST_SIGNATURE"
