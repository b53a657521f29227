"""What the platform has accepted, in order: in memory, or also in a file that a crash cannot undo.

One JSON object a line, each synced before its receipt is given. Holds plain synthetic bodies.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Protocol

from edge import codec
from simulators.platform.answers import Receipt
from sync.envelope import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One accepted message: what it said, the signed bytes that said it, and our receipt."""

    receipt: Receipt
    kind: Kind
    facility: str
    order_key: str
    treatment_region: str
    insured_region: str
    operator: str
    moment: datetime
    body: dict[str, object]
    signed: str


class Keeper(Protocol):
    """Whoever keeps what was accepted: in memory, in a file, or in an agency's database."""

    def append(self, kept: Kept) -> None:
        """Keep one message."""

    def sync(self) -> None:
        """Bring what was kept to the disk; it is called before any receipt."""

    def kept(self) -> tuple[Kept, ...]:
        """Return all messages, oldest first."""


class Journal:
    """Append-only. Thread-safe; close it when done."""

    def __init__(self, path: Path | None = None) -> None:
        self._guard = Lock()
        self._kept: list[Kept] = list(_read(path)) if path and path.exists() else []
        self._file = path.open("ab", buffering=0) if path else None

    def append(self, kept: Kept) -> None:
        """Keep one message; it survives a crash once ``sync`` was called (when there is a file)."""
        with self._guard:
            if self._file:
                self._file.write(codec.encode(kept) + b"\n")
            self._kept.append(kept)

    def sync(self) -> None:
        """Bring what was kept to the disk, all of it at once; call it before any receipt."""
        if self._file:
            os.fdatasync(self._file.fileno())

    def kept(self) -> tuple[Kept, ...]:
        """Return all messages, oldest first."""
        with self._guard:
            return tuple(self._kept)

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()


def _read(path: Path) -> Iterator[Kept]:
    """Yield the whole lines; a line torn by a crash had no receipt and is cut off."""
    whole, _, torn = path.read_bytes().rpartition(b"\n")
    if torn:
        with path.open("r+b") as file:
            file.truncate(len(whole) + 1 if whole else 0)
    for line in whole.splitlines():
        yield codec.decode(line, Kept)
