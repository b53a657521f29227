"""The records of the social-security card: where each lives and what its bytes say. Reads none.

The layout is that of docs/card.md (LD/T 32). Whatever contradicts it is a typed error that names
the record and never quotes it.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from drivers import tlv
from drivers.apdu import Command, read_record
from drivers.check_characters import card_number_check, citizen_number_check
from drivers.errors import DamagedRecord, Flaw, WrongCheckDigit

_TAG_AND_LENGTH_BYTES = 2

_CARD_ID_FORM = re.compile(r"([0-9]{4}(?:[0-9]{2}|FF))D156000005[0-9A-F]{16}")
_SPEC_VERSION_FORM = re.compile(r"[0-9]\.[0-9]{2}")
_CARD_NUMBER_FORM = re.compile(r"[0-9A-Z]{8}[0-9X]")
_CITIZEN_NUMBER_FORM = re.compile(r"[0-9]{17}[0-9X]")


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
CARD_FILE = (CARD_ID, CARD_CLASS, SPEC_VERSION, ISSUER, ISSUED, VALID_UNTIL, CARD_NUMBER)
PERSON_FILE = (
    SOCIAL_SECURITY_NUMBER,
    NAME,
    NAME_CONTINUED,
    SEX,
    ETHNIC_GROUP,
    BIRTHPLACE,
    BIRTH_DATE,
)
"""All that EF05 and EF06 hold for us; no two share a tag."""

INSURED_REGION = _record("EF15.7A insured_region", 0x15, 0x7A, 0x03)
BENEFIT_FROM = _record("EF15.7B benefit_from", 0x15, 0x7B, 0x04)
UPDATED = _record("EF15.7C updated", 0x15, 0x7C, 0x04)
DETERMINATION_NUMBER = _record("EF17.3B determination_number", 0x17, 0x3B, 0x14)
EMPLOYER = _record("EF17.3C employer", 0x17, 0x3C, 0x46)
CONCLUSION = _record("EF17.3D conclusion", 0x17, 0x3D, 0x01)
DETERMINED_ON = _record("EF17.3E determined_on", 0x17, 0x3E, 0x04)
DEPARTMENT = _record("EF17.3F department", 0x17, 0x3F, 0x3C)

COVER_FILE = (INSURED_REGION, BENEFIT_FROM, UPDATED)
DETERMINATION_FILE = (DETERMINATION_NUMBER, EMPLOYER, CONCLUSION, DETERMINED_ON, DEPARTMENT)
"""All that EF15 and EF17 hold for us."""

INJURY_FOLDER = bytes.fromhex("DF03")
"""The folder that holds EF15 and EF17."""

_PROVINCES = frozenset(
    str(number)
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71))
    for number in range(first, last + 1)
) | {"81", "82", "99"}
"""First two digits of a region (GB/T 2260); 99 is assigned to nobody: synthetic cards."""

_CHIP_BYTES = 13
_CHIP_REGION = slice(7, 9)
_CHIP_SERIAL = slice(9, 13)
_CARD_SERIAL = slice(16, 24)
_BIRTH_DATE = slice(6, 14)


class Sex(StrEnum):
    """GB/T 2261.1, as the card writes it."""

    MALE = "1"
    FEMALE = "2"
    NOT_STATED = "9"


class Conclusion(StrEnum):
    """What the injury determination (工伤认定) came to, as the card writes it."""

    INJURY = "1"
    DEEMED_INJURY = "2"
    NO_INJURY = "3"
    NOT_DEEMED_INJURY = "4"


Kind = TypeVar("Kind", bound=StrEnum)


def card_id_and_region(value: bytes) -> tuple[str, str]:
    """Return the card id and the region that begins it, six digits or four."""
    text = value.hex().upper()
    form = _CARD_ID_FORM.fullmatch(text)
    if form is None:
        raise DamagedRecord(CARD_ID.label, Flaw.NOT_A_CARD_ID)
    return text, form[1].rstrip("F")


def check_chip(card_id: str, historical_bytes: bytes) -> None:
    """Refuse a card id whose region and serial are not those of the chip that gives it.

    ``historical_bytes`` name the chip's issuing region (four digits) and serial. Region codes
    change over a card's life: the same serial vouches for a card id of another region. Chips whose
    historical bytes name no region are taken as they are.
    """
    region = historical_bytes[_CHIP_REGION].hex()
    if len(historical_bytes) != _CHIP_BYTES or not region.isdecimal():
        return
    if region[:2] not in _PROVINCES or region == card_id[:4]:
        return
    if historical_bytes[_CHIP_SERIAL].hex().upper() != card_id[_CARD_SERIAL]:
        raise DamagedRecord(CARD_ID.label, Flaw.OTHER_REGION)


def spec_version(value: bytes) -> str:
    """Return the version of the specification, such as ``2.00``."""
    return _formed(_SPEC_VERSION_FORM, value, SPEC_VERSION)


def validity(issued: bytes, valid_until: bytes) -> tuple[date, date]:
    """Return the first and the last day of validity."""
    first, last = tlv.day(issued, ISSUED.label), tlv.day(valid_until, VALID_UNTIL.label)
    if last < first:
        raise DamagedRecord(VALID_UNTIL.label, Flaw.CONTRADICTORY)
    return first, last


def card_number(value: bytes) -> str:
    """Return 卡号; its last character checks the eight before it."""
    number = _formed(_CARD_NUMBER_FORM, value, CARD_NUMBER)
    if card_number_check(number[:-1]) != number[-1]:
        raise WrongCheckDigit(field=CARD_NUMBER.label)
    return number


def citizen_number(value: bytes) -> str:
    """Return 社会保障号码, the 18 characters of the citizen number (GB 11643).

    Its check character and the date in it must be right.
    """
    number = _formed(_CITIZEN_NUMBER_FORM, value, SOCIAL_SECURITY_NUMBER)
    tlv.day(bytes.fromhex(number[_BIRTH_DATE]), SOCIAL_SECURITY_NUMBER.label)
    if citizen_number_check(number[:-1]) != number[-1]:
        raise WrongCheckDigit(field=SOCIAL_SECURITY_NUMBER.label)
    return number


def name(first: bytes, more: bytes) -> str:
    """Return the name that its two records hold together."""
    whole = tlv.joined_text((first, more), NAME.label)
    if not whole:
        raise DamagedRecord(NAME.label, Flaw.MISSING)
    return whole


def sex(value: bytes) -> Sex | None:
    """Return the sex, None when the card leaves it blank."""
    return _member(Sex, value, SEX)


def conclusion(value: bytes) -> Conclusion | None:
    """Return the conclusion, None when the card leaves it blank."""
    return _member(Conclusion, value, CONCLUSION)


def code(value: bytes, wanted: RecordField) -> str | None:
    """Return a code of exactly two digits a byte, None when the card leaves it blank."""
    text = tlv.digits(value, wanted.label)
    if text and len(text) != 2 * wanted.length:
        raise DamagedRecord(wanted.label, Flaw.TRUNCATED)
    return text or None


def _formed(form: re.Pattern[str], value: bytes, wanted: RecordField) -> str:
    text = tlv.characters(value, wanted.label)
    if not form.fullmatch(text):
        raise DamagedRecord(wanted.label, Flaw.UNEXPECTED)
    return text


def _member(kind: type[Kind], value: bytes, wanted: RecordField) -> Kind | None:
    text = tlv.characters(value, wanted.label)
    if not text:
        return None
    try:
        return kind(text)
    except ValueError:
        # Not chained: the enum's own error quotes the value, which is the person's.
        raise DamagedRecord(wanted.label, Flaw.UNEXPECTED) from None
