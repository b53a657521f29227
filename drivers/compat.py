"""The strings that hospital systems know from the ``iReadCardBas`` drivers. Pure: reads no card.

Eleven fields, each ended by ``|``; nought for success, else the driver's number (docs/compat.md).
Not here: what a reader does (`cards`), and who may ask (the service).
"""

import re
from dataclasses import dataclass, field
from enum import IntEnum

from drivers.authentication import KeyAnswers, KeyRequest
from drivers.cards import CardRecord
from drivers.errors import DriverError

NO_PSAM = "0" * 12
"""The terminal number where no PSAM has one."""

_END = "|"
_STEP_2 = re.compile(r"([0-9A-Fa-f]{16})\|([0-9A-Fa-f]{16})\|?")

NO_CARD = -2
BAD_ARGUMENT = -14
CANCELLED = -31
HSM_NOT_NEEDED = -2204


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


def hsm_step1_answer(request: KeyRequest) -> Answer:
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


def read_hsm_step2(text: str) -> KeyAnswers | None:
    """Return the HSM's answers, internal and external, from ``pKey``; None when it is malformed."""
    form = _STEP_2.fullmatch(text)
    if form is None:
        return None
    return KeyAnswers(internal=bytes.fromhex(form[1]), external=bytes.fromhex(form[2]))


def error_answer(error: DriverError) -> Answer:
    """Return why a card was not read, as its number."""
    return Answer(error.number)


def refusal(read_by: int) -> Answer | None:
    """Return why ``iType`` cannot be served: there is no such way of reading."""
    return None if read_by in set(ReadBy) else Answer(BAD_ARGUMENT)


def is_asked_for(record: CardRecord, read_by: int) -> bool:
    """Tell whether ``iType`` takes this card: some callers want contact, or contactless, only."""
    return read_by != (ReadBy.CONTACT if record.contactless else ReadBy.CONTACTLESS)


def _fields(*values: str) -> str:
    # A name that held the mark would move every field behind it.
    return "".join(value.replace(_END, " ") + _END for value in values)
