"""Social-security cards: from a powered card to a `CardRecord`. Knows no reader and no person.

The records are those of docs/card.md (LD/T 32). They are read by tag, since their order
differs between versions; 1.0 and 2.0 cards read freely, 3.0 cards guard EF06.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import partial

from drivers import atr, tlv
from drivers.apdu import Command, Status, exchange, read_record, select_by_name
from drivers.check_characters import card_number_check, citizen_number_check
from drivers.transport import (
    AccessNotAllowed,
    CardChanged,
    CardRefused,
    DamagedRecord,
    Flaw,
    Transport,
    WrongCard,
    WrongCheckDigit,
)

AID = bytes.fromhex("7378312E73682E") + "社会保障".encode("gb18030")
"""The application's name, ``sx1.sh.社会保障``."""

_NOT_THIS_APPLICATION = {
    Status.FILE_NOT_FOUND,
    Status.FUNCTION_NOT_SUPPORTED,
    Status.WRONG_P1_P2,
    Status.UNKNOWN_INSTRUCTION,
    Status.UNKNOWN_CLASS,
}
_NO_SUCH_RECORD = {Status.RECORD_NOT_FOUND, Status.DATA_NOT_FOUND}
_TAG_AND_LENGTH_BYTES = 2

_CARD_ID_FORM = re.compile(r"([0-9]{4}(?:[0-9]{2}|FF))D156000005[0-9A-F]{16}")
_SPEC_VERSION_FORM = re.compile(r"[0-9]\.[0-9]{2}")
_CARD_NUMBER_FORM = re.compile(r"[0-9A-Z]{8}[0-9X]")
_CITIZEN_NUMBER_FORM = re.compile(r"[0-9]{17}[0-9X]")


class Sex(StrEnum):
    """GB/T 2261.1, as the card writes it."""

    MALE = "1"
    FEMALE = "2"
    NOT_STATED = "9"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRecord:
    """What one social-security card says of itself and its holder.

    Checked for form and check characters, not against anything outside the card. ``repr`` leaves
    out whatever identifies the person.
    """

    card_id: str = field(repr=False)
    """卡识别码, 32 hexadecimal digits."""
    card_class: str
    spec_version: str
    """``1.00``, ``2.00`` or ``3.00``."""
    issuer: str
    issued: date
    valid_until: date
    """The last day of validity as written; whether it has passed is not the card's to say."""
    card_number: str = field(repr=False)
    """卡号, nine characters."""
    social_security_number: str = field(repr=False)
    """社会保障号码, the 18 characters of the citizen number."""
    name: str = field(repr=False)
    sex: Sex | None = field(repr=False)
    ethnic_group: str | None = field(repr=False)
    """GB/T 3304, two digits."""
    birthplace: str | None = field(repr=False)
    """GB/T 2260, six digits."""
    birth_date: date = field(repr=False)
    issuing_region: str
    """The region that begins the card id: six digits, or four where the card gives four."""
    atr: bytes = field(repr=False)
    historical_bytes: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class RecordField:
    """Where one value lives: file, tag, and the most bytes it takes; ``label`` is for errors."""

    label: str
    sfi: int
    tag: int
    length: int
    reading: Command
    """The command that reads it, made once: a desk reads cards all day."""


def _record(label: str, sfi: int, tag: int, length: int) -> RecordField:
    expected = length + _TAG_AND_LENGTH_BYTES
    return RecordField(label, sfi, tag, length, read_record(sfi, tag, expected=expected))


CARD_ID = _record("EF05.01 card_id", 5, 0x01, 0x10)
CARD_CLASS = _record("EF05.02 card_class", 5, 0x02, 0x01)
SPEC_VERSION = _record("EF05.03 spec_version", 5, 0x03, 0x04)
ISSUER = _record("EF05.04 issuer", 5, 0x04, 0x0C)
ISSUED = _record("EF05.05 issued", 5, 0x05, 0x04)
VALID_UNTIL = _record("EF05.06 valid_until", 5, 0x06, 0x04)
CARD_NUMBER = _record("EF05.07 card_number", 5, 0x07, 0x09)
SOCIAL_SECURITY_NUMBER = _record("EF06.08 social_security_number", 6, 0x08, 0x12)
NAME = _record("EF06.09 name", 6, 0x09, 0x1E)
NAME_CONTINUED = _record("EF06.4E name_continued", 6, 0x4E, 0x14)
SEX = _record("EF06.0A sex", 6, 0x0A, 0x01)
ETHNIC_GROUP = _record("EF06.0B ethnic_group", 6, 0x0B, 0x01)
BIRTHPLACE = _record("EF06.0C birthplace", 6, 0x0C, 0x03)
BIRTH_DATE = _record("EF06.0D birth_date", 6, 0x0D, 0x04)


def read_card(transport: Transport) -> CardRecord:
    """Read EF05 and EF06 of the social-security card behind ``transport``.

    The card id is read again at the end: a card swapped meanwhile is ``CardChanged``.

    Raises:
        WrongCard: the card has no social-security application.
        AccessNotAllowed: EF06 needs external authentication (3.0 cards).
        DamagedRecord, WrongCheckDigit: the card must not be used; ``field`` names the record.
        DriverError: as the transport.
    """
    _select(transport)
    optional = partial(_value, transport)
    value = partial(_mandatory_value, transport)
    card_id, region = _card_id(value(CARD_ID))
    record = CardRecord(
        card_id=card_id,
        card_class=tlv.characters(value(CARD_CLASS), CARD_CLASS.label),
        spec_version=_formed(_SPEC_VERSION_FORM, value(SPEC_VERSION), SPEC_VERSION),
        issuer=tlv.nibbles(value(ISSUER)),
        issued=tlv.day(value(ISSUED), ISSUED.label),
        valid_until=tlv.day(value(VALID_UNTIL), VALID_UNTIL.label),
        card_number=_card_number(value(CARD_NUMBER)),
        social_security_number=_citizen_number(value(SOCIAL_SECURITY_NUMBER)),
        name=_name(value(NAME), optional(NAME_CONTINUED)),
        sex=_sex(optional(SEX)),
        ethnic_group=_code(optional(ETHNIC_GROUP), ETHNIC_GROUP),
        birthplace=_code(optional(BIRTHPLACE), BIRTHPLACE),
        birth_date=tlv.day(value(BIRTH_DATE), BIRTH_DATE.label),
        issuing_region=region,
        atr=transport.atr,
        historical_bytes=atr.historical_bytes(transport.atr),
    )
    if _card_id(value(CARD_ID)) != (card_id, region):
        raise CardChanged
    return record


def _select(transport: Transport) -> None:
    status = exchange(transport, select_by_name(AID)).status
    if status in _NOT_THIS_APPLICATION:
        raise WrongCard
    if status != Status.DONE:
        raise CardRefused(status, field="application")


def _value(transport: Transport, wanted: RecordField) -> bytes:
    """Return the record's value, empty when the card has no such record."""
    answer = exchange(transport, wanted.reading)
    if answer.status == Status.DONE:
        return tlv.value_of(answer.data, wanted.label, tag=wanted.tag, length_max=wanted.length)
    if answer.status in _NO_SUCH_RECORD:
        return b""
    if answer.status == Status.SECURITY_NOT_SATISFIED:
        raise AccessNotAllowed(field=wanted.label)
    raise CardRefused(answer.status, field=wanted.label)


def _mandatory_value(transport: Transport, wanted: RecordField) -> bytes:
    value = _value(transport, wanted)
    if not value:
        raise DamagedRecord(wanted.label, Flaw.MISSING)
    return value


def _card_id(value: bytes) -> tuple[str, str]:
    """Return the card id and the region that begins it."""
    text = value.hex().upper()
    form = _CARD_ID_FORM.fullmatch(text)
    if form is None:
        raise DamagedRecord(CARD_ID.label, Flaw.NOT_A_CARD_ID)
    return text, form[1].rstrip("F")


def _formed(form: re.Pattern[str], value: bytes, wanted: RecordField) -> str:
    text = tlv.characters(value, wanted.label)
    if not form.fullmatch(text):
        raise DamagedRecord(wanted.label, Flaw.UNEXPECTED)
    return text


def _card_number(value: bytes) -> str:
    number = _formed(_CARD_NUMBER_FORM, value, CARD_NUMBER)
    if card_number_check(number[:-1]) != number[-1]:
        raise WrongCheckDigit(field=CARD_NUMBER.label)
    return number


def _citizen_number(value: bytes) -> str:
    number = _formed(_CITIZEN_NUMBER_FORM, value, SOCIAL_SECURITY_NUMBER)
    if citizen_number_check(number[:-1]) != number[-1]:
        raise WrongCheckDigit(field=SOCIAL_SECURITY_NUMBER.label)
    return number


def _name(first: bytes, more: bytes) -> str:
    name = tlv.joined_text((first, more), NAME.label)
    if not name:
        raise DamagedRecord(NAME.label, Flaw.MISSING)
    return name


def _sex(value: bytes) -> Sex | None:
    text = tlv.characters(value, SEX.label)
    if not text:
        return None
    try:
        return Sex(text)
    except ValueError:
        # Not chained: the enum's own error quotes the value, which is the person's.
        raise DamagedRecord(SEX.label, Flaw.UNEXPECTED) from None


def _code(value: bytes, wanted: RecordField) -> str | None:
    """Return a code of exactly two digits a byte, None when the card leaves it blank."""
    text = tlv.digits(value, wanted.label)
    if text and len(text) != 2 * wanted.length:
        raise DamagedRecord(wanted.label, Flaw.TRUNCATED)
    return text or None
