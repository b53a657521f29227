"""What a virtual card holds and how it fails, for `virtual` to play. Synthetic persons only."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import reduce
from operator import xor
from typing import Literal, Self

from drivers import cards, records
from drivers.check_characters import card_number_check, citizen_number_check
from drivers.records import RecordField
from simulators.card.hsm import card_key

Files = Mapping[int, Mapping[int, bytes]]
"""Short file id to its records, tag to raw record, in the order of their numbers."""

_HISTORICAL_BEFORE_REGION = bytes.fromhex("0081544A444686")
"""Chip vendor 2, COS 3, card maker 2; the region's first four digits and the serial follow."""

_ALGORITHM_SM4 = 3
_TEN_STEMS = "甲乙丙丁戊己庚辛壬癸"
_TEN_NUMBERS = "一二三四五六七八九十"
_BANK_AID = bytes.fromhex("A000000333")
_BANK_ATR = bytes.fromhex("3B6500002063CB6800")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticInjury:
    """What DF03 of a virtual card says of its holder's injury."""

    insured_region: str = "110000"
    number: str = "合成认定第0001号"
    employer: str = "合成机械厂"
    conclusion: str = "1"
    determined_on: date = date(2025, 3, 1)
    department: str = "合成市人力资源和社会保障局"


StrikeKind = Literal["pull", "silence", "slow", "garbage", "short", "long", "refuse"]
"""How one answer fails: the card leaves, falls silent, takes its time, talks nonsense, its data
are cut or lengthened by a byte, it answers with a status word of an error."""

EVERY = 0
"""In place of an APDU's number: each of them."""


@dataclass(frozen=True, slots=True)
class Strike:
    """One answer that fails; ``pause_s`` is of a slow one, ``status`` of a refusal."""

    kind: StrikeKind
    pause_s: float = 0.0
    status: int = 0x6F00


@dataclass(frozen=True, slots=True)
class CardPlan:
    """What a virtual card holds, and how it fails.

    ``strikes`` are by the number of the APDU since power-on, from 1. ``guarded`` files answer 6982
    until ``key`` was used. A mute card gives no answer to reset; without a ``pin`` it knows no
    VERIFY. ``protocol`` is 0, or 1 for a contactless card. A plan with a ``terminal``
    number is a PSAM's.
    """

    atr: bytes
    aid: bytes
    fci: bytes
    files: Files
    guarded: frozenset[int] = frozenset()
    key: bytes = field(default=b"", repr=False)
    pin: str = field(default="", repr=False)
    protocol: int = 0
    mute: bool = False
    terminal: str = ""
    strikes: Mapping[int, Strike] = field(default_factory=dict)

    def struck(self, at: int, kind: StrikeKind, *, pause_s: float = 0.0) -> Self:
        """Return the plan with one more failing answer."""
        return self.with_strikes({at: Strike(kind, pause_s)})

    def with_strikes(self, strikes: Mapping[int, Strike]) -> Self:
        """Return the plan with more failing answers."""
        return replace(self, strikes={**self.strikes, **strikes})

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


def social_security_card(
    person: SyntheticPerson,
    *,
    version: str = "2.00",
    injury: SyntheticInjury | None = None,
    contactless: bool = False,
    charset: str = "gb18030",
) -> CardPlan:
    """Return a card of ``person``; from 3.00 on, EF06 is guarded.

    Without ``injury`` it has no DF03.
    ``charset`` is how its texts are encoded: another than GB18030 is a fault of the issuer's.
    """
    chip = bytes.fromhex(person.region[:4] + person.serial)
    historical = _HISTORICAL_BEFORE_REGION + chip
    inner = bytes.fromhex("A50988011E9F0C038601") + bytes((_ALGORITHM_SM4,))
    named = bytes((0x84, len(cards.AID))) + cards.AID + inner
    files = {5: _records(_card_values(person, version)), 6: _records(_person(person, charset))}
    if injury:
        files |= {
            0x15: _records({records.INSURED_REGION: bytes.fromhex(injury.insured_region)}),
            0x17: _records(_injury_values(injury, charset)),
        }
    return CardPlan(
        atr=_contactless_atr(historical) if contactless else _contact_atr(historical),
        aid=cards.AID,
        fci=bytes((0x6F, len(named))) + named,
        files=files,
        guarded=frozenset({6, 0x15, 0x17}) if version >= "3" else frozenset(),
        key=card_key(historical, person.region),
        protocol=1 if contactless else 0,
    )


def foreign_card(aid: bytes = _BANK_AID) -> CardPlan:
    """Return a card with another application only: a bank card's, or ``aid``."""
    fci = bytes((0x6F, len(aid) + 2, 0x84, len(aid))) + aid
    return CardPlan(atr=_BANK_ATR, aid=aid, fci=fci, files={})


def mute_card() -> CardPlan:
    """Return a card that gives no answer to reset."""
    return replace(foreign_card(), mute=True)


def _records(values: Mapping[RecordField, bytes]) -> Mapping[int, bytes]:
    return {field.tag: bytes((field.tag, len(value))) + value for field, value in values.items()}


def _contact_atr(historical: bytes) -> bytes:
    return bytes((0x3B, 0x60 | len(historical), 0, 0)) + historical


def _contactless_atr(historical: bytes) -> bytes:
    """Return what a contactless reader makes up for the card (PC/SC part 3): T=0 and T=1, TCK."""
    checked = bytes((0x80 | len(historical), 0x80, 0x01)) + historical
    return b"\x3b" + checked + bytes((reduce(xor, checked),))


def _card_id(person: SyntheticPerson) -> str:
    return f"{person.region:F<6}D156000005{person.serial}48FB4966"


def _card_values(person: SyntheticPerson, version: str) -> Mapping[RecordField, bytes]:
    return {
        records.CARD_ID: bytes.fromhex(_card_id(person)),
        records.CARD_CLASS: b"3",
        records.SPEC_VERSION: version.encode(),
        records.ISSUER: bytes.fromhex("91560000029999990000000D"),
        records.ISSUED: _day(person.issued),
        records.VALID_UNTIL: _day(person.valid_until),
        records.CARD_NUMBER: person.card_number.encode(),
    }


def _person(person: SyntheticPerson, charset: str) -> Mapping[RecordField, bytes]:
    name = person.name.encode(charset)
    first, more = records.NAME.length, records.NAME_CONTINUED.length
    return {
        records.SOCIAL_SECURITY_NUMBER: person.number.encode(),
        records.NAME: name[:first].ljust(first, b"\0"),
        records.NAME_CONTINUED: name[first:].ljust(more, b"\0"),
        records.SEX: person.sex.encode(),
        records.ETHNIC_GROUP: bytes.fromhex(person.ethnic_group),
        records.BIRTHPLACE: bytes.fromhex(person.birthplace),
        records.BIRTH_DATE: _day(person.birth_date),
    }


def _injury_values(injury: SyntheticInjury, charset: str) -> Mapping[RecordField, bytes]:
    return {
        records.DETERMINATION_NUMBER: _padded(injury.number.encode(charset), 0x14),
        records.EMPLOYER: _padded(injury.employer.encode(charset), 0x46),
        records.CONCLUSION: injury.conclusion.encode(),
        records.DETERMINED_ON: _day(injury.determined_on),
        records.DEPARTMENT: _padded(injury.department.encode(charset), 0x3C),
    }


def _padded(value: bytes, length: int) -> bytes:
    return value[:length].ljust(length, b"\0")


def _day(day: date) -> bytes:
    return bytes.fromhex(f"{day:%Y%m%d}")
