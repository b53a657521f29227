"""What the site does by itself about its disk: tries it again, keeps the log of writes small."""

import threading

import pytest

from edge.core.errors import Fault
from edge.loops.keeper import Keeper, LogOfWrites
from tests.steps.conftest import Ground
from tests.steps.full_disk import failing_after

SMALL = LogOfWrites(emptied_at=1, never_over=1)


def keeper(ground: Ground, told: list[str]) -> Keeper:
    return Keeper(
        ground.site,
        on_told=lambda _stay: None,
        on_head=lambda: None,
        on_disk=lambda: told.append("disk"),
        log=SMALL,
    )


def is_in_trouble(ground: Ground) -> bool:
    return ground.site.store.trouble is not None


def test_a_disk_that_takes_nothing_is_told_once_and_again_when_it_takes(ground: Ground) -> None:
    told: list[str] = []
    watching = keeper(ground, told)
    watching.run_once()
    assert told == []
    with failing_after(ground.site.store, 0):
        with pytest.raises(Fault):
            ground.admitted()
        watching.run_once()
        watching.run_once()
        assert told == ["disk"]
        assert is_in_trouble(ground)
    watching.run_once()
    assert told == ["disk", "disk"]
    assert not is_in_trouble(ground)
    events = [event for _, event, _ in ground.log.told]
    assert [event for event in events if event.startswith("disk.")] == [
        "disk.refuses",
        "disk.takes",
    ]


def test_a_read_that_keeps_the_log_from_being_emptied_is_ended(ground: Ground) -> None:
    begun, go_on, faults = threading.Event(), threading.Event(), list[Fault]()

    def read_for_ever() -> None:
        rows = ground.site.store.read().query("select * from sqlite_schema, sqlite_schema as b")
        next(rows)
        begun.set()
        go_on.wait(10)
        try:
            list(rows)
        except Fault as fault:
            faults.append(fault)

    reader = threading.Thread(target=read_for_ever)
    reader.start()
    assert begun.wait(10)
    ground.admitted()
    watching = keeper(ground, [])
    watching.run_once()
    go_on.set()
    reader.join()
    assert [fault.code for fault in faults] == ["STORE_UNAVAILABLE"]
    watching.run_once()
    assert ground.site.store.log_bytes() == 0
