"""The monitor with simulated readers: bounded, stoppable, and never showing a stale card."""

from collections.abc import Iterator
from dataclasses import replace
from threading import Event

import pytest

from drivers.cards import CardRecord, read_card
from drivers.errors import CardChanged, NoCard, ReaderFault, ReaderMissing, ReaderStuck, ServiceDown
from drivers.monitor import Limits, Monitor, Presented, ReaderState
from drivers.transport import Transport
from edge.clock import fresh_id, system_clock
from simulators.card import mute_card, social_security_card, synthetic_person
from simulators.reader import InProcessReaders
from tests.contracts.desk import PATIENCE_S, wait_for_state
from tests.drivers.script import PlannedCard

ONE, OTHER = "读卡器 1", "读卡器 2"
CARD = social_security_card(synthetic_person(1))
OTHER_CARD = social_security_card(synthetic_person(2))
LIMITS = Limits(read_s_max=0.2, backoff_s_max=0.1)


@pytest.fixture
def readers() -> InProcessReaders:
    return InProcessReaders(ONE, OTHER)


@pytest.fixture
def monitor(readers: InProcessReaders) -> Iterator[Monitor]:
    with Monitor(readers, system_clock, fresh_id, limits=LIMITS) as monitor:
        wait_for_state(monitor, ONE, ReaderState.EMPTY)
        wait_for_state(monitor, OTHER, ReaderState.EMPTY)
        yield monitor


def test_each_reader_has_its_own_card(readers: InProcessReaders, monitor: Monitor) -> None:
    readers.insert(CARD, reader=ONE)
    wait_for_state(monitor, ONE, ReaderState.PRESENT)
    readers.insert(OTHER_CARD, reader=OTHER)
    wait_for_state(monitor, OTHER, ReaderState.PRESENT)
    tokens = {_presented(monitor, name).token for name in (ONE, OTHER)}
    names = {_presented(monitor, name).record.name for name in (ONE, OTHER)}
    assert len(tokens) == 2
    assert names == {synthetic_person(1).name, synthetic_person(2).name}


def test_a_stuck_reader_does_not_keep_the_other_from_reading(
    readers: InProcessReaders, monitor: Monitor
) -> None:
    readers.insert(CARD.struck(1, "silence"), reader=ONE)
    wait_for_state(monitor, ONE, ReaderState.STUCK)
    readers.insert(CARD, reader=OTHER)
    wait_for_state(monitor, OTHER, ReaderState.PRESENT)
    assert {view.name: view.state for view in monitor.readers()} == {
        ONE: ReaderState.STUCK,
        OTHER: ReaderState.PRESENT,
    }
    readers.remove(reader=ONE)
    wait_for_state(monitor, ONE, ReaderState.EMPTY)


def test_a_fault_is_kept_with_its_reason(readers: InProcessReaders, monitor: Monitor) -> None:
    readers.insert(mute_card(), reader=ONE)
    wait_for_state(monitor, ONE, ReaderState.MUTE)
    view = next(view for view in monitor.readers() if view.name == ONE)
    assert view.error is not None
    assert (view.error.code, view.error.field) == ("CARD_MUTE", ONE)


def test_readers_come_and_go(readers: InProcessReaders, monitor: Monitor) -> None:
    readers.insert(CARD, reader=OTHER)
    wait_for_state(monitor, OTHER, ReaderState.PRESENT)
    readers.unplug(OTHER)
    wait_for_state(monitor, OTHER, ReaderState.NO_READER)
    assert monitor.presented(OTHER) is None
    with pytest.raises(ReaderMissing):
        monitor.read_again(OTHER)
    readers.unplug(ONE)
    wait_for_state(monitor, "", ReaderState.NO_READER)
    assert [view.name for view in monitor.readers()] == [""]
    readers.plug(ONE)
    wait_for_state(monitor, ONE, ReaderState.EMPTY)
    assert [view.name for view in monitor.readers()] == [ONE]


def test_a_service_that_is_down_from_the_start_is_shown_and_awaited() -> None:
    readers = InProcessReaders(ONE)
    readers.kill_service()
    with Monitor(readers, system_clock, fresh_id, limits=LIMITS) as monitor:
        wait_for_state(monitor, "", ReaderState.SERVICE_DOWN)
        (view,) = monitor.readers()
        assert isinstance(view.error, ServiceDown)
        readers.start_service()
        wait_for_state(monitor, ONE, ReaderState.EMPTY)


def test_a_bug_in_the_reading_is_a_fault_of_that_read_only() -> None:
    faults: list[Exception] = [ZeroDivisionError()]

    def read_with_a_bug(transport: Transport) -> CardRecord:
        if faults:
            raise faults.pop()
        return read_card(transport)

    readers = InProcessReaders(ONE)
    with Monitor(readers, system_clock, fresh_id, read=read_with_a_bug) as monitor:
        readers.insert(CARD)
        wait_for_state(monitor, ONE, ReaderState.FAULT)
        (view,) = monitor.readers()
        assert isinstance(view.error, ReaderFault)
        assert isinstance(view.error.__cause__, ZeroDivisionError)
        assert monitor.read_again(ONE).record.name == synthetic_person(1).name


def test_a_result_with_another_answer_to_reset_is_never_presented() -> None:
    readers = InProcessReaders(ONE)
    strange = replace(CARD, atr=bytes.fromhex("3B00"))
    with Monitor(
        readers, system_clock, fresh_id, read=lambda _: read_card(PlannedCard(strange))
    ) as monitor:
        readers.insert(CARD)
        wait_for_state(monitor, ONE, ReaderState.FAULT)
        (view,) = monitor.readers()
        assert isinstance(view.error, CardChanged)
        assert monitor.presented(ONE) is None


def test_another_card_id_under_the_same_insertion_is_never_presented() -> None:
    plans = [CARD, OTHER_CARD]
    readers = InProcessReaders(ONE)
    with Monitor(
        readers, system_clock, fresh_id, read=lambda _: read_card(PlannedCard(plans.pop(0)))
    ) as monitor:
        readers.insert(CARD)
        wait_for_state(monitor, ONE, ReaderState.PRESENT)
        with pytest.raises(CardChanged):
            monitor.read_again(ONE)
        assert monitor.presented(ONE) is None


def test_a_card_that_left_while_it_was_read_is_never_presented() -> None:
    begun, go_on = Event(), Event()

    def read_slowly(transport: Transport) -> CardRecord:
        record = read_card(transport)
        begun.set()
        assert go_on.wait(PATIENCE_S)
        return record

    readers = InProcessReaders(ONE)
    with Monitor(readers, system_clock, fresh_id, read=read_slowly) as monitor:
        readers.insert(CARD)
        assert begun.wait(PATIENCE_S)
        wait_for_state(monitor, ONE, ReaderState.READING)
        readers.remove()
        wait_for_state(monitor, ONE, ReaderState.EMPTY)
        go_on.set()
        with pytest.raises(NoCard):
            monitor.read_again(ONE)
        assert monitor.presented(ONE) is None


def test_a_read_asked_for_in_vain_is_stuck_after_its_time() -> None:
    answered, never = [True], Event()

    def read_once(transport: Transport) -> CardRecord:
        if not answered:
            never.wait(PATIENCE_S)
        answered.clear()
        return read_card(transport)

    readers = InProcessReaders(ONE)
    with Monitor(readers, system_clock, fresh_id, read=read_once, limits=LIMITS) as monitor:
        readers.insert(CARD)
        wait_for_state(monitor, ONE, ReaderState.PRESENT)
        with pytest.raises(ReaderStuck):
            monitor.read_again(ONE)
        assert monitor.presented(ONE) is None
        never.set()
        wait_for_state(monitor, ONE, ReaderState.PRESENT)


def test_events_nobody_takes_are_dropped_and_counted_while_states_stay_right() -> None:
    readers = InProcessReaders(ONE)
    with Monitor(readers, system_clock, fresh_id, limits=replace(LIMITS, queue_max=2)) as monitor:
        wait_for_state(monitor, ONE, ReaderState.EMPTY)
        readers.insert(CARD)
        wait_for_state(monitor, ONE, ReaderState.PRESENT)
        monitor.read_again(ONE)
        monitor.read_again(ONE)
        assert monitor.events_lost == 2
        assert [view.state for view in monitor.readers()] == [ReaderState.PRESENT]


def test_a_monitor_stops_twice_and_shows_nothing_afterwards(
    readers: InProcessReaders, monitor: Monitor
) -> None:
    readers.insert(CARD, reader=ONE)
    wait_for_state(monitor, ONE, ReaderState.PRESENT)
    monitor.stop()
    monitor.stop()
    assert monitor.presented(ONE) is None
    assert monitor.readers() == ()


def _presented(monitor: Monitor, name: str) -> Presented:
    presented = monitor.presented(name)
    assert presented is not None
    return presented
