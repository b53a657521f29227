"""Records: what is well formed is read exactly, and everything else is a typed error."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import tlv
from drivers.errors import DamagedRecord, Flaw

FIELD = "EF05.01 card_id"


def damage(parse: Callable[[bytes, str], object], value: bytes) -> DamagedRecord | None:
    """Return what is wrong with a value; None: it was read."""
    try:
        parse(value, FIELD)
    except DamagedRecord as found:
        return found
    return None


@given(st.binary(max_size=255), st.integers(0, 255))
def test_a_whole_record_gives_its_value(value: bytes, tag: int) -> None:
    record = bytes((tag, len(value))) + value
    assert tlv.value_of(record, FIELD, tag=tag, length_max=255) == value


@given(st.binary(max_size=40), st.integers(0, 40))
def test_a_record_of_any_bytes_is_a_value_or_a_damaged_record(raw: bytes, longest: int) -> None:
    with suppress(DamagedRecord):
        assert len(tlv.value_of(raw, FIELD, tag=1, length_max=longest)) <= longest


@pytest.mark.parametrize(
    ("record", "flaw"),
    [
        ("", Flaw.TRUNCATED),
        ("01", Flaw.TRUNCATED),
        ("0102AA", Flaw.TRUNCATED),
        ("0202AABB", Flaw.OTHER_TAG),
        ("0102AABBCC", Flaw.OVERLONG),
        ("0105AABBCCDDEE", Flaw.OVERLONG),
    ],
)
def test_a_torn_record_says_how(record: str, flaw: Flaw) -> None:
    with pytest.raises(DamagedRecord) as caught:
        tlv.value_of(bytes.fromhex(record), FIELD, tag=1, length_max=4)
    assert (caught.value.flaw, caught.value.field) == (flaw, FIELD)


@pytest.mark.parametrize(
    "parse",
    [
        tlv.digits,
        tlv.characters,
        tlv.day,
        lambda value, field: tlv.joined_text((value[:2], value[2:]), field),
    ],
)
@given(value=st.binary(max_size=20))
def test_a_value_of_any_bytes_is_read_or_is_a_damaged_record(
    parse: Callable[[bytes, str], object], value: bytes
) -> None:
    found = damage(parse, value)
    assert found is None or found.field == FIELD


@given(st.dates(min_value=date(1000, 1, 1)))
def test_every_date_is_read_from_its_digits(day: date) -> None:
    assert tlv.day(bytes.fromhex(f"{day:%Y%m%d}"), FIELD) == day


@pytest.mark.parametrize("digits", ["20230229", "00000000", "FFFFFFFF", "202301FF", "2023011A"])
def test_what_is_no_date_is_refused(digits: str) -> None:
    with pytest.raises(DamagedRecord):
        tlv.day(bytes.fromhex(digits), FIELD)


def test_padding_is_not_part_of_a_value() -> None:
    assert tlv.digits(bytes.fromhex("1234FF"), FIELD) == "1234"
    assert tlv.nibbles(bytes.fromhex("9156000D")) == "9156000D"
    assert tlv.characters(b"2.00\0\0", FIELD) == "2.00"


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1), st.integers(0, 40))
def test_a_name_cut_anywhere_is_whole_again(name: str, cut: int) -> None:
    raw = name.encode("gb18030")
    parts = (raw[:cut], raw[cut:] + b"\0\0")
    assert tlv.joined_text(parts, FIELD) == name


@pytest.mark.parametrize("raw", [b"\xb2", b"\xff\xff", b"a\x00b", b"a\nb"])
def test_what_is_no_text_is_refused(raw: bytes) -> None:
    with pytest.raises(DamagedRecord) as caught:
        tlv.joined_text((raw,), FIELD)
    assert caught.value.flaw is Flaw.NOT_TEXT
    assert caught.value.__cause__ is None
