"""The site's secrets, outside the database and its backups: files of its own, or systemd's.

The seam for a certified module later: whatever is a ``KeyStore`` will do.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from errno import ENOENT
from pathlib import Path
from typing import Protocol

from edge.core.errors import Fault, Words
from edge.settings import Settings
from edge.trust.crypto import KEY_BYTES, new_key
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


CREDENTIALS = "CREDENTIALS_DIRECTORY"
"""Where systemd says it has laid a service's credentials (systemd.exec(5))."""


class KeyStore(Protocol):
    """Where the secrets lie, by their names, such as ``ledger``, ``identity``, ``identity.2``."""

    def path(self, name: str) -> Path:
        """Return what people call the place of a secret."""

    def secret(self, name: str) -> bytes | None:
        """Return a secret; None where there is none of this name.

        Raises:
            Fault: KEY_UNUSABLE: it is there and cannot be read, or others can read it.
        """


@dataclass(frozen=True, slots=True)
class KeyFolder:
    """Files of the service's own account, which only it may read."""

    folder: Path

    def path(self, name: str) -> Path:
        """Return the file of a secret."""
        return self.folder / f"{name}.key"

    def secret(self, name: str) -> bytes | None:
        """Return what stands in a file that nobody else may read."""
        return _read(self.path(name), others=0o077)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Files that systemd gives this service alone, in memory: ``LoadCredential=keys:FOLDER``."""

    folder: Path

    def path(self, name: str) -> Path:
        """Return the file of a secret, as systemd names the files of a folder."""
        return self.folder / f"keys_{name}.key"

    def secret(self, name: str) -> bytes | None:
        """Return what systemd has laid there.

        It lets the account in by an access list; the group's bits show its mask and say nothing.
        """
        return _read(self.path(name), others=0o007)


def key_store_of(
    settings: Settings, environment: Mapping[str, str] = os.environ
) -> KeyFolder | Credentials:
    """Return where this site's keys lie, as ``keys.store`` chooses.

    Raises:
        Fault: KEY_STORE, when systemd is to give them and this process was given none.
    """
    if settings.keys.store == "files":
        return KeyFolder(settings.data / "keys")
    given = environment.get(CREDENTIALS)
    if not given:
        raise _no_credentials()
    return Credentials(Path(given))


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


def load_keys(where: Path | KeyStore) -> Keys:
    """Read the keys, from a folder of files or another store.

    Raises:
        Fault: KEY_UNUSABLE, naming the file: missing, of the wrong length, or open to others.
    """
    store = _store(where)
    return Keys(
        identity=_versions(store, "identity"),
        index=_versions(store, "index"),
        ledger=_secret(store, "ledger"),
        listing=_secret(store, "listing"),
        signing=_signing_key(store),
    )


def add_version(where: Path | KeyStore, name: str) -> int:
    """Make the next version of a key in ``ROTATED`` and return its number; older ones stay.

    Raises:
        Fault: KEYS_EXIST, when somebody else is at it; KEY_STORE, where only files can be added to.
    """
    store = _store(where)
    if not isinstance(store, KeyFolder):
        raise _not_ours_to_add()
    version = len(_versions(store, name)) + 1
    _write_new(store.path(_versioned(name, version)), new_key())
    return version


def require_algorithm(where: Path | KeyStore, key: SigningKey, algorithm: Algorithm) -> None:
    """Be sure that the site signs as its settings say.

    Raises:
        Fault: KEY_UNUSABLE.
    """
    if key.algorithm is not algorithm:
        why = f"{key.algorithm}, and site.toml says platform.signature {algorithm}"
        raise _unusable(_store(where).path("signing"), why)


def ages(where: Path | KeyStore) -> list[tuple[str, int, datetime]]:
    """Return each rotated key's name, how many versions there are, and when the newest was made."""
    store = _store(where)
    newest = [(name, len(_versions(store, name))) for name in ROTATED]
    return [
        (name, count, datetime.fromtimestamp(_made_at(store, name, count), UTC))
        for name, count in newest
    ]


def _made_at(store: KeyStore, name: str, version: int) -> float:
    return store.path(_versioned(name, version)).stat().st_mtime


def _store(where: Path | KeyStore) -> KeyStore:
    return KeyFolder(where) if isinstance(where, Path) else where


def _versions(store: KeyStore, name: str) -> tuple[bytes, ...]:
    found = [_secret(store, name)]
    for version in range(2, _VERSIONS_MAX):
        if store.secret(_versioned(name, version)) is None:
            break
        found.append(_secret(store, _versioned(name, version)))
    return tuple(found)


def _versioned(name: str, version: int) -> str:
    return name if version == 1 else f"{name}.{version}"


def _secret(store: KeyStore, name: str) -> bytes:
    key = _present(store, name)
    if len(key) != KEY_BYTES:
        raise _unusable(store.path(name), f"{len(key)} bytes, not {KEY_BYTES}")
    return key


def _signing_key(store: KeyStore) -> SigningKey:
    try:
        return load_key(_present(store, "signing"))
    except SyncError as wrong:
        raise _unusable(store.path("signing"), "not an Ed25519 or SM2 key") from wrong


def _present(store: KeyStore, name: str) -> bytes:
    secret = store.secret(name)
    if secret is None:
        raise _unusable(store.path(name), os.strerror(ENOENT))
    return secret


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


def _read(path: Path, *, others: int) -> bytes | None:
    try:
        mode = path.stat().st_mode
        secret = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as wrong:
        raise _unusable(path, wrong.strerror or "unreadable") from wrong
    if mode & others:
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


def _no_credentials() -> Fault:
    return Fault(
        "KEY_STORE",
        Words(
            "keys.store 为 credentials，但 systemd 没有把密钥交给本进程",
            "keys.store is credentials, and systemd has given this process none",
        ),
        Words(
            "用 systemd 单元启动；手工命令用 systemd-run 带上同样的 LoadCredential"
            "（见 docs/operation.md）",
            "start it by its unit; run commands through systemd-run with the same LoadCredential"
            " (docs/operation.md)",
        ),
        field="keys.store",
    )


def _not_ours_to_add() -> Fault:
    return Fault(
        "KEY_STORE",
        Words(
            "密钥由 systemd 交付，本程序不能在其中新增",
            "the keys are given by systemd: this program cannot add to them",
        ),
        Words(
            "停止服务，把密钥文件夹暂时移回 data/keys 并把 keys.store 设为 files，轮换后再移回",
            "stop the service, move the folder to data/keys and set keys.store to files, rotate,"
            " then move it back",
        ),
        field="keys.store",
    )
