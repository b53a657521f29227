"""The law as data: packs of dated rules, and which pack governs a region on a day.

Reads no file (``edge.packs`` does) and judges no case (``edge.core.verification`` does).
"""

from edge.core.rules.keys import KEYS, Key, Kind
from edge.core.rules.pack import (
    CUSTOMER,
    NATIONAL,
    SILENT,
    Area,
    Instrument,
    Pack,
    Rule,
    Rulebook,
    Scope,
    Value,
)

__all__ = [
    "CUSTOMER",
    "KEYS",
    "NATIONAL",
    "SILENT",
    "Area",
    "Instrument",
    "Key",
    "Kind",
    "Pack",
    "Rule",
    "Rulebook",
    "Scope",
    "Value",
]
