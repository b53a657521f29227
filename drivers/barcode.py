"""What a scanner sends, cut into codes and named: e-card, e-voucher or unknown. Pure.

Opens no line and resolves no code: whose an e-card's code is, only the platform knows.
"""

import re
from dataclasses import dataclass
from enum import Enum

from drivers.scan_errors import (
    BadScan,
    EVoucherShown,
    ScanTooLong,
    ScanUnreadable,
    UnknownCode,
)

_LINE_ENDS = b"\r\n"


class CodeKind(Enum):
    """What a code claims to be."""

    E_CARD = "e_card"
    E_VOUCHER = "e_voucher"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing:
    """How a scanner is set up: what stands before and after each code, in bytes.

    CR, LF, CRLF and silence end a code too. With a ``prefix`` or ``suffix``, what comes without it
    is torn. ``length_max`` counts them in.
    """

    prefix: bytes = b""
    suffix: bytes = b""
    length_max: int = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """Regular expressions of the codes that are known. The formats are not public: they are data.

    The e-voucher's is tried first.
    """

    e_card: str = r"[!-~]{16,512}"
    e_voucher: str = r"[0-9]{28}"


@dataclass(frozen=True, slots=True)
class Frame:
    """One code as it was sent. Never printed: it may be an e-card's secret."""

    text: str

    def __repr__(self) -> str:
        """Return nothing of the text."""
        return f"Frame({len(self.text)} characters)"


class Frames:
    """Cuts a stream of bytes into frames, holding ``length_max`` bytes at most."""

    def __init__(self, framing: Framing) -> None:
        self._framing = framing
        # A suffix that is itself a line's end needs no looking for.
        self._suffix = framing.suffix.strip(_LINE_ENDS)
        self._prefix = framing.prefix.strip(_LINE_ENDS)
        self._held = bytearray()
        self._overlong = False

    @property
    def held(self) -> int:
        """Bytes of an unfinished frame."""
        return len(self._held)

    def feed(self, data: bytes) -> list[Frame | BadScan]:
        """Take bytes; return the codes that they end, or why one cannot be used."""
        found: list[Frame | BadScan] = []
        for byte in data:
            if byte in _LINE_ENDS:
                found += self.rest()
                continue
            self._hold(byte)
            if self._suffix and self._held.endswith(self._suffix):
                found += self.rest()
        return found

    def rest(self) -> list[Frame | BadScan]:
        """Return what is held as a code, if anything is: its end, or silence, was reached."""
        held, overlong = bytes(self._held), self._overlong
        self.drop()
        if overlong:
            return [ScanTooLong()]
        return [self._frame(held)] if held else []

    def drop(self) -> None:
        """Forget an unfinished frame."""
        self._held.clear()
        self._overlong = False

    def _hold(self, byte: int) -> None:
        if len(self._held) >= self._framing.length_max:
            self._overlong = True
            del self._held[0]  # the tail must stay, or the suffix that ends it would be missed
        self._held.append(byte)

    def _frame(self, held: bytes) -> Frame | BadScan:
        if not (held.startswith(self._prefix) and held.endswith(self._suffix)):
            return ScanUnreadable()
        inner = held.removeprefix(self._prefix)
        if not inner.endswith(self._suffix):  # the two overlap: "AB" framed by "AB" and "B"
            return ScanUnreadable()
        return read_frame(inner.removesuffix(self._suffix))


def read_frame(raw: bytes) -> Frame | ScanUnreadable:
    """Return the bytes as a code; what is no printable UTF-8 text is unreadable."""
    try:
        text = raw.decode("utf-8").strip(" ")
    except UnicodeDecodeError:
        return ScanUnreadable()
    return Frame(text) if text and text.isprintable() else ScanUnreadable()


def kind_of(text: str, forms: Forms) -> CodeKind:
    """Name a code by its form alone."""
    if re.fullmatch(forms.e_voucher, text):
        return CodeKind.E_VOUCHER
    if re.fullmatch(forms.e_card, text):
        return CodeKind.E_CARD
    return CodeKind.UNKNOWN


def require_e_card(text: str, forms: Forms, *, field: str = "") -> None:
    """Refuse what is not an e-card's code, by its name; ``field`` says where it came from.

    Raises:
        EVoucherShown, UnknownCode: it is another.
    """
    match kind_of(text, forms):
        case CodeKind.E_VOUCHER:
            raise EVoucherShown(field=field)
        case CodeKind.UNKNOWN:
            raise UnknownCode(field=field)
        case CodeKind.E_CARD:
            return
