"""Faults and bad input, each with a code, the field, the reason and the next step.

A business refusal ("this bill is settled by hand") is a return value, never one of these.

    EdgeError
    ├── BadInput          what was given cannot be used; nothing was written
    │   ├── BadRule       a region pack contradicts itself or says what we do not know
    │   └── BadRecord     a card, QR or file is damaged
    ├── NotFound          no such thing here
    ├── Conflict          it is true, but not any more, or not yet
    ├── NotAllowed        the operator or token has no right to do it
    └── Fault             our own machine fails: disk, key, database
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence for people: Chinese first, English beside it."""

    zh: str
    en: str


class EdgeError(Exception):
    """The root. ``code`` is stable; ``reason`` and ``next_action`` are for the clerk.

    ``field`` names what is wrong as the caller wrote it (``lines[3].price``), or is empty.
    """

    def __init__(self, code: str, reason: Words, next_action: Words, *, field: str = "") -> None:
        super().__init__(f"{code} {field}: {reason.en}" if field else f"{code}: {reason.en}")
        self.code = code
        self.reason = reason
        self.next_action = next_action
        self.field = field


class BadInput(EdgeError):
    """What was given cannot be used; nothing was written."""


class BadRule(BadInput):
    """A region pack is wrong: ``field`` is ``file: key``."""


class BadRecord(BadInput):
    """A card, QR or file is damaged or is not what it says."""


class NotFound(EdgeError):
    """No such thing here."""


class Conflict(EdgeError):
    """The state of the case does not allow this act now."""


class NotAllowed(EdgeError):
    """The operator or token has no right to do it."""


class Fault(EdgeError):
    """Our own machine fails; what was acknowledged before is safe."""
