"""A backup: one consistent copy of the database, looked at before it counts, sealed in a file.

Keys are never in it. The file is a line of JSON that says what it is, then sealed pieces: each
bound to that line, to its place, and to whether it is the last, so that a cut file is no backup.
"""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from edge import codec
from edge.core.errors import BadInput, Fault, Words
from edge.digest import hmac_sm3
from edge.store.database import Store
from edge.store.keys import Keys
from edge.store.ledger import Ledger, last_entry
from edge.store.migrations import FIRST_WITH_HEADS, schema_of
from edge.trust.crypto import SealBrokenError, seal, unseal

_FORMAT = "edge-backup/1"
_PIECE_BYTES = 1024 * 1024
_SEALED_BYTES_MAX = _PIECE_BYTES + 64
_HEADER_BYTES_MAX = 4096
_LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a backup is of: readable without a key, and without an identity.

    ``ledger_seq`` and ``ledger_mac`` are the head of the chain in it; 0 and empty: no entry yet.
    ``key`` is the version of the identity key from which its own is made.
    """

    format: str
    facility: str
    schema: int
    made_at: datetime
    ledger_seq: int
    ledger_mac: str
    key: int = 1


def make_backup(store: Store, keys: Keys, facility: str, path: Path, now: datetime) -> Header:
    """Copy the database while it is in use, look at the copy, and seal it into ``path``.

    ``path`` appears whole or not at all, readable by its owner only.

    Raises:
        BadInput: BACKUP_EXISTS; a backup is never overwritten.
        Fault: BACKUP_DAMAGED, when the copy is not sound; the disk's.
        OSError: the place cannot be written.
    """
    if path.exists():
        raise _exists(path)
    with TemporaryDirectory(dir=store.path.parent, prefix=".backup-") as folder:
        copy = Path(folder) / "copy.db"
        store.read().execute("vacuum into ?", [str(copy)])
        header = examined(copy, keys, facility, now)
        part = path.with_name(f".{path.name}.part")
        try:
            _seal_into(part, copy, header, keys)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)  # half of one would only fill the disk further
    return header


def examined(copy: Path, keys: Keys, facility: str, now: datetime) -> Header:
    """Open a copy as the product would, and return what it is of.

    Raises:
        Fault: BACKUP_DAMAGED, naming what is not sound.
    """
    with closing(Store(copy)) as store:
        db = store.read()
        if db.one("pragma integrity_check") != {"integrity_check": "ok"}:
            raise _damaged("integrity_check")
        if next(db.query("pragma foreign_key_check"), None):
            raise _damaged("foreign_key_check")
        schema = schema_of(store)
        ledger = Ledger(keys)
        # A database of before there were signed heads has the chain alone.
        broken = ledger.verify(db) if schema >= FIRST_WITH_HEADS else ledger.verify_chain(db)
        if broken:
            raise _damaged(f"ledger entry {broken.seq}")
        head = last_entry(db)
        return Header(
            format=_FORMAT,
            facility=facility,
            schema=schema,
            made_at=now,
            ledger_seq=head.seq if head else 0,
            ledger_mac=head.mac.hex() if head else "",
            key=len(keys.identity),
        )


@contextmanager
def opened_backup(path: Path, keys: Keys, near: Path) -> Iterator[tuple[Header, Path]]:
    """Unseal a backup into a file of its own in ``near``, and look at it; the file goes after.

    Raises:
        BadInput: NO_BACKUP, when it is none, or of another site's keys, or cut short.
        Fault: BACKUP_DAMAGED.
    """
    with TemporaryDirectory(dir=near, prefix=".restore-") as folder:
        copy = Path(folder) / "copy.db"
        with path.open("rb") as file:
            header, bound = _header(file)
            with copy.open("wb") as plain:
                for piece in _pieces(file, _key(keys, header.key), bound):
                    plain.write(piece)
        examined(copy, keys, header.facility, header.made_at)
        yield header, copy


def _seal_into(part: Path, copy: Path, header: Header, keys: Keys) -> None:
    key, bound = _key(keys, header.key), codec.encode(header) + b"\n"
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file, copy.open("rb") as plain:
        file.write(bound)
        size, place = copy.stat().st_size, 0
        while plain.tell() < size:
            piece = plain.read(_PIECE_BYTES)
            sealed = seal(key, piece, _where(bound, place, last=plain.tell() == size))
            file.write(len(sealed).to_bytes(_LENGTH_BYTES, "big") + sealed)
            place += 1
        file.flush()
        os.fsync(file.fileno())


def _header(file: BinaryIO) -> tuple[Header, bytes]:
    line = file.readline(_HEADER_BYTES_MAX)
    try:
        header = codec.decode(line, Header)
    except BadInput as wrong:
        raise _no_backup("header") from wrong
    if header.format != _FORMAT or not line.endswith(b"\n"):
        raise _no_backup("format")
    return header, line


def _pieces(file: BinaryIO, key: bytes, bound: bytes) -> Iterator[bytes]:
    place = 0
    sealed = _next_sealed(file)
    while sealed:
        following = _next_sealed(file)
        try:
            yield unseal(key, sealed, _where(bound, place, last=not following))
        except SealBrokenError as broken:
            raise _no_backup(f"piece {place}") from broken
        sealed, place = following, place + 1
    if place == 0:
        raise _no_backup("empty")


def _next_sealed(file: BinaryIO) -> bytes:
    length = int.from_bytes(file.read(_LENGTH_BYTES), "big")
    if length > _SEALED_BYTES_MAX:
        raise _no_backup("length")
    return file.read(length)


def _where(bound: bytes, place: int, *, last: bool) -> bytes:
    return bound + place.to_bytes(8, "big") + (b"last" if last else b"more")


def _key(keys: Keys, version: int) -> bytes:
    if not 1 <= version <= len(keys.identity):
        raise _no_backup(f"key {version}")
    # A key of its own, from one that the site may not lose anyway.
    return hmac_sm3(keys.identity[version - 1], b"edge backup")


def _exists(path: Path) -> BadInput:
    return BadInput(
        "BACKUP_EXISTS",
        Words(f"{path} 已存在，不会覆盖", f"{path} exists and is never overwritten"),
        Words("换一个文件名", "choose another name"),
        field="path",
    )


def _no_backup(what: str) -> BadInput:
    return BadInput(
        "NO_BACKUP",
        Words(
            f"不是完整的备份，或由其他密钥加密（{what}）",
            f"no whole backup, or sealed with other keys ({what})",
        ),
        Words(
            "核对文件是否完整、密钥目录是否属于该站点",
            "see that the file is whole and that the keys are this site's",
        ),
        field="path",
    )


def _damaged(what: str) -> Fault:
    return Fault(
        "BACKUP_DAMAGED",
        Words(f"备份内容未通过检查（{what}）", f"the copy is not sound ({what})"),
        Words(
            "保留现有数据库，用另一份备份；并由信息科检查磁盘",
            "keep the present database and take another backup; check the disk",
        ),
        field=what,
    )
