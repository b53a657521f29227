"""What an office decides, read once from ``office.toml``. Unknown keys are errors; no secrets here.

Every setting is described in docs/group.md (a test compares).
"""

import tomllib
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge.settings import (
    Facility,
    Identities,
    Logs,
    Platform,
    Server,
    Settings,
    SettingsError,
    placed,
)
from sync.group import FACILITY_TOKEN

OFFICE = "GROUP-OFFICE"
"""The office's own name where a site has its facility's: on its certificate authority."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BooksPlace(_Section):
    """Where PostgreSQL is, as its clients write it (libpq); a password stands in ~/.pgpass."""

    address: str = Field(default="host=/var/run/postgresql dbname=edge_office", max_length=500)


class Streams(_Section):
    """The office's own stream server: where, and who we are to it."""

    servers: tuple[str, ...] = Field(default=("nats://127.0.0.1:4222",), min_length=1, max_length=8)
    user: str = Field(default="", max_length=100)
    password_file: Path | None = None
    ca: Path | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None


class CampusPlace(_Section):
    """One campus: its facility, its name for the screens, the keys with which it signs.

    ``leaf`` says that it has a stream server of its own, and goes on when it is cut off.
    """

    facility: str = Field(pattern=FACILITY_TOKEN)
    name: str = Field(min_length=1, max_length=100)
    keys: tuple[Path, ...] = Field(min_length=1, max_length=4)
    leaf: bool = True


class OfficeSettings(_Section):
    """The office's decisions."""

    data: Path
    name: str = Field(min_length=1, max_length=100)
    workers: int = Field(default=2, ge=1, le=32)
    platform: Platform
    books: BooksPlace = BooksPlace()
    stream: Streams = Streams()
    server: Server = Server()
    identities: Identities = Identities()
    log: Logs = Logs()
    campuses: tuple[CampusPlace, ...] = Field(default=(), max_length=1000)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(self.campuses) > len({one.facility for one in self.campuses}):
            raise ValueError("campuses: two have the same facility")
        return self

    def house(self) -> Settings:
        """Return the same as a site's settings: for accounts, certificate and log."""
        region = "000000"
        return Settings(
            data=self.data,
            facility=Facility(
                id=OFFICE, name=self.name, region=region, city=region, kinds=("medical",)
            ),
            platform=self.platform,
            server=self.server,
            identities=self.identities,
            log=self.log,
        )


def load_office(path: Path) -> OfficeSettings:
    """Read ``office.toml``; relative paths in it are taken from the file's own folder.

    Raises:
        SettingsError: unreadable, not TOML, an unknown key, or a value out of bounds.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
        settings = OfficeSettings.model_validate(given)
        return _placed(settings, path.parent)
    except ValidationError as wrong:
        problems = [(".".join(map(str, e["loc"])), e["msg"]) for e in wrong.errors()]
        raise SettingsError(path, problems) from wrong
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise SettingsError(path, [("(file)", str(wrong))]) from wrong


def _placed(settings: OfficeSettings, folder: Path) -> OfficeSettings:
    house = placed(settings.house(), folder)
    named = ("password_file", "ca", "client_certificate", "client_key")
    found = {name: getattr(settings.stream, name) for name in named}
    files = {name: file and (folder / file).absolute() for name, file in found.items()}
    campuses = tuple(
        one.model_copy(update={"keys": tuple((folder / key).absolute() for key in one.keys)})
        for one in settings.campuses
    )
    return settings.model_copy(
        update={
            "data": house.data,
            "platform": house.platform,
            "server": house.server,
            "stream": settings.stream.model_copy(update=files),
            "campuses": campuses,
        }
    )
