"""A message's bytes into fields; what cannot be used names its segment and field (``PV1-19``).

The one importer of ``hl7``. Knows no event's meaning.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

import hl7

from edge.core.dates import SHANGHAI
from edge.core.errors import BadInput, Words

SEGMENTS_MAX = 5_000

_PLACE = re.compile(r"(?P<segment>[A-Z][A-Z0-9]{2})-(?P<field>\d+)(?:\.(?P<part>\d+))?")
_MOMENT = re.compile(
    r"(?P<day>\d{8})(?P<time>\d{4}(?:\d{2})?)?(?:\.\d{1,4})?(?P<zone>[+-]\d{4})?", re.ASCII
)
_DELETED = '""'
"""HL7's "no value any more"; here as good as nothing said."""

_SET_VERSION = re.compile(r"2(\.\d){1,2}", re.ASCII)


class Unreadable(Exception):
    """Not an HL7 v2 message: nobody to answer by name. ``why`` is in English."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Message:
    """One message. ``text`` and its kin take places as people write them: ``PV1-3.2``."""

    parsed: hl7.Message
    segments: Mapping[str, Sequence[hl7.Segment]]

    @property
    def event(self) -> str:
        """The message's type and event: ``ADT^A01``."""
        return f"{self.text('MSH-9.1')}^{self.text('MSH-9.2')}"

    @property
    def control_id(self) -> str:
        """The sender's name of this message."""
        return self.text("MSH-10")

    def count(self, segment: str) -> int:
        """Return how many segments of this name there are."""
        return len(self.segments.get(segment, ()))

    def text(self, place: str, *, nth: int = 1, repeat: int = 1) -> str:
        """Return what stands in the ``nth`` segment of this name, or an empty string."""
        found = _PLACE.fullmatch(place)
        if found is None:
            raise ValueError(place)
        try:
            field = self.segments[found["segment"]][nth - 1][int(found["field"])]
            said = _leaf(field[repeat - 1], int(found["part"] or 1))
        except LookupError:
            return ""
        cleaned: str = self.parsed.unescape(said).strip()
        return "" if cleaned == _DELETED else cleaned

    def needed(self, place: str, *, nth: int = 1) -> str:
        """Return what stands there.

        Raises:
            BadInput: HL7_FIELD_MISSING.
        """
        said = self.text(place, nth=nth)
        if not said:
            raise _missing(_named(place, nth))
        return said

    def repeats(self, place: str, *parts: int) -> Iterator[tuple[str, ...]]:
        """Yield these components of every repetition of a field."""
        for repeat in range(1, 21):
            said = tuple(self.text(f"{place}.{part}", repeat=repeat) for part in parts)
            if not any(said):
                return
            yield said

    def moment(self, place: str) -> datetime | None:
        """Return a moment to the minute or second; without a zone it is Shanghai's.

        Raises:
            BadInput: HL7_FIELD.
        """
        said = self.text(place)
        if not said:
            return None
        found = _MOMENT.fullmatch(said)
        if found is None or not found["time"]:
            raise wrong_field(place, "YYYYMMDDHHMM[SS][+ZZZZ]")
        try:
            form = "%Y%m%d%H%M" + "%S" * (len(found["time"]) > 4)  # noqa: PLR2004 - HHMM
            plain = datetime.strptime(f"{found['day']}{found['time']}", form)  # noqa: DTZ007 - next
            return plain.replace(tzinfo=_zone(found["zone"]))
        except ValueError as wrong:
            raise wrong_field(place, "YYYYMMDDHHMM[SS][+ZZZZ]") from wrong

    def day(self, place: str, *, nth: int = 1) -> date:
        """Return a day; a moment's own day in Shanghai.

        Raises:
            BadInput: HL7_FIELD_MISSING, HL7_FIELD.
        """
        said = self.needed(place, nth=nth)
        found = _MOMENT.fullmatch(said)
        try:
            return date.fromisoformat(found["day"] if found else said)
        except ValueError as wrong:
            raise wrong_field(_named(place, nth), "YYYYMMDD") from wrong


def read_message(given: bytes) -> Message:
    """Read one message, UTF-8.

    Raises:
        Unreadable: not UTF-8, no MSH, or too many segments.
    """
    try:
        text = given.decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise Unreadable("the message is not UTF-8") from wrong
    text = text.replace("\r\n", "\r").replace("\n", "\r").strip("\r")
    if not text.startswith("MSH|") or text.count("\r") >= SEGMENTS_MAX:
        raise Unreadable("a message begins with MSH| and has at most 5,000 segments")
    try:
        parsed = hl7.parse(f"{text}\r")
        segments: dict[str, list[hl7.Segment]] = {}
        for segment in parsed:
            segments.setdefault(str(segment[0]), []).append(segment)
        return Message(parsed, segments)
    except (hl7.HL7Exception, LookupError, ValueError) as wrong:
        raise Unreadable("the message cannot be parsed") from wrong


def _leaf(node: Any, part: int) -> str:  # noqa: ANN401 - a repetition, or its only text
    """Return the first subcomponent of a component; what has no parts is its own first."""
    if isinstance(node, str):
        return node if part == 1 else ""
    component = node[part - 1]
    return component if isinstance(component, str) else str(component[0])


def is_known_version(version: str) -> bool:
    """Tell whether it is a version of HL7 v2."""
    return _SET_VERSION.fullmatch(version) is not None


def wrong_field(place: str, form: str) -> BadInput:
    """Return the refusal of a field whose content is not of this form."""
    return BadInput(
        "HL7_FIELD",
        Words(f"{place} 的内容不符合要求：应为 {form}", f"{place} is not of the form {form}"),
        Words("在医院系统中改正该字段后重发", "correct the field and send the message again"),
        field=place,
    )


def _missing(place: str) -> BadInput:
    return BadInput(
        "HL7_FIELD_MISSING",
        Words(f"缺少必填字段 {place}", f"{place} is required"),
        Words("在医院系统中补填该字段后重发", "fill the field in and send the message again"),
        field=place,
    )


def _named(place: str, nth: int) -> str:
    segment, _, field = place.partition("-")
    return place if nth == 1 else f"{segment}[{nth}]-{field}"


def _zone(said: str | None) -> timezone:
    if not said:
        return SHANGHAI
    sign = -1 if said[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(said[1:3]), minutes=int(said[3:5])))
