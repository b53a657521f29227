"""One desk's devices behind its agent: a session with it, what it says and what it answers.

Nothing of a card is kept: states are the agent's last word, and a card comes only as the answer to
a request, to whoever asked. An agent that is not heard for ``lapse_s`` is off line, and with it
all that it told.
"""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from drivers.agent.messages import (
    DEVICES_MAX,
    Answer,
    DevicesNow,
    Do,
    Hello,
    Request,
    error_of,
    presented,
    reader_view,
    scanned,
    scanner_view,
)
from drivers.agent_errors import AgentOffline, AgentSilent
from drivers.authentication import KeyAnswers, KeyRequest
from drivers.errors import ReaderMissing
from drivers.handover import KeyNotNeeded
from drivers.monitor import Presented, ReaderState, ReaderView
from drivers.scan_errors import ScannerMissing
from drivers.scanner import Scanned, ScannerState, ScannerView
from edge.clock import Clock, FreshId
from edge.core.errors import Conflict, Words
from edge.web.mailbox import Mailbox

TERMINAL_MAX = 12
"""Digits of a terminal number."""

REQUESTS_MAX = 16
"""Requests that may wait for one agent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds: between two words of an agent, until it counts as gone, and for its answers."""

    beat_s: float = 2.0
    lapse_s: float = 7.0
    wait_s: float = 20.0
    read_s: float = 7.0
    keys_s: float = 25.0


@dataclass(slots=True, kw_only=True)
class _Session:
    """One agent's connection; ``heard`` is monotonic seconds."""

    id: str
    hello: Hello
    opened_at: datetime
    heard: float
    heard_at: datetime
    box: Mailbox[Request] = field(default_factory=lambda: Mailbox(REQUESTS_MAX))
    asked: dict[str, Future[Answer]] = field(default_factory=dict)
    readers: tuple[ReaderView, ...] = ()
    scanner: ScannerView | None = None
    terminal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentView:
    """One desk's agent now: whether it is heard, from where, and when it was heard last."""

    desk: str
    online: bool
    host: str
    since: datetime
    seen_at: datetime | None


class RemoteStation:
    """The devices behind one desk's agent (`drivers.agent.station.Station`). Thread-safe."""

    def __init__(
        self,
        desk: str,
        *,
        clock: Clock,
        fresh_id: FreshId,
        patience: Patience,
        monotonic: Callable[[], float],
    ) -> None:
        self.desk = desk
        self._clock = clock
        self._fresh_id = fresh_id
        self._patience = patience
        self._monotonic = monotonic
        self._guard = threading.Lock()
        self._session: _Session | None = None
        self._replaced = ""
        self._since = clock()
        self._seen_at: datetime | None = None

    # What the service asks (`Station`)

    def readers(self) -> tuple[ReaderView, ...]:
        """Return every reader's state; the nameless one says that there is none, or no agent."""
        with self._guard:
            if self._session is None:
                offline = AgentOffline(field=self.desk)
                return (ReaderView("", ReaderState.OFFLINE, self._since, offline),)
            if not self._session.readers:
                missing = ReaderMissing(field=self.desk)
                return (ReaderView("", ReaderState.NO_READER, self._since, missing),)
            return self._session.readers

    def scanner(self, desk: str) -> ScannerView | None:
        """Return the state of the desk's scanner; None when its agent has none."""
        with self._guard:
            return self._session.scanner if self._session and desk == self.desk else None

    def card(self, reader: str) -> Presented:
        """Return the card in ``reader``, asked of the agent now."""
        return self._card(self._ask(Do.CARD, reader=reader))

    def read_again(self, reader: str) -> Presented:
        """Let the agent read the card once more."""
        return self._card(self._ask(Do.READ_AGAIN, reader=reader))

    def take(self, desk: str) -> Scanned:
        """Take the code that waits at the desk's scanner, once."""
        if desk != self.desk:
            raise ScannerMissing(field=desk)
        code = self._ask(Do.TAKE_CODE).code
        if code is None:
            raise AgentSilent(field=self.desk)
        return scanned(code, self._clock())

    def begin_keys(self, reader: str) -> KeyRequest:
        """Let the agent read a guarded card up to its challenges."""
        answer = self._ask(Do.BEGIN_KEYS, reader=reader, s_max=self._patience.keys_s)
        if answer.free:
            raise KeyNotNeeded
        if answer.keys is None:
            raise AgentSilent(field=self.desk)
        return answer.keys

    def finish_keys(self, reader: str, answers: KeyAnswers) -> Presented | None:
        """Let the agent show the key's answers to the card that waits."""
        answer = self._ask(
            Do.FINISH_KEYS, reader=reader, answers=answers, s_max=self._patience.keys_s
        )
        return presented(answer.card, self._clock()) if answer.card else None

    def terminal(self) -> str:
        """Return the number of the PSAM in the desk's readers, as its agent says."""
        with self._guard:
            return self._session.terminal if self._session else ""

    # What the agent says

    def open(self, hello: Hello) -> str:
        """Begin a session and return its id; the same installation's earlier one ends.

        Raises:
            Conflict: AGENT_ELSEWHERE, while another installation's agent is heard.
        """
        with self._guard:
            self._lapse()
            before = self._session
            if before and before.hello.installation != hello.installation:
                raise _elsewhere(before.hello.host)
            if before:
                self._replaced = before.id
                self._end(before)
            now = self._clock()
            session = _Session(
                id=self._fresh_id(),
                hello=hello,
                opened_at=now,
                heard=self._monotonic(),
                heard_at=now,
            )
            self._session, self._since = session, now
            return session.id

    def report(self, session_id: str, devices: DevicesNow) -> bool:
        """Take the agent's word on its devices; tell whether it is another word than before.

        Raises:
            Conflict: AGENT_SESSION_OVER, AGENT_REPLACED.
        """
        now = self._clock()
        with self._guard:
            session = self._heard(session_id)
            before = session.readers, session.scanner
            told = (reader_view(one, now) for one in devices.readers[:DEVICES_MAX])
            session.readers = _steady(session.readers, (one for one in told if one.name))
            session.scanner = _steady_scanner(session.scanner, devices, now)
            session.terminal = devices.terminal[:TERMINAL_MAX]
            return before != (session.readers, session.scanner)

    def box(self, session_id: str) -> Mailbox[Request]:
        """Return where the session's requests are taken; asking for it is a sign of life.

        Raises:
            Conflict: as ``report``.
        """
        with self._guard:
            return self._heard(session_id).box

    def answered(self, session_id: str, answer: Answer) -> None:
        """Hand an answer to whoever waits for it; nobody may, by now.

        Raises:
            Conflict: as ``report``.
        """
        with self._guard:
            waiting = self._heard(session_id).asked.pop(answer.id, None)
        if waiting:
            waiting.set_result(answer)

    def leave(self, session_id: str) -> None:
        """End the session at the agent's own word.

        Raises:
            Conflict: as ``report``.
        """
        with self._guard:
            self._lose(self._heard(session_id))

    def has_lapsed(self) -> bool:
        """Tell whether the agent has gone silent just now; its session is over then."""
        with self._guard:
            before = self._session
            self._lapse()
            return before is not None and self._session is None

    def close(self) -> None:
        """End whatever waits: the service is stopping."""
        with self._guard:
            if self._session:
                self._lose(self._session)

    def view(self) -> AgentView:
        """Return what a page shows of the agent."""
        with self._guard:
            session = self._session
            return AgentView(
                desk=self.desk,
                online=session is not None,
                host=session.hello.host if session else "",
                since=self._since,
                seen_at=session.heard_at if session else self._seen_at,
            )

    # Inside

    def _ask(
        self,
        do: Do,
        *,
        reader: str = "",
        answers: KeyAnswers | None = None,
        s_max: float | None = None,
    ) -> Answer:
        s_max = self._patience.read_s if s_max is None else s_max
        request = Request(id=self._fresh_id(), do=do, s_max=s_max, reader=reader, answers=answers)
        waiting: Future[Answer] = Future()
        with self._guard:
            session = self._session
            if session is None:
                raise AgentOffline(field=self.desk)
            if not session.box.post(request):
                raise AgentSilent(field=self.desk)
            session.asked[request.id] = waiting
        try:
            answer = waiting.result(s_max)
        except TookTooLong:
            raise AgentSilent(field=self.desk) from None
        finally:
            with self._guard:
                session.asked.pop(request.id, None)
        if answer.fault:
            raise error_of(answer.fault)
        return answer

    def _card(self, answer: Answer) -> Presented:
        if answer.card is None:
            raise AgentSilent(field=self.desk)
        return presented(answer.card, self._clock())

    # Under the lock

    def _heard(self, session_id: str) -> _Session:
        self._lapse()
        session = self._session
        if session is None or session.id != session_id:
            raise _replaced() if session and session_id == self._replaced else session_over()
        session.heard, session.heard_at = self._monotonic(), self._clock()
        return session

    def _lapse(self) -> None:
        session = self._session
        if session and self._monotonic() - session.heard > self._patience.lapse_s:
            self._lose(session)

    def _lose(self, session: _Session) -> None:
        self._end(session)
        self._session, self._since, self._seen_at = None, self._clock(), session.heard_at

    def _end(self, session: _Session) -> None:
        session.box.close()
        for waiting in session.asked.values():
            with suppress(Exception):  # answered meanwhile
                waiting.set_exception(AgentOffline(field=self.desk))


def _steady(before: tuple[ReaderView, ...], told: Iterable[ReaderView]) -> tuple[ReaderView, ...]:
    """Keep the moment that was noted first of what has not changed: each beat tells its age anew.

    One error object too, for as long as the same thing is wrong.
    """
    known = {_mark(view): view for view in before}
    return tuple(known.get(_mark(view), view) for view in told)


def _mark(view: ReaderView) -> tuple[object, ...]:
    error = view.error
    return view.name, view.state, view.token, error and (error.code, error.number, error.text)


def _steady_scanner(
    before: ScannerView | None, devices: DevicesNow, now: datetime
) -> ScannerView | None:
    if devices.scanner is None:
        return None
    told = scanner_view(devices.scanner, now)
    if before is None or told.state is ScannerState.UNUSABLE:
        return told
    same = (before.device, before.state, before.token) == (told.device, told.state, told.token)
    return before if same else told


def session_over() -> Conflict:
    """Return the error of a session that has lapsed, left, or was never opened here."""
    return Conflict(
        "AGENT_SESSION_OVER",
        Words("读卡程序的连接已失效", "this agent's session is over"),
        Words("程序会自行重新连接", "the agent connects again by itself"),
        field="session",
    )


def _replaced() -> Conflict:
    return Conflict(
        "AGENT_REPLACED",
        Words(
            "本机上同一窗口的另一个读卡程序已接替",
            "another agent for this desk was started on the same PC and took over",
        ),
        Words("每个窗口只运行一个读卡程序", "run one agent for each desk"),
        field="session",
    )


def _elsewhere(host: str) -> Conflict:
    return Conflict(
        "AGENT_ELSEWHERE",
        Words(
            f"该窗口的读卡程序正在另一台电脑（{host}）上运行",
            f"the desk's agent runs on another PC ({host})",
        ),
        Words(
            "停止那台电脑上的读卡程序，或为本机另设窗口和令牌",
            "stop the agent there, or give this PC a desk and a token of its own",
        ),
        field="desk",
    )
