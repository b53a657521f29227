"""The list's files on disk: one in use, the next built beside it, a pointer swapped in one step.

Verifies no signature. A file once shelved is never written again, so a reader is never disturbed.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sync import codec
from sync.errors import ListRefused
from sync.lists.reasons import LIST_DAMAGED
from sync.lists.release import Release, read_release

TABLES = (
    "create table about (facility text not null, version integer not null) strict",
    "create table persons (key blob primary key, sealed blob not null) without rowid, strict",
)
CHANGES = "create table changes (key blob primary key, sealed blob) without rowid, strict"
"""A delta's table; a row without ``sealed`` is one that is gone."""

_POINTER = "current.json"


class Cursor(Protocol):
    """What a statement returns."""

    def fetchone(self) -> Any:  # noqa: ANN401 - a row of whatever was asked
        """Return the next row or None."""


class Connection(Protocol):
    """An open SQLite file."""

    def execute(self, sql: str, params: Sequence[object] = ..., /) -> Cursor:
        """Run one statement."""

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
    """A release in use: its file, and the verified bytes that vouch for it."""

    path: Path
    manifest: bytes
    release: Release


class _Pointer(codec.Strict, frozen=True):
    file: codec.Filled
    manifest: str


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
        path = self._folder / Path(pointer.file).name
        if not path.is_file():
            raise ListRefused(LIST_DAMAGED, field=path.name)
        manifest = pointer.manifest.encode()
        return Shelved(path, manifest, read_release(manifest))

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

    def read(self, shelved: Shelved) -> Connection:
        """Open the release's file for look-ups."""
        return self._files.read(shelved.path)

    def take(self, part: Path, release: Release, manifest: bytes) -> Shelved:
        """Put a verified snapshot on the shelf and into use."""
        path = self._place(release)
        part.replace(path)
        return self._into_use(Shelved(path, manifest, release))

    def patch(self, base: Shelved, part: Path, release: Release, manifest: bytes) -> Shelved:
        """Build the next release from the one in use and a verified delta, and put it into use."""
        path = self._place(release)
        shutil.copyfile(base.path, path)
        building = self._files.build(path)
        try:
            _apply(building, part, release)
        finally:
            building.close()
        part.unlink()
        return self._into_use(Shelved(path, manifest, release))

    def tidy(self, keep: Iterable[Path]) -> None:
        """Delete what neither the pointer nor ``keep`` names; a reader has let go of it by now."""
        kept = {path.name for path in keep} | {_POINTER}
        for path in self._folder.glob("list-*.db*"):
            if path.name not in kept:
                path.unlink(missing_ok=True)

    def _place(self, release: Release) -> Path:
        return self._folder / f"list-{release.version}.db"

    def _into_use(self, shelved: Shelved) -> Shelved:
        opened = self._files.read(shelved.path)
        try:
            _require_whole(opened, shelved.release)
        finally:
            opened.close()
        _sync_to_disk(shelved.path)
        pointer = _Pointer(file=shelved.path.name, manifest=shelved.manifest.decode())
        fresh = self._pointer.with_suffix(".new")
        fresh.write_bytes(codec.encode(pointer))
        _sync_to_disk(fresh)
        fresh.replace(self._pointer)
        _sync_to_disk(self._folder)
        return shelved


def _apply(building: Connection, delta: Path, release: Release) -> None:
    building.execute("attach ? as delta", [str(delta)])
    building.execute("begin immediate")
    # In key order: pages of the copy are touched once each.
    building.execute(
        "insert or replace into persons select key, sealed from delta.changes"
        " where sealed is not null order by key"
    )
    building.execute(
        "delete from persons where key in (select key from delta.changes where sealed is null)"
    )
    building.execute("update about set version = ?", [release.version])
    building.execute("commit")


def _require_whole(opened: Connection, release: Release) -> None:
    about = opened.execute("select facility, version from about").fetchone()
    rows = opened.execute("select count(*) from persons").fetchone()
    if tuple(about or ()) != (release.facility, release.version) or rows[0] != release.rows:
        raise ListRefused(LIST_DAMAGED)


def _sync_to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
