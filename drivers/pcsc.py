"""The real readers, through pyscard's plain `scard` calls: the only importer of ``smartcard``.

Interprets no card. pyscard's own monitors die with pcscd and its default disconnect unpowers the
card, hence the plain calls: each return code and each length is checked here, once. The calls are
those of winscard, the same on Linux (pcscd) and on Windows (the Smart Card service).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from smartcard import scard

from drivers.errors import (
    CardChanged,
    CardMute,
    CardRemoved,
    DriverError,
    NoCard,
    ReaderBusy,
    ReaderFault,
    ReaderMissing,
    ReaderStuck,
    ServiceDown,
    ServiceRefused,
    WrongCard,
)
from drivers.transport import Presence, Slot, Transport

_NEW_READERS = r"\\?PnP?\Notification"
"""The pseudo reader that changes when readers come and go."""

_STATUS_BYTES = 2
_PROTOCOLS = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
"""Contact cards of ours speak T=0 only, contactless ones T=1."""

_KEPT_MAX = 8
"""Readers whose contexts are kept; readers that come and go have ever new names."""

_OK = 0
_INVALID_HANDLE = 6
_BROKEN_PIPE = 109
_CANCELLED = 0x80100002
_UNKNOWN_READER = 0x80100009
_TIMEOUT = 0x8010000A
_NO_READERS = 0x8010002E
_RESET = 0x80100068

_ERRORS: dict[int, type[DriverError]] = {
    _INVALID_HANDLE: ServiceDown,  # Windows: the service ended, and our context with it
    _BROKEN_PIPE: ServiceDown,  # Windows: likewise in a remote session
    0x80100003: ServiceDown,  # invalid handle: our context belongs to a service that is gone
    0x80100006: ServiceDown,  # no memory: the service has no context left
    _UNKNOWN_READER: ReaderMissing,
    _TIMEOUT: ReaderStuck,
    0x8010000B: ReaderBusy,  # sharing violation
    0x8010000C: NoCard,
    0x8010000F: WrongCard,  # protocol mismatch: it speaks neither T=0 nor T=1
    0x80100012: ServiceDown,  # Windows: the service is being stopped
    0x80100013: ServiceDown,  # communication error: the service ended while we waited
    0x80100016: CardRemoved,  # not transacted
    0x80100017: ReaderMissing,  # reader unavailable
    0x8010001D: ServiceDown,  # no service
    0x8010001E: ServiceDown,  # service stopped
    _NO_READERS: ReaderMissing,
    0x80100065: WrongCard,  # unsupported card
    0x80100066: CardMute,  # unresponsive
    0x80100067: CardMute,  # unpowered: power-up failed
    _RESET: CardChanged,
    0x80100069: CardRemoved,
    0x8010002F: CardRemoved,  # Windows: the answer was lost half-way
    0x8010006A: ServiceRefused,  # security violation: polkit
}


def error_for(code: int, *, field: str = "") -> DriverError:
    """Return our error for the PC/SC return ``code`` (any sign, 32 bits)."""
    known = _ERRORS.get(code & 0xFFFFFFFF)
    if known is not None:
        return known(field=field)
    shown = f"{code & 0xFFFFFFFF:08X}"
    return ReaderFault(field=field, zh=f"PC/SC 返回 {shown}", en=f"PC/SC code {shown}")


class PcscReaders:
    """The machine's readers (`transport.Readers`); ``close`` it at the end.

    Waiting has a context of its own, made again after any fault; each card being read has another,
    so that no call queues behind another thread's. A reader keeps its context from one reading to
    the next while nothing fails: a new one costs the service a thread. ``api`` is winscard, or a
    stand-in with its functions and constants.
    """

    def __init__(self, api: Any = scard) -> None:  # noqa: ANN401 - pyscard ships no types
        self._api = api
        self._lock = Lock()
        self._waiting: int | None = None
        self._kept: dict[str, int] = {}
        self._contexts_open = 0

    @property
    def contexts_open(self) -> int:
        """PC/SC contexts held now: 0 to 1, and one for each reader that reads or has read."""
        with self._lock:
            return self._contexts_open

    def wait(self, known: tuple[Slot, ...], timeout_s: float) -> tuple[Slot, ...]:
        """Return every slot as soon as one differs from ``known``, or after ``timeout_s``."""
        if self._waiting is None:
            self._waiting = self._establish()
        try:
            return _wait(self._api, self._waiting, known, int(timeout_s * 1000))
        except DriverError:
            self.close()
            raise

    def wake(self) -> None:
        """Make a ``wait`` that is under way return now."""
        context = self._waiting
        if context is not None:
            # A context that ended meanwhile has no wait to cancel: nothing to check.
            self._api.SCardCancel(context)

    @contextmanager
    def open(self, name: str) -> Iterator[Transport]:
        """Connect shared, hold one transaction, and leave the card powered."""
        context, card = self._connected(name)
        try:
            try:
                with _transaction(self._api, card):
                    yield _PcscTransport(self._api, card)
            finally:
                self._api.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)
        except BaseException:
            self._release(context)  # whatever failed may have taken it along
            raise
        self._keep(name, context)

    def close(self) -> None:
        """Release the contexts that wait or are kept; the next call makes others."""
        context, self._waiting = self._waiting, None
        with self._lock:
            idle, self._kept = [*self._kept.values()], {}
        for one in [context, *idle]:
            if one is not None:
                self._release(one)

    def _connected(self, name: str) -> tuple[int, int]:
        """Return a context of the reader's own and a connection to its card."""
        with self._lock:
            kept = self._kept.pop(name, None)
        if kept is not None:
            try:
                return kept, _connect(self._api, kept, name)
            except DriverError:
                self._release(kept)  # the service may have restarted since: once more, afresh
        context = self._establish()
        try:
            return context, _connect(self._api, context, name)
        except DriverError:
            self._release(context)
            raise

    def _keep(self, name: str, context: int) -> None:
        """Keep the context for the reader's next card; of several one is enough."""
        with self._lock:
            spare = self._kept.pop(name, None)
            self._kept[name] = context
            if spare is None and len(self._kept) > _KEPT_MAX:
                spare = self._kept.pop(next(iter(self._kept)))  # of a reader long gone
        if spare is not None:
            self._release(spare)

    def _establish(self) -> int:
        (context,) = _checked(self._api.SCardEstablishContext(scard.SCARD_SCOPE_USER))
        with self._lock:
            self._contexts_open += 1
        return int(context)

    def _release(self, context: int) -> None:
        # The library frees its side also when the service is gone: its code tells us nothing.
        self._api.SCardReleaseContext(context)
        with self._lock:
            self._contexts_open -= 1


class _PcscTransport:
    """A connected card inside its transaction."""

    def __init__(self, api: Any, card: int) -> None:  # noqa: ANN401 - as `PcscReaders`
        self._api = api
        self._card = card
        _, _, protocol, atr = _checked(api.SCardStatus(card))
        self.atr = bytes(atr)
        if not self.atr:
            raise CardMute
        self.protocol = 1 if protocol == scard.SCARD_PROTOCOL_T1 else 0
        self._header = scard.SCARD_PCI_T1 if self.protocol else scard.SCARD_PCI_T0

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        """Send one command.

        A card that dies here can still read as success, with nothing in the answer.
        """
        code, answer = self._api.SCardTransmit(self._card, self._header, list(apdu))
        if code != _OK:
            raise error_for(code)
        if len(answer) < _STATUS_BYTES:
            raise CardRemoved
        return bytes(answer[:-_STATUS_BYTES]), answer[-2] << 8 | answer[-1]


def _connect(api: Any, context: int, name: str) -> int:  # noqa: ANN401 - as `PcscReaders`
    card, _ = _checked(
        api.SCardConnect(context, name, scard.SCARD_SHARE_SHARED, _PROTOCOLS),
        field=name,
    )
    return int(card)


@contextmanager
def _transaction(api: Any, card: int) -> Iterator[None]:  # noqa: ANN401 - as `PcscReaders`
    code = api.SCardBeginTransaction(card)
    if code & 0xFFFFFFFF == _RESET:
        # Another program reset the card after we connected; nothing was read yet.
        _checked(
            api.SCardReconnect(card, scard.SCARD_SHARE_SHARED, _PROTOCOLS, scard.SCARD_LEAVE_CARD)
        )
        code = api.SCardBeginTransaction(card)
    _checked((code,))
    try:
        yield
    finally:
        # Fails only when the card or the service went; whatever was read stands checked already.
        api.SCardEndTransaction(card, scard.SCARD_LEAVE_CARD)


def _wait(
    api: Any,  # noqa: ANN401 - as `PcscReaders`
    context: int,
    known: tuple[Slot, ...],
    timeout_ms: int,
) -> tuple[Slot, ...]:
    names = _reader_names(api, context)
    still = tuple(slot for slot in known if slot.name in names)
    marks = {slot.name: slot.mark for slot in still}
    request = [(name, marks.get(name, scard.SCARD_STATE_UNAWARE)) for name in names]
    # Windows compares the count that stands here with its own, and would return at once, for ever,
    # at 0; pcscd counts by itself.
    request.append((_NEW_READERS, len(names) << 16))
    if len(still) < len(known):
        timeout_ms = 0  # a reader left: that is the news
    code, *rest = api.SCardGetStatusChange(context, timeout_ms, request)
    if code & 0xFFFFFFFF in {_CANCELLED, _UNKNOWN_READER}:
        return still
    if code & 0xFFFFFFFF != _TIMEOUT:
        _checked((code,))
    return tuple(
        _slot(name, mark, atr)
        for name, mark, atr in rest[0]
        if name != _NEW_READERS and not mark & scard.SCARD_STATE_UNKNOWN
    )


def _reader_names(api: Any, context: int) -> list[str]:  # noqa: ANN401 - as `PcscReaders`
    code, names = api.SCardListReaders(context, [])
    if code & 0xFFFFFFFF == _NO_READERS:
        return []
    _checked((code,))
    return list(names)


def _slot(name: str, mark: int, atr: list[int]) -> Slot:
    return Slot(name, _presence(mark), bytes(atr), changes=mark >> 16 & 0xFFFF, mark=mark)


def _presence(mark: int) -> Presence:
    if mark & scard.SCARD_STATE_UNAVAILABLE:
        return Presence.UNAVAILABLE
    if mark & scard.SCARD_STATE_MUTE:
        return Presence.MUTE
    if mark & scard.SCARD_STATE_PRESENT:
        return Presence.PRESENT
    return Presence.EMPTY


def _checked(answer: Any, *, field: str = "") -> Any:  # noqa: ANN401 - pyscard ships no types
    """Return what follows the return code in ``answer``; raise when the code is not success."""
    code, *rest = answer
    if code != _OK:
        raise error_for(code, field=field)
    return rest
