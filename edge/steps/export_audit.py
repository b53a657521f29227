"""Hand the audit over to inspectors (津 第四十一条): of a time or a case, signed as a whole.

A file of JSON lines: what it is, the entries in order, and last the facility's signature over the
SHA-256 of all lines before. It holds no identity, as the ledger does not; alters nothing.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from edge import codec
from edge.core.audit import Entry
from edge.core.errors import BadInput, Words
from edge.site import Site
from edge.store.keys import key_store_of, load_keys
from edge.store.ledger import Asked, entries
from sync.envelope import sign_bytes

FORMAT = "edge-audit/1"
EXPORT_TYPE = "injury-audit-export+jws"


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the file is: whose, of which time and case, and whether the whole chain verifies."""

    format: str
    facility: str
    since: datetime | None
    until: datetime | None
    subject: str
    made_at: datetime
    made_by: str
    chain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written."""

    entries: int
    sha256: str
    chain: str


def export_audit(site: Site, path: Path, asked: Asked, *, by: str) -> Exported:
    """Write the entries that are asked for into ``path``, a new file of its owner's.

    That it was done is an entry of its own. A chain that does not verify is told, not hidden.

    Raises:
        BadInput: FILE_EXISTS.
        OSError: the place cannot be written.
    """
    db, now = site.store.read(), site.clock()
    broken = site.ledger.verify(db)
    chain = f"entry {broken.seq}: {broken.reason}" if broken else "verifies"
    header = Header(
        format=FORMAT,
        facility=site.settings.facility.id,
        since=asked.since,
        until=asked.until,
        subject=asked.subject,
        made_at=now,
        made_by=by,
        chain=chain,
    )
    count, digest = _written(site, path, header, entries(db, asked))
    with site.store.transaction() as db:
        site.ledger.enter(
            db,
            kind="audit.exported",
            operator=by,
            subject=path.name,
            now=now,
            entries=count,
            sha256=digest,
        )
    return Exported(entries=count, sha256=digest, chain=chain)


def _written(site: Site, path: Path, header: Header, found: Iterator[Entry]) -> tuple[int, str]:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as exists:
        raise _exists(path) from exists
    digest, count = sha256(), 0
    with os.fdopen(handle, "wb") as file:
        for line in _lines(header, found):
            digest.update(line)
            file.write(line)
            count += 1
        said = {"sha256": digest.hexdigest(), "entries": count - 1, "made_at": header.made_at}
        key = load_keys(key_store_of(site.settings)).signing
        signed = sign_bytes(codec.encode(said), EXPORT_TYPE, key)
        file.write(codec.encode({"signed": signed.decode()}) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return count - 1, digest.hexdigest()


def _lines(header: Header, found: Iterator[Entry]) -> Iterator[bytes]:
    yield codec.encode(header) + b"\n"
    for entry in found:
        act = entry.act
        said = {
            "seq": entry.seq,
            "at": act.at,
            "kind": act.kind,
            "operator": act.operator,
            "subject": act.subject,
            "facts": codec.decode(act.body, dict[str, object]),
            "mac": entry.mac.hex(),
        }
        yield codec.encode(said) + b"\n"


def _exists(path: Path) -> BadInput:
    return BadInput(
        "FILE_EXISTS",
        Words(f"{path} 已存在，不会覆盖", f"{path} exists and is never overwritten"),
        Words("换一个文件名", "choose another name"),
        field="path",
    )
