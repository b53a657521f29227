"""Codes cut out of bytes: every ending, every set-up, and nothing but typed errors from garbage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.barcode import (
    CodeKind,
    Forms,
    Frame,
    Frames,
    Framing,
    kind_of,
    read_frame,
    require_e_card,
)
from drivers.scan_errors import (
    BadScan,
    EVoucherShown,
    ScanTooLong,
    ScanUnreadable,
    UnknownCode,
)

CODE = "SYN-ECARD-0123456789"
BARE = Framing()
FRAMED = Framing(prefix=b"~", suffix=b"#!", length_max=40)


def cut(data: bytes, framing: Framing = BARE, *, piece: int = 7) -> list[str]:
    """Feed ``data`` in pieces, then silence; return each code, or its error's code."""
    frames = Frames(framing)
    found: list[Frame | BadScan] = []
    for start in range(0, len(data), piece):
        found += frames.feed(data[start : start + piece])
    found += frames.rest()
    return [one.text if isinstance(one, Frame) else one.code for one in found]


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"", b"\r\r\n\n"])
def test_a_code_ends_with_a_line_or_with_silence(end: bytes) -> None:
    assert cut(CODE.encode() + end) == [CODE]


def test_codes_that_come_together_are_told_apart() -> None:
    assert cut(b"one\rtwo\r\nthree\nfour") == ["one", "two", "three", "four"]


@pytest.mark.parametrize("piece", [1, 2, 3, 100])
def test_prefix_and_suffix_are_taken_off(piece: int) -> None:
    assert cut(b"~one#!~two#!\r\n~three#!", FRAMED, piece=piece) == ["one", "two", "three"]


@pytest.mark.parametrize("torn", [b"one#!", b"~one\r", b"~one#\r", b"~#!", b"~\r", b"\xff\xfe\r"])
def test_what_comes_without_its_prefix_or_suffix_is_unreadable(torn: bytes) -> None:
    assert cut(torn, FRAMED) == ["SCAN_UNREADABLE"]


def test_a_prefix_and_suffix_that_share_a_byte_leave_no_code() -> None:
    assert cut(b"AB\r", Framing(prefix=b"AB", suffix=b"B")) == ["SCAN_UNREADABLE"]


@pytest.mark.parametrize("framing", [FRAMED, Framing(length_max=40)])
def test_one_that_is_too_long_is_told_and_the_next_is_read(framing: Framing) -> None:
    after = framing.prefix + b"next" + framing.suffix + b"\r"
    sent = framing.prefix + b"A" * 100_000 + framing.suffix + b"\r" + after
    assert cut(sent, framing) == ["SCAN_TOO_LONG", "next"]


def test_a_code_of_just_the_greatest_length_is_read() -> None:
    assert cut(b"A" * 40 + b"\r", Framing(length_max=40)) == ["A" * 40]
    assert cut(b"A" * 41 + b"\r", Framing(length_max=40)) == ["SCAN_TOO_LONG"]


def test_a_suffix_that_is_a_lines_end_needs_no_other() -> None:
    assert cut(b"one\r\ntwo\r\n", Framing(suffix=b"\r\n")) == ["one", "two"]


def test_a_dropped_beginning_is_no_part_of_the_next_code() -> None:
    frames = Frames(Framing())
    frames.feed(b"begun")
    frames.drop()
    assert [frame.text for frame in frames.feed(b"next\r") if isinstance(frame, Frame)] == ["next"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (CODE, CodeKind.E_CARD),
        ("1" * 28, CodeKind.E_VOUCHER),
        ("1" * 27, CodeKind.E_CARD),
        ("6901234567892", CodeKind.UNKNOWN),
        ("电子社保卡的二维码不是这样的文字", CodeKind.UNKNOWN),
        ("", CodeKind.UNKNOWN),
    ],
)
def test_a_code_is_named_by_its_form(text: str, kind: CodeKind) -> None:
    assert kind_of(text, Forms()) is kind


def test_another_code_is_refused_by_its_own_name() -> None:
    require_e_card(CODE, Forms())
    with pytest.raises(EVoucherShown, match="e-voucher"):
        require_e_card("1" * 28, Forms())
    with pytest.raises(UnknownCode):
        require_e_card("short", Forms())


def test_a_code_is_never_printed() -> None:
    assert CODE not in repr(Frame(CODE))


@given(
    data=st.binary(max_size=600),
    prefix=st.binary(max_size=4),
    suffix=st.binary(max_size=4),
    length_max=st.integers(min_value=1, max_value=64),
    piece=st.integers(min_value=1, max_value=64),
)
def test_whatever_comes_gives_codes_or_typed_errors_in_bounded_memory(
    data: bytes, prefix: bytes, suffix: bytes, length_max: int, piece: int
) -> None:
    frames = Frames(Framing(prefix=prefix, suffix=suffix, length_max=length_max))
    for start in range(0, len(data), piece):
        for found in frames.feed(data[start : start + piece]):
            assert isinstance(found, Frame | ScanTooLong | ScanUnreadable)
            assert not isinstance(found, Frame) or 0 < len(found.text) <= length_max
        assert frames.held <= length_max
    assert len(frames.rest()) <= 1
    assert frames.held == 0


@given(data=st.binary(max_size=600), piece=st.integers(min_value=1, max_value=64))
def test_how_bytes_are_pieced_together_changes_nothing(data: bytes, piece: int) -> None:
    assert cut(data, FRAMED, piece=piece) == cut(data, FRAMED, piece=len(data) or 1)


@given(raw=st.binary(max_size=100) | st.text(max_size=100).map(lambda text: text.encode("utf-8")))
def test_any_payload_is_named_or_refused_by_a_typed_error(raw: bytes) -> None:
    found = read_frame(raw)
    if isinstance(found, Frame):
        assert found.text.isprintable()
        assert kind_of(found.text, Forms()) in CodeKind
        if kind_of(found.text, Forms()) is not CodeKind.E_CARD:
            with pytest.raises(BadScan):
                require_e_card(found.text, Forms())
    else:
        assert isinstance(found, ScanUnreadable)
