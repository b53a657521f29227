"""The campuses of a group, as the office has registered them. Reads no message."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sync.envelope import PublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Campus:
    """One facility: its name for the screens, and the keys with which it signs.

    ``keys`` are by key id; ``leaf`` says that it has a stream server of its own.
    """

    facility: str
    name: str
    keys: Mapping[str, PublicKey] = field(repr=False)
    leaf: bool = True
