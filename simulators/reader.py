"""Virtual cards in readers: on the real stack through vpcd, or in process where there is none.

Plays no card itself (`simulators.card` does). Both kinds take a card by the same two calls,
``insert(plan)`` and ``remove()``.
"""

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from enum import IntEnum
from threading import Condition, Event, Lock, Thread
from typing import Protocol

from drivers.errors import CardMute, CardRemoved, NoCard, ReaderMissing, ServiceDown
from drivers.pcsc import PcscReaders
from drivers.transport import Presence, Readers, Slot, Transport
from edge.core.errors import Fault
from simulators import pcscd
from simulators.card import CardGone, CardPlan, CardSilent, VirtualCard, powered

_VPCD_PORT = 35963
_RECONNECT_S = 0.05
_CONNECT_S_MAX = 5.0
_POWER_UP_REFUSED = b"\x3b" * 64
"""Longer than any answer to reset: the driver sees a card and cannot power it."""


class CardSlot(Protocol):
    """Where a virtual card goes in and comes out."""

    def insert(self, plan: CardPlan) -> None:
        """Put a card in; one that is in already comes out first."""
        ...

    def remove(self) -> None:
        """Take the card out, if one is in."""
        ...


@dataclass(frozen=True, slots=True)
class VirtualReader:
    """Readers, one of them virtual; ``missing`` says why it is not on the real stack.

    ``restart`` restarts the card service. Raises ``Fault`` (PCSCD_NOT_OURS) where it is not ours.
    """

    readers: Readers
    slot: CardSlot
    name: str
    missing: Fault | None
    restart: Callable[[], None]


@contextmanager
def virtual_reader() -> Iterator[VirtualReader]:
    """Yield a virtual reader on the real stack where that is installed, else one in process."""
    with ExitStack() as stack:
        try:
            service = stack.enter_context(pcscd.ensure_running())
        except Fault as missing:
            yield _in_process(missing)
        else:
            slot = VpcdCard()
            stack.callback(slot.remove)
            readers = stack.enter_context(closing(PcscReaders()))
            yield VirtualReader(readers, slot, slot.reader, None, service.restart)


@contextmanager
def in_process_reader() -> Iterator[VirtualReader]:
    """Yield a virtual reader in process, for what needs no real stack to be seen."""
    yield _in_process(None)


def _in_process(missing: Fault | None) -> VirtualReader:
    readers = InProcessReaders()
    return VirtualReader(readers, readers, readers.names[0], missing, readers.restart_service)


class VpcdCard:
    """One slot of vpcd (0 or 1); ``reader`` is its name in PC/SC.

    The card stays in while pcscd restarts. pcscd looks every 0.4 s: a card put in within that time
    of another's leaving can pass for the same card. ``made`` makes the card of a plan.
    """

    def __init__(self, slot: int = 0, *, made: Callable[[CardPlan], VirtualCard] = powered) -> None:
        self.reader = pcscd.READERS[slot]
        self._made = made
        self._address = ("127.0.0.1", _VPCD_PORT + slot)
        self._link: _Link | None = None

    def insert(self, plan: CardPlan) -> None:
        """Put a card in; one that is in already comes out first.

        Raises:
            OSError: vpcd does not listen.
        """
        self.remove()
        self._link = _Link(self._address, self._made(plan))

    def remove(self) -> None:
        """Take the card out, if one is in."""
        link, self._link = self._link, None
        if link is not None:
            link.close()


class _Seat:
    """One in-process reader: its card, and who may speak to it."""

    def __init__(self) -> None:
        self.card: VirtualCard | None = None
        self.changes = 0
        self.transaction = Lock()

    def slot(self, name: str) -> Slot:
        if self.card is None:
            return Slot(name, Presence.EMPTY, changes=self.changes)
        if self.card.plan.mute:
            return Slot(name, Presence.MUTE, changes=self.changes)
        return Slot(name, Presence.PRESENT, self.card.plan.atr, self.changes)


class InProcessReaders:
    """Readers without a card service (`transport.Readers`), with the service's manners."""

    def __init__(self, *names: str) -> None:
        self.names = names or ("虚拟读卡器 0",)
        self._changed = Condition()
        self._seats = {name: _Seat() for name in self.names}
        self._down = False
        self._woken = False

    def insert(self, plan: CardPlan, *, reader: str = "") -> None:
        """Put a card into ``reader``, or the first; one that is in already comes out first."""
        self.remove(reader=reader)
        self._put(self._seats[reader or self.names[0]], powered(plan))

    def remove(self, *, reader: str = "") -> None:
        """Take the card out of ``reader``, or the first, if one is in."""
        seat = self._seats[reader or self.names[0]]
        if seat.card is not None:
            self._put(seat, None)

    def plug(self, name: str) -> None:
        """Connect one more reader."""
        with self._changed:
            self._seats[name] = _Seat()
            self._changed.notify_all()

    def unplug(self, name: str) -> None:
        """Disconnect a reader, with whatever is in it."""
        with self._changed:
            self._seats.pop(name).card = None
            self._changed.notify_all()

    def kill_service(self) -> None:
        """Behave as when pcscd died; cards stay where they are."""
        self._set_service(down=True)

    def start_service(self) -> None:
        """Behave as when pcscd came back."""
        self._set_service(down=False)

    def restart_service(self) -> None:
        """Behave as when pcscd restarted."""
        self.kill_service()
        self.start_service()

    def slot(self, name: str) -> "InProcessSlot":
        """Return reader ``name`` as a place for cards."""
        return InProcessSlot(self, name)

    def wait(self, known: tuple[Slot, ...], timeout_s: float) -> tuple[Slot, ...]:
        """Return every slot as soon as one differs from ``known``, or after ``timeout_s``."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._down or self._woken or self._slots() != known, timeout_s
            )
            self._woken = False
            self._check_service()
            return self._slots()

    def wake(self) -> None:
        """Make a ``wait`` that is under way return now."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    @contextmanager
    def open(self, name: str) -> Iterator[Transport]:
        """Hold the reader until the transaction ends; others wait."""
        seat = self._seats.get(name)
        if seat is None:
            raise ReaderMissing(field=name)
        with seat.transaction:
            with self._changed:
                self._check_service()
                if seat.card is None:
                    raise NoCard(field=name)
                if seat.card.plan.mute:
                    raise CardMute(field=name)
                transport = _InProcessTransport(self, seat, seat.card)
            yield transport

    def answer(self, seat: _Seat, card: VirtualCard, apdu: bytes) -> bytes:
        """Pass one command to ``card``, if it is still in ``seat`` (for the transport).

        Raises:
            CardRemoved, ServiceDown: card or service went before the answer came.
        """
        with self._changed:
            self._check_service()
            try:
                if seat.card is card:
                    return card.answer(apdu)
            except CardGone:
                self._put(seat, None)
            except CardSilent:
                self._changed.wait_for(lambda: self._down or seat.card is not card)
                self._check_service()
            raise CardRemoved

    def _check_service(self) -> None:
        if self._down:
            raise ServiceDown

    def _set_service(self, *, down: bool) -> None:
        with self._changed:
            self._down = down
            self._changed.notify_all()

    def _put(self, seat: _Seat, card: VirtualCard | None) -> None:
        with self._changed:
            seat.card = card
            seat.changes += 1
            self._changed.notify_all()

    def _slots(self) -> tuple[Slot, ...]:
        return tuple(seat.slot(name) for name, seat in self._seats.items())


@dataclass(frozen=True, slots=True)
class InProcessSlot:
    """One of several in-process readers, as a `CardSlot`."""

    readers: InProcessReaders
    name: str

    def insert(self, plan: CardPlan) -> None:
        """Put a card in; one that is in already comes out first."""
        self.readers.insert(plan, reader=self.name)

    def remove(self) -> None:
        """Take the card out, if one is in."""
        self.readers.remove(reader=self.name)


class _InProcessTransport:
    """One transaction with a virtual card."""

    def __init__(self, readers: InProcessReaders, seat: _Seat, card: VirtualCard) -> None:
        self.atr = card.plan.atr
        self.protocol = card.plan.protocol
        self._readers = readers
        self._seat = seat
        self._card = card

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        """Send one command."""
        answer = self._readers.answer(self._seat, self._card, apdu)
        return answer[:-2], int.from_bytes(answer[-2:], "big")


class _Control(IntEnum):
    """vpcd's one-byte messages; only ATR has an answer."""

    OFF = 0
    ON = 1
    RESET = 2
    ATR = 4


class _Link:
    """A card's connection to vpcd, kept until the card leaves: 2-byte length, then the bytes."""

    def __init__(self, address: tuple[str, int], card: VirtualCard) -> None:
        self._address = address
        self._card = card
        self._lock = Lock()
        self._removed = Event()
        self._socket = self._connect()
        self._thread = Thread(target=self._run, name="virtual card", daemon=True)
        self._thread.start()

    def close(self) -> None:
        with self._lock:
            self._removed.set()
            with suppress(OSError):  # it may have ended already
                self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _run(self) -> None:
        while not self._removed.is_set():
            with self._socket, suppress(OSError):
                self._serve()
            self._reconnect()

    def _reconnect(self) -> None:
        """Come back after pcscd restarted, unless the card was taken out."""
        while not self._removed.wait(_RECONNECT_S):
            with suppress(OSError):
                link = self._connect()
                with self._lock:
                    self._socket = link
                    if self._removed.is_set():
                        link.close()
                return

    def _connect(self) -> socket.socket:
        link = socket.create_connection(self._address, _CONNECT_S_MAX)
        link.settimeout(None)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return link

    def _serve(self) -> None:
        """Answer vpcd until the connection or the card ends."""
        while message := self._receive_message():
            try:
                answer = self._answer(message)
            except CardGone:
                self._removed.set()
                return
            except CardSilent:
                continue
            if answer:
                self._socket.sendall(struct.pack(">H", len(answer)) + answer)

    def _answer(self, message: bytes) -> bytes:
        if len(message) > 1:
            return self._card.answer(message)
        if message[0] == _Control.ATR:
            return _POWER_UP_REFUSED if self._card.plan.mute else self._card.plan.atr
        self._card.power_on()
        return b""

    def _receive_message(self) -> bytes:
        (length,) = struct.unpack(">H", self._receive(2) or b"\0\0")
        return self._receive(length)

    def _receive(self, count: int) -> bytes:
        """Return ``count`` bytes, or none when vpcd closed the connection."""
        received = b""
        while len(received) < count:
            part = self._socket.recv(count - len(received))
            # Without a quick acknowledgement each APDU costs 48 ms instead of 0.12 ms.
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            if not part:
                return b""
            received += part
        return received
