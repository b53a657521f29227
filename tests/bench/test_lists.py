"""The benches of the cached list measure what they say: the same record, the rows there are."""

from contextlib import closing
from pathlib import Path

from bench.listed import NOW, PRESENT, Publisher, cached_list
from bench.works.list_lookup import plain
from edge.site.opening import LIST_FILES


def test_the_floor_of_a_look_up_finds_the_record_that_the_product_finds(tmp_path: Path) -> None:
    publisher = Publisher(tmp_path / "platform", 1_000)
    publisher.publish_first()
    with closing(cached_list(publisher, tmp_path)) as ours:
        ours.refresh(NOW)
        entry = ours.look_up(PRESENT[7], now=NOW)
    assert entry
    assert entry.plain == plain(tmp_path / "list/list-1.db")(PRESENT[7])


def test_one_row_in_a_hundred_changes_and_none_of_those_at_the_desk(tmp_path: Path) -> None:
    publisher = Publisher(tmp_path / "platform", 20_000)
    publisher.publish_first()
    with closing(cached_list(publisher, tmp_path)) as ours:
        ours.refresh(NOW)
        publisher.publish_second()
        done = ours.refresh(NOW)
        assert done
        assert done.by == "delta"
        assert all(ours.look_up(number, now=NOW) for number in PRESENT)
    with closing(LIST_FILES.read(tmp_path / "list/list-2-changes.db")) as changes:
        [count] = changes.execute("select count(*) from changes").fetchone()
    assert 100 < count < 300
