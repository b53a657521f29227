"""Cached lists of any length for the benches: built, signed and installed as a facility has them.

Only the workers who are asked for are really sealed: to a file, a hash and a look-up, a row of
random bytes is as good as any other.
"""

import shutil
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge import codec
from edge.site.opening import LIST_FILES
from simulators.platform.repository import Repository
from sync.lists import CachedList, Delta, Release, RowSeal
from sync.lists.offer import MANIFEST, Missing, Span
from sync.lists.shelf import CHANGES, TABLES
from sync.lists.source import TufSource

KEY = bytes(range(32))
NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
FACILITY = "BENCH1"


def workers(count: int) -> tuple[str, ...]:
    """Return the numbers of so many workers who come to the desk."""
    return tuple(f"SYN{number:015d}" for number in range(count))


PRESENT = workers(500)
"""Who comes to the desk of one facility."""

RECORD_BYTES = 120

_FRESH = "create temp table fresh (place integer, sealed blob)"
_RANDOM_ROWS = (
    "with recursive n(i) as (select 1 union all select i + 1 from n where i < ?)"
    " select random() & 0x3fffffffffffffff, randomblob(?) from n"
)

_CHANGES_MADE = (
    "insert into changes select place, randomblob(length(sealed)) from whole.persons"
    " where place % 100 = 0 and place not in (select place from fresh) order by place"
)


class Publisher:
    """One facility's releases in a folder: the first whole, the second also as a delta of 1 %."""

    def __init__(self, folder: Path, rows: int, present: Sequence[str] = PRESENT) -> None:
        """Build the first, of ``rows`` rows, those of ``present`` among them."""
        self.folder, self.rows, self.present = folder, rows, present
        self.repository = Repository(folder / "repository")
        folder.mkdir(parents=True, exist_ok=True)
        self.first = _snapshot(folder / "snapshot-1.db", rows, present)

    def publish_first(self) -> None:
        """Serve the first release."""
        self._publish(1, {self.first.name: self.first}, ())

    def publish_second(self) -> None:
        """Serve the second: one row in a hundred is another."""
        delta = _delta(self.folder / "delta-1-2.db", self.first, self.present)
        second = self.folder / "snapshot-2.db"
        shutil.copyfile(self.first, second)
        with closing(LIST_FILES.build(second)) as file:
            file.execute("attach ? as delta", [str(delta)])
            file.execute(
                "insert or replace into persons select * from delta.changes order by place"
            )
            file.execute("update about set version = 2")
        files = {second.name: second, delta.name: delta}
        self._publish(2, files, (Delta(since=1, target=delta.name),))

    def fetch(self, path: str, span: Span | None) -> bytes:
        """Bring a published file or a span of it, as the line would."""
        kind, name = path.rsplit("/", 2)[1:]
        found = self.repository.file(kind, name)
        if found is None:
            raise Missing(path)
        if isinstance(found, bytes):
            return found
        with found.open("rb") as file:
            file.seek(span.first if span else 0)
            return file.read(span.last - span.first + 1 if span else -1)

    def _publish(self, version: int, files: dict[str, Path], deltas: tuple[Delta, ...]) -> None:
        release = Release(
            version=version,
            facility=FACILITY,
            as_of=NOW,
            expires_at=NOW + timedelta(hours=72),
            rows=self.rows,
            snapshot=f"snapshot-{version}.db",
            deltas=deltas,
        )
        manifest = self.folder / f"manifest-{version}.json"
        manifest.write_bytes(codec.encode(release))
        self.repository.publish({MANIFEST: manifest, **files})


def cached_list(publisher: Publisher, folder: Path) -> CachedList:
    """Open the facility's list in ``folder``."""

    def source() -> TufSource:
        root = publisher.repository.root
        return TufSource(folder / "trust", root=root, base="/v1/lists", fetch=publisher.fetch)

    return CachedList(folder / "list", facility=FACILITY, key=KEY, files=LIST_FILES, source=source)


def _snapshot(path: Path, rows: int, present: Sequence[str]) -> Path:
    """Build a file of ``rows`` rows in the order of their keys."""
    sealed = [_sealed(number) for number in present]
    with closing(LIST_FILES.build(path)) as file:
        for table in TABLES:
            file.execute(table)
        file.execute("insert into about values (?, 1)", [FACILITY])
        file.execute("pragma temp_store = memory")
        file.execute(_FRESH)
        for row in sealed:
            file.execute("insert into fresh values (?, ?)", row)
        file.execute("begin")
        file.execute(
            f"insert into persons select * from ({_RANDOM_ROWS}) union all select * from fresh"  # noqa: S608 - ours
            " order by 1",
            [rows - len(sealed), len(sealed[0][1])],
        )
        file.execute("commit")
    return path


def _delta(path: Path, snapshot: Path, present: Sequence[str]) -> Path:
    """Change one row in a hundred, all over the file, and none of those who come to the desk."""
    seal = RowSeal(KEY)
    with closing(LIST_FILES.build(path)) as file:
        for statement in CHANGES:
            file.execute(statement)
        file.execute(_FRESH)
        for number in present:
            file.execute("insert into fresh values (?, null)", [seal.place(number).at])
        file.execute("attach ? as whole", [str(snapshot)])
        file.execute(_CHANGES_MADE)
    return path


def _sealed(number: str) -> tuple[int, bytes]:
    seal = RowSeal(KEY)
    place = seal.place(number)
    return (
        place.at,
        seal.sealed(place, codec.encode({"worker": {"name": "x" * RECORD_BYTES}})),
    )
