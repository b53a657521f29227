"""Whose card is meant: one being read is waited for, two are never guessed between."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest

from drivers.agent.station import LocalStation
from drivers.cards import CardRecord, read_card
from drivers.errors import CardFault
from drivers.monitor import Monitor, ReaderState, ReaderView
from drivers.transport import Transport
from edge.clock import fresh_id, system_clock
from edge.core.errors import Conflict
from edge.web.desk import Desk
from simulators.card import foreign_card, social_security_card, synthetic_person
from simulators.reader import InProcessReaders
from tests.contracts.desk import wait_for_state
from tests.web.service import Service

ONE, OTHER = synthetic_person(501), synthetic_person(502)


class Watched(Monitor):
    """A monitor that lets a test know when somebody has looked at its readers."""

    looked: threading.Event

    def readers(self) -> tuple[ReaderView, ...]:
        """Say what is so, then that it was said."""
        views = super().readers()
        self.looked.set()
        return views


def test_a_card_that_is_still_being_read_is_waited_for(service: Service) -> None:
    ready, readers = threading.Event(), InProcessReaders()

    def read_when_ready(card: Transport) -> CardRecord:
        assert ready.wait(5)
        return read_card(card)

    monitor = Watched(readers, system_clock, fresh_id, read=read_when_ready)
    monitor.looked = threading.Event()
    with monitor, ThreadPoolExecutor(1) as clerk:
        readers.insert(social_security_card(ONE))
        wait_for_state(monitor, readers.names[0], ReaderState.READING)
        pressed = clerk.submit(replace(service.desk, station=LocalStation(monitor, {})).card, "")
        assert monitor.looked.wait(5)
        ready.set()
        assert pressed.result(5).record.social_security_number == ONE.number


def test_two_cards_are_told_apart_by_name_and_never_guessed_between(service: Service) -> None:
    with _two_readers(service) as (desk, monitor, readers):
        for name, person in zip(readers.names, (ONE, OTHER), strict=True):
            readers.insert(social_security_card(person), reader=name)
            wait_for_state(monitor, name, ReaderState.PRESENT)
        with pytest.raises(Conflict) as refused:
            desk.card("")
        assert (refused.value.code, refused.value.field) == ("SEVERAL_CARDS", "reader")
        assert all(name in refused.value.reason.zh for name in readers.names)
        assert desk.card("右").record.social_security_number == OTHER.number


def test_a_bad_card_beside_a_good_one_is_no_obstacle(service: Service) -> None:
    with _two_readers(service) as (desk, monitor, readers):
        readers.insert(foreign_card(), reader="右")
        wait_for_state(monitor, "右", ReaderState.FAULT)
        readers.insert(social_security_card(ONE), reader="左")
        wait_for_state(monitor, "左", ReaderState.PRESENT)
        assert desk.card("").reader == "左"


def test_an_error_told_again_and_again_grows_no_trace(service: Service) -> None:
    with _two_readers(service) as (desk, monitor, readers):
        readers.insert(foreign_card(), reader="左")
        wait_for_state(monitor, "左", ReaderState.FAULT)
        assert len({_trace_length(desk) for _ in range(5)}) == 1


def _trace_length(desk: Desk) -> int:
    with pytest.raises(CardFault) as refused:
        desk.card("")
    return len(refused.traceback)


@contextmanager
def _two_readers(service: Service) -> Iterator[tuple[Desk, Monitor, InProcessReaders]]:
    readers = InProcessReaders("左", "右")
    with Monitor(readers, system_clock, fresh_id) as monitor:
        yield replace(service.desk, station=LocalStation(monitor, {})), monitor, readers
