"""A TUF repository: what is published for one facility, signed, release by release.

Knows no list and no HTTP. Its keys and how far its numbers went lie in its folder, so that it can
be gone on with; ``root`` is what a facility receives when it registers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key
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

from edge.clock import system_clock

_ROLES = ("root", "timestamp", "snapshot", "targets")
_BELIEVED = timedelta(days=30)


@dataclass(slots=True)
class _State:
    """What is served at one time: signed metadata by name, published files by name."""

    metadata: dict[str, bytes] = field(default_factory=dict)
    targets: dict[str, Path] = field(default_factory=dict)


class Repository:
    """Signs files and serves the newest signed state, or an earlier one when told to."""

    def __init__(self, folder: Path) -> None:
        """Begin in an empty folder, or go on after the states of an earlier run."""
        folder.mkdir(parents=True, exist_ok=True)
        self._signers = {role: _signer(folder / f"{role}.key") for role in _ROLES}
        self._counter = folder / "published"
        self._before = int(self._counter.read_text()) if self._counter.exists() else 0
        self._shown = _State()
        self._states: list[_State] = []
        self.root = self._signed_root()

    @property
    def version(self) -> int:
        """How many states were published, those of earlier runs counted."""
        return self._before + len(self._states)

    @property
    def serves_newest(self) -> bool:
        """Whether the newest state is the one that is served."""
        return bool(self._states) and self._shown is self._states[-1]

    def publish(self, files: Mapping[str, Path]) -> None:
        """Sign ``files`` by name as the next state, and serve it."""
        version = self.version + 1
        targets = Targets(version=version, expires=_expiry())
        served: dict[str, Path] = {}
        for name, path in files.items():
            info = TargetFile.from_file(name, str(path), ["sha256"])
            targets.targets[name] = info
            served[f"{info.hashes['sha256']}.{name}"] = path
        snapshot = Snapshot(
            version=version, expires=_expiry(), meta={"targets.json": MetaFile(version)}
        )
        timestamp = Timestamp(version=version, expires=_expiry(), snapshot_meta=MetaFile(version))
        metadata = {
            "1.root.json": self.root,
            f"{version}.targets.json": self._bytes("targets", Metadata(targets)),
            f"{version}.snapshot.json": self._bytes("snapshot", Metadata(snapshot)),
            "timestamp.json": self._bytes("timestamp", Metadata(timestamp)),
        }
        self._counter.write_text(str(version))
        self._shown = _State(metadata, served)
        self._states.append(self._shown)

    def serve_again(self, version: int) -> None:
        """Serve an earlier state as if it were the newest: a list that was rolled back."""
        self._shown = self._states[max(version - self._before, 1) - 1]

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

    def _signed_root(self) -> bytes:
        root = Root(expires=_expiry(), consistent_snapshot=True)
        for role, signer in self._signers.items():
            root.add_key(signer.public_key, role)
        return self._bytes("root", Metadata(root))

    def _bytes(self, role: str, metadata: Metadata[Any]) -> bytes:
        metadata.sign(self._signers[role])
        return metadata.to_bytes()


def _signer(path: Path) -> CryptoSigner:
    if path.exists():
        return CryptoSigner(load_pem_private_key(path.read_bytes(), None))
    made = CryptoSigner.generate_ed25519()
    path.touch(mode=0o600)
    path.write_bytes(made.private_bytes)
    return made


def _expiry() -> datetime:
    # tuf judges by the machine's own clock, whatever clock the rehearsal holds.
    return system_clock() + _BELIEVED
