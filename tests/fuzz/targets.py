"""What is fuzzed, each by one function of bytes. It fails by raising; what is typed is no failure.

Knows no fuzzer: `python -m tests.fuzz` lets coverage lead, `test_fuzz` plays a fixed round.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date

from drivers import atr, records, tlv
from drivers.authentication import Authenticator
from drivers.barcode import Forms, Frame, Frames, Framing, kind_of, read_frame, require_e_card
from drivers.cards import CardRecord, read_card
from drivers.compat import read_hsm_step2
from drivers.errors import CardRemoved, DamagedRecord, DriverError
from drivers.scan_errors import BadScan, ScanTooLong, ScanUnreadable
from drivers.trace import Recorded, Replayed, read_traces, replayed_key, written
from simulators.card import (
    CardPlan,
    SyntheticInjury,
    SyntheticPerson,
    VirtualCard,
    social_security_card,
)
from simulators.card.hsm import answers

Target = Callable[[bytes], None]

FIELD = "EF05.01 card_id"
LENGTH_MAX = 64
"""Most bytes that a scanner's frame may hold here: small, so that the bound is often met."""

_INJURY = SyntheticInjury()
_PERSON = SyntheticPerson(name="阿不都·㛃䶮𫖯𠀀测试甲")
CARDS: tuple[tuple[CardPlan, Authenticator | None], ...] = (
    (social_security_card(_PERSON, injury=_INJURY), None),
    (social_security_card(_PERSON, version="3.00", injury=_INJURY), answers),
    (social_security_card(_PERSON, contactless=True), None),
)


def a_record(data: bytes) -> None:
    """Read one record: tag, length, value, in every form that a value takes."""
    readings: tuple[Callable[[], object], ...] = (
        lambda: tlv.value_of(data, FIELD, tag=data[0] if data else 0, length_max=40),
        lambda: tlv.digits(data, FIELD),
        lambda: tlv.characters(data, FIELD),
        lambda: tlv.day(data, FIELD),
        lambda: tlv.joined_text((data[: len(data) // 2], data[len(data) // 2 :]), FIELD),
        lambda: atr.historical_bytes(data),
    )
    for reading in readings:
        with suppress(DamagedRecord):
            reading()


def a_card(data: bytes) -> None:
    """Read a card whose answers are true but for a few bytes: three of input to each change."""
    plan, key = CARDS[data[0] % len(CARDS)] if data else CARDS[0]
    _read(_ChangedCard(plan, data[1:]), key)


def a_talker(data: bytes) -> None:
    """Read a card that says what the input says: a length, and so many bytes of answer."""
    _read(_Talker(data), answers)


def a_trace(data: bytes) -> None:
    """Write down the trace of a changed card, read it and play it."""
    plan, _ = CARDS[0]
    changed = Recorded(_ChangedCard(plan, data))
    said = _read(changed, None)
    trace = changed.trace()
    if read_traces(written([trace])) != (trace,):
        raise AssertionError("written otherwise than read")
    if said is not None:
        _read(Replayed(trace), replayed_key)
    with suppress(ValueError):
        read_traces(data.decode("latin-1"))


def a_code(data: bytes) -> None:
    """Name what a QR code or bar code holds."""
    found = read_frame(data)
    if isinstance(found, Frame):
        kind_of(found.text, Forms())
        with suppress(BadScan):
            require_e_card(found.text, Forms())
    read_hsm_step2(data.decode("latin-1"))


def frames(data: bytes) -> None:
    """Cut a scanner's line: three bytes of input set it up, the rest comes in pieces."""
    head, sent = data[:3].ljust(3, b"\1"), data[3:]
    framing = Framing(
        prefix=sent[: head[0] % 3], suffix=sent[: head[1] % 4], length_max=1 + head[2] % LENGTH_MAX
    )
    cut = Frames(framing)
    for start in range(0, len(sent), 7):
        for found in cut.feed(sent[start : start + 7]):
            if not isinstance(found, Frame | ScanTooLong | ScanUnreadable):
                raise TypeError(found)
        if cut.held > framing.length_max:
            raise MemoryError(cut.held)
    cut.rest()


TARGETS: dict[str, Target] = {
    "record": a_record,
    "card": a_card,
    "talker": a_talker,
    "trace": a_trace,
    "code": a_code,
    "frames": frames,
}
"""By the name that ``make fuzz NAME=…`` takes."""

SEEDS: dict[str, tuple[bytes, ...]] = {
    "record": tuple(
        record for plan, _ in CARDS for file in plan.files.values() for record in file.values()
    ),
    "card": (b"", b"\0\x03\x02\xff", b"\1\x05\x01\x80", b"\2\x01\x00\x6c"),
    "talker": (b"\x02\x61\x1e", b"\x02\x6c\x12\x02\x90\x00", b"\x14" + bytes(18) + b"\x90\x00"),
    "trace": (b"\x03\x02\xff", b"atr 3B00\nprotocol 0\n> 00A4\n< 9000\n"),
    "code": (b"SYN-ECARD-0123456789", b"1" * 28, "电子社保卡".encode()),
    "frames": (b"\1\1\x20<SYN-ECARD>\r\n<SYN", b"\0\0\x10" + b"A" * 40 + b"\rB\r"),
}


def _read(
    card: "_ChangedCard | _Talker | Recorded | Replayed", key: Authenticator | None
) -> CardRecord | None:
    """Return what is read, checked against what every record promises; None: a typed error."""
    try:
        record = read_card(card, key)
    except DriverError as error:
        if not (error.code and error.text and error.next_action and error.number < 0):
            raise AssertionError(error.code) from error
        return None
    valid = records.citizen_number(record.social_security_number.encode())
    if valid != record.social_security_number or not record.name or record.name in repr(record):
        raise AssertionError("a record that breaks its promises")
    if not date.min <= record.issued <= record.valid_until:
        raise AssertionError("valid until before it was issued")
    return record


class _ChangedCard:
    """A virtual card; every three bytes of input change one byte of one answer."""

    def __init__(self, plan: CardPlan, data: bytes) -> None:
        triples = zip(data[::3], data[1::3], data[2::3], strict=False)
        self._changes = {(number % 40, place % 40): by for number, place, by in triples}
        self._card = VirtualCard(replace(plan))
        self._number = 0
        self.atr = self._changed(plan.atr)
        self.protocol = plan.protocol

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        self._number += 1
        raw = self._changed(self._card.answer(apdu))
        return raw[:-2], int.from_bytes(raw[-2:], "big")

    def _changed(self, raw: bytes) -> bytes:
        """Return an answer with some bytes changed; a place just behind it cuts or lengthens."""
        changed = bytearray(raw)
        for place in range(len(raw)):
            changed[place] ^= self._changes.get((self._number, place), 0)
        if by := self._changes.get((self._number, len(raw))):
            return bytes(changed[: max(2, len(raw) - by % 8)]) if by & 1 else bytes(changed) + raw
        return bytes(changed)


class _Talker:
    """A card that answers from the input: a length, then so many bytes; at its end it leaves."""

    def __init__(self, data: bytes) -> None:
        self.protocol = data[0] & 1 if data else 0
        self.atr = data[:16]
        self._left = data

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        length = self._left[0] if self._left else 0
        raw, self._left = self._left[1 : 1 + length], self._left[1 + length :]
        if len(raw) < 2:
            raise CardRemoved(field=apdu.hex()[:4])
        return raw[:-2], int.from_bytes(raw[-2:], "big")
