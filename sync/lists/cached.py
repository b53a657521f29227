"""The list as the desk uses it: look a worker up, say how old the list is, bring the next one.

Look-ups go on while a refresh runs, in this process or another: they use the file that the
pointer names, and notice when it names the next.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from sync import codec
from sync.errors import ListRefused
from sync.lists.offer import Offer, Progress, Source
from sync.lists.reasons import LIST_DAMAGED
from sync.lists.release import Release, require_acceptable
from sync.lists.rows import RowSeal
from sync.lists.shelf import Connection, Files, Shelf, Shelved

_DELTA_WORTH = 2
"""A delta is taken when it is at most one in so many of the snapshot's bytes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the list says of one worker: ``record`` is None when it does not know the number.

    ``record`` has the keys worker, filings, contribution and notices (docs/platform-protocol.md);
    ``proof`` is what was found and the signed words that vouch for it, to be kept sealed.
    """

    record: Mapping[str, Any] | None
    release: Release
    proof: bytes


@dataclass(frozen=True, slots=True)
class Status:
    """The list in use and how many bytes its file has."""

    release: Release
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh did: took a snapshot, patched by a delta, or found nothing newer."""

    by: Literal["snapshot", "delta", "nothing"]
    release: Release


@dataclass(frozen=True, slots=True)
class _Open:
    stamp: tuple[int, int]
    shelved: Shelved
    connection: Connection


class CachedList:
    """One facility's list in its folder. Thread-safe; other processes may refresh it.

    ``source`` is made anew for each refresh; without one the list is only read.
    """

    def __init__(
        self,
        folder: Path,
        *,
        facility: str,
        key: bytes,
        files: Files,
        source: Callable[[], Source] | None,
    ) -> None:
        self._facility = facility
        self._seal = RowSeal(key)
        self._shelf = Shelf(folder, files)
        self._make_source = source
        self._guard = Lock()
        self._open: _Open | None = None

    def look_up(self, number: str, *, now: datetime) -> Entry | None:
        """Return what the list says of this identity number; None: there is no list to ask.

        A list past its own expiry is no list.

        Raises:
            ListRefused: LIST_DAMAGED.
        """
        place = self._seal.place(number)
        with self._guard:
            opened = self._opened()
            if opened is None or opened.shelved.release.expires_at <= now:
                return None
            row = opened.connection.execute(
                "select sealed from persons where key = ?", [place.key]
            ).fetchone()
        shelved = opened.shelved
        if row is None:
            return Entry(None, shelved.release, _proof(shelved, b"null"))
        plain = self._seal.opened(place, row[0])
        return Entry(_record(plain), shelved.release, _proof(shelved, plain))

    def status(self) -> Status | None:
        """Return what is in use, or None.

        Raises:
            ListRefused: LIST_DAMAGED.
        """
        shelved = self._shelf.current()
        return Status(shelved.release, shelved.path.stat().st_size) if shelved else None

    def refresh(
        self, now: datetime, *, floor: int = 0, progress: Progress = lambda _here, _all: None
    ) -> Refreshed | None:
        """Bring the newest release into use; None: no platform root is configured.

        ``floor`` is the newest version that the site remembers having used, wherever it does.
        Whatever goes wrong, the list in use stays.

        Raises:
            ListRefused: the release is not to be believed.
            PlatformUnreachable: no answer, or broken off; the next refresh goes on from there.
        """
        if self._make_source is None:
            return None
        with self._shelf.alone():
            source = self._make_source()
            offer = source.offer()
            base = self._usable()
            newest = max(floor, base.release.version if base else 0)
            require_acceptable(offer.release, facility=self._facility, floor=newest, now=now)
            if base and base.release.version == offer.release.version:
                return Refreshed("nothing", base.release)
            done = self._bring(source, base, offer, progress)
            self._shelf.tidy(keep=[shelved.path for shelved in (base, self._usable()) if shelved])
            return done

    def close(self) -> None:
        """Close the file in use."""
        with self._guard:
            if self._open:
                self._open.connection.close()
            self._open = None

    def _bring(
        self, source: Source, base: Shelved | None, offer: Offer, progress: Progress
    ) -> Refreshed:
        release = offer.release
        delta = release.delta_since(base.release.version) if base else None
        worth = delta and source.size(delta.target) * _DELTA_WORTH <= source.size(release.snapshot)
        if base and delta and worth:
            part = self._shelf.part(delta.target)
            source.download(delta.target, part, progress)
            self._shelf.patch(base, part, release, offer.manifest)
            return Refreshed("delta", release)
        part = self._shelf.part(release.snapshot)
        source.download(release.snapshot, part, progress)
        self._shelf.take(part, release, offer.manifest)
        return Refreshed("snapshot", release)

    def _usable(self) -> Shelved | None:
        """Return the release in use; a damaged one is as good as none, and is replaced."""
        try:
            return self._shelf.current()
        except ListRefused:
            return None

    def _opened(self) -> _Open | None:
        stamp = self._shelf.stamp()
        if self._open and self._open.stamp == stamp:
            return self._open
        if self._open:
            self._open.connection.close()
            self._open = None
        shelved = self._shelf.current()
        if stamp and shelved:
            self._open = _Open(stamp, shelved, self._shelf.read(shelved))
        return self._open


def _record(plain: bytes) -> dict[str, Any]:
    try:
        return codec.decode(plain, dict[str, Any])
    except codec.NotThisShape as wrong:
        raise ListRefused(LIST_DAMAGED) from wrong


def _proof(shelved: Shelved, record: bytes) -> bytes:
    said = {"manifest": shelved.manifest.decode(), "record": codec.Raw(record)}
    return codec.encode(said)
