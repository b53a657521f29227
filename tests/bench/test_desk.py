"""The load of many desks, with two of them: it does what it says it measures."""

from pathlib import Path

from bench.desk_load import Taken, p99_ms
from bench.works.desk import DESKS, grown, house
from simulators.platform.faults import Fault, Script


def test_desks_settle_with_the_platform_and_without_it_and_the_outbox_is_drained(
    tmp_path: Path,
) -> None:
    with house(tmp_path, 2) as place:
        taken = Taken()
        for desk, script in zip(place.desks, (Script(), _AWAY), strict=True):
            place.faults.play(script)
            desk.taken = taken
            desk.case(place.present(desk.number))
        assert (taken.cases, taken.errors, taken.refusals) == (2, {}, {})
        assert taken.bases == {"online": 1, "list": 1}
        assert place.waiting() > 0


def test_the_99th_of_a_hundred_calls_is_told() -> None:
    assert 98.0 < p99_ms([number / 1000 for number in range(1, 101)]) <= 100.0


def test_twice_as_long_with_all_desks_is_no_steep_growth() -> None:
    alone = [0.1] * 100
    assert grown(alone, alone) == 0.0
    assert grown([0.1 * DESKS] * 100, alone) == 1.0
    assert 0.0 < grown([0.2] * 100, alone) < 0.2


_AWAY = Script(fault=(Fault(do="down", times=0),))
