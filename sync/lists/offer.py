"""What the platform offers, and how its files come here: the seam between the list and the line."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sync.errors import ListRefused
from sync.lists.reasons import LIST_ROOT
from sync.lists.release import Release

MANIFEST = "manifest.json"
"""The file in which a release says what it is."""


class Missing(Exception):
    """The platform has no file of this name."""


Progress = Callable[[int, int], None]
"""Told how many bytes are here, of how many."""


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes ``first`` to ``last`` of a file, both included."""

    first: int
    last: int


Fetch = Callable[[str, Span | None], bytes]
"""Returns a file of the platform's, or a span of it; raises ``Missing`` or ``SyncError``."""


@dataclass(frozen=True, slots=True)
class Offer:
    """The release that the platform stands by now, and the verified bytes that say so."""

    release: Release
    manifest: bytes


def read_root(path: Path) -> bytes:
    """Read the platform's trusted root, received at registration.

    Raises:
        ListRefused: LIST_ROOT.
    """
    try:
        return path.read_bytes()
    except OSError as wrong:
        raise ListRefused(LIST_ROOT, field="lists.root") from wrong


class Source(Protocol):
    """Where releases come from."""

    def offer(self) -> Offer:
        """Return the newest release, verified; raises ``SyncError``."""

    def size(self, target: str) -> int:
        """Return how many bytes a file of the offered release has."""

    def download(self, target: str, part: Path, progress: Progress) -> None:
        """Bring a file to ``part``, going on where it was broken off, and verify it."""
