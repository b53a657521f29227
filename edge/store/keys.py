"""The site's secrets: one file a key, 0600, outside the database and its backups.

The seam for a certified module later: whatever gives a ``Keys`` will do.
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edge.core.errors import Fault, Words
from edge.crypto import KEY_BYTES, new_key
from sync.envelope import SigningKey, load_key
from sync.envelope import new_key as new_signing_key
from sync.errors import SyncError
from sync.keys import Algorithm

SIGNATURES = {"ed25519": Algorithm.ED25519, "sm2": Algorithm.SM2}
"""What the setting ``platform.signature`` chooses between."""

_PRIVATE = 0o600
_SECRETS = ("identity", "index", "ledger", "listing")
ROTATED = ("identity", "index")
"""Keys that may be followed by newer ones: ``identity.key``, ``identity.2.key``, …"""

_VERSIONS_MAX = 1000


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """What the site may not lose and never shows."""

    identity: tuple[bytes, ...]
    """Encrypt identities: the newest, which is last, seals; older ones open what they sealed."""
    index: tuple[bytes, ...]
    """Make blind indexes of identity numbers (HMAC-SM3), likewise."""
    ledger: bytes
    """Chains the ledger (HMAC-SM3)."""
    listing: bytes
    """Opens the rows of the cached list (shared with the platform at registration)."""
    signing: SigningKey
    """Signs envelopes for the platform (Ed25519, or SM2)."""


def create_keys(folder: Path, signature: Algorithm = Algorithm.ED25519) -> None:
    """Make new keys in ``folder``; ``signature`` says what the platform asks us to sign with.

    Raises:
        Fault: KEYS_EXIST; an existing key is never overwritten, what it sealed would be lost.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    secrets = {name: new_key() for name in _SECRETS}
    for name, secret in {**secrets, "signing": new_signing_key(signature).pem()}.items():
        _write_new(folder / f"{name}.key", secret)


def load_keys(folder: Path) -> Keys:
    """Read the keys.

    Raises:
        Fault: KEY_UNUSABLE, naming the file: missing, of the wrong length, or open to others.
    """
    return Keys(
        identity=_versions(folder, "identity"),
        index=_versions(folder, "index"),
        ledger=_secret(folder / "ledger.key"),
        listing=_secret(folder / "listing.key"),
        signing=_signing_key(folder / "signing.key"),
    )


def add_version(folder: Path, name: str) -> int:
    """Make the next version of a key in ``ROTATED`` and return its number; older ones stay.

    Raises:
        Fault: KEYS_EXIST, when somebody else is at it.
    """
    version = len(_versions(folder, name)) + 1
    _write_new(_file(folder, name, version), new_key())
    return version


def require_algorithm(folder: Path, key: SigningKey, algorithm: Algorithm) -> None:
    """Be sure that the site signs as its settings say.

    Raises:
        Fault: KEY_UNUSABLE.
    """
    if key.algorithm is not algorithm:
        why = f"{key.algorithm}, and site.toml says platform.signature {algorithm}"
        raise _unusable(folder / "signing.key", why)


def ages(folder: Path) -> list[tuple[str, int, datetime]]:
    """Return each rotated key's name, how many versions there are, and when the newest was made."""
    newest = [(name, len(_versions(folder, name))) for name in ROTATED]
    return [
        (name, count, datetime.fromtimestamp(_file(folder, name, count).stat().st_mtime, UTC))
        for name, count in newest
    ]


def _versions(folder: Path, name: str) -> tuple[bytes, ...]:
    found = [_secret(_file(folder, name, 1))]
    for version in range(2, _VERSIONS_MAX):
        path = _file(folder, name, version)
        if not path.exists():
            break
        found.append(_secret(path))
    return tuple(found)


def _file(folder: Path, name: str, version: int) -> Path:
    return folder / (f"{name}.key" if version == 1 else f"{name}.{version}.key")


def _secret(path: Path) -> bytes:
    key = _read(path)
    if len(key) != KEY_BYTES:
        raise _unusable(path, f"{len(key)} bytes, not {KEY_BYTES}")
    return key


def _signing_key(path: Path) -> SigningKey:
    try:
        return load_key(_read(path))
    except SyncError as wrong:
        raise _unusable(path, "not an Ed25519 or SM2 key") from wrong


def _write_new(path: Path, secret: bytes) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    except FileExistsError as exists:
        raise Fault(
            "KEYS_EXIST",
            Words(f"密钥文件 {path} 已存在，不会覆盖", f"{path} exists and is never overwritten"),
            Words(
                "换一个数据目录，或沿用现有密钥", "choose another data folder or keep these keys"
            ),
            field=path.name,
        ) from exists
    with os.fdopen(handle, "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        secret = path.read_bytes()
    except OSError as wrong:
        raise _unusable(path, wrong.strerror or "unreadable") from wrong
    if mode & 0o077:
        raise _unusable(path, "readable by others")
    return secret


def _unusable(path: Path, why: str) -> Fault:
    return Fault(
        "KEY_UNUSABLE",
        Words(f"密钥文件 {path} 不可用：{why}", f"key file {path}: {why}"),
        Words(
            "新站点执行 edge init；已有站点恢复密钥备份并设为 0600",
            "run edge init on a new site; else restore the key file and set mode 0600",
        ),
        field=path.name,
    )
