"""A bundle for the supplier: findings, settings, counts, the log's last days. It names nobody.

What looks like a citizen number is blackened once more; keys, the database and its rows stay here.
"""

import json
import os
import platform
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from edge import codec
from edge.clock import Clock
from edge.core.errors import BadInput, EdgeError, Words
from edge.doctor import examine
from edge.log import blacken
from edge.settings import load_settings
from edge.site import Site
from edge.site.opening import open_site
from edge.site.upgrading import require_brought_up
from edge.store.database import SQLITE_VERSION, Rows

LOG_FILES_MAX = 7
LOG_BYTES_MAX = 8_000_000
"""Of each of the newest files, its end: what happened last is what is asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What was written."""

    path: Path
    files: tuple[str, ...]


def make_bundle(settings_file: Path, path: Path, clock: Clock, *, by: str) -> Bundle:
    """Write a zip file of what the supplier may see, and enter that it was made.

    Works on a site that does not: what cannot be looked at is told inside.

    Raises:
        BadInput: FILE_EXISTS.
        SettingsError: not even the settings can be read.
        OSError: the place cannot be written.
    """
    data = load_settings(settings_file).data
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as exists:
        raise _exists(path) from exists
    with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in _contents(settings_file, data, clock):
            made.writestr(name, blacken(text))
        names = tuple(made.namelist())
    with suppress(EdgeError):  # a site that cannot even note it needs the bundle most
        _note(settings_file, path, clock, by)
    return Bundle(path=path, files=names)


def _contents(settings_file: Path, data: Path, clock: Clock) -> Iterator[tuple[str, str]]:
    yield "doctor.json", codec.encode(examine(settings_file, clock)).decode()
    yield "site.toml", settings_file.read_text(encoding="utf-8")
    yield "versions.json", json.dumps(_versions(), indent=1)
    yield "site.json", _counts(settings_file, clock)
    folder = data / "log"
    newest = sorted(folder.glob("edge-*.jsonl"), reverse=True)[:LOG_FILES_MAX]
    for file in newest:
        yield f"log/{file.name}", file.read_bytes()[-LOG_BYTES_MAX:].decode(errors="replace")


def _versions() -> dict[str, object]:
    return {
        "product": metadata.version("injury-desk-edge"),
        "python": sys.version,
        "sqlite": ".".join(map(str, SQLITE_VERSION)),
        "system": platform.platform(),
        "packages": sorted(f"{one.name} {one.version}" for one in metadata.distributions()),
    }


def _counts(settings_file: Path, clock: Clock) -> str:
    try:
        with _opened(settings_file, clock) as site:
            db = site.store.read()
            broken = site.ledger.verify(db)
            rows = db.query("select name from sqlite_schema where type = 'table' order by name")
            tables = [row["name"] for row in rows]
            said = {
                "messages": codec.plain(site.outbox.status(db)),
                "ledger": codec.plain(broken) if broken else "verifies",
                "rows": {one: _count(db, one) for one in tables},
            }
    except EdgeError as fault:
        said = {"fault": fault.code}
    return codec.encode(said).decode()


@contextmanager
def _opened(settings_file: Path, clock: Clock) -> Iterator[Site]:
    settings = load_settings(settings_file)
    require_brought_up(settings.data / "edge.db")  # whoever looks must not be who upgrades
    with open_site(settings, clock=clock) as site:
        yield site


def _count(db: Rows, table: str) -> int:
    row = db.one(f"select count(*) as n from {table}")  # noqa: S608 - our own tables
    return int(row["n"]) if row else 0


def _note(settings_file: Path, path: Path, clock: Clock, by: str) -> None:
    with _opened(settings_file, clock) as site, site.store.transaction() as db:
        site.ledger.enter(db, kind="bundle.made", operator=by, subject=path.name, now=clock())


def _exists(path: Path) -> BadInput:
    return BadInput(
        "FILE_EXISTS",
        Words(f"{path} 已存在，不会覆盖", f"{path} exists and is never overwritten"),
        Words("换一个文件名", "choose another name"),
        field="path",
    )
