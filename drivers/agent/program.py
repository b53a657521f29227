"""The desk program: local devices, and the service somewhere else. Keeps no card and no queue.

It says what stands at the desk now, at each change and at every beat, and does what the service
asks. Whatever breaks between the two, it comes back with a new session and the state of that
moment: what was missed meanwhile is gone. One thread opens sessions and says the state, one listens
for requests, a few do them; the devices have their own.
"""

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Condition, Event, Thread
from typing import Protocol, assert_never

from drivers.agent.link import Link, NoSession, Turned
from drivers.agent.messages import (
    Answer,
    DevicesNow,
    Do,
    Hello,
    Request,
    ScannerSettings,
    Welcome,
    attempt,
    card_now,
    code_now,
    reader_now,
    scanner_now,
)
from drivers.agent.station import LocalStation
from drivers.agent_errors import EdgeUnreachable
from drivers.authentication import Authenticator, KeyAnswers, KeyRequest
from drivers.barcode import Forms, Framing
from drivers.card_readers import CardReaders
from drivers.cards import read_card
from drivers.errors import DriverError, ReaderFault
from drivers.handover import KeyNotNeeded
from drivers.key_errors import KeyMissing
from drivers.monitor import Monitor
from drivers.psam_slot import PsamInSlot, PsamPlan, keys_in_order
from drivers.scanner import Scanner, ScannerPlan
from drivers.transport import Readers

_HANDS = 4
"""Requests done at once."""

_BACKOFF_FIRST_S = 0.2
_BACKOFF_S_MAX = 5.0
_LOOK_AGAIN_S = 1.0
_EVENT_S = 0.5
_JOIN_S_MAX = 5.0

_LOST = (EdgeUnreachable, NoSession, Turned)


class Log(Protocol):
    """Where the program tells what happens to it; never whose card it was."""

    def info(self, event: str, **fields: object) -> None:
        """Something that happened as it should."""

    def warning(self, event: str, **fields: object) -> None:
        """Something a person may want to look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Novelty:
    """What differs at every call: the moment, a fresh id, a number from 0 to 1."""

    clock: Callable[[], datetime]
    fresh_id: Callable[[], str]
    dice: Callable[[], float] = random.random


class Agent:
    """One desk's program; ``run`` it once. It ends when told to, or when it is turned away."""

    def __init__(
        self, link: Link, readers: Readers, hello: Hello, novelty: Novelty, log: Log
    ) -> None:
        self._link = link
        self._hello = hello
        self._novelty = novelty
        self._log = log
        self._scanners: dict[str, Scanner] = {}
        self._scanner_settings: ScannerSettings | None = None
        self._readers = CardReaders(readers)
        self._psam: PsamInSlot | None = None
        self._keys: Authenticator = self._ask_service
        self._monitor = Monitor(
            self._readers,
            novelty.clock,
            novelty.fresh_id,
            read=partial(read_card, authenticator=self._key),
        )
        self._station = LocalStation(self._monitor, self._scanners, terminal=self._terminal)
        self._hands = ThreadPoolExecutor(_HANDS, "agent hand")
        self._session: Welcome | None = None
        self._turn = Condition()
        self._news = Event()
        self._ending = Event()

    def stop(self) -> None:
        """Let ``run`` return; from any thread."""
        self._ending.set()
        self._news.set()

    def run(self) -> None:
        """Serve the desk until ``stop``.

        Raises:
            Turned: the service will not have this agent, and trying again is no use.
        """
        with ExitStack() as stack:
            stack.enter_context(self._monitor)
            stack.callback(self._fit_scanner, None)
            stack.enter_context(self._hands)
            threads = (
                Thread(target=self._listen, name="agent ears", daemon=True),
                Thread(target=self._hear_devices, name="agent devices", daemon=True),
            )
            for thread in threads:
                thread.start()
                stack.callback(thread.join, _JOIN_S_MAX)
            stack.callback(self._leave)
            self._keep_session()

    # The thread of sessions

    def _keep_session(self) -> None:
        backoff_s, told = _BACKOFF_FIRST_S, ""
        while not self._ending.is_set():
            try:
                self._begin(self._link.open(self._hello))
                backoff_s, told = _BACKOFF_FIRST_S, ""
                self._beat()
            except _LOST as lost:
                self._set_session(None)
                if isinstance(lost, Turned) and lost.final:
                    raise
                why = lost.code if isinstance(lost, Turned | EdgeUnreachable) else "session over"
                if why != told:
                    self._log.warning("agent.disconnected", why=why, desk=self._hello.desk)
                told = why
            # Half to one and a half: many desks must not come back at the same moment.
            self._ending.wait(backoff_s * (0.5 + self._novelty.dice()))
            backoff_s = min(2 * backoff_s, _BACKOFF_S_MAX)

    def _begin(self, welcome: Welcome) -> None:
        self._fit_scanner(welcome.scanner)
        self._fit_psam(welcome.psam)
        self._log.info("agent.connected", desk=self._hello.desk)
        self._link.report(welcome.session, self._devices())
        self._set_session(welcome)
        for view in self._station.readers():
            if isinstance(view.error, KeyMissing):  # nobody could be asked for its key till now
                self._hands.submit(self._read_again, view.name)

    def _beat(self) -> None:
        """Say what stands at the desk at each change, and often enough to be known alive."""
        session = self._session
        while session and not self._ending.is_set():
            self._news.wait(session.beat_s)
            self._news.clear()
            self._link.report(session.session, self._devices())

    def _leave(self) -> None:
        self._ending.set()
        session = self._session
        if session:
            with suppress(*_LOST):
                self._link.leave(session.session)
        self._set_session(None)

    def _set_session(self, welcome: Welcome | None) -> None:
        with self._turn:
            self._session = welcome
            self._turn.notify_all()

    def _devices(self) -> DevicesNow:
        now = self._novelty.clock()
        scanner = self._station.scanner(self._hello.desk)
        return DevicesNow(
            readers=tuple(reader_now(view, now) for view in self._station.readers()),
            scanner=scanner_now(scanner, now) if scanner else None,
            terminal=self._station.terminal(),
        )

    def _fit_scanner(self, settings: ScannerSettings | None) -> None:
        """Listen to the scanner that the site's settings name now."""
        if settings == self._scanner_settings:
            return
        self._scanner_settings = settings
        for desk in tuple(self._scanners):
            self._scanners.pop(desk).stop()
        if settings:
            scanner = Scanner(
                settings.device,
                self._novelty.clock,
                self._novelty.fresh_id,
                plan=_plan(settings),
                changed=self._news.set,
            )
            self._scanners[self._hello.desk] = scanner
            scanner.start()

    def _fit_psam(self, plan: PsamPlan | None) -> None:
        """Have the PSAM that the site's settings name now, hidden from who presents cards."""
        self._psam = PsamInSlot(self._readers, plan) if plan else None
        service = self._ask_service
        self._keys = keys_in_order(self._psam, service, plan.order) if plan else service
        self._readers.hide(plan.reader if plan else "")

    def _terminal(self) -> str:
        psam = self._psam
        return psam.terminal if psam else ""

    # The threads that listen

    def _hear_devices(self) -> None:
        while not self._ending.is_set():
            if self._station.next_event(_EVENT_S):
                self._news.set()

    def _read_again(self, reader: str) -> None:
        with suppress(DriverError):  # the reader shows it
            self._station.read_again(reader)

    def _listen(self) -> None:
        while not self._ending.is_set():
            session = self._session
            if session is None:
                self._await_other_than(session)
                continue
            try:
                asked = self._link.requests(session.session, session.wait_s)
            except _LOST:
                self._await_other_than(session)
                continue
            for request in asked:
                until = time.monotonic() + request.s_max
                self._hands.submit(self._serve, session.session, request, until)

    def _await_other_than(self, session: Welcome | None) -> None:
        with self._turn:
            self._turn.wait_for(
                lambda: self._session is not session or self._ending.is_set(), _LOOK_AGAIN_S
            )

    # The hands

    def _serve(self, session: str, request: Request, until: float) -> None:
        """Do one thing and answer it, unless nobody waits for it any more."""
        if time.monotonic() > until:
            return
        answer = attempt(request.id, partial(self._safely, request))
        if time.monotonic() <= until:
            with suppress(*_LOST):
                self._link.answer(session, answer)

    def _safely(self, request: Request) -> Answer:
        try:
            return self._done(request)
        except (AssertionError, LookupError, TypeError, ValueError, RuntimeError) as bug:
            raise ReaderFault(zh="程序故障", en="our own fault") from bug

    def _done(self, request: Request) -> Answer:
        now, station, reader = self._novelty.clock, self._station, request.reader
        match request.do:
            case Do.CARD:
                return Answer(id=request.id, card=card_now(station.card(reader), now()))
            case Do.READ_AGAIN:
                return Answer(id=request.id, card=card_now(station.read_again(reader), now()))
            case Do.TAKE_CODE:
                return Answer(id=request.id, code=code_now(station.take(self._hello.desk), now()))
            case Do.BEGIN_KEYS:
                return self._keys_begun(request)
            case Do.FINISH_KEYS:
                if request.answers is None:
                    return Answer(id=request.id)
                card = station.finish_keys(reader, request.answers)
                return Answer(id=request.id, card=card_now(card, now()) if card else None)
            case other:
                assert_never(other)

    def _keys_begun(self, request: Request) -> Answer:
        try:
            return Answer(id=request.id, keys=self._station.begin_keys(request.reader))
        except KeyNotNeeded:
            return Answer(id=request.id, free=True)

    def _key(self, request: KeyRequest) -> KeyAnswers:
        """Ask whoever holds the key by the settings of now."""
        return self._keys(request)

    def _ask_service(self, request: KeyRequest) -> KeyAnswers:
        """Ask for a card's key, on its reader's thread, with the card under power."""
        session = self._session
        if session is None:
            raise KeyMissing(zh="连不上结算服务", en="the service cannot be reached")
        return self._link.key(session.session, request)


def _plan(settings: ScannerSettings) -> ScannerPlan:
    return ScannerPlan(
        baud_rate=settings.baud_rate,
        framing=Framing(
            prefix=settings.prefix.encode(),
            suffix=settings.suffix.encode(),
            length_max=settings.length_max,
        ),
        forms=Forms(e_card=settings.e_card_form, e_voucher=settings.e_voucher_form),
        quiet_s=settings.quiet_s,
        hold_s=settings.hold_s,
    )
