"""One desk's devices behind its agent, without a network: sessions, silence, answers too late."""

from dataclasses import dataclass
from threading import Thread

import pytest

from drivers.agent.messages import (
    Answer,
    DevicesNow,
    Do,
    FaultNow,
    Hello,
    ReaderNow,
    Request,
    ScannerNow,
    fault_now,
)
from drivers.agent_errors import AgentOffline, AgentSilent
from drivers.errors import CardMute, ReaderFault, ReaderMissing
from drivers.monitor import ReaderState
from drivers.scanner import ScannerState
from edge.core.errors import Conflict
from edge.web.agents import Agents
from edge.web.remote_station import Patience, RemoteStation
from tests.fakes.clock import Clock, Ids
from tests.steps.conftest import NOW

DESK = "远端窗"
PC, OTHER_PC = (Hello(desk=DESK, installation=name, host=name) for name in ("pc-1", "pc-2"))
PATIENCE = Patience(lapse_s=7.0, read_s=5.0)
READER = ReaderNow(name="读卡器", state=ReaderState.PRESENT, age_s=1.0, token="T1")


@dataclass
class Seconds:
    """Monotonic time that passes when told."""

    now: float = 0.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.now


def station_with(seconds: Seconds, patience: Patience = PATIENCE) -> RemoteStation:
    agents = Agents([DESK], Clock(NOW), Ids(), patience=patience, monotonic=seconds)
    station = agents.at(DESK)
    assert station is not None
    return station


def test_an_agent_that_is_not_heard_for_the_lapse_is_off_line_and_its_session_over() -> None:
    seconds = Seconds()
    station = station_with(seconds)
    session = station.open(PC)
    station.report(session, DevicesNow(readers=(READER,)))
    seconds.now = 7.0
    assert not station.has_lapsed()
    assert [view.token for view in station.readers()] == ["T1"]
    seconds.now = 7.1
    assert station.has_lapsed()
    assert not station.has_lapsed()
    [view] = station.readers()
    assert (view.name, view.state, view.token) == ("", ReaderState.OFFLINE, "")
    assert isinstance(view.error, AgentOffline)
    assert (station.view().online, station.view().seen_at) == (False, NOW)
    with pytest.raises(Conflict) as over:
        station.report(session, DevicesNow(readers=()))
    assert over.value.code == "AGENT_SESSION_OVER"


def test_each_word_of_the_agent_keeps_its_session_alive() -> None:
    seconds = Seconds()
    station = station_with(seconds)
    session = station.open(PC)
    for _ in range(5):
        seconds.now += 6.0
        station.report(session, DevicesNow(readers=()))
        seconds.now += 6.0
        station.box(session)
    assert station.view().online


def test_another_pc_waits_for_the_lapse_and_the_same_pc_does_not() -> None:
    seconds = Seconds()
    station = station_with(seconds)
    first = station.open(PC)
    with pytest.raises(Conflict) as elsewhere:
        station.open(OTHER_PC)
    assert elsewhere.value.code == "AGENT_ELSEWHERE"
    second = station.open(PC)
    with pytest.raises(Conflict) as replaced:
        station.box(first)
    assert replaced.value.code == "AGENT_REPLACED"
    station.box(second)
    seconds.now = 7.1
    assert station.open(OTHER_PC)
    assert station.view().host == "pc-2"


def test_a_card_is_asked_for_when_somebody_asks_and_no_answer_is_an_error_of_its_own() -> None:
    station = station_with(Seconds(), Patience(read_s=0.01))
    station.open(PC)
    with pytest.raises(AgentSilent):
        station.card("读卡器")


def test_an_answer_that_nobody_waits_for_any_more_is_dropped() -> None:
    station = station_with(Seconds())
    session = station.open(PC)
    station.answered(session, Answer(id="long gone"))
    assert station.readers()[0].state is ReaderState.NO_READER


def test_who_waits_when_the_agent_goes_is_told_at_once() -> None:
    station = station_with(Seconds(), Patience(read_s=60.0))
    session = station.open(PC)
    told: list[object] = []

    def ask() -> None:
        try:
            station.card("读卡器")
        except AgentOffline as offline:
            told.append(offline.field)

    clerk = Thread(target=ask)
    clerk.start()
    while not station.box(session).waits():
        clerk.join(0.01)
    station.leave(session)
    clerk.join(10)
    assert told == [DESK]


def test_requests_that_nobody_takes_are_bounded() -> None:
    station = station_with(Seconds())
    box = station.box(station.open(PC))
    request = Request(id="1", do=Do.CARD, s_max=1.0)
    assert [box.post(request) for _ in range(17)] == [True] * 16 + [False]


def test_an_unchanged_word_is_no_news_and_keeps_the_moment_noted_first() -> None:
    seconds = Seconds()
    station = station_with(seconds)
    session = station.open(PC)
    mute = ReaderNow(
        name="坏", state=ReaderState.MUTE, age_s=0.0, fault=fault_now(CardMute(field="坏"))
    )
    scanner = ScannerNow(device="COM3", state=ScannerState.ONLINE, age_s=2.0)
    devices = DevicesNow(readers=(READER, mute), scanner=scanner)
    assert station.report(session, devices)
    before = station.readers()
    assert not station.report(session, devices)
    assert [view.since for view in station.readers()] == [view.since for view in before]
    assert station.readers()[1].error is before[1].error
    assert isinstance(before[1].error, CardMute)


def test_a_desk_with_an_agent_and_no_reader_says_so() -> None:
    station = station_with(Seconds())
    session = station.open(PC)
    nothing = ReaderNow(name="", state=ReaderState.NO_READER, age_s=0.0)
    station.report(session, DevicesNow(readers=(nothing,)))
    [view] = station.readers()
    assert isinstance(view.error, ReaderMissing)


def test_an_error_of_a_kind_unknown_here_is_still_an_error() -> None:
    station = station_with(Seconds())
    session = station.open(PC)
    fault = FaultNow(code="FROM_THE_FUTURE", field="x", number=-99, text="新", text_en="new")
    odd = ReaderNow(name="坏", state=ReaderState.FAULT, age_s=0.0, fault=fault)
    station.report(session, DevicesNow(readers=(odd,)))
    [view] = station.readers()
    assert isinstance(view.error, ReaderFault)
    assert (view.error.number, view.error.text_en) == (-99, "new")
