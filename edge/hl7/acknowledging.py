"""An acknowledgement written: MSH, MSA, an ERR for each thing that is wrong. Decides nothing."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from edge.core.dates import SHANGHAI
from edge.core.errors import Words

_PLACE = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?(?:-(\d+)(?:\.(\d+))?)?")
_ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"}
_NO_MORE = ("", "", "", "", "")


class Code(StrEnum):
    """HL7 table 0008."""

    AA = "AA"
    AE = "AE"
    AR = "AR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong: where (``FT1[2]-4``), HL7's code and ours, and what to do."""

    place: str
    hl7: tuple[str, str]
    code: str
    reason: Words
    next_action: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """What is answered, to which application of which facility."""

    code: Code
    control_id: str
    event: str
    to: tuple[str, str]
    words: str
    problems: tuple[Problem, ...]


def acknowledged(said: Acknowledgement, *, facility: str, own_id: str, now: datetime) -> bytes:
    """Write it as HL7 2.5.1, UTF-8."""
    at = now.astimezone(SHANGHAI).strftime("%Y%m%d%H%M%S%z")
    kind = f"ACK^{_escaped(said.event)}^ACK" if said.event else "ACK"
    names = map(_escaped, ("EDGE", facility, *said.to))
    rows = [
        ["MSH", "^~\\&", *names, at, "", kind, own_id, "P", "2.5.1", *_NO_MORE, "UNICODE UTF-8"],
        ["MSA", said.code, _escaped(said.control_id), _escaped(said.words)],
        *(_error(problem) for problem in said.problems),
    ]
    return "".join(f"{'|'.join(row).rstrip('|')}\r" for row in rows).encode()


def _error(problem: Problem) -> list[str]:
    number, name = problem.hl7
    told = f"{problem.reason.zh} / {problem.reason.en}"
    advice = f"{problem.next_action.zh} / {problem.next_action.en}"
    return [
        "ERR",
        "",
        _where(problem.place),
        f"{number}^{_escaped(name)}^HL70357",
        "E",
        _escaped(problem.code),
        "",
        _escaped(problem.place),
        f"{_escaped(told)}~{_escaped(advice)}",
    ]


def _where(place: str) -> str:
    """Write ``PV1-19`` as ERR-2 does: segment, its number, field, repetition, component."""
    found = _PLACE.fullmatch(place)
    if found is None:
        return ""
    segment, nth, field, part = found.groups()
    parts = [segment, nth or "1", field or "", "1" if part else "", part or ""]
    return "^".join(parts).rstrip("^")


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(letter, letter) for letter in text.replace("\r", " "))
