"""The card's records: tag, length, value, and the few forms a value takes. Pure parsing.

Reads no card and knows no field's meaning; ``field`` in each signature only names the record in
errors. Every byte string, however torn, gives a value or a ``DamagedRecord``, which never chains
the decoder's own error: that one carries the bytes.
"""

import re
from datetime import date

from drivers.errors import DamagedRecord, Flaw

_HEADER_BYTES = 2
_DATE_DIGITS = 8
_TEXT_PADDING = b"\x00 "
_DIGITS_PADDING = "F"
_CHINESE = re.compile(r"[\u4e00-\u9fff](?:[\u4e00-\u9fff]|[ -~\u00b7])*")
_UTF8_BYTES_MIN = 6
"""Two Chinese characters: fewer bytes prove nothing."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def value_of(record: bytes, field: str, *, tag: int, length_max: int) -> bytes:
    """Return the value of one whole ``record``: its tag, its length (one byte), its value.

    Raises:
        DamagedRecord: another tag, or a length that the bytes or the standard contradict.
    """
    if len(record) < _HEADER_BYTES:
        raise DamagedRecord(field, Flaw.TRUNCATED)
    if record[0] != tag:
        raise DamagedRecord(field, Flaw.OTHER_TAG)
    length, value = record[1], record[_HEADER_BYTES:]
    if len(value) < length:
        raise DamagedRecord(field, Flaw.TRUNCATED)
    if len(value) > length or length > length_max:
        raise DamagedRecord(field, Flaw.OVERLONG)
    return value


def nibbles(value: bytes) -> str:
    """Return the upper-case hexadecimal digits of a cn value without its F padding."""
    return value.hex().upper().rstrip(_DIGITS_PADDING)


def digits(value: bytes, field: str) -> str:
    """Return the decimal digits of a cn value (BCD, right-padded with F).

    Raises:
        DamagedRecord: a nibble before the padding is not a decimal digit.
    """
    text = nibbles(value)
    if text and not text.isdecimal():
        raise DamagedRecord(field, Flaw.NOT_DIGITS)
    return text


def characters(value: bytes, field: str) -> str:
    """Return the text of an an value (ASCII letters and digits, right-padded with 00).

    Raises:
        DamagedRecord: a byte before the padding is not printable ASCII.
    """
    try:
        return _printable(value.rstrip(_TEXT_PADDING).decode("ascii"), field)
    except UnicodeDecodeError:
        raise DamagedRecord(field, Flaw.NOT_TEXT) from None


def day(value: bytes, field: str) -> date:
    """Return the date of a cn value of eight digits, YYYYMMDD.

    Raises:
        DamagedRecord: not such a date.
    """
    text = digits(value, field)
    if len(text) != _DATE_DIGITS:
        raise DamagedRecord(field, Flaw.NOT_A_DATE)
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise DamagedRecord(field, Flaw.NOT_A_DATE) from None


def joined_text(parts: tuple[bytes, ...], field: str) -> str:
    """Return the GB18030 text that ``parts`` hold together; padding is 00.

    A character may be cut in two between parts, so the bytes are joined before they are decoded.
    No GB18030 character ends in 00 or a space: stripping each part takes padding only.

    Raises:
        DamagedRecord: not GB18030, Chinese in UTF-8, or control characters.
    """
    raw = b"".join(part.rstrip(_TEXT_PADDING) for part in parts)
    if is_chinese_in_utf8(raw):
        raise DamagedRecord(field, Flaw.OTHER_CHARSET)
    try:
        return _printable(raw.decode("gb18030"), field).strip()
    except UnicodeDecodeError:
        raise DamagedRecord(field, Flaw.NOT_TEXT) from None


def is_chinese_in_utf8(raw: bytes) -> bool:
    """Tell a wrong charset that GB18030 would often read as other, rarer characters.

    A name in GB18030 that is Chinese in UTF-8 as well is one in a million.
    """
    if len(raw) < _UTF8_BYTES_MIN or raw.isascii():
        return False
    try:
        return _CHINESE.fullmatch(raw.decode("utf-8")) is not None
    except UnicodeDecodeError:
        return False


def _printable(text: str, field: str) -> str:
    # Only controls are refused: rare names use characters that Python's tables do not know yet.
    if _CONTROL.search(text):
        raise DamagedRecord(field, Flaw.NOT_TEXT)
    return text
