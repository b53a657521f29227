"""Commands and their answers: builds the bytes and follows 61xx and 6Cxx to the end.

Knows ISO/IEC 7816-4, not the social-security card.
"""

from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cache
from typing import NamedTuple

from drivers.errors import CardRefused
from drivers.transport import Transport

STEPS_MAX = 8
"""Commands that one exchange may cost: a card that never finishes is refused."""

_DATA_BYTES_MAX = 255
_MORE_DATA = 0x61
_OTHER_LENGTH = 0x6C
_UNFINISHED = frozenset({_MORE_DATA, _OTHER_LENGTH})


class Status(IntEnum):
    """The status words we tell apart (ISO/IEC 7816-4 §5.6)."""

    DONE = 0x9000
    WRONG_LENGTH = 0x6700
    SECURITY_NOT_SATISFIED = 0x6982
    NOT_IN_THIS_STATE = 0x6985
    FUNCTION_NOT_SUPPORTED = 0x6A81
    FILE_NOT_FOUND = 0x6A82
    RECORD_NOT_FOUND = 0x6A83
    WRONG_P1_P2 = 0x6A86
    DATA_NOT_FOUND = 0x6A88
    UNKNOWN_INSTRUCTION = 0x6D00
    UNKNOWN_CLASS = 0x6E00


class RecordMode(IntEnum):
    """What P1 of READ RECORD holds (low three bits of P2, CARD.md §1)."""

    TAG = 0
    NUMBER = 4


@dataclass(frozen=True, slots=True)
class Command:
    """One command; ``expected`` is Le in bytes (0 to 256), None when no data is asked for.

    Raises:
        ValueError: more than 255 bytes of data.
    """

    ins: int
    p1: int
    p2: int
    data: bytes = b""
    expected: int | None = None
    cla: int = 0
    _encoded: tuple[bytes, bytes] = field(init=False, repr=False, compare=False)
    """For T=0 and T=1, made once: a desk sends the same commands all day."""

    def __post_init__(self) -> None:
        header = bytes((self.cla, self.ins, self.p1, self.p2))
        if len(self.data) > _DATA_BYTES_MAX:
            raise ValueError(len(self.data))
        if self.data:
            taken = header + bytes((len(self.data),)) + self.data
            encoded = taken, taken + b"\0"
        else:
            asked = header + bytes(((self.expected or 0) % 256,))
            encoded = asked, asked
        object.__setattr__(self, "_encoded", encoded)

    def encode(self, protocol: int = 0) -> bytes:
        """Return the bytes for T=0 or T=1.

        With data T=0 takes no Le, the card offers its answer by 61xx; T=1 asks for all of it.
        """
        return self._encoded[protocol]


class Answer(NamedTuple):
    """The whole data and the last status word."""

    data: bytes
    status: int


def select_by_name(aid: bytes) -> Command:
    """Return SELECT of the application ``aid``."""
    return Command(0xA4, 0x04, 0x00, data=aid)


def select_file(file_id: bytes) -> Command:
    """Return SELECT of the folder or file ``file_id`` (two bytes) below the application."""
    return Command(0xA4, 0x00, 0x00, data=file_id)


def read_record(
    sfi: int, record: int, *, mode: RecordMode = RecordMode.TAG, expected: int = 0
) -> Command:
    """Return READ RECORD of file ``sfi``; ``expected`` counts the tag and the length byte too.

    When it is 0 the card tells the length (6Cxx) and `exchange` asks again.
    """
    return Command(0xB2, record, sfi << 3 | mode, expected=expected)


def exchange(transport: Transport, command: Command) -> Answer:
    """Send ``command``, fetch what 61xx offers, repeat at the length that 6Cxx asks for.

    Raises:
        CardRefused: the card did not finish within ``STEPS_MAX`` commands.
        DriverError: as the transport.
    """
    data, status = transport.transmit(command.encode(transport.protocol))
    if status >> 8 not in _UNFINISHED:
        return Answer(data, status)
    pending = command
    for _ in range(STEPS_MAX - 1):
        if status >> 8 == _MORE_DATA:
            pending = _get_response(status & 0xFF)
        else:
            pending = replace(pending, expected=status & 0xFF)
        part, status = transport.transmit(pending.encode(transport.protocol))
        data += part
        if status >> 8 not in _UNFINISHED:
            return Answer(data, status)
    raise CardRefused(status)


@cache
def _get_response(length: int) -> Command:
    return Command(0xC0, 0x00, 0x00, expected=length)
