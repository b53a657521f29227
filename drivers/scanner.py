"""Watches one scanner: keeps its line open, holds the last code until it is taken, once.

Decides nothing about the person. It outlives unplugging: the line is opened again, with growing
pauses, until the scanner is back. A code is held in memory only, and not for long.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self

from drivers.barcode import Forms, Frame, Frames, Framing, require_e_card
from drivers.scan_errors import BadScan, NoScan, ScannerFault, ScannerMissing
from drivers.serial_line import SerialLine, open_line

_BACKOFF_FIRST_S = 0.1
_JOIN_S_MAX = 5.0
_WAKE_AGAIN_S = 0.05
_POLL_S = 0.5


class ScannerState(Enum):
    """What a desk shows beside a scanner."""

    OFFLINE = "offline"
    ONLINE = "online"
    SCANNED = "scanned"
    UNUSABLE = "unusable_code"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class ScannerView:
    """One scanner now; ``error`` says why it is not in order, or the code not usable.

    ``token`` names the presentation of the code that waits, empty while none does.
    """

    device: str
    state: ScannerState
    since: datetime
    error: ScannerFault | BadScan | None = None
    token: str = ""


@dataclass(frozen=True, slots=True)
class Scanned:
    """An e-card's code that was scanned; ``token`` names this one presentation."""

    token: str
    device: str
    text: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannerPlan:
    """How a scanner is set up, and the bounds of the watch.

    ``quiet_s`` of silence end a code; with 0 only a line's end or the suffix does. ``hold_s``: how
    long a code waits to be taken. A code that comes again within ``echo_s`` is the scanner's own
    repeat.
    """

    baud_rate: int = 9600
    framing: Framing = field(default_factory=Framing)
    forms: Forms = field(default_factory=Forms)
    quiet_s: float = 0.1
    hold_s: float = 60.0
    echo_s: float = 2.0
    backoff_s_max: float = 5.0


_DEFAULT_PLAN = ScannerPlan()


class Scanner:
    """Start it, ask it, stop it; or use it as a context manager. It starts once.

    ``changed`` is called from the scanner's thread after every change of what ``view`` tells; it
    must not raise. ``clock`` gives aware moments, ``fresh_id`` the tokens of presentations.
    """

    def __init__(
        self,
        device: str,
        clock: Callable[[], datetime],
        fresh_id: Callable[[], str],
        *,
        plan: ScannerPlan = _DEFAULT_PLAN,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.device = device
        self._clock = clock
        self._fresh_id = fresh_id
        self._plan = plan
        self._changed = changed
        self._lock = Lock()
        self._stopping = Event()
        self._line: SerialLine | None = None
        self._held: Scanned | BadScan | None = None
        self._last = ("", 0.0)
        self._view = ScannerView(
            device, ScannerState.OFFLINE, clock(), ScannerMissing(field=device)
        )
        self._thread = Thread(target=self._watch, name=f"scanner {device}", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it; a second call does nothing."""
        self._stopping.set()
        waited_s = 0.0
        while self._thread.is_alive() and waited_s < _JOIN_S_MAX:
            line = self._line
            if line is not None:
                line.cancel()  # in vain while the thread is between two reads: hence the loop
            self._thread.join(_WAKE_AGAIN_S)
            waited_s += _WAKE_AGAIN_S

    def view(self) -> ScannerView:
        """Return the scanner's state; a code that has lain too long is gone."""
        with self._lock:
            self._forget_old()
            return self._view

    def waiting(self) -> Scanned | None:
        """Return the code that waits to be taken, and leave it."""
        with self._lock:
            self._forget_old()
            return self._held if isinstance(self._held, Scanned) else None

    def take(self) -> Scanned:
        """Return the code that waits, once: nobody gets it a second time.

        Raises:
            ScannerFault: the scanner is not in order.
            BadScan: nothing waits, or what was scanned cannot be used; told once.
        """
        with self._lock:
            self._forget_old()
            held, self._held = self._held, None
            if held is None and isinstance(self._view.error, ScannerFault):
                raise self._view.error.with_traceback(None)
            if held is None:
                raise NoScan(field=self.device)
            self._show(ScannerState.ONLINE)
        self._changed()
        if isinstance(held, Scanned):
            return held
        raise held

    # The thread

    def _watch(self) -> None:
        backoff_s = _BACKOFF_FIRST_S
        while not self._stopping.is_set():
            try:
                with self._opened() as line:
                    backoff_s = _BACKOFF_FIRST_S
                    self._listen(line)
            except ScannerFault as fault:
                self._lose(fault)
            except Exception as bug:  # noqa: BLE001 - the watch must outlive whatever fails
                ours = ScannerFault(field=self.device, zh="程序故障", en="our own fault")
                ours.__cause__ = bug
                self._lose(ours)
            self._stopping.wait(backoff_s)
            backoff_s = min(2 * backoff_s, self._plan.backoff_s_max)

    def _opened(self) -> AbstractContextManager[SerialLine]:
        quiet_s = self._plan.quiet_s or _POLL_S
        return open_line(self.device, baud_rate=self._plan.baud_rate, quiet_s=quiet_s)

    def _listen(self, line: SerialLine) -> None:
        frames = Frames(self._plan.framing)
        with self._lock:
            self._show(ScannerState.ONLINE)
        self._changed()
        self._line = line
        try:
            while not self._stopping.is_set():
                data = line.receive()
                ended = frames.rest() if not data and self._plan.quiet_s else frames.feed(data)
                for found in ended:
                    self._hold(found)
        finally:
            self._line = None

    def _lose(self, fault: ScannerFault) -> None:
        missing = isinstance(fault, ScannerMissing)
        state = ScannerState.OFFLINE if missing else ScannerState.FAULT
        with self._lock:
            self._held = None
            if self._view.state is state:
                return  # still so: each try to open the line again would count as news
            self._show(state, fault)
        self._changed()

    def _hold(self, found: Frame | BadScan) -> None:
        with self._lock:
            if isinstance(found, Frame) and self._is_echo(found.text):
                return
            self._held = self._judged(found)
            if isinstance(self._held, Scanned):
                self._show(ScannerState.SCANNED, token=self._held.token)
            else:
                self._show(ScannerState.UNUSABLE, self._held)
        self._changed()

    # Under the lock

    def _judged(self, found: Frame | BadScan) -> Scanned | BadScan:
        if isinstance(found, BadScan):
            return found
        try:
            require_e_card(found.text, self._plan.forms, field=self.device)
        except BadScan as other:
            return other
        return Scanned(self._fresh_id(), self.device, found.text, self._clock())

    def _is_echo(self, text: str) -> bool:
        (before, at), now = self._last, time.monotonic()
        self._last = text, now
        return text == before and now - at < self._plan.echo_s

    def _forget_old(self) -> None:
        held_s = timedelta(seconds=self._plan.hold_s)
        if self._held is not None and abs(self._clock() - self._view.since) > held_s:
            self._held = None
            self._show(ScannerState.ONLINE)

    def _show(
        self,
        state: ScannerState,
        error: ScannerFault | BadScan | None = None,
        *,
        token: str = "",
    ) -> None:
        self._view = ScannerView(self.device, state, self._clock(), error, token)
