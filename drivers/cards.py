"""Social-security cards: from a powered card to a `CardRecord`. Knows no reader and no person.

Records are read by tag, since their order differs between versions (`records` knows them). 1.0 and
2.0 cards read freely; 3.0 cards guard EF06, which `authentication` opens.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial

from drivers import atr, records, tlv
from drivers.apdu import Status, exchange, select_by_name, select_file
from drivers.authentication import Authenticator, KeyAnswers, KeyRequest, authenticate
from drivers.errors import (
    AccessNotAllowed,
    BadCardData,
    CardChanged,
    CardRefused,
    DamagedRecord,
    Flaw,
)
from drivers.key_errors import KeyMissing
from drivers.other_cards import wrong_card
from drivers.records import Conclusion, RecordField, Sex
from drivers.transport import Transport

AID = bytes.fromhex("7378312E73682E") + "社会保障".encode("gb18030")
"""The application's name, ``sx1.sh.社会保障``."""

_SELECT, _SELECT_INJURY = select_by_name(AID), select_file(records.INJURY_FOLDER)
"""Made once: a desk reads cards all day."""

_NOT_THIS_APPLICATION = {
    Status.FILE_NOT_FOUND,
    Status.FUNCTION_NOT_SUPPORTED,
    Status.WRONG_P1_P2,
    Status.UNKNOWN_INSTRUCTION,
    Status.UNKNOWN_CLASS,
}
_NO_SUCH_RECORD = {Status.RECORD_NOT_FOUND, Status.DATA_NOT_FOUND}
Held = dict[int, bytes]
"""The values of EF05 and EF06 by tag, empty where the card has no such record."""

_ALGORITHM = re.compile(rb"\x9f\x0c.\x86\x01(.)", re.DOTALL)
"""Where the application's answer to SELECT names the algorithm of its keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardDetermination:
    """The injury determination (工伤认定) as DF03 EF17 has it; the platform's answer prevails."""

    number: str | None
    employer: str | None
    conclusion: Conclusion | None
    determined_on: date | None
    department: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardCover:
    """Where the card says its holder is insured (DF03 EF15); the platform's answer prevails."""

    insured_region: str | None
    """GB/T 2260, six digits."""
    benefit_from: date | None
    updated: date | None


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
    contactless: bool = False
    cover: CardCover | None = field(default=None, repr=False)
    """None when the card does not let us read it, as most do."""
    determination: CardDetermination | None = field(default=None, repr=False)
    """None likewise."""


_NO_COVER = CardCover(insured_region=None, benefit_from=None, updated=None)
_NO_DETERMINATION = CardDetermination(
    number=None, employer=None, conclusion=None, determined_on=None, department=None
)


def read_card(transport: Transport, authenticator: Authenticator | None = None) -> CardRecord:
    """Read EF05, EF06 and, where the card allows, DF03 of the social-security card.

    ``authenticator`` opens EF06 where the card guards it. The card id is read again at the end: a
    card swapped meanwhile is ``CardChanged``.

    Raises:
        WrongCard: the card has no social-security application.
        KeyMissing: EF06 is guarded (3.0 cards) and nobody holds its key.
        NotGenuine, KeyRefused: the authentication failed; it is not tried again.
        DamagedRecord, WrongCheckDigit: the card must not be used; ``field`` names the record.
        DriverError: as the transport.
    """
    held = _card_and_person(transport, authenticator)
    cover, determination = _injury_folder(transport)
    if _value(transport, records.CARD_ID) != held[records.CARD_ID.tag]:
        raise CardChanged
    # Understood only now: between two commands the card waits for us, and we for it.
    record = _record(held, transport)
    if cover or determination:
        return replace(record, cover=cover, determination=determination)
    return record


def _card_and_person(transport: Transport, authenticator: Authenticator | None) -> Held:
    algorithm = _select(transport)
    held = {wanted.tag: _value(transport, wanted) for wanted in records.CARD_FILE}

    def ask(challenges: tuple[bytes, bytes, bytes, bytes]) -> KeyAnswers:
        if authenticator is None:
            raise KeyMissing(field=records.SOCIAL_SECURITY_NUMBER.label)
        card_id, region = records.card_id_and_region(_needed(held, records.CARD_ID))
        return authenticator(
            KeyRequest(
                issuing_region=region,
                historical_bytes=atr.historical_bytes(transport.atr),
                algorithm=algorithm,
                card_id=card_id,
                challenges=challenges,
            )
        )

    number, *others = records.PERSON_FILE
    held[number.tag] = _guarded(transport, number, ask)
    for wanted in others:
        held[wanted.tag] = _value(transport, wanted)
    return held


def _record(held: Held, transport: Transport) -> CardRecord:
    needed = partial(_needed, held)
    card_id, region = records.card_id_and_region(needed(records.CARD_ID))
    historical_bytes = atr.historical_bytes(transport.atr)
    contactless = transport.protocol == 1
    if not contactless:  # there the reader makes the answer to reset up
        records.check_chip(card_id, historical_bytes)
    issued, valid_until = records.validity(needed(records.ISSUED), needed(records.VALID_UNTIL))
    return CardRecord(
        card_id=card_id,
        card_class=tlv.characters(needed(records.CARD_CLASS), records.CARD_CLASS.label),
        spec_version=records.spec_version(needed(records.SPEC_VERSION)),
        issuer=tlv.nibbles(needed(records.ISSUER)),
        issued=issued,
        valid_until=valid_until,
        card_number=records.card_number(needed(records.CARD_NUMBER)),
        social_security_number=records.citizen_number(needed(records.SOCIAL_SECURITY_NUMBER)),
        name=records.name(needed(records.NAME), held[records.NAME_CONTINUED.tag]),
        sex=records.sex(held[records.SEX.tag]),
        ethnic_group=records.code(held[records.ETHNIC_GROUP.tag], records.ETHNIC_GROUP),
        birthplace=records.code(held[records.BIRTHPLACE.tag], records.BIRTHPLACE),
        birth_date=tlv.day(needed(records.BIRTH_DATE), records.BIRTH_DATE.label),
        issuing_region=region,
        atr=transport.atr,
        historical_bytes=historical_bytes,
        contactless=contactless,
    )


def _select(transport: Transport) -> int:
    """Select the application; return the algorithm of its keys, 0 where it names none."""
    answer = exchange(transport, _SELECT)
    if answer.status in _NOT_THIS_APPLICATION:
        raise wrong_card(transport)
    if answer.status != Status.DONE:
        raise CardRefused(answer.status, field="application")
    named = _ALGORITHM.search(answer.data)
    return named[1][0] if named else 0


def _guarded(
    transport: Transport,
    wanted: RecordField,
    ask: Callable[[tuple[bytes, bytes, bytes, bytes]], KeyAnswers],
) -> bytes:
    """Return the value of ``wanted``, after an authentication where the card asks for one."""
    try:
        return _value(transport, wanted)
    except AccessNotAllowed:
        authenticate(transport, ask)
    return _value(transport, wanted)


def _injury_folder(transport: Transport) -> tuple[CardCover | None, CardDetermination | None]:
    """Return what DF03 says where it can be read, and come back to the application."""
    if exchange(transport, _SELECT_INJURY).status != Status.DONE:
        return None, None
    found = _cover(transport), _determination(transport)
    _select(transport)
    return found


def _cover(transport: Transport) -> CardCover | None:
    value = partial(_readable, transport)
    try:
        cover = CardCover(
            insured_region=records.code(value(records.INSURED_REGION), records.INSURED_REGION),
            benefit_from=_day(value(records.BENEFIT_FROM), records.BENEFIT_FROM),
            updated=_day(value(records.UPDATED), records.UPDATED),
        )
    except BadCardData:
        return None  # it helps the clerk and decides nothing: not worth refusing the card
    return None if cover == _NO_COVER else cover


def _determination(transport: Transport) -> CardDetermination | None:
    value = partial(_readable, transport)

    def text(wanted: RecordField) -> str | None:
        return tlv.joined_text((value(wanted),), wanted.label) or None

    try:
        determination = CardDetermination(
            number=text(records.DETERMINATION_NUMBER),
            employer=text(records.EMPLOYER),
            conclusion=records.conclusion(value(records.CONCLUSION)),
            determined_on=_day(value(records.DETERMINED_ON), records.DETERMINED_ON),
            department=text(records.DEPARTMENT),
        )
    except BadCardData:
        return None  # likewise
    return None if determination == _NO_DETERMINATION else determination


def _day(value: bytes, wanted: RecordField) -> date | None:
    return tlv.day(value, wanted.label) if tlv.nibbles(value).strip("0") else None


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


def _needed(held: Held, wanted: RecordField) -> bytes:
    value = held[wanted.tag]
    if not value:
        raise DamagedRecord(wanted.label, Flaw.MISSING)
    return value


def _readable(transport: Transport, wanted: RecordField) -> bytes:
    """Return the record's value, empty when it is absent, guarded or refused."""
    try:
        return _value(transport, wanted)
    except (AccessNotAllowed, CardRefused):
        return b""
