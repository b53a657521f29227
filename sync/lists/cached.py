"""The list as the desk uses it: look a worker up, say how old the list is, bring the next one.

Look-ups go on while a refresh runs, in this process or another: they use the file that the
pointer names, and notice when it names the next.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any, Literal

from sync import codec
from sync.errors import ListRefused
from sync.lists.offer import Offer, Progress, Source
from sync.lists.reasons import LIST_DAMAGED, LIST_UNREADABLE
from sync.lists.release import Published, Release, require_acceptable
from sync.lists.rows import PLACES, Place, RowSeal
from sync.lists.shelf import Files, Opened, Shelf, Shelved

FILE_BYTES_MAX = 256 * 1024 * 1024
"""How large a file that comes with a release may be: 300,000 rows of a catalogue are 30 MB."""

_DELTA_WORTH = 2
"""A delta is taken when it is at most one in so many of the snapshot's bytes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the list says of one worker: ``record`` is None when it does not know the number.

    ``record`` has the keys worker, filings, contribution and notices (docs/platform-protocol.md);
    ``plain`` is the same byte for byte, and ``manifest`` the verified words that vouch for it.
    """

    record: Mapping[str, Any] | None
    release: Release
    manifest: bytes
    plain: bytes

    @property
    def proof(self) -> bytes:
        """What was found, and the signed words that vouch for it."""
        said = {"manifest": self.manifest.decode(), "record": codec.Raw(self.plain)}
        return codec.encode(said)


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
class Received:
    """A file that came with the release in use: what it is, and where it stands, verified."""

    published: Published
    path: Path


@dataclass(frozen=True, slots=True)
class _Open:
    """What is in use, open."""

    stamp: tuple[int, int]
    shelved: Shelved
    files: Opened


class CachedList:
    """One facility's list in its folder. Thread-safe; other processes may refresh it.

    ``source`` is made anew for each refresh; without one the list is only read. What another
    process brings into use is noticed within ``notice_s`` seconds; our own refresh, at once.
    """

    def __init__(
        self,
        folder: Path,
        *,
        facility: str,
        key: bytes,
        files: Files,
        source: Callable[[], Source] | None,
        notice_s: float = 1.0,
    ) -> None:
        self._facility = facility
        self._seal = RowSeal(key)
        self._shelf = Shelf(folder, files)
        self._make_source = source
        self._guard = Lock()
        self._notice_s = notice_s
        self._open: _Open | None = None
        self._look_again_at = 0.0

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
            plain = self._plain(opened.files, place)
        shelved = opened.shelved
        if plain is None:
            return Entry(None, shelved.release, shelved.manifest, b"null")
        return Entry(_record(plain), shelved.release, shelved.manifest, plain)

    def read_through(self) -> None:
        """Open what is in use and read its files once, so that no desk waits for the disk.

        Raises:
            ListRefused: LIST_DAMAGED.
        """
        with self._guard:
            opened = self._opened()
        if opened:
            opened.shelved.read_through()

    def status(self) -> Status | None:
        """Return what is in use, or None.

        Raises:
            ListRefused: LIST_DAMAGED.
        """
        shelved = self._shelf.current()
        return Status(shelved.release, shelved.size_bytes) if shelved else None

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
            self._shelf.tidy()
            source = self._make_source()
            offer = source.offer()
            base = self._usable()
            newest = max(floor, base.release.version if base else 0)
            require_acceptable(offer.release, facility=self._facility, floor=newest, now=now)
            if base and base.release.version == offer.release.version:
                done = Refreshed("nothing", base.release)
            else:
                done = self._bring(source, base, offer, progress)
            self._look_again_at = 0.0
            self._receive(source, done.release, progress)
            return done

    def received(self) -> tuple[Received, ...]:
        """Return the files that came with the release in use, as far as they are here.

        Raises:
            ListRefused: LIST_DAMAGED.
        """
        shelved = self._shelf.current()
        files = shelved.release.files if shelved else ()
        here = (Received(one, self._shelf.received(one)) for one in files)
        return tuple(one for one in here if one.path.is_file())

    def fold(self) -> None:
        """Make one file of the list in use, if changes are laid over it: housekeeping.

        Raises:
            ListRefused: LIST_DAMAGED, when a delta does not make what its release says; the list
                in use stays, and the next refresh takes a snapshot.
        """
        with self._shelf.alone():
            laid = self._usable()
            if laid:
                self._shelf.fold(laid)
                self._look_again_at = 0.0

    def close(self) -> None:
        """Close the file in use."""
        with self._guard:
            if self._open:
                self._open.files.close()
            self._open = None

    def _bring(
        self, source: Source, base: Shelved | None, offer: Offer, progress: Progress
    ) -> Refreshed:
        release = offer.release
        delta = release.delta_since(base.release.version) if base else None
        worth = delta and source.size(delta.target) * _DELTA_WORTH <= source.size(release.snapshot)
        one_file = self._one_file(base) if worth else None
        if one_file and delta:
            part = self._shelf.part(delta.target)
            source.download(delta.target, part, progress)
            self._shelf.lay(one_file, part, release, offer.manifest)
            return Refreshed("delta", release)
        part = self._shelf.part(release.snapshot)
        source.download(release.snapshot, part, progress)
        self._shelf.take(part, release, offer.manifest)
        return Refreshed("snapshot", release)

    def _receive(self, source: Source, release: Release, progress: Progress) -> None:
        for published in release.files:
            place = self._shelf.received(published)
            if source.size(published.target) > FILE_BYTES_MAX:
                raise ListRefused(LIST_UNREADABLE, field=published.target)
            if not place.is_file():
                part = self._shelf.part(published.sha256)
                source.download(published.target, part, progress)
                part.replace(place)

    def _one_file(self, base: Shelved | None) -> Shelved | None:
        """Fold what an earlier refresh has left; a list that cannot be folded is taken anew."""
        try:
            return self._shelf.fold(base) if base else None
        except ListRefused:
            return None

    def _usable(self) -> Shelved | None:
        """Return the release in use; a damaged one is as good as none, and is replaced."""
        try:
            return self._shelf.current()
        except ListRefused:
            return None

    def _plain(self, files: Opened, place: Place) -> bytes | None:
        for at in range(place.at, place.at + PLACES):
            sealed = files.sealed(at)
            plain = sealed and self._seal.opened(place, sealed)
            if plain:
                return plain
        if files.sealed(place.at) is not None:
            raise ListRefused(LIST_DAMAGED)
        return None

    def _opened(self) -> _Open | None:
        now = monotonic()
        if self._open and now < self._look_again_at:
            return self._open
        self._look_again_at = now + self._notice_s
        stamp = self._shelf.stamp()
        if self._open and self._open.stamp == stamp:
            return self._open
        if self._open:
            self._open.files.close()
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
