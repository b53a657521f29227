"""From a card's insertion to the event "identity presented", against raw PC/SC and a plain read.

Ours is the desk: the monitor sees the card, reads and checks it, presents it and says so. The floor
asks ``SCardGetStatusChange`` for the one reader, connects, and sends the same commands raw. The
reader is emptied between two rounds, untimed. vpcd itself looks every 0.4 s, and waiting for it is
most of either time: what ours costs is the difference of the two.
"""

from collections.abc import Iterator
from contextlib import closing

from smartcard import scard

from bench.frame import Work
from bench.works.card import commands
from drivers.errors import ReaderStuck
from drivers.monitor import Monitor, ReaderState
from drivers.pcsc import PcscReaders
from edge.clock import fresh_id, system_clock
from simulators.card import social_security_card, synthetic_person
from simulators.pcscd import ensure_running
from simulators.reader import VpcdCard

_CARD = social_security_card(synthetic_person(1))
_PATIENCE_S = 5.0
_PATIENCE_MS = 5000


def works() -> Iterator[Work]:
    """Yield the one work, on a reader that both ways use by turns."""
    with ensure_running(), closing(PcscReaders()) as readers, closing(Table(readers)) as table:
        work = f"{len(table.learn())} commands, pcscd + vpcd"
        yield Work(
            name="card-event",
            work=work,
            ours=table.ours,
            floor=table.floor,
            before=table.before_ours,
            before_floor=table.before_floor,
        )


class Table:
    """One reader, emptied between two insertions; ``close`` it at the end."""

    def __init__(self, readers: PcscReaders) -> None:
        self._readers = readers
        self._card = VpcdCard()
        self._monitor: Monitor | None = None
        self._context = 0
        self._mark = 0
        self._sent: list[list[int]] = []

    def learn(self) -> list[bytes]:
        """Return the commands of one reading of ours, which the floor sends too."""
        self.before_ours()
        self.ours()
        sent = commands(self._readers, self._card.reader)
        self._sent = [list(apdu) for apdu in sent]
        return sent

    def before_ours(self) -> None:
        """Empty the reader and watch it."""
        self.close()
        self._monitor = Monitor(self._readers, system_clock, fresh_id)
        self._monitor.start()
        self._await(ReaderState.EMPTY)

    def ours(self) -> str:
        """Insert the card; return the token of its presentation, once that is told."""
        self._card.insert(_CARD)
        self._await(ReaderState.PRESENT)
        card = self._monitor.presented(self._card.reader) if self._monitor else None
        return card.token if card else ""

    def before_floor(self) -> None:
        """Empty the reader and look at it."""
        self.close()
        self._context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)[1]
        self._mark = 0
        self._raw_await(scard.SCARD_STATE_EMPTY)

    def floor(self) -> list[list[int]]:
        """Insert the card; return its raw answers."""
        self._card.insert(_CARD)
        self._raw_await(scard.SCARD_STATE_PRESENT)
        name, shared = self._card.reader, scard.SCARD_SHARE_SHARED
        card = scard.SCardConnect(self._context, name, shared, scard.SCARD_PROTOCOL_T0)[1]
        scard.SCardBeginTransaction(card)
        header = scard.SCARD_PCI_T0
        answers = [scard.SCardTransmit(card, header, apdu)[1] for apdu in self._sent]
        scard.SCardEndTransaction(card, scard.SCARD_LEAVE_CARD)
        scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)
        return answers

    def close(self) -> None:
        """Take the card out, and let go of whoever watched it."""
        self._card.remove()
        if self._monitor:
            self._monitor.stop()
            self._monitor = None
        if self._context:
            scard.SCardReleaseContext(self._context)
            self._context = 0

    def _await(self, state: ReaderState) -> None:
        while self._monitor and (event := self._monitor.next_event(_PATIENCE_S)):
            if (event.reader, event.state) == (self._card.reader, state):
                return
        raise ReaderStuck(field=self._card.reader)

    def _raw_await(self, wanted: int) -> None:
        while not self._mark & wanted:
            asked = [(self._card.reader, self._mark)]
            _, told = scard.SCardGetStatusChange(self._context, _PATIENCE_MS, asked)
            self._mark = told[0][1]
