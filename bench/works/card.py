"""A full read of a card, EF05 and EF06, against the same commands sent with nothing around them.

Ours is what a desk does with a card that is in the reader: a connection, one transaction, every
record read and understood, the card id checked again. The floor connects likewise and sends the
same commands by raw ``SCardTransmit`` in one transaction, looking at no answer. Both keep their
context. The card is virtual, in a process of its own, behind the real pcscd and vpcd.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from smartcard import scard

from bench.frame import Work
from drivers.cards import CardRecord, read_card
from drivers.pcsc import PcscReaders
from drivers.transport import Presence, Slot, Transport
from simulators.pcscd import READERS

RECORDS = 15
"""Records read: seven of EF05, seven of EF06, and the card id once more."""

_CARD = (sys.executable, "-m", "simulators", "card")
_NEWS_MAX = 20
_PATIENCE_S = 5.0


def works() -> Iterator[Work]:
    """Yield the one work, with its card in the reader as long as it is measured."""
    with _card_in_reader() as name, closing(PcscReaders()) as readers:

        def ours() -> CardRecord:
            with readers.open(name) as card:
                return read_card(card)

        sent = commands(readers, name)
        with raw_reading(name, sent) as floor:
            work = f"EF05 and EF06, {RECORDS} records, {len(sent)} commands, pcscd + vpcd"
            yield Work(name="card", work=work, ours=ours, floor=floor, singly=True)


def commands(readers: PcscReaders, name: str) -> list[bytes]:
    """Return the commands of one reading of ours."""
    with readers.open(name) as card:
        heard = _Heard(card)
        read_card(heard)
    return heard.sent


@contextmanager
def raw_reading(name: str, sent: list[bytes]) -> Iterator[Callable[[], list[list[int]]]]:
    """Yield what sends ``sent`` and returns the raw answers."""
    context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)[1]
    shared, t0, header = scard.SCARD_SHARE_SHARED, scard.SCARD_PROTOCOL_T0, scard.SCARD_PCI_T0
    apdus = [list(apdu) for apdu in sent]

    def floor() -> list[list[int]]:
        card = scard.SCardConnect(context, name, shared, t0)[1]
        scard.SCardBeginTransaction(card)
        answers = [scard.SCardTransmit(card, header, apdu)[1] for apdu in apdus]
        scard.SCardEndTransaction(card, scard.SCARD_LEAVE_CARD)
        scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)
        return answers

    try:
        yield floor
    finally:
        scard.SCardReleaseContext(context)


@contextmanager
def _card_in_reader() -> Iterator[str]:
    """Yield the name of a reader in which a synthetic person's card is."""
    with subprocess.Popen(_CARD, stdout=subprocess.PIPE) as card:  # noqa: S603 - fixed words
        try:
            if card.stdout is None or not card.stdout.readline():
                raise RuntimeError("the virtual card did not start; see stderr")
            _await_card(READERS[0])
            yield READERS[0]
        finally:
            card.terminate()


def _await_card(name: str) -> None:
    known: tuple[Slot, ...] = ()
    with closing(PcscReaders()) as readers:
        for _ in range(_NEWS_MAX):
            known = readers.wait(known, _PATIENCE_S)
            if any(s.name == name and s.presence is Presence.PRESENT for s in known):
                return
    raise RuntimeError(f"no card was seen in {name}")


class _Heard:
    """A card in the reader that keeps what it was sent."""

    def __init__(self, card: Transport) -> None:
        self.atr = card.atr
        self.protocol = card.protocol
        self.sent: list[bytes] = []
        self._card = card

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        self.sent.append(apdu)
        return self._card.transmit(apdu)
