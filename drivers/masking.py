"""Takes the person out of what a card says, and leaves what a fault can be found by.

Every byte that could tell a person, a card or a key is replaced by another of its kind: a valid
number by a valid one, a character by one of the same length, a torn record by one torn alike. So a
masked exchange is understood, or refused, as the true one was. What is not known to be harmless is
replaced by zeros.
"""

import codecs
import re
import unicodedata

from drivers import records, tlv
from drivers.cards import AID
from drivers.check_characters import card_number_check, citizen_number_check
from drivers.errors import DamagedRecord
from drivers.other_cards import KNOWN
from drivers.records import RecordField

_SELECT, _GET_RESPONSE, _READ_RECORD, _VERIFY = 0xA4, 0xC0, 0xB2, 0x20
_HEADER_BYTES = 5
_LENGTH_AT = 4
_PIN_WITH_LENGTH = bytes((3, 0, 0, 0))
_HARMLESS_NAMES = {AID, records.INJURY_FOLDER, *(kind.aid for kind in KNOWN)}
_FCI_BYTES_MAX = 64
_SERIAL_BYTES = 4
_CARD_ID_BEFORE_SERIAL = 8

_PADDING = b"\0 "
_CHARACTERS = {1: b"X", 2: b"\x95\x40", 4: b"\x95\x32\x82\x36"}
"""One of each length in GB18030. The longer begin alike: one may be torn where both fit."""

_OTHER_DAY = "19000101"
_NO_DAY = "19001301"
_NUMBER_BEFORE_DAY, _NUMBER_AFTER_DAY = "999999", "000"
_CARD_NUMBER = "T0000000"

_KEPT = (
    records.CARD_CLASS,
    records.SPEC_VERSION,
    records.ISSUED,
    records.VALID_UNTIL,
    records.INSURED_REGION,
)
_DAYS = (records.BIRTH_DATE, *records.COVER_FILE[1:], records.DETERMINED_ON)
_CODES = (records.ISSUER, records.ETHNIC_GROUP, records.BIRTHPLACE)
_LETTERS = (records.SEX, records.CONCLUSION)
_TEXTS = (records.DETERMINATION_NUMBER, records.EMPLOYER, records.DEPARTMENT)


class Masker:
    """Masks one card's exchange, in the order in which it happens."""

    def __init__(self, atr: bytes) -> None:
        """Take the answer to reset; its last four bytes are the chip's serial."""
        self._seen: dict[bytes, int] = {}
        self._decoder = codecs.getincrementaldecoder("gb18030")()
        self.atr = atr[:-_SERIAL_BYTES] + self._stand_in(atr[-_SERIAL_BYTES:])

    def command(self, apdu: bytes) -> bytes:
        """Return a command without PIN, challenge, proof or anything else not known."""
        if len(apdu) <= _HEADER_BYTES:
            return apdu
        data = apdu[_HEADER_BYTES:]
        if apdu[1] == _SELECT and data[: apdu[_LENGTH_AT]] in _HARMLESS_NAMES:
            return apdu
        if apdu[1] == _VERIFY:
            return apdu[:_LENGTH_AT] + _PIN_WITH_LENGTH
        return apdu[:_HEADER_BYTES] + bytes(len(data))

    def answer(self, apdu: bytes, data: bytes) -> bytes:
        """Return the data that answers ``apdu``, masked."""
        if len(apdu) < _HEADER_BYTES:
            return bytes(len(data))
        if apdu[1] == _READ_RECORD:
            return self._record(apdu[3] >> 3, data)
        if apdu[1] in {_SELECT, _GET_RESPONSE} and AID in data and len(data) <= _FCI_BYTES_MAX:
            return data
        return bytes(len(data))

    def _record(self, sfi: int, raw: bytes) -> bytes:
        field = _FIELDS.get((sfi, raw[0])) if raw else None
        if field is None:
            return bytes(len(raw))
        header, value = raw[:2], raw[2:]
        return header + (self._value(field, value) if value.strip(_PADDING) else value)

    def _value(self, field: RecordField, value: bytes) -> bytes:
        if field == records.CARD_ID:
            return self._card_id(value)
        if field == records.NAME:
            self._decoder.reset()
        if field in {records.NAME, records.NAME_CONTINUED}:
            return self._text(value)
        if field in _TEXTS:
            self._decoder.reset()
            return self._text(value)
        return _short_value(field, value)

    def _card_id(self, value: bytes) -> bytes:
        try:
            records.card_id_and_region(value)
        except DamagedRecord:
            return b"\xff" * len(value)
        head, tail = value[:_CARD_ID_BEFORE_SERIAL], value[_CARD_ID_BEFORE_SERIAL:]
        return head + self._stand_in(tail[:_SERIAL_BYTES]) + self._stand_in(tail[_SERIAL_BYTES:])

    def _stand_in(self, true: bytes) -> bytes:
        """Return the number of ``true`` among those seen: what differed still differs."""
        return self._seen.setdefault(true, len(self._seen)).to_bytes(len(true) or 1, "big")

    def _text(self, value: bytes) -> bytes:
        """Mask text character by character; one torn between two records stays torn there."""
        text = value.rstrip(_PADDING)
        padding = value[len(text) :]
        if tlv.is_chinese_in_utf8(text):
            return re.sub(r"[^ -~\u00b7]", "某", text.decode()).encode() + padding
        begun = len(self._decoder.getstate()[0])
        try:
            masked = b"".join(map(_masked_character, self._decoder.decode(text)))
        except UnicodeDecodeError:
            return b"\xff" * len(text) + padding
        left = len(self._decoder.getstate()[0])
        masked = (masked + _CHARACTERS[4][:left])[begun if masked else 0 :]
        return masked.ljust(len(text), b"X")[: len(text)] + padding


def _masked_character(character: str) -> bytes:
    length = len(character.encode("gb18030"))
    if unicodedata.category(character) == "Cc":
        return b"\x01" * length
    return character.encode("gb18030") if character.isspace() else _CHARACTERS[length]


def _short_value(field: RecordField, value: bytes) -> bytes:
    """Mask a value whose form the standard fixes; one of another form becomes one of none."""
    if field in _KEPT:
        return value if _is_formed(field, value) else _of_no_form(field, value)
    if field in _DAYS:
        return _like(value, bytes.fromhex(_OTHER_DAY if _is_day(value) else _NO_DAY))
    if field in _CODES:
        return b"\x99" * len(value) if value.hex().isdecimal() else b"\xaa" * len(value)
    if field in _LETTERS:
        good = len(value) == 1 and value in (b"129" if field == records.SEX else b"1234")
        return b"1" if good else b"\xff" * len(value)
    return _number(field, value)


def _number(field: RecordField, value: bytes) -> bytes:
    """Mask a number that checks itself by another; a wrong one stays wrong."""
    text = value.rstrip(b"\0").decode("ascii", "replace")
    if field == records.CARD_NUMBER and re.fullmatch(r"[0-9A-Z]{8}[0-9X]", text):
        good = card_number_check(text[:-1]) == text[-1]
        first, check = _CARD_NUMBER, card_number_check(_CARD_NUMBER)
    elif field == records.SOCIAL_SECURITY_NUMBER and re.fullmatch(r"[0-9]{17}[0-9X]", text):
        good = citizen_number_check(text[:-1]) == text[-1]
        day = _OTHER_DAY if _is_day(bytes.fromhex(text[6:14])) else _NO_DAY
        first = _NUMBER_BEFORE_DAY + day + _NUMBER_AFTER_DAY
        check = citizen_number_check(first)
    else:
        return _of_no_form(field, value)
    wrong = "1" if check != "1" else "2"
    return _like(value, (first + (check if good else wrong)).encode())


def _is_formed(field: RecordField, value: bytes) -> bool:
    """Tell whether a value that is kept is nothing but what its record is for."""
    if len(value) > field.length:
        return False
    if field == records.SPEC_VERSION:
        return re.fullmatch(rb"[0-9.]{4}", value) is not None
    if field == records.CARD_CLASS:
        return value.isalnum()
    return value.hex().isdecimal()


def _of_no_form(field: RecordField, value: bytes) -> bytes:
    """Return what is as wrong as ``value`` and says nothing."""
    if field in {records.ISSUED, records.VALID_UNTIL, records.INSURED_REGION}:
        return b"\xaa" * len(value)
    text = value.rstrip(b"\0")
    printable = text.isascii() and text.decode("ascii").isprintable()
    return (b"?" if printable else b"\xff") * len(value)


def _is_day(value: bytes) -> bool:
    try:
        tlv.day(value, "")
    except DamagedRecord:
        return False
    return True


def _like(value: bytes, other: bytes) -> bytes:
    """Return ``other`` with the length of ``value``."""
    return other[: len(value)].ljust(len(value), b"\0")


_FIELDS = {
    (field.sfi, field.tag): field
    for file in (
        records.CARD_FILE,
        records.PERSON_FILE,
        records.COVER_FILE,
        records.DETERMINATION_FILE,
    )
    for field in file
}
