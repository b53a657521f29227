"""Winscard in process: the functions that `drivers.pcsc` calls, with both systems' return codes.

By Linux manners it does as pcscd was measured to, by Windows manners as the Smart Card service is
described: it stops with the last reader, and a wait returns at once whose count of readers is not
its own.
"""

from dataclasses import dataclass, field
from itertools import count
from threading import Condition
from typing import Any

from smartcard import scard

from simulators.card import CardGone, CardPlan, CardSilent, VirtualCard, powered

CONTEXTS_MAX = 198
"""More exhaust pcscd (CARD.md §5)."""

PNP = r"\\?PnP?\Notification"

NO_MEMORY, CANCELLED, UNKNOWN_READER = 0x80100006, 0x80100002, 0x80100009
TIMEOUT, NO_CARD, SYSTEM_CANCELLED, LOST = 0x8010000A, 0x8010000C, 0x80100012, 0x80100013
NO_SERVICE, STOPPED, NO_READERS = 0x8010001D, 0x8010001E, 0x8010002E
MUTE, UNPOWERED, REMOVED = 0x80100066, 0x80100067, 0x80100069
INVALID_HANDLE, INVALID_ON_WINDOWS = 0x80100003, 6


@dataclass(eq=False)
class _Reader:
    name: str
    card: VirtualCard | None = None
    events: int = 0
    owner: int | None = None


@dataclass(eq=False)
class _Handle:
    reader: _Reader
    card: VirtualCard
    era: int


@dataclass(eq=False)
class Winscard:
    """Readers, cards and the service; ``windows`` chooses the manners.

    ``mute_passes``: a mute card connects, with no answer to reset, as some drivers let it.
    """

    names: tuple[str, ...]
    windows: bool = False
    mute_passes: bool = False
    calls: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._changed = Condition()
        self._readers = {name: _Reader(name) for name in self.names}
        self._contexts: dict[int, int] = {}
        self._handles: dict[int, _Handle] = {}
        self._cancelled: set[int] = set()
        self._fresh = count(1)
        self._era = 0
        self._down = False

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - winscard's constants
        return getattr(scard, name)

    # The hands at the desk

    @property
    def held(self) -> tuple[int, int]:
        """Contexts and card handles that were not given back."""
        return len(self._contexts), len(self._handles)

    def insert(self, plan: CardPlan, *, reader: str = "") -> None:
        """Put a card in; one that is in already comes out first."""
        self.remove(reader=reader)
        self._put(reader, powered(plan))

    def remove(self, *, reader: str = "") -> None:
        """Take the card out, if one is in."""
        if self._readers[reader or self.names[0]].card:
            self._put(reader, None)

    def plug(self, name: str) -> None:
        """Connect a reader."""
        with self._changed:
            self._readers[name] = _Reader(name)
            self._changed.notify_all()

    def unplug(self, name: str) -> None:
        """Disconnect a reader, with what is in it; on Windows the last ends the service."""
        with self._changed:
            self._readers.pop(name).card = None
            if self.windows and not self._readers:
                self._era += 1
            self._changed.notify_all()

    def kill_service(self) -> None:
        """End the service; what was established with it never works again."""
        with self._changed:
            self._down = True
            self._era += 1
            self._changed.notify_all()

    def start_service(self) -> None:
        """Start it again; cards stayed where they were."""
        with self._changed:
            self._down = False
            self._changed.notify_all()

    # Contexts

    def SCardEstablishContext(self, _scope: int) -> tuple[int, int]:  # noqa: N802 - winscard's name
        """Begin."""
        with self._changed:
            if self._is_down():
                return NO_SERVICE, 0
            if len(self._contexts) >= CONTEXTS_MAX:
                return NO_MEMORY, 0
            context = next(self._fresh)
            self._contexts[context] = self._era
            return 0, context

    def SCardReleaseContext(self, context: int) -> int:  # noqa: N802 - winscard's name
        """End."""
        with self._changed:
            self._contexts.pop(context)
            return 0

    def SCardCancel(self, context: int) -> int:  # noqa: N802 - winscard's name
        """Make a wait return."""
        with self._changed:
            self._cancelled.add(context)
            self._changed.notify_all()
            return 0

    def SCardListReaders(self, context: int, _groups: list[str]) -> tuple[int, list[str]]:  # noqa: N802 - winscard's name
        """Name the readers."""
        with self._changed:
            if code := self._fault(self._contexts.get(context, -1)):
                return code, []
            return (0, list(self._readers)) if self._readers else (NO_READERS, [])

    def SCardGetStatusChange(  # noqa: N802 - winscard's name
        self, context: int, timeout_ms: int, asked: list[tuple[str, int]]
    ) -> tuple[int, list[tuple[str, int, list[int]]]]:
        """Wait for news of the readers that are asked about."""
        self.calls.append("SCardGetStatusChange")
        with self._changed:
            before, era = len(self._readers), self._contexts.get(context, -1)
            self._cancelled.discard(context)
            came = self._changed.wait_for(
                lambda: (
                    self._fault(era)
                    or context in self._cancelled
                    or any(self._is_news(name, state, before) for name, state in asked)
                ),
                timeout_ms / 1000,
            )
            if code := self._fault(era):
                waiting = SYSTEM_CANCELLED if self.windows else LOST
                return (code if timeout_ms == 0 else waiting), []
            if context in self._cancelled:
                return CANCELLED, []
            if any(name != PNP and name not in self._readers for name, _ in asked):
                return UNKNOWN_READER, []
            return (0 if came else TIMEOUT), [self._state(name, old) for name, old in asked]

    # Cards

    def SCardConnect(  # noqa: N802 - winscard's name
        self, context: int, name: str, share: int, _protocols: int
    ) -> tuple[int, int, int]:
        """Connect to the card."""
        assert share == scard.SCARD_SHARE_SHARED
        with self._changed:
            if code := self._fault(self._contexts.get(context, -1)):
                return code, 0, 0
            reader = self._readers.get(name)
            if reader is None:
                return UNKNOWN_READER, 0, 0
            if reader.card is None:
                return NO_CARD, 0, 0
            if reader.card.plan.mute and not self.mute_passes:
                return (MUTE if self.windows else UNPOWERED), 0, 0
            handle = next(self._fresh)
            self._handles[handle] = _Handle(reader, reader.card, self._era)
            return 0, handle, self._protocol(reader.card)

    def SCardDisconnect(self, handle: int, disposition: int) -> int:  # noqa: N802 - winscard's name
        """Let the card go, under power."""
        assert disposition == scard.SCARD_LEAVE_CARD
        with self._changed:
            del self._handles[handle]
            return 0

    def SCardStatus(self, handle: int) -> tuple[int, str, int, int, list[int]]:  # noqa: N802 - winscard's name
        """Tell protocol and answer to reset."""
        with self._changed:
            held = self._handles[handle]
            if code := self._card_fault(held):
                return code, "", 0, 0, []
            atr = b"" if held.card.plan.mute else held.card.plan.atr
            return 0, held.reader.name, 0, self._protocol(held.card), list(atr)

    def SCardBeginTransaction(self, handle: int) -> int:  # noqa: N802 - winscard's name
        """Wait until nobody else has the card, and have it."""
        with self._changed:
            held = self._handles[handle]
            self._changed.wait_for(
                lambda: held.reader.owner is None or bool(self._card_fault(held))
            )
            if code := self._card_fault(held):
                return code
            held.reader.owner = handle
            return 0

    def SCardEndTransaction(self, handle: int, disposition: int) -> int:  # noqa: N802 - winscard's name
        """Give the card to the next."""
        assert disposition == scard.SCARD_LEAVE_CARD
        with self._changed:
            held = self._handles[handle]
            if held.reader.owner == handle:
                held.reader.owner = None
                self._changed.notify_all()
            return self._card_fault(held)

    def SCardTransmit(  # noqa: N802 - winscard's name
        self, handle: int, _header: object, apdu: list[int]
    ) -> tuple[int, list[int]]:
        """Send one command; a card that dies meanwhile reads as success, with nothing."""
        with self._changed:
            held = self._handles[handle]
            if code := self._card_fault(held):
                return code, []
            assert held.reader.owner == handle, "a command outside the transaction"
            try:
                return 0, list(held.card.answer(bytes(apdu)))
            except CardGone:
                self._put(held.reader.name, None)
            except CardSilent:
                self._changed.wait_for(lambda: bool(self._card_fault(held)))
            return 0, []

    # Under the lock

    def _is_down(self) -> bool:
        return self._down or (self.windows and not self._readers)

    def _fault(self, era: int) -> int:
        if self._is_down():
            return STOPPED if self.windows else NO_SERVICE
        if era != self._era:
            return INVALID_ON_WINDOWS if self.windows else INVALID_HANDLE
        return 0

    def _card_fault(self, held: _Handle) -> int:
        return self._fault(held.era) or (REMOVED if held.reader.card is not held.card else 0)

    def _is_news(self, name: str, state: int, before: int) -> bool:
        if name == PNP:
            known = state >> 16 if self.windows else before
            return known != len(self._readers)
        reader = self._readers.get(name)
        return reader is None or state == 0 or state >> 16 != reader.events

    def _state(self, name: str, old: int) -> tuple[str, int, list[int]]:
        if name == PNP:
            return name, len(self._readers) << 16, []
        reader = self._readers[name]
        mark = reader.events << 16 | (
            scard.SCARD_STATE_CHANGED if old >> 16 != reader.events else 0
        )
        if reader.card is None:
            return name, mark | scard.SCARD_STATE_EMPTY, []
        if reader.card.plan.mute:
            return name, mark | scard.SCARD_STATE_PRESENT | scard.SCARD_STATE_MUTE, []
        return name, mark | scard.SCARD_STATE_PRESENT, list(reader.card.plan.atr)

    def _put(self, name: str, card: VirtualCard | None) -> None:
        with self._changed:
            reader = self._readers[name or self.names[0]]
            reader.card = card
            reader.events += 1
            self._changed.notify_all()

    @staticmethod
    def _protocol(card: VirtualCard) -> int:
        return int(scard.SCARD_PROTOCOL_T1 if card.plan.protocol else scard.SCARD_PROTOCOL_T0)
