"""The platform's side of the cached list: a TUF repository for one facility, release by release.

Knows no HTTP. The keys live as long as the simulator; ``root`` is what a facility receives when it
registers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined] # as below
from tuf.api.metadata import (  # type: ignore[attr-defined] # re-exported without saying so
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from edge import codec
from edge.clock import Clock, system_clock
from edge.store.database import open_building
from simulators.platform.register import Register, Worker
from sync.lists import Delta, Release, RowSeal
from sync.lists.offer import MANIFEST
from sync.lists.shelf import CHANGES, TABLES

BELIEVED = timedelta(hours=72)
"""How long a release may be used."""

PUBLISHED_EVERY = timedelta(minutes=1)
"""How often the running simulator makes a new release, when one is asked for."""

DELTAS_KEPT = 5
"""From how many earlier releases a delta leads to the newest."""

_ROLES = ("root", "timestamp", "snapshot", "targets")
_REPOSITORY_BELIEVED = timedelta(days=30)


@dataclass(slots=True)
class _State:
    """What is served at one time: signed metadata by name, published files by name."""

    metadata: dict[str, bytes] = field(default_factory=dict)
    targets: dict[str, Path] = field(default_factory=dict)


class Releases:
    """One facility's repository."""

    def __init__(
        self,
        register: Callable[[], Register],
        folder: Path,
        *,
        facility: str,
        key: bytes,
        clock: Clock,
    ) -> None:
        self._register, self.facility, self._clock = register, facility, clock
        self._seal = RowSeal(key)
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._signers = {role: CryptoSigner.generate_ed25519() for role in _ROLES}
        self._history: list[Mapping[str, tuple[bytes, bytes]]] = []
        self._shown = _State()
        self._shelf: list[_State] = []
        self.root = self._signed_root()
        self.publish()

    @property
    def version(self) -> int:
        """The newest release's number."""
        return len(self._history)

    def publish_when_old(self) -> None:
        """Make the next release if the newest one served is over a minute old."""
        served = self._shown is self._shelf[-1]
        if served and self._clock() - self._published_at > PUBLISHED_EVERY:
            self.publish()

    def publish(self) -> int:
        """Make the next release of what the register says now, and return its number."""
        self._published_at = self._clock()
        rows = self._rows()
        self._history.append(rows)
        files = {f"snapshot-{self.version}.db": self._snapshot(rows)}
        deltas = []
        for since in range(max(1, self.version - DELTAS_KEPT), self.version):
            name = f"delta-{since}-{self.version}.db"
            files[name] = self._delta(self._history[since - 1], rows, name)
            deltas.append(Delta(since=since, target=name))
        self._sign(files, self._release(len(rows), tuple(deltas)))
        self._shelf.append(self._shown)
        return self.version

    def serve_again(self, version: int) -> None:
        """Serve an earlier release as if it were the newest: a list that was rolled back."""
        self._shown = self._shelf[version - 1]

    def spoil(self) -> None:
        """Change one thing of what is signed: a list that is not the platform's."""
        spoilt = self._shown.metadata["timestamp.json"].replace(b'"version":', b'"version":1')
        metadata = {**self._shown.metadata, "timestamp.json": spoilt}
        self._shown = _State(metadata, self._shown.targets)

    def file(self, kind: str, name: str) -> bytes | Path | None:
        """Return a published file: ``metadata`` from memory, ``targets`` from disk."""
        if kind == "metadata":
            return self._shown.metadata.get(name)
        return self._shown.targets.get(name)

    def _release(self, rows: int, deltas: tuple[Delta, ...]) -> Release:
        now = self._clock()
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
        )

    def _rows(self) -> Mapping[str, tuple[bytes, bytes]]:
        """Seal each worker's record; one that has not changed keeps its sealed bytes."""
        before: Mapping[str, tuple[bytes, bytes]] = self._history[-1] if self._history else {}
        rows = {}
        for worker in self._register().workers:
            plain = codec.encode(record(worker))
            known = before.get(worker.id_number)
            place = self._seal.place(worker.id_number)
            same = known and self._seal.opened(place, known[1]) == plain
            rows[worker.id_number] = (
                known if known and same else (place.key, self._seal.sealed(place, plain))
            )
        return rows

    def _snapshot(self, rows: Mapping[str, tuple[bytes, bytes]]) -> Path:
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
        before: Mapping[str, tuple[bytes, bytes]],
        rows: Mapping[str, tuple[bytes, bytes]],
        name: str,
    ) -> Path:
        path = self._folder / name
        gone = [(before[number][0], None) for number in before.keys() - rows.keys()]
        changed = [row for number, row in rows.items() if before.get(number) != row]
        building = open_building(path)
        building.execute(CHANGES)
        building.executemany("insert into changes values (?, ?)", gone + changed)
        building.close()
        return path

    def _sign(self, files: Mapping[str, Path], release: Release) -> None:
        manifest = self._folder / f"manifest-{self.version}.json"
        manifest.write_bytes(codec.encode(release))
        targets = Targets(version=self.version, expires=_repository_expiry())
        served: dict[str, Path] = {}
        for name, path in {MANIFEST: manifest, **files}.items():
            info = TargetFile.from_file(name, str(path), ["sha256"])
            targets.targets[name] = info
            served[f"{info.hashes['sha256']}.{name}"] = path
        snapshot = Snapshot(
            version=self.version,
            expires=_repository_expiry(),
            meta={"targets.json": MetaFile(self.version)},
        )
        timestamp = Timestamp(
            version=self.version,
            expires=_repository_expiry(),
            snapshot_meta=MetaFile(self.version),
        )
        metadata = {
            "1.root.json": self.root,
            f"{self.version}.targets.json": self._bytes("targets", Metadata(targets)),
            f"{self.version}.snapshot.json": self._bytes("snapshot", Metadata(snapshot)),
            "timestamp.json": self._bytes("timestamp", Metadata(timestamp)),
        }
        self._shown = _State(metadata, served)

    def _signed_root(self) -> bytes:
        root = Root(expires=_repository_expiry(), consistent_snapshot=True)
        for role, signer in self._signers.items():
            root.add_key(signer.public_key, role)
        return self._bytes("root", Metadata(root))

    def _bytes(self, role: str, metadata: Metadata[Any]) -> bytes:
        metadata.sign(self._signers[role])
        return metadata.to_bytes()


def record(worker: Worker) -> dict[str, object]:
    """Return what the list says of a worker (docs/platform-protocol.md)."""
    said = worker.model_dump(mode="json")
    papers = {name: said.pop(name) for name in ("filings", "contribution", "notices")}
    return {"worker": said, **papers}


def _repository_expiry() -> datetime:
    # tuf judges by the machine's own clock, whatever clock the rehearsal holds.
    return system_clock() + _REPOSITORY_BELIEVED
