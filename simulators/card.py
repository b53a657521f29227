"""A virtual card: an ISO 7816 file tree behind T=0, with the faults that real cards have.

Links to no reader (`simulators.reader` does) and holds synthetic persons only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Self

from drivers import cards
from drivers.apdu import RecordMode, Status
from drivers.cards import RecordField
from drivers.check_characters import card_number_check, citizen_number_check

Files = Mapping[int, Mapping[int, bytes]]
"""Short file id to its records, tag to raw record, in the order of their numbers."""

_SELECT, _GET_RESPONSE, _READ_RECORD = 0xA4, 0xC0, 0xB2
_HEADER_BYTES = 5
_HISTORICAL_BEFORE_REGION = bytes.fromhex("0081544A4446")
_ALGORITHM_SM4 = 3
_TEN_STEMS = "甲乙丙丁戊己庚辛壬癸"
_TEN_NUMBERS = "一二三四五六七八九十"
_BANK_AID = bytes.fromhex("A000000333010101")
_BANK_ATR = bytes.fromhex("3B6500002063CB6800")


class CardGone(Exception):
    """The card left the reader before it answered."""


class CardSilent(Exception):
    """The card does not answer this command, and never will."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticPerson:
    """Nobody: what is printed into a virtual card. Region 999999 is assigned to no place."""

    name: str = "测试甲"
    number: str = "999999199001010016"
    card_number: str = "D2143569X"
    region: str = "999999"
    sex: str = "1"
    ethnic_group: str = "01"
    birthplace: str = "999999"
    birth_date: date = date(1990, 1, 1)
    issued: date = date(2021, 3, 15)
    valid_until: date = date(2041, 3, 15)
    serial: str = "00BF7C7A"


def synthetic_number(birth_date: date, sequence: int, *, region: str = "999999") -> str:
    """Return a citizen number with a valid check character; an odd ``sequence`` is a man's."""
    first = f"{region}{birth_date:%Y%m%d}{sequence:03d}"
    return first + citizen_number_check(first)


def synthetic_card_number(first: str) -> str:
    """Return a card number for its ``first`` eight characters, check character included."""
    return first + card_number_check(first)


def synthetic_person(sequence: int) -> SyntheticPerson:
    """Return one of a thousand different synthetic persons, the same for the same ``sequence``."""
    born = date(1960 + sequence % 45, 1 + sequence % 12, 1 + sequence % 28)
    return SyntheticPerson(
        name="测试"
        + "甲乙丙丁戊己庚辛壬癸"[sequence % 10]
        + "一二三四五六七八九十"[sequence // 10 % 10],
        number=synthetic_number(born, sequence % 1000),
        card_number=synthetic_card_number(f"T{sequence:07d}"),
        sex="1" if sequence % 2 else "2",
        birth_date=born,
        serial=f"{sequence:08X}",
    )


@dataclass(frozen=True, slots=True)
class CardPlan:
    """What a virtual card holds, and how it fails.

    ``gone_at`` and ``silent_at`` count APDUs from power-on, from 1; 0 is never. ``guarded`` files
    answer 6982. A mute card gives no answer to reset.
    """

    atr: bytes
    aid: bytes
    fci: bytes
    files: Files
    guarded: frozenset[int] = frozenset()
    mute: bool = False
    gone_at: int = 0
    silent_at: int = 0

    def with_record(self, field: RecordField, record: bytes | None) -> Self:
        """Return the plan with ``record`` in place, tag and length included; None: without it."""
        records = dict(self.files[field.sfi])
        if record is None:
            del records[field.tag]
        else:
            records[field.tag] = record
        return replace(self, files={**self.files, field.sfi: records})

    def with_value(self, field: RecordField, value: bytes) -> Self:
        """Return the plan with ``value`` behind a correct tag and length."""
        return self.with_record(field, bytes((field.tag, len(value))) + value)


def social_security_card(person: SyntheticPerson, *, version: str = "2.00") -> CardPlan:
    """Return a card of ``person``; from 3.00 on, EF06 is guarded."""
    historical = _HISTORICAL_BEFORE_REGION + bytes.fromhex(person.region[:4]) + b"\x01" + bytes(4)
    inner = bytes.fromhex("A50988011E9F0C038601") + bytes((_ALGORITHM_SM4,))
    named = bytes((0x84, len(cards.AID))) + cards.AID + inner
    return CardPlan(
        atr=bytes((0x3B, 0x60 | len(historical), 0, 0)) + historical,
        aid=cards.AID,
        fci=bytes((0x6F, len(named))) + named,
        files={5: _records(_card_values(person, version)), 6: _records(_person_values(person))},
        guarded=frozenset({6}) if version >= "3" else frozenset(),
    )


def foreign_card() -> CardPlan:
    """Return a card with another application only, as a bank card has."""
    fci = bytes((0x6F, len(_BANK_AID) + 2, 0x84, len(_BANK_AID))) + _BANK_AID
    return CardPlan(atr=_BANK_ATR, aid=_BANK_AID, fci=fci, files={})


def mute_card() -> CardPlan:
    """Return a card that gives no answer to reset."""
    return replace(foreign_card(), mute=True)


class VirtualCard:
    """A `CardPlan` under power: answers APDUs one at a time."""

    def __init__(self, plan: CardPlan) -> None:
        self.plan = plan
        self.power_on()

    def power_on(self) -> None:
        """Reset: nothing is selected, nothing waits to be fetched."""
        self._selected = False
        self._waiting = b""
        self._apdus = 0

    def answer(self, apdu: bytes) -> bytes:
        """Return data and status word.

        Raises:
            CardGone, CardSilent: as the plan says for this APDU.
        """
        self._apdus += 1
        if self._apdus == self.plan.gone_at:
            raise CardGone
        if self._apdus == self.plan.silent_at:
            raise CardSilent
        data, status = self._perform(apdu)
        return data + status.to_bytes(2, "big")

    def _perform(self, apdu: bytes) -> tuple[bytes, int]:
        if len(apdu) < _HEADER_BYTES:
            return b"", Status.WRONG_LENGTH
        cla, ins, p1, p2, length = apdu[:_HEADER_BYTES]
        if cla != 0:
            return b"", Status.UNKNOWN_CLASS
        waiting, self._waiting = self._waiting, b""
        if ins == _SELECT:
            return self._select(p1, length, apdu[_HEADER_BYTES:])
        if ins == _GET_RESPONSE:
            return self._get_response(waiting, length)
        if ins == _READ_RECORD:
            return self._read_record(p1, p2, length)
        return b"", Status.UNKNOWN_INSTRUCTION

    def _select(self, p1: int, length: int, name: bytes) -> tuple[bytes, int]:
        if length != len(name):
            return b"", Status.WRONG_LENGTH
        if p1 != 0x04:  # noqa: PLR2004 - by name, the only way our cards know
            return b"", Status.WRONG_P1_P2
        if name != self.plan.aid:
            return b"", Status.FILE_NOT_FOUND
        self._selected = True
        self._waiting = self.plan.fci
        return b"", 0x6100 | len(self._waiting)

    def _get_response(self, waiting: bytes, length: int) -> tuple[bytes, int]:
        if not waiting:
            return b"", Status.NOT_IN_THIS_STATE
        if length != len(waiting):
            self._waiting = waiting
            return b"", 0x6C00 | len(waiting)
        return waiting, Status.DONE

    def _read_record(self, p1: int, p2: int, length: int) -> tuple[bytes, int]:
        sfi = p2 >> 3
        if not self._selected or sfi not in self.plan.files:
            return b"", Status.FILE_NOT_FOUND
        if sfi in self.plan.guarded:
            return b"", Status.SECURITY_NOT_SATISFIED
        record = _found(self.plan.files[sfi], p1, p2 & 0b111)
        if record is None:
            return b"", Status.RECORD_NOT_FOUND
        if length != len(record):
            return b"", 0x6C00 | len(record)
        return record, Status.DONE


def _found(records: Mapping[int, bytes], wanted: int, mode: int) -> bytes | None:
    if mode == RecordMode.TAG:
        return records.get(wanted)
    if mode == RecordMode.NUMBER and 1 <= wanted <= len(records):
        return list(records.values())[wanted - 1]
    return None


def _records(values: Mapping[RecordField, bytes]) -> Mapping[int, bytes]:
    return {field.tag: bytes((field.tag, len(value))) + value for field, value in values.items()}


def _card_values(person: SyntheticPerson, version: str) -> Mapping[RecordField, bytes]:
    card_id = f"{person.region:F<6}D156000005{person.serial}48FB4966"
    return {
        cards.CARD_ID: bytes.fromhex(card_id),
        cards.CARD_CLASS: b"3",
        cards.SPEC_VERSION: version.encode(),
        cards.ISSUER: bytes.fromhex("91560000029999990000000D"),
        cards.ISSUED: _day(person.issued),
        cards.VALID_UNTIL: _day(person.valid_until),
        cards.CARD_NUMBER: person.card_number.encode(),
    }


def _person_values(person: SyntheticPerson) -> Mapping[RecordField, bytes]:
    name = person.name.encode("gb18030")
    first, more = cards.NAME.length, cards.NAME_CONTINUED.length
    return {
        cards.SOCIAL_SECURITY_NUMBER: person.number.encode(),
        cards.NAME: name[:first].ljust(first, b"\0"),
        cards.NAME_CONTINUED: name[first:].ljust(more, b"\0"),
        cards.SEX: person.sex.encode(),
        cards.ETHNIC_GROUP: bytes.fromhex(person.ethnic_group),
        cards.BIRTHPLACE: bytes.fromhex(person.birthplace),
        cards.BIRTH_DATE: _day(person.birth_date),
    }


def _day(day: date) -> bytes:
    return bytes.fromhex(f"{day:%Y%m%d}")
