"""What every reader keeps, simulated or real: the same errors, and usable after each of them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from drivers.apdu import RecordMode, exchange, read_record, select_by_name
from drivers.cards import AID, CardRecord, read_card
from drivers.errors import (
    CardMute,
    CardRemoved,
    NoCard,
    ReaderMissing,
    ReaderStuck,
    ServiceDown,
    WrongCard,
)
from drivers.key_errors import KeyMissing
from drivers.monitor import Limits, Monitor, ReaderState
from drivers.transport import Presence
from edge.clock import fresh_id, system_clock
from simulators.card import foreign_card, mute_card, social_security_card, synthetic_person
from simulators.card.hsm import answers
from simulators.reader import virtual_reader
from tests.contracts.desk import Desk, wait_for_state

ONE, OTHER = synthetic_person(1), synthetic_person(2)
CARD = social_security_card(ONE)
APDUS_OF_A_READ = 18


@pytest.fixture
def monitor(desk: Desk) -> Iterator[Monitor]:
    limits = Limits(read_s_max=1.0, backoff_s_max=0.2)
    with Monitor(desk.readers, system_clock, fresh_id, limits=limits) as monitor:
        wait_for_state(monitor, desk.name, ReaderState.EMPTY)
        yield monitor


def test_a_card_is_read_by_tag(desk: Desk) -> None:
    desk.slot.insert(CARD)
    slot = desk.wait_for(Presence.PRESENT)
    record = _read(desk)
    assert record.atr == slot.atr == CARD.atr
    assert (record.name, record.social_security_number) == (ONE.name, ONE.number)


def test_chained_answers_arrive_whole(desk: Desk) -> None:
    desk.slot.insert(CARD)
    desk.wait_for(Presence.PRESENT)
    with desk.readers.open(desk.name) as transport:
        named = exchange(transport, select_by_name(AID))
        first = exchange(transport, read_record(5, 1, mode=RecordMode.NUMBER))
    assert (named.data, named.status) == (CARD.fci, 0x9000)
    assert (first.data, first.status) == (CARD.files[5][1], 0x9000)


def test_a_guarded_card_is_refused_by_name_and_read_with_its_key(desk: Desk) -> None:
    desk.slot.insert(social_security_card(ONE, version="3.00"))
    desk.wait_for(Presence.PRESENT)
    with pytest.raises(KeyMissing):
        _read(desk)
    with desk.readers.open(desk.name) as transport:
        assert read_card(transport, answers).name == ONE.name


def test_a_contactless_card_is_read_by_its_own_protocol(desk: Desk) -> None:
    plan = social_security_card(ONE, version="3.00", contactless=True)
    desk.slot.insert(plan)
    assert desk.wait_for(Presence.PRESENT).atr == plan.atr
    with desk.readers.open(desk.name) as transport:
        assert transport.protocol == 1
        assert read_card(transport, answers).name == ONE.name


def test_an_empty_reader_and_an_unknown_one_say_so(desk: Desk) -> None:
    with pytest.raises(NoCard):
        _read(desk)
    with pytest.raises(ReaderMissing), desk.readers.open("no such reader"):
        pass


def test_a_card_removed_inside_a_transaction_is_gone(desk: Desk) -> None:
    desk.slot.insert(CARD)
    desk.wait_for(Presence.PRESENT)
    with desk.readers.open(desk.name) as transport:
        desk.slot.remove()
        with pytest.raises(CardRemoved):
            read_card(transport)
    desk.wait_for(Presence.EMPTY)


def test_the_next_card_is_the_one_that_is_read(desk: Desk) -> None:
    seen = []
    for person in (ONE, OTHER, ONE):
        desk.slot.insert(social_security_card(person))
        desk.wait_for(Presence.PRESENT)
        seen.append(_read(desk).social_security_number)
        desk.empty()
    assert seen == [ONE.number, OTHER.number, ONE.number]


def test_foreign_and_mute_cards_are_told_apart_and_leave_the_reader_usable(desk: Desk) -> None:
    desk.slot.insert(foreign_card())
    desk.wait_for(Presence.PRESENT)
    with pytest.raises(WrongCard):
        _read(desk)
    desk.empty()
    desk.slot.insert(mute_card())
    desk.wait_for(Presence.MUTE)
    with pytest.raises(CardMute):
        _read(desk)
    desk.empty()
    desk.slot.insert(CARD)
    desk.wait_for(Presence.PRESENT)
    assert _read(desk).name == ONE.name


def test_a_card_removed_at_any_command_is_one_error_and_the_reader_goes_on(
    desks: tuple[Desk, Desk],
) -> None:
    commands = range(1, APDUS_OF_A_READ + 1)
    with ThreadPoolExecutor(2) as hands:  # two readers at once: each change of cards takes 0.8 s
        seen = list(hands.map(_removed_at_each, desks, (commands[::2], commands[1::2])))
    assert seen == [ONE.name, ONE.name]


def test_two_clients_share_one_reader(desk: Desk) -> None:
    desk.slot.insert(CARD)
    desk.wait_for(Presence.PRESENT)
    with ThreadPoolExecutor(2) as clients:
        records = list(clients.map(lambda _: _read(desk), range(20)))
    assert {record.social_security_number for record in records} == {ONE.number}


def test_the_monitor_follows_a_card_in_and_out(desk: Desk, monitor: Monitor) -> None:
    desk.slot.insert(CARD)
    passed = wait_for_state(monitor, desk.name, ReaderState.PRESENT)
    presented = monitor.presented(desk.name)
    assert passed == [ReaderState.READING, ReaderState.PRESENT]
    assert presented is not None
    assert presented.record.name == ONE.name
    desk.slot.remove()
    assert wait_for_state(monitor, desk.name, ReaderState.EMPTY) == [ReaderState.EMPTY]
    assert monitor.presented(desk.name) is None


def test_reading_again_is_a_new_presentation_of_the_same_card(desk: Desk, monitor: Monitor) -> None:
    with pytest.raises(NoCard):
        monitor.read_again(desk.name)
    desk.slot.insert(CARD)
    wait_for_state(monitor, desk.name, ReaderState.PRESENT)
    first = monitor.presented(desk.name)
    again = monitor.read_again(desk.name)
    assert first is not None
    assert first.token != again.token
    assert first.record == again.record
    assert monitor.presented(desk.name) == again


def test_after_every_fault_the_monitor_reads_the_next_card(desk: Desk, monitor: Monitor) -> None:
    faults = (
        (foreign_card(), ReaderState.FAULT, None),
        (mute_card(), ReaderState.MUTE, None),
        (CARD, ReaderState.PRESENT, ONE.name),
    )
    for plan, state, name in faults:
        desk.slot.insert(plan)
        wait_for_state(monitor, desk.name, state)
        presented = monitor.presented(desk.name)
        assert (presented.record.name if presented else None) == name
        desk.slot.remove()
        wait_for_state(monitor, desk.name, ReaderState.EMPTY)


def test_after_a_card_was_pulled_while_it_was_read_the_next_one_is_read(
    desk: Desk, monitor: Monitor
) -> None:
    desk.slot.insert(CARD.struck(5, "pull"))
    # whether the reading or the watch notices first is chance: a fault may be shown between
    passed = wait_for_state(monitor, desk.name, ReaderState.EMPTY)
    assert ReaderState.READING in passed
    assert ReaderState.PRESENT not in passed
    assert monitor.presented(desk.name) is None
    desk.slot.remove()
    desk.slot.insert(CARD)
    wait_for_state(monitor, desk.name, ReaderState.PRESENT)


def test_a_silent_card_is_shown_stuck_until_it_is_taken_out(desk: Desk, monitor: Monitor) -> None:
    desk.slot.insert(CARD.struck(3, "silence"))
    wait_for_state(monitor, desk.name, ReaderState.STUCK)
    with pytest.raises(ReaderStuck):
        monitor.read_again(desk.name)
    desk.slot.remove()
    wait_for_state(monitor, desk.name, ReaderState.EMPTY)
    desk.slot.insert(CARD)
    wait_for_state(monitor, desk.name, ReaderState.PRESENT)
    presented = monitor.presented(desk.name)
    assert presented is not None
    assert presented.record.name == ONE.name


def test_the_monitor_outlives_the_card_service(desk: Desk, monitor: Monitor) -> None:
    desk.slot.insert(CARD)
    wait_for_state(monitor, desk.name, ReaderState.PRESENT)
    desk.kill_service()
    try:
        wait_for_state(monitor, desk.name, ReaderState.SERVICE_DOWN)
        assert monitor.presented(desk.name) is None
        with pytest.raises(ServiceDown):
            monitor.read_again(desk.name)
    finally:
        desk.start_service()
    wait_for_state(monitor, desk.name, ReaderState.PRESENT)
    assert monitor.presented(desk.name) is not None


@pytest.mark.usefixtures("pcscd")
def test_a_virtual_reader_stands_on_the_real_stack_where_there_is_one() -> None:
    with virtual_reader() as virtual:
        assert virtual.missing is None
        names = {slot.name for slot in virtual.readers.wait((), 0)}
        assert virtual.name in names


def _read(desk: Desk) -> CardRecord:
    with desk.readers.open(desk.name) as transport:
        return read_card(transport)


def _removed_at_each(desk: Desk, commands: range) -> str:
    """Remove a card at each of ``commands``; return the name on the card that stayed."""
    desk.wait_for(Presence.EMPTY)
    for command in commands:
        desk.slot.insert(CARD.struck(command, "pull"))
        desk.wait_for(Presence.PRESENT)
        with pytest.raises(CardRemoved):
            _read(desk)
        desk.wait_for(Presence.EMPTY)
    desk.slot.insert(CARD.struck(APDUS_OF_A_READ + 1, "pull"))
    desk.wait_for(Presence.PRESENT)
    return _read(desk).name
