"""The platform's side of the cached list: what one facility may know, release by release.

Knows no HTTP; ``simulators.platform.repository`` signs and serves.
"""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from edge import codec
from edge.clock import Clock
from edge.digest import sha256
from edge.store.database import open_building
from simulators.platform.papers import filing_listed, notice_listed
from simulators.platform.register import Facility, Worker
from simulators.platform.repository import Repository
from sync.lists import Delta, Published, Release, RowSeal
from sync.lists.offer import MANIFEST
from sync.lists.rows import PLACES
from sync.lists.shelf import CHANGES, TABLES

BELIEVED = timedelta(hours=72)
"""How long a release may be used."""

PUBLISHED_EVERY = timedelta(minutes=1)
"""How often the running simulator makes a new release, when one is asked for."""

DELTAS_KEPT = 5
"""From how many earlier releases a delta leads to the newest."""


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file to publish with the list; a catalogue has region and version, a pack its place.

    ``insurance`` names the one of a region's lists that a catalogue is.
    """

    kind: Literal["catalogue", "pack"]
    path: Path
    region: str | None = None
    version: str | None = None
    place: str | None = None
    insurance: str | None = None


class _Row(NamedTuple):
    """A worker's row as the file has it."""

    at: int
    sealed: bytes


class Listed(Protocol):
    """Whoever can say all that lists are made of: a register file, or an agency's own."""

    @property
    def facilities(self) -> tuple[Facility, ...]:
        """Every facility of the library."""

    @property
    def workers(self) -> tuple[Worker, ...]:
        """Every worker, with papers."""

    def facility(self, facility_id: str) -> Facility | None:
        """Return the facility of this id."""


class Releases:
    """One facility's repository."""

    def __init__(
        self,
        register: Callable[[], Listed],
        folder: Path,
        *,
        facility: str,
        key: bytes,
        clock: Clock,
        files: Callable[[], Sequence[Enclosed]] = tuple,
    ) -> None:
        """Publish at once; in a folder of an earlier run with its keys, and numbered after it."""
        self._register, self.facility, self._clock = register, facility, clock
        self._seal = RowSeal(key)
        self._files = files
        self._folder = folder
        self.repository = Repository(folder)
        self._before = self.repository.version
        self._history: list[Mapping[str, _Row]] = []
        self.publish()

    @property
    def version(self) -> int:
        """The newest release's number."""
        return self._before + len(self._history)

    def now(self) -> datetime:
        """Return the moment by the platform's clock."""
        return self._clock()

    def publish_when_old(self) -> None:
        """Make the next release if the newest one served is over a minute old."""
        if self.repository.serves_newest and self._clock() - self._published_at > PUBLISHED_EVERY:
            self.publish()

    def publish(self, *, as_of: datetime | None = None) -> int:
        """Make the next release of what the register says now, and return its number.

        ``as_of``: it says that it was made then, however long ago.
        """
        self._published_at = self._clock()
        self._as_of = as_of or self._published_at
        rows = self._rows()
        self._history.append(rows)
        files = {f"snapshot-{self.version}.db": self._snapshot(rows)}
        deltas = []
        for since in range(max(self._before + 1, self.version - DELTAS_KEPT), self.version):
            name = f"delta-{since}-{self.version}.db"
            files[name] = self._delta(self._history[since - self._before - 1], rows, name)
            deltas.append(Delta(since=since, target=name))
        enclosed = [*self._enclosed(), self._library()]
        release = self._release(len(rows), tuple(deltas), tuple(one for one, _ in enclosed))
        manifest = self._folder / f"manifest-{self.version}.json"
        manifest.write_bytes(codec.encode(release))
        files |= {one.target: path for one, path in enclosed}
        self.repository.publish({MANIFEST: manifest, **files})
        return self.version

    def _enclosed(self) -> Iterator[tuple[Published, Path]]:
        for one in self._files():
            digest = sha256(one.path.read_bytes())
            published = Published(
                kind=one.kind,
                target=f"{one.kind}-{digest[:16]}{one.path.suffix}",
                sha256=digest,
                region=one.region,
                version=one.version,
                insurance=one.insurance,
                place=one.place,
            )
            yield published, one.path

    def _library(self) -> tuple[Published, Path]:
        known = [one.model_dump(mode="json") for one in self._register().facilities]
        data = codec.encode(known)
        target = f"facilities-{sha256(data)[:16]}.json"
        path = self._folder / target
        path.write_bytes(data)
        return Published(kind="facilities", target=target, sha256=sha256(data)), path

    def _release(
        self, rows: int, deltas: tuple[Delta, ...], files: tuple[Published, ...]
    ) -> Release:
        now = self._as_of
        ours = self._register().facility(self.facility)
        return Release(
            version=self.version,
            facility=self.facility,
            as_of=now,
            expires_at=now + BELIEVED,
            rows=rows,
            direct=ours is not None and ours.direct,
            suspended=ours is not None and ours.suspended,
            snapshot=f"snapshot-{self.version}.db",
            deltas=deltas,
            files=files,
        )

    def _rows(self) -> Mapping[str, _Row]:
        """Seal each worker's record; one that has not changed keeps its sealed bytes."""
        before: Mapping[str, _Row] = self._history[-1] if self._history else {}
        taken = {row.at for row in before.values()}
        rows = {}
        for worker in self._register().workers:
            plain = codec.encode(record(worker, self.facility))
            known = before.get(worker.id_number)
            place = self._seal.place(worker.id_number)
            if known and self._seal.opened(place, known.sealed) == plain:
                rows[worker.id_number] = known
                continue
            at = known.at if known else _free(place.at, taken)
            taken.add(at)
            rows[worker.id_number] = _Row(at, self._seal.sealed(place, plain))
        return rows

    def _snapshot(self, rows: Mapping[str, _Row]) -> Path:
        path = self._folder / f"snapshot-{self.version}.db"
        building = open_building(path)
        for table in TABLES:
            building.execute(table)
        building.execute("insert into about values (?, ?)", [self.facility, self.version])
        building.execute("begin")
        building.executemany("insert into persons values (?, ?)", sorted(rows.values()))
        building.execute("commit")
        building.close()
        return path

    def _delta(
        self,
        before: Mapping[str, _Row],
        rows: Mapping[str, _Row],
        name: str,
    ) -> Path:
        path = self._folder / name
        gone = [(before[number].at, None) for number in before.keys() - rows.keys()]
        changed = [row for number, row in rows.items() if before.get(number) != row]
        building = open_building(path)
        for statement in CHANGES:
            building.execute(statement)
        building.executemany("insert into changes values (?, ?)", gone + changed)
        building.close()
        return path


def _free(first: int, taken: Container[int]) -> int:
    return next(at for at in range(first, first + PLACES) if at not in taken)


def record(worker: Worker, facility: str) -> dict[str, object]:
    """Return what one facility's list says of a worker (docs/platform-protocol.md)."""
    said = worker.model_dump(mode="json", exclude={"filings", "notices"})
    return {
        "contribution": said.pop("contribution"),
        "filings": [filing_listed(filing, facility) for filing in worker.filings],
        "notices": [notice_listed(notice, facility) for notice in worker.notices],
        "worker": said,
    }
