"""One reader under watch: its state, the card presented in it, and which result is stale.

Not thread-safe and without threads: the `monitor` calls it under its lock.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import assert_never

from drivers.cards import CardRecord
from drivers.errors import (
    CardChanged,
    CardMute,
    DriverError,
    NoCard,
    ReaderFault,
    ReaderMissing,
    ReaderStuck,
    ServiceDown,
)
from drivers.transport import Presence, Slot


class ReaderState(Enum):
    """What a desk shows beside a reader."""

    SERVICE_DOWN = "service_down"
    NO_READER = "no_reader"
    EMPTY = "empty"
    READING = "reading"
    PRESENT = "present"
    MUTE = "mute"
    FAULT = "fault"
    STUCK = "stuck"
    LEFT_BEHIND = "left_behind"
    """Present, though its case is over: the service says so, no reader knows."""
    OFFLINE = "offline"
    """At a desk whose agent is not heard."""


@dataclass(frozen=True, slots=True)
class ReaderEvent:
    """Something changed: a hint to look again, not the news itself."""

    reader: str
    state: ReaderState
    at: datetime


@dataclass(frozen=True, slots=True)
class ReaderView:
    """One reader now. The nameless one stands for "no reader at all"; ``error`` says why.

    ``token`` names the presentation of the card that was read, empty while there is none.
    """

    name: str
    state: ReaderState
    since: datetime
    error: DriverError | None = None
    token: str = ""


@dataclass(frozen=True, slots=True)
class Presented:
    """A card that was read and has not moved since; ``token`` names this one presentation."""

    token: str
    reader: str
    record: CardRecord
    at: datetime


class Seat:
    """The state behind one `ReaderView`; every change of state goes to ``publish``.

    ``session`` counts what happened to the slot: a result that belongs to an earlier one is stale.
    ``overdue_at`` is monotonic seconds, None when no read is awaited.
    """

    def __init__(
        self,
        name: str,
        clock: Callable[[], datetime],
        publish: Callable[[ReaderEvent], None],
    ) -> None:
        self.name = name
        self.session = 0
        self.overdue_at: float | None = None
        self.presented: Presented | None = None
        self.view: ReaderView | None = None
        self._slot: Slot | None = None
        self._clock = clock
        self._publish = publish

    def follow(self, slot: Slot) -> bool:
        """Take what the service says of the slot; tell whether there is a card to read now."""
        if slot == self._slot:
            return False
        self._forget_card()
        self._slot = slot
        match slot.presence:
            case Presence.EMPTY:
                self._show(ReaderState.EMPTY)
            case Presence.MUTE:
                self._show(ReaderState.MUTE, CardMute(field=self.name))
            case Presence.UNAVAILABLE:
                self._show(ReaderState.FAULT, ReaderFault(field=self.name))
            case Presence.PRESENT:
                return True
            case other:
                assert_never(other)
        return False

    def lose_service(self, error: DriverError) -> None:
        """Forget slot and card: the service that knew them is gone."""
        self._forget_card()
        self._slot = None
        self._show(ReaderState.SERVICE_DOWN, error)

    def lose_reader(self) -> None:
        """Forget slot and card: the reader was unplugged."""
        self._forget_card()
        self._slot = None
        self._show(ReaderState.NO_READER, ReaderMissing(field=self.name))

    def check_readable(self) -> None:
        """Raise the `DriverError` that says why a read cannot start now, if there is one."""
        if self._slot is None:
            raise ServiceDown(field=self.name)
        if self.view is not None and self.view.state is ReaderState.STUCK:
            raise ReaderStuck(field=self.name)
        if self._slot.presence is Presence.EMPTY:
            raise NoCard(field=self.name)

    def begin(self, overdue_at: float) -> None:
        """Show that the card is being read, and until when that is patiently awaited."""
        self.overdue_at = overdue_at
        self._show(ReaderState.READING)

    def accept(self, session: int, record: CardRecord, token: str) -> Presented:
        """Present ``record``, read in ``session``, unless the slot or the card changed meanwhile.

        Raises:
            CardChanged: it did; nothing is presented.
        """
        before = self.presented
        if session != self.session or self._slot is None or self._slot.atr != record.atr:
            raise CardChanged(field=self.name)
        if before is not None and before.record.card_id != record.card_id:
            raise CardChanged(field=self.name)
        self.overdue_at = None
        self._show(ReaderState.PRESENT, token=token)
        at = self.view.since if self.view else self._clock()
        self.presented = Presented(token, self.name, record, at)
        return self.presented

    def fail(self, session: int, error: DriverError) -> None:
        """Show why the read of ``session`` failed; a stale failure shows nothing."""
        if session != self.session:
            return
        self.presented = None
        self.overdue_at = None
        mute = isinstance(error, CardMute)
        self._show(ReaderState.MUTE if mute else ReaderState.FAULT, error)

    def give_up(self) -> None:
        """Show that the read under way does not end."""
        self.presented = None
        self.overdue_at = None
        self._show(ReaderState.STUCK, ReaderStuck(field=self.name))

    def _forget_card(self) -> None:
        self.session += 1
        self.presented = None
        self.overdue_at = None

    def _show(
        self, state: ReaderState, error: DriverError | None = None, *, token: str = ""
    ) -> None:
        if self.view is None or (self.view.state, self.view.token) != (state, token):
            self.view = ReaderView(self.name, state, self._clock(), error, token)
            self._publish(ReaderEvent(self.name, state, self.view.since))
