"""The strings that hospital systems know from the ``iReadCardBas`` drivers. Pure: reads no card.

Eleven fields, each ended by ``|``; nought for success, else the driver's number (docs/compat.md).
Not here: what a reader does (`cards`), and who may ask (the service).
"""

import re
from dataclasses import dataclass, field
from enum import IntEnum

from drivers.cards import CardRecord
from drivers.errors import DriverError

NO_PSAM = "0" * 12
"""The terminal number where no PSAM has one."""

_END = "|"
_STEP_2 = re.compile(r"([0-9A-Fa-f]{16})\|([0-9A-Fa-f]{16})\|?")
_UNSUPPORTED, _BAD_ARGUMENT = -13, -14


class ReadBy(IntEnum):
    """``iType``: how the card is to be read."""

    CONTACT = 1
    CONTACTLESS = 2
    CONTACT_FIRST = 3
    CONTACTLESS_FIRST = 4


@dataclass(frozen=True, slots=True)
class Answer:
    """What such a driver returns: its number, and its text, empty unless the number is 0."""

    number: int
    text: str = field(default="", repr=False)


def card_answer(record: CardRecord, *, terminal: str = NO_PSAM, device: str = "") -> Answer:
    """Return a card that was read as eleven fields in the drivers' order (docs/compat.md).

    ``terminal`` is the PSAM's number, ``device`` the reader's serial number, where they are known.
    """
    return Answer(
        0,
        _fields(
            record.issuing_region,
            record.social_security_number,
            record.card_number,
            record.card_id,
            record.name,
            record.historical_bytes.hex().upper(),
            record.spec_version,
            record.issued.strftime("%Y%m%d"),
            record.valid_until.strftime("%Y%m%d"),
            terminal,
            device,
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HsmRequest:
    """What step 1 of a 3.0 card's authentication asks of an HSM: who the card is, its challenges.

    ``challenges``: factor and data of the internal authentication, then of the external one.
    """

    issuing_region: str
    historical_bytes: bytes
    algorithm: int
    card_id: str
    challenges: tuple[bytes, bytes, bytes, bytes]


def hsm_step1_answer(request: HsmRequest) -> Answer:
    """Return step 1 as eight fields: region, historical bytes, algorithm, card id, challenges."""
    return Answer(
        0,
        _fields(
            request.issuing_region,
            request.historical_bytes.hex().upper(),
            f"{request.algorithm:02X}",
            request.card_id,
            *(challenge.hex().upper() for challenge in request.challenges),
        ),
    )


def read_hsm_step2(text: str) -> tuple[bytes, bytes] | Answer:
    """Return the HSM's answers, internal and external, from ``pKey``; −14 when it is malformed."""
    form = _STEP_2.fullmatch(text)
    return (bytes.fromhex(form[1]), bytes.fromhex(form[2])) if form else Answer(_BAD_ARGUMENT)


def error_answer(error: DriverError) -> Answer:
    """Return why a card was not read, as its number."""
    return Answer(error.number)


def refusal(read_by: int) -> Answer | None:
    """Return why ``iType`` cannot be served: unknown, or contactless only, which no desk reads."""
    if read_by not in set(ReadBy):
        return Answer(_BAD_ARGUMENT)
    return Answer(_UNSUPPORTED) if read_by == ReadBy.CONTACTLESS else None


def _fields(*values: str) -> str:
    # A name that held the mark would move every field behind it.
    return "".join(value.replace(_END, " ") + _END for value in values)
