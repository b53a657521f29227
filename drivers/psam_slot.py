"""A PSAM in a slot of the readers': derives a card's key, and answers its challenges with it.

The steps are those of the PSAMs that the DES cards' programs speak to: select the application,
derive the card's key by factors, let it encrypt a challenge. What LD/T 32 says of it was not at
hand: every byte of it is data, in a `PsamPlan` (docs/card.md says what is unconfirmed).
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from threading import Lock, Thread
from typing import assert_never

from drivers.apdu import Answer, Command, Status, exchange, select_by_name, select_file
from drivers.authentication import ANSWER_BYTES, Authenticator, KeyAnswers, KeyRequest
from drivers.card_readers import CardReaders
from drivers.errors import CardFault, DriverError, ReaderMissing
from drivers.key_errors import KeyMissing
from drivers.psam import KEY_LEVEL, NO_ALGORITHM, NO_KEY, NO_PSAM, Psam, asked_in_turn
from drivers.transport import Slot, Transport

_MASTER_FILE = bytes.fromhex("3F00")
_TERMINAL_DIGITS = 12
_REGION_BYTES = 6
_REGION_END = b"sx"
_FACTOR_BYTES = 8
_LENGTH = -33
_TERMINAL_S_MAX = 1.0
_SAID = {
    Status.FILE_NOT_FOUND: NO_KEY,
    Status.RECORD_NOT_FOUND: NO_KEY,
    0x9403: NO_KEY,
    Status.SECURITY_NOT_SATISFIED: KEY_LEVEL,
    Status.NOT_IN_THIS_STATE: KEY_LEVEL,
}
"""The driver's number of a status word of the PSAM's; of any other, minus the word."""


class Order(Enum):
    """Who opens a guarded card first."""

    PSAM = "psam"
    PLATFORM = "platform"


class Factor(Enum):
    """Eight bytes by which a PSAM derives a card's key, the next from the one before."""

    CHIP = "chip"
    """The last eight historical bytes of the card's answer to reset."""
    REGION = "region"
    """The issuing region's six digits and ``sx``."""
    CARD = "card"
    """The last eight bytes of the card id."""
    CHALLENGE = "challenge"
    """The card's first challenge of the two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PsamPlan:
    """Where the PSAM is, and its commands: ``derive`` and ``compute`` are CLA INS P1 P2.

    ``reader`` is a part of its slot's name, ``application`` its application's. ``terminal`` is the
    number that the strings of ``iReadCardBas`` end with; empty, it is read by ``terminal_read``.
    """

    reader: str
    order: Order
    application: bytes
    derive: bytes
    factors: tuple[Factor, ...]
    compute: bytes
    algorithms: tuple[int, ...]
    terminal: str
    terminal_read: bytes


class PsamInSlot:
    """The PSAM that is in the first hidden slot of ``readers`` (`psam.Psam`). Thread-safe."""

    def __init__(self, readers: CardReaders, plan: PsamPlan) -> None:
        self.readers = readers
        self._plan = plan
        self._guard = Lock()
        self._read_from: Slot | None = None
        self._terminal = ""

    @property
    def terminal(self) -> str:
        """The settings' number, else the PSAM's own, read once for each one put in.

        Whoever asks, an agent's beat among others, waits a second for it and no more.
        """
        if self._plan.terminal:
            return self._plan.terminal
        there = next(iter(self.readers.hidden()), None)
        with self._guard:
            unread = there is not None and there != self._read_from
            if unread:
                self._terminal, self._read_from = "", there
        if there is not None and unread:
            reading = Thread(target=self._read_terminal, args=(there,), daemon=True)
            reading.start()
            reading.join(_TERMINAL_S_MAX)
        with self._guard:
            return self._terminal if there else ""

    def answers(self, request: KeyRequest) -> KeyAnswers:
        """Return what its key makes of the four challenges."""
        if request.algorithm and request.algorithm not in self._plan.algorithms:
            raise KeyMissing(
                number=NO_ALGORITHM,
                zh="PSAM 没有该卡的算法",
                en="the PSAM does not have the card's algorithm",
            )
        there = next(iter(self.readers.hidden()), None)
        if there is None:
            raise _no_psam()
        factor, data, own_factor, own_data = request.challenges
        with self._opened(there) as psam:
            _done(exchange(psam, select_by_name(self._plan.application)))
            internal = self._made(psam, request, factor, data)
            external = self._made(psam, request, own_factor, own_data)
        return KeyAnswers(internal=internal, external=external)

    def _made(self, psam: Transport, request: KeyRequest, factor: bytes, data: bytes) -> bytes:
        """Derive the card's key for this challenge, and return what it makes of ``data``."""
        factors = b"".join(_bytes_of(one, request, factor) for one in self._plan.factors)
        _done(exchange(psam, _command(self._plan.derive, factors)))
        answer = _done(exchange(psam, _command(self._plan.compute, data)))
        if len(answer) != ANSWER_BYTES:
            raise KeyMissing(
                number=_LENGTH, zh="PSAM 应答长度不对", en="the PSAM's length is wrong"
            )
        return answer

    def _read_terminal(self, there: Slot) -> None:
        with suppress(DriverError):  # it has none that can be told
            digits = self._terminal_of(there)
            with self._guard:
                if self._read_from == there:
                    self._terminal = digits

    def _terminal_of(self, there: Slot) -> str:
        wanted = _command(self._plan.terminal_read, expected=_TERMINAL_DIGITS // 2)
        with self._opened(there) as psam:
            _done(exchange(psam, select_file(_MASTER_FILE)))
            digits = _done(exchange(psam, wanted)).hex()
        return digits if digits.isdecimal() and len(digits) == _TERMINAL_DIGITS else ""

    @contextmanager
    def _opened(self, there: Slot) -> Iterator[Transport]:
        try:
            with self.readers.open(there.name) as psam:
                yield psam
        except KeyMissing:
            raise
        except (CardFault, ReaderMissing) as gone:
            raise _no_psam() from gone


def keys_in_order(psam: Psam | None, platform: Authenticator, order: Order) -> Authenticator:
    """Return the holder that asks both as ``order`` has it; without a PSAM the platform's alone."""
    if psam is None:
        return platform
    match order:
        case Order.PSAM:
            return asked_in_turn(psam.answers, platform)
        case Order.PLATFORM:
            return asked_in_turn(platform, psam.answers)
        case other:
            assert_never(other)


def _bytes_of(factor: Factor, request: KeyRequest, challenge: bytes) -> bytes:
    match factor:
        case Factor.CHIP:
            made = request.historical_bytes[-_FACTOR_BYTES:]
        case Factor.REGION:
            made = request.issuing_region.ljust(_REGION_BYTES, "0").encode() + _REGION_END
        case Factor.CARD:
            made = bytes.fromhex(request.card_id)[-_FACTOR_BYTES:]
        case Factor.CHALLENGE:
            made = challenge
        case other:
            assert_never(other)
    return made.rjust(_FACTOR_BYTES, b"\0")


def _command(header: bytes, data: bytes = b"", *, expected: int | None = None) -> Command:
    cla, ins, p1, p2 = header
    return Command(ins, p1, p2, data=data, expected=expected, cla=cla)


def _done(answer: Answer) -> bytes:
    """Return the data of an answer; what refuses is no holder of the key."""
    if answer.status == Status.DONE:
        return answer.data
    shown = f"PSAM {answer.status:04X}"
    # 0000 is no status word, and nought would read as success.
    number = _SAID.get(answer.status, -answer.status or NO_PSAM)
    raise KeyMissing(number=number, zh=shown, en=shown)


def _no_psam() -> KeyMissing:
    return KeyMissing(number=NO_PSAM, zh="没有 PSAM", en="no PSAM")
