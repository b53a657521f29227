"""The person at the desk, and how much of them a screen may show."""

from dataclasses import dataclass

_SHOWN_FIRST, _SHOWN_LAST = 6, 4


@dataclass(frozen=True, slots=True)
class Identity:
    """A person: the 18-character citizen number (GB 11643) and the name."""

    number: str
    name: str


def masked_number(number: str) -> str:
    """Keep the first six and last four characters: ``110101********1234``."""
    hidden = len(number) - _SHOWN_FIRST - _SHOWN_LAST
    if hidden <= 0:
        return "*" * len(number)
    return number[:_SHOWN_FIRST] + "*" * hidden + number[-_SHOWN_LAST:]


def masked_name(name: str) -> str:
    """Keep the first character: ``张**``; a name of one character stays hidden."""
    return name[:1] + "*" * (len(name) - 1) if len(name) > 1 else "*"
