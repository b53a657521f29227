"""Reading a card: what it says is read exactly; what must not be used is a typed error."""

from contextlib import suppress
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import records
from drivers.cards import CardCover, CardDetermination, CardRecord, read_card
from drivers.errors import (
    CardChanged,
    CardRefused,
    DamagedRecord,
    DriverError,
    Flaw,
    WrongCard,
    WrongCheckDigit,
)
from drivers.other_cards import KNOWN, Known
from drivers.records import Conclusion, RecordField, Sex
from simulators.card import (
    CardPlan,
    SyntheticInjury,
    SyntheticPerson,
    foreign_card,
    social_security_card,
    synthetic_person,
)
from tests.drivers.script import PlannedCard, ScriptedCard

PERSON = SyntheticPerson()
INJURY = SyntheticInjury()
CARD = social_security_card(PERSON)
MANDATORY = (
    records.CARD_ID,
    records.CARD_CLASS,
    records.SPEC_VERSION,
    records.ISSUER,
    records.ISSUED,
    records.VALID_UNTIL,
    records.CARD_NUMBER,
    records.SOCIAL_SECURITY_NUMBER,
    records.NAME,
    records.BIRTH_DATE,
)
OPTIONAL = (records.NAME_CONTINUED, records.SEX, records.ETHNIC_GROUP, records.BIRTHPLACE)


@pytest.mark.parametrize("version", ["1.00", "2.00"])
def test_a_free_card_gives_every_value(version: str) -> None:
    record = _read(social_security_card(PERSON, version=version))
    assert record == CardRecord(
        card_id="999999D15600000500BF7C7A48FB4966",
        card_class="3",
        spec_version=version,
        issuer="91560000029999990000000D",
        issued=PERSON.issued,
        valid_until=PERSON.valid_until,
        card_number="D2143569X",
        social_security_number=PERSON.number,
        name=PERSON.name,
        sex=Sex.MALE,
        ethnic_group="01",
        birthplace="999999",
        birth_date=PERSON.birth_date,
        issuing_region="999999",
        atr=CARD.atr,
        historical_bytes=bytes.fromhex("0081544A444686999900BF7C7A"),
    )


@pytest.mark.parametrize("field", MANDATORY + OPTIONAL, ids=lambda field: field.label)
def test_the_label_of_a_record_tells_its_file_and_tag(field: RecordField) -> None:
    assert field.label.startswith(f"EF{field.sfi:02X}.{field.tag:02X} ")


def test_a_version_three_card_that_reads_freely_is_read() -> None:
    open_card = replace(social_security_card(PERSON, version="3.00"), guarded=frozenset())
    assert _read(open_card).spec_version == "3.00"


def test_a_region_of_four_digits_stays_four_digits() -> None:
    assert _read(social_security_card(replace(PERSON, region="9999"))).issuing_region == "9999"


def test_a_long_name_is_joined_from_both_records_before_it_is_decoded() -> None:
    name = "A" + "·测" * 8 + "甲㐀𠀀"
    first = name.encode("gb18030")[:30]
    with pytest.raises(UnicodeDecodeError):  # the cut goes through a character
        first.decode("gb18030")
    assert _read(social_security_card(replace(PERSON, name=name))).name == name


@pytest.mark.parametrize("name", ["䶮", "𫖯", "㛃", "阿不都·㛃䶮𫖯", "測試甲", "Ｚ" * 25])
def test_rare_characters_of_names_are_read_as_the_card_writes_them(name: str) -> None:
    assert _read(social_security_card(replace(PERSON, name=name))).name == name


def test_a_name_that_fills_both_records_to_the_last_byte_is_read() -> None:
    name = "𫖯" * 12 + "测"
    raw = name.encode("gb18030")
    assert len(raw) == records.NAME.length + records.NAME_CONTINUED.length
    plan = social_security_card(replace(PERSON, name=name))
    assert _read(plan).name == name
    with pytest.raises(DamagedRecord, match="not text"):  # cut within its last character
        _read(plan.with_value(records.NAME_CONTINUED, raw[30:-1] + b"\0"))


@pytest.mark.parametrize("padding", [b"\0", b" "])
def test_a_first_record_that_a_character_does_not_fill_is_joined_all_the_same(
    padding: bytes,
) -> None:
    first, more = "测" * 14, "㛃"
    plan = CARD.with_value(records.NAME, first.encode("gb18030") + 2 * padding)
    plan = plan.with_value(records.NAME_CONTINUED, more.encode("gb18030").ljust(20, padding))
    assert _read(plan).name == first + more


@given(st.permutations(range(7)))
def test_the_order_of_records_in_a_file_changes_nothing(order: list[int]) -> None:
    persons = list(CARD.files[6].items())
    shuffled = {**CARD.files, 6: dict(persons[place] for place in order)}
    assert _read(replace(CARD, files=shuffled)) == _read(CARD)


@pytest.mark.parametrize("field", MANDATORY, ids=lambda field: field.label)
@pytest.mark.parametrize("blank", [None, b""], ids=["absent", "empty"])
def test_a_missing_mandatory_record_is_named(field: RecordField, blank: bytes | None) -> None:
    plan = CARD.with_record(field, None) if blank is None else CARD.with_value(field, blank)
    with pytest.raises(DamagedRecord) as caught:
        _read(plan)
    assert caught.value.field == field.label
    assert caught.value.flaw is Flaw.MISSING


def test_a_card_without_the_optional_records_is_read() -> None:
    plan = CARD
    for field in OPTIONAL:
        plan = plan.with_record(field, None)
    record = _read(plan)
    assert (record.name, record.sex, record.ethnic_group, record.birthplace) == (
        PERSON.name,
        None,
        None,
        None,
    )


@pytest.mark.parametrize("field", MANDATORY + OPTIONAL, ids=lambda field: field.label)
def test_a_truncated_record_is_named(field: RecordField) -> None:
    whole = CARD.files[field.sfi][field.tag]
    with pytest.raises(DamagedRecord) as caught:
        _read(CARD.with_record(field, whole[:-1]))
    assert (caught.value.field, caught.value.flaw) == (field.label, Flaw.TRUNCATED)


@pytest.mark.parametrize("field", MANDATORY + OPTIONAL, ids=lambda field: field.label)
@pytest.mark.parametrize("more", [b"\0", b"\xff" * 200], ids=["one byte", "many"])
def test_an_overlong_record_is_named(field: RecordField, more: bytes) -> None:
    whole = CARD.files[field.sfi][field.tag]
    beyond = bytes((field.tag, field.length + len(more)))
    value = whole[2:].ljust(field.length, b"\0") + more
    for record in (whole + more, beyond + value):
        with pytest.raises(DamagedRecord) as caught:
            _read(CARD.with_record(field, record))
        assert (caught.value.field, caught.value.flaw) == (field.label, Flaw.OVERLONG)
        assert caught.value.number == -33


@pytest.mark.parametrize(
    ("field", "value", "flaw"),
    [
        (records.CARD_ID, bytes(16), Flaw.NOT_A_CARD_ID),
        (records.SPEC_VERSION, b"two.", Flaw.UNEXPECTED),
        (records.ISSUED, bytes.fromhex("20231301"), Flaw.NOT_A_DATE),
        (records.CARD_NUMBER, b"d2143569X", Flaw.UNEXPECTED),
        (records.SOCIAL_SECURITY_NUMBER, b"11010519491231002", Flaw.UNEXPECTED),
        (records.SOCIAL_SECURITY_NUMBER, b"110105194913310020", Flaw.NOT_A_DATE),
        (records.VALID_UNTIL, bytes.fromhex("20210314"), Flaw.CONTRADICTORY),
        (records.NAME, b"\xb2", Flaw.NOT_TEXT),
        (records.SEX, b"7", Flaw.UNEXPECTED),
        (records.ETHNIC_GROUP, b"\xa1", Flaw.NOT_DIGITS),
        (records.BIRTHPLACE, b"\x11", Flaw.TRUNCATED),
    ],
)
def test_a_value_against_the_standard_is_refused(
    field: RecordField, value: bytes, flaw: Flaw
) -> None:
    with pytest.raises(DamagedRecord) as caught:
        _read(CARD.with_value(field, value))
    assert (caught.value.field, caught.value.flaw) == (field.label, flaw)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (records.CARD_NUMBER, b"D21435691"),
        (records.SOCIAL_SECURITY_NUMBER, b"999999199001010017"),
    ],
)
def test_a_number_with_a_wrong_check_character_is_refused(field: RecordField, value: bytes) -> None:
    with pytest.raises(WrongCheckDigit) as caught:
        _read(CARD.with_value(field, value))
    assert caught.value.field == field.label
    assert value.decode() not in f"{caught.value} {caught.value.text}"


@pytest.mark.parametrize(
    ("chip", "agrees"),
    [
        ("0081544A444686999900BF7C7A", True),  # its own
        ("0081544A444686110100BF7C7A", True),  # the region's code changed; the serial vouches
        ("0081544A444686999900000001", True),  # the region is the same
        ("0081544A444686110100000001", False),
        ("0081544A444686000000000000", True),  # names no region
        ("0081544A444686A1B200000001", True),  # likewise
        ("110100000001", True),  # not thirteen bytes
    ],
)
def test_a_card_id_must_be_that_of_the_chip_by_region_or_serial(chip: str, *, agrees: bool) -> None:
    historical = bytes.fromhex(chip)
    plan = replace(CARD, atr=bytes((0x3B, 0x60 | len(historical), 0, 0)) + historical)
    if agrees:
        assert _read(plan).historical_bytes == historical
        return
    with pytest.raises(DamagedRecord) as caught:
        _read(plan)
    assert (caught.value.field, caught.value.flaw) == ("EF05.01 card_id", Flaw.OTHER_REGION)
    assert caught.value.number == -22


def test_a_card_that_has_expired_is_read_and_says_so_itself() -> None:
    old = replace(PERSON, issued=date(2001, 1, 1), valid_until=date(2011, 1, 1))
    assert _read(social_security_card(old)).valid_until == date(2011, 1, 1)


def test_a_contactless_card_is_read_by_its_own_protocol() -> None:
    plan = social_security_card(PERSON, contactless=True)
    record = _read(plan)
    assert (plan.protocol, record.name) == (1, PERSON.name)
    assert record.historical_bytes == CARD.atr[4:]


def test_the_injury_folder_is_read_where_the_card_has_one() -> None:
    record = _read(social_security_card(PERSON, injury=INJURY))
    assert record.cover == CardCover(insured_region="110000", benefit_from=None, updated=None)
    assert record.determination == CardDetermination(
        number=INJURY.number,
        employer=INJURY.employer,
        conclusion=Conclusion.INJURY,
        determined_on=INJURY.determined_on,
        department=INJURY.department,
    )
    assert INJURY.employer not in repr(record)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (records.INSURED_REGION, b"\x11"),
        (records.CONCLUSION, b"7"),
        (records.DETERMINED_ON, bytes.fromhex("20231301")),
        (records.EMPLOYER, b"\xb2"),
    ],
    ids=lambda case: getattr(case, "label", ""),
)
def test_a_damaged_injury_folder_is_left_out_and_the_card_is_read(
    field: RecordField, value: bytes
) -> None:
    record = _read(social_security_card(PERSON, injury=INJURY).with_value(field, value))
    assert record.name == PERSON.name
    assert (record.cover is None) is (field.sfi == 0x15)
    assert (record.determination is None) is (field.sfi == 0x17)


def test_an_injury_folder_with_nothing_in_it_says_nothing() -> None:
    plan = social_security_card(PERSON, injury=INJURY)
    for field in (
        records.INSURED_REGION,
        records.DETERMINATION_NUMBER,
        records.EMPLOYER,
        records.CONCLUSION,
        records.DEPARTMENT,
    ):
        plan = plan.with_record(field, None)
    empty = _read(plan.with_value(records.DETERMINED_ON, bytes(4)))
    assert (empty.cover, empty.determination) == (None, None)


def test_an_injury_folder_that_is_guarded_says_nothing() -> None:
    plan = social_security_card(PERSON, injury=INJURY)
    record = _read(replace(plan, guarded=frozenset({0x15, 0x17})))
    assert (record.cover, record.determination) == (None, None)


@pytest.mark.parametrize("kind", KNOWN, ids=lambda kind: kind.aid.hex())
def test_another_card_is_named_where_its_application_is_known(kind: Known) -> None:
    with pytest.raises(WrongCard) as caught:
        _read(foreign_card(kind.aid))
    assert kind.zh in caught.value.text
    assert kind.en in caught.value.text_en


def test_a_card_of_an_application_nobody_knows_is_only_the_wrong_card() -> None:
    with pytest.raises(WrongCard) as caught:
        _read(foreign_card(b"nobody's"))
    assert "（" not in caught.value.text


def test_a_status_word_nobody_expects_is_reported_as_it_is() -> None:
    with pytest.raises(CardRefused) as caught:
        read_card(ScriptedCard(("00a404000f7378312e73682ec9e7bbe1b1a3d5cf", "6f00")))
    assert caught.value.status == 0x6F00


def test_a_card_swapped_while_it_is_read_is_not_used() -> None:
    with pytest.raises(CardChanged):
        read_card(_SwappedCard())


def test_the_printed_form_of_a_record_names_nobody() -> None:
    record = _read(CARD)
    for secret in (record.name, record.social_security_number, record.card_number, record.card_id):
        assert secret not in repr(record)


@given(st.integers(0, 13), st.binary(max_size=40))
def test_whatever_a_record_holds_the_reading_ends_with_a_record_or_a_driver_error(
    place: int, raw: bytes
) -> None:
    field = (MANDATORY + OPTIONAL)[place]
    with suppress(DriverError):
        assert _read(CARD.with_record(field, raw)).atr == CARD.atr


@given(st.integers(0, 4_999))
def test_every_synthetic_person_can_be_read(sequence: int) -> None:
    person = synthetic_person(sequence)
    record = _read(social_security_card(person))
    assert (record.social_security_number, record.card_number) == (
        person.number,
        person.card_number,
    )


def _read(plan: CardPlan) -> CardRecord:
    return read_card(PlannedCard(plan))


class _SwappedCard:
    """One card for the first seventeen commands, another with the same answer to reset after."""

    atr = CARD.atr
    protocol = 0

    def __init__(self) -> None:
        self._first = PlannedCard(CARD)
        self._second = PlannedCard(social_security_card(replace(PERSON, serial="00000001")))
        self._left = 17

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        self._left -= 1
        answer, other = self._first.transmit(apdu), self._second.transmit(apdu)
        return answer if self._left >= 0 else other
