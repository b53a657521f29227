"""Card images: TOML files that say what a virtual card holds (docs/simulators.md).

Synthetic persons only. Makes `CardPlan`s; plays none.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from drivers import other_cards, records
from drivers.records import RecordField
from simulators.card.plan import (
    CardPlan,
    SyntheticInjury,
    SyntheticPerson,
    foreign_card,
    mute_card,
    social_security_card,
    synthetic_person,
)
from simulators.card.psam import psam_card
from simulators.script_file import load_file

IMAGES = Path(__file__).with_name("images")
"""The images that ship."""

Charset = Literal["gb18030", "utf-8"]
Tag = Annotated[str, Field(pattern=r"^[0-9A-F]{2}$")]
File = Literal["EF05", "EF06", "EF15", "EF17"]
Kind = Literal["social_security", "bank", "transport", "unknown", "mute", "psam"]

_SFI: dict[File, int] = {"EF05": 0x05, "EF06": 0x06, "EF15": 0x15, "EF17": 0x17}
_TRANSPORT, _BANK, *_ = other_cards.KNOWN
_FOREIGN: dict[Kind, bytes] = {
    "bank": _BANK.aid,
    "transport": _TRANSPORT.aid,
    "unknown": b"an application that nobody knows"[:16],
}
_FORGED = b"a key that the platform does not know"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Person(_Entry):
    """Whose card it is: one of the synthetic persons by ``sequence``, and what differs."""

    sequence: int = Field(default=0, ge=0, le=999)
    name: str | None = Field(default=None, max_length=64)
    number: str | None = Field(default=None, pattern=r"^[0-9A-Za-z]{1,20}$")
    card_number: str | None = Field(default=None, pattern=r"^[0-9A-Za-z]{1,12}$")
    region: str | None = Field(default=None, pattern=r"^([0-9]{4}|[0-9]{6})$")
    sex: str | None = Field(default=None, pattern=r"^[0-9]$")
    ethnic_group: str | None = Field(default=None, pattern=r"^[0-9]{2}$")
    birthplace: str | None = Field(default=None, pattern=r"^[0-9]{6}$")
    birth_date: date | None = None
    issued: date | None = None
    valid_until: date | None = None
    serial: str | None = Field(default=None, pattern=r"^[0-9A-F]{8}$")

    def synthetic(self) -> SyntheticPerson:
        """Return the person."""
        base = synthetic_person(self.sequence) if self.sequence else SyntheticPerson()
        return replace(base, **self.model_dump(exclude={"sequence"}, exclude_none=True))


class Injury(_Entry):
    """What DF03 says; what is left out is that of the sample injury."""

    insured_region: str | None = Field(default=None, pattern=r"^[0-9]{6}$")
    number: str | None = Field(default=None, max_length=64)
    employer: str | None = Field(default=None, max_length=64)
    conclusion: str | None = Field(default=None, pattern=r"^[0-9]$")
    determined_on: date | None = None
    department: str | None = Field(default=None, max_length=64)

    def synthetic(self) -> SyntheticInjury:
        """Return the injury."""
        return replace(SyntheticInjury(), **self.model_dump(exclude_none=True))


class Record(_Entry):
    """One record that is otherwise than the person says; exactly one of the last four is given."""

    file: File
    tag: Tag
    text: str | None = Field(default=None, max_length=255)
    hex: str | None = Field(default=None, pattern=r"^([0-9A-Fa-f]{2}){0,255}$")
    raw: str | None = Field(default=None, pattern=r"^([0-9A-Fa-f]{2}){0,255}$")
    absent: bool | None = None

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        given = [
            value for value in (self.text, self.hex, self.raw, self.absent) if value is not None
        ]
        if len(given) != 1 or self.absent is False:
            raise ValueError("give exactly one of text, hex, raw, absent = true")
        self.field  # noqa: B018 - raises when the card has no such record
        return self

    @property
    def field(self) -> RecordField:
        """The record that the standard knows by this file and tag."""
        wanted = _SFI[self.file], int(self.tag, 16)
        for known in _KNOWN:
            if (known.sfi, known.tag) == wanted:
                return known
        raise ValueError(f"{self.file} has no record {self.tag}")

    def put(self, plan: CardPlan, charset: Charset) -> CardPlan:
        """Return the card with this record in its place."""
        if self.raw is not None:
            return plan.with_record(self.field, bytes.fromhex(self.raw))
        if self.absent:
            return plan.with_record(self.field, None)
        value = bytes.fromhex(self.hex) if self.hex is not None else _encoded(self.text, charset)
        return plan.with_value(self.field, value)


class CardImage(_Entry):
    """A whole card; ``expect`` is what a desk shows: ``present``, or the code of an error."""

    expect: str = Field(default="present", pattern=r"^(present|[A-Z_]+)$")
    kind: Kind = "social_security"
    version: Literal["1.00", "2.00", "3.00"] = "2.00"
    contactless: bool = False
    guarded: bool | None = None
    forged: bool = False
    charset: Charset = "gb18030"
    pin: str = Field(default="", pattern=r"^([0-9]{4,12})?$", repr=False)
    atr: str | None = Field(default=None, pattern=r"^([0-9A-Fa-f]{2}){2,33}$")
    person: Person = Person()
    injury: Injury | None = None
    record: tuple[Record, ...] = Field(default=(), max_length=50)
    order: dict[File, tuple[Tag, ...]] = Field(default={})

    def plan(self) -> CardPlan:
        """Return the card."""
        if self.kind == "mute":
            return mute_card()
        if self.kind == "psam":
            return psam_card()
        if self.kind != "social_security":
            return foreign_card(_FOREIGN[self.kind])
        plan = social_security_card(
            self.person.synthetic(),
            version=self.version,
            injury=self.injury.synthetic() if self.injury else None,
            contactless=self.contactless,
            charset=self.charset,
        )
        for record in self.record:
            plan = record.put(plan, self.charset)
        return self._finished(replace(plan, pin=self.pin))

    def _finished(self, plan: CardPlan) -> CardPlan:
        files = {_SFI[file]: tags for file, tags in self.order.items()}
        return replace(
            plan,
            files={sfi: _ordered(held, files.get(sfi, ())) for sfi, held in plan.files.items()},
            atr=bytes.fromhex(self.atr) if self.atr else plan.atr,
            guarded=plan.guarded if self.guarded is None else _guarded(plan, guarded=self.guarded),
            key=_FORGED if self.forged else plan.key,
        )


def load_image(path: Path) -> CardImage:
    """Read an image.

    Raises:
        BadFile: not TOML, an unknown key, or a value that does not fit, with its place.
    """
    return load_file(path, CardImage)


def _encoded(text: str | None, charset: Charset) -> bytes:
    return (text or "").encode(charset)


def _guarded(plan: CardPlan, *, guarded: bool) -> frozenset[int]:
    return frozenset(plan.files) - {5} if guarded else frozenset()


def _ordered(held: Mapping[int, bytes], tags: tuple[str, ...]) -> Mapping[int, bytes]:
    """Return the records with ``tags`` first, in that order."""
    first = [int(tag, 16) for tag in tags if int(tag, 16) in held]
    return {tag: held[tag] for tag in (*first, *(tag for tag in held if tag not in first))}


_KNOWN = (
    *records.CARD_FILE,
    *records.PERSON_FILE,
    *records.COVER_FILE,
    *records.DETERMINATION_FILE,
)
