"""The list's files on disk: what is in use, the next beside it, a pointer swapped in one step.

Verifies no signature. A file once shelved is never written again, so a reader is never disturbed.
A delta is in use as soon as it is here, laid over the file that it changes; folding the two into
one file comes after.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sync import codec
from sync.errors import ListRefused
from sync.lists.reasons import LIST_DAMAGED, LIST_UNREADABLE
from sync.lists.release import Published, Release, read_release

FORM = 2
"""Of the tables; a file says its own (``user_version``), and another is not read."""

TABLES = (
    f"pragma user_version = {FORM}",
    "create table about (facility text not null, version integer not null) strict",
    # Only a table by whole numbers keeps rows out of its upper pages: those of ten million rows
    # are 7 MB, and a look-up that finds them in memory reads one page.
    "create table persons (place integer primary key, sealed blob not null) strict",
)
CHANGES = (
    f"pragma user_version = {FORM}",
    "create table changes (place integer primary key, sealed blob) strict",
)
"""A delta's table; a row without ``sealed`` is one that is gone."""

_POINTER = "current.json"
_PIECE_BYTES = 1024 * 1024
_ROW = "select sealed from persons where place = ?"
_CHANGED = "select sealed from changes where place = ?"


class Cursor(Protocol):
    """What a statement returns, and what runs the same statement again without a new one."""

    def execute(self, sql: str, params: Sequence[object] = ..., /) -> "Cursor":
        """Run one statement."""

    def fetchone(self) -> Any:  # noqa: ANN401 - a row of whatever was asked
        """Return the next row or None."""


class Connection(Protocol):
    """An open SQLite file."""

    def execute(self, sql: str, params: Sequence[object] = ..., /) -> Cursor:
        """Run one statement."""

    def cursor(self) -> Cursor:
        """Return a cursor of its own."""

    def close(self) -> None:
        """Close it."""


Connect = Callable[[Path], Connection]
"""Opens a SQLite file: read-only and unchanging, or to be written by nobody else."""


@dataclass(frozen=True, slots=True)
class Files:
    """The two ways to open a file: the product has one SQLite library, and it is not ours."""

    read: Connect
    build: Connect


@dataclass(frozen=True, slots=True)
class Shelved:
    """A release in use: its file, the changes laid over it, and the signed words for it."""

    path: Path
    changes: Path | None
    manifest: bytes
    release: Release

    def read_through(self) -> None:
        """Read every byte once: the system keeps what it can of them in memory."""
        for path in filter(None, (self.path, self.changes)):
            with path.open("rb", buffering=0) as file:
                while file.read(_PIECE_BYTES):
                    pass

    @property
    def size_bytes(self) -> int:
        """How many bytes its files have."""
        return sum(path.stat().st_size for path in (self.path, self.changes) if path)


class Opened:
    """A release's files, open: each with one cursor, whose statement SQLite keeps ready."""

    def __init__(self, base: Connection, changes: Connection | None) -> None:
        self._connections = [opened for opened in (base, changes) if opened]
        self._base = base.cursor()
        self._changes = changes.cursor() if changes else None

    def sealed(self, at: int) -> bytes | None:
        """Return the sealed row that stands here, or None."""
        if self._changes:
            changed = self._changes.execute(_CHANGED, (at,)).fetchone()
            if changed:
                return changed[0]  # type: ignore[no-any-return] # the tables say bytes or null
        row = self._base.execute(_ROW, (at,)).fetchone()
        return row[0] if row else None

    def close(self) -> None:
        """Close them."""
        for connection in self._connections:
            connection.close()


class _Pointer(codec.Strict, frozen=True):
    file: codec.Filled
    manifest: str
    changes: str = ""
    form: int = 1  # none was said before there were two


class Shelf:
    """The folder of one facility's list."""

    def __init__(self, folder: Path, files: Files) -> None:
        self._folder = folder
        self._files = files
        self._pointer = folder / _POINTER

    def stamp(self) -> tuple[int, int] | None:
        """Return what changes when the pointer is swapped, by whatever process; None: no list."""
        try:
            found = self._pointer.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns

    def current(self) -> Shelved | None:
        """Return the release in use.

        Raises:
            ListRefused: LIST_DAMAGED, when the pointer or its file cannot be read.
        """
        try:
            pointer = codec.decode(self._pointer.read_bytes(), _Pointer)
        except FileNotFoundError:
            return None
        except (OSError, codec.NotThisShape) as wrong:
            raise ListRefused(LIST_DAMAGED, field=_POINTER) from wrong
        if pointer.form != FORM:
            raise ListRefused(LIST_DAMAGED, field=_POINTER)
        path, changes = (self._folder / Path(n).name for n in (pointer.file, pointer.changes))
        laid = changes if pointer.changes else None
        for file in filter(None, (path, laid)):
            if not file.is_file():
                raise ListRefused(LIST_DAMAGED, field=file.name)
        manifest = pointer.manifest.encode()
        return Shelved(path, laid, manifest, read_release(manifest))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let one refresh work in the folder at a time, of whatever process."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "refreshing.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def part(self, target: str) -> Path:
        """Return where a download of ``target`` is kept until it is whole."""
        incoming = self._folder / "incoming"
        incoming.mkdir(parents=True, exist_ok=True)
        return incoming / f"{Path(target).name}.part"

    def received(self, published: Published) -> Path:
        """Return where a file that comes with a release stands once it is here."""
        folder = self._folder / "received"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / published.sha256

    def read(self, shelved: Shelved) -> Opened:
        """Open the release's files for look-ups."""
        changes = self._files.read(shelved.changes) if shelved.changes else None
        return Opened(self._files.read(shelved.path), changes)

    def take(self, part: Path, release: Release, manifest: bytes) -> Shelved:
        """Put a verified snapshot on the shelf and into use."""
        path = self._place(release)
        with closing(self._files.read(part)) as opened:
            _require_about(opened, release)
        part.replace(path)
        return self._into_use(Shelved(path, None, manifest, release))

    def lay(self, base: Shelved, part: Path, release: Release, manifest: bytes) -> Shelved:
        """Lay a verified delta over the one file of the release in use."""
        changes = self._folder / f"list-{release.version}-changes.db"
        with closing(self._files.read(part)) as opened:
            _require_form(opened)
        part.replace(changes)
        return self._into_use(Shelved(base.path, changes, manifest, release))

    def fold(self, laid: Shelved) -> Shelved:
        """Make one file of a file and the changes laid over it, and put it into use."""
        if laid.changes is None:
            return laid
        path = self._place(laid.release)
        shutil.copyfile(laid.path, path)
        with closing(self._files.build(path)) as building:
            _apply(building, laid.changes, laid.release)
        with closing(self._files.read(path)) as opened:
            _require_about(opened, laid.release)
            _require_whole(opened, laid.release)
        return self._into_use(Shelved(path, None, laid.manifest, laid.release))

    def tidy(self) -> None:
        """Delete what the pointer does not name; a reader has let go of it since it was swapped."""
        kept = self._named()
        for path in (*self._folder.glob("list-*.db*"), *self._folder.glob("received/*")):
            if path.name not in kept:
                path.unlink(missing_ok=True)

    def _named(self) -> set[str]:
        try:
            shelved = self.current()
        except ListRefused:
            return set()
        if shelved is None:
            return set()
        files = {path.name for path in (shelved.path, shelved.changes) if path}
        return files | {published.sha256 for published in shelved.release.files}

    def _place(self, release: Release) -> Path:
        return self._folder / f"list-{release.version}.db"

    def _into_use(self, shelved: Shelved) -> Shelved:
        _sync_to_disk(shelved.changes or shelved.path)
        pointer = _Pointer(
            file=shelved.path.name,
            manifest=shelved.manifest.decode(),
            changes=shelved.changes.name if shelved.changes else "",
            form=FORM,
        )
        fresh = self._pointer.with_suffix(".new")
        fresh.write_bytes(codec.encode(pointer))
        _sync_to_disk(fresh)
        fresh.replace(self._pointer)
        _sync_to_disk(self._folder)
        return shelved


def _apply(building: Connection, delta: Path, release: Release) -> None:
    building.execute("attach ? as delta", [str(delta)])
    building.execute("begin immediate")
    # In the order of the file: pages of the copy are touched once each.
    building.execute(
        "insert or replace into persons select place, sealed from delta.changes"
        " where sealed is not null order by place"
    )
    building.execute(
        "delete from persons where place in (select place from delta.changes where sealed is null)"
    )
    building.execute("update about set version = ?", [release.version])
    building.execute("commit")


def _require_form(opened: Connection) -> None:
    form = opened.execute("pragma user_version").fetchone()
    if form[0] != FORM:
        raise ListRefused(LIST_UNREADABLE)


def _require_about(opened: Connection, release: Release) -> None:
    _require_form(opened)
    about = opened.execute("select facility, version from about").fetchone()
    if tuple(about or ()) != (release.facility, release.version):
        raise ListRefused(LIST_DAMAGED)


def _require_whole(opened: Connection, release: Release) -> None:
    # A snapshot's hash is signed; what we fold ourselves is counted.
    rows = opened.execute("select count(*) from persons").fetchone()
    if rows[0] != release.rows:
        raise ListRefused(LIST_DAMAGED)


def _sync_to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
