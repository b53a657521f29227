"""What a site decides, read once from ``site.toml``. Unknown keys are errors; no secrets here.

Every setting is described in docs/settings.md (a test compares).
"""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

Region = Annotated[str, Field(pattern=r"^\d{6}$")]


def _expression(given: str) -> str:
    try:
        re.compile(given)
    except re.error as wrong:
        raise ValueError(f"no regular expression: {wrong}") from wrong
    return given


Form = Annotated[str, Field(max_length=200), AfterValidator(_expression)]
FacilityKind = Literal["medical", "rehab", "device"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Part = TypeVar("Part", bound=_Section)


class Facility(_Section):
    """Which facility this is, as the treatment region's library knows it."""

    id: str = Field(min_length=1, max_length=40)
    name: str = Field(min_length=1, max_length=100)
    region: Region
    city: Region
    kinds: tuple[FacilityKind, ...] = Field(min_length=1)
    direct: bool = True


class Server(_Section):
    """Where the service listens, under which names, and with whose certificate.

    Without ``certificate`` and ``key`` the site makes its own (``edge.trust.tls``).
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8443, ge=0, le=65535)
    allowed_hosts: tuple[str, ...] = Field(default=("localhost", "127.0.0.1"), min_length=1)
    tls: bool = True
    certificate: Path | None = None
    key: Path | None = None

    @model_validator(mode="after")
    def _private(self) -> Self:
        if not self.tls and self.host not in _LOOPBACK:
            raise ValueError("tls = false is for loopback alone, behind a proxy that ends TLS")
        if bool(self.certificate) != bool(self.key):
            raise ValueError("certificate and key belong together")
        return self


class Platform(_Section):
    """The far end of the wire: where, how it is spoken to, and who we are to it."""

    url: str = Field(pattern=r"^https?://")
    adapter: Literal["direct", "numbered"] = "direct"
    signature: Literal["ed25519", "sm2"] = "ed25519"
    ca: Path | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None
    batch_max: int = Field(default=20, ge=1, le=100)
    compression: Literal["zstd", "none"] = "zstd"
    senders: int = Field(default=4, ge=1, le=8)
    answer_deadline_s: float = Field(default=2.0, gt=0, le=30)
    circuit_silences: int = Field(default=3, ge=1, le=100)
    circuit_rest_s: float = Field(default=10.0, gt=0, le=600)
    retry_s_min: float = Field(default=2.0, gt=0)
    retry_s_max: float = Field(default=300.0, gt=0)
    keys: tuple[Path, ...] = Field(default=(), max_length=4)
    collect_s: float = Field(default=60.0, gt=0, le=24 * 3600)


class JetStream(_Section):
    """The campus's stream server, and who we are to it; ``leaf``: it is our own, else the office's.

    The office is found behind it, in the JetStream domain ``hub_domain``.
    """

    servers: tuple[str, ...] = Field(default=("nats://127.0.0.1:4222",), min_length=1, max_length=4)
    leaf: bool = True
    hub_domain: str = Field(default="hub", pattern=r"^[0-9A-Za-z_-]{1,40}$")
    user: str = Field(default="", max_length=100)
    password_file: Path | None = None
    ca: Path | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None
    receipt_wait_s: float = Field(default=2.0, gt=0, le=30)

    @field_validator("servers")
    @classmethod
    def _private(cls, servers: tuple[str, ...]) -> tuple[str, ...]:
        for one in servers:
            parts = urlsplit(one)
            if parts.scheme != "tls" and not (
                parts.scheme == "nats" and parts.hostname in _LOOPBACK
            ):
                raise ValueError("tls://host:port, or nats:// to this very machine")
        return servers

    @model_validator(mode="after")
    def _whose(self) -> Self:
        if bool(self.user) != bool(self.password_file):
            raise ValueError("user and password_file belong together")
        return self


class Sync(_Section):
    """How messages and questions reach the platform: by ourselves, or through a group's office."""

    transport: Literal["https", "jetstream"] = "https"
    jetstream: JetStream = JetStream()


class Offline(_Section):
    """Whether and how far the desk may settle on the cached list."""

    settlement: Literal["never", "within_limits"] = "within_limits"
    list_fresh_h: int = Field(default=24, ge=1, le=72)
    fund_fen_max: int = Field(default=5_000_000, ge=0)
    count_max: int = Field(default=50, ge=0)
    total_fen_max: int = Field(default=50_000_000, ge=0)


class Place(_Section):
    """One desk: its name at login, part of its reader's name, its scanner's device; or neither.

    With ``agent`` both stand at the desk's own PC, behind its agent.
    """

    name: str = Field(min_length=1, max_length=40)
    agent: bool = False
    reader: str = Field(default="", max_length=200)
    scanner: str = Field(default="", max_length=400)


class Scanner(_Section):
    """How the scanners are set up, and the forms of the codes (not public: data, not code)."""

    baud_rate: int = Field(default=9600, ge=300, le=4_000_000)
    prefix: str = Field(default="", max_length=16)
    suffix: str = Field(default="", max_length=16)
    quiet_ms: int = Field(default=100, ge=0, le=5000)
    length_max: int = Field(default=1024, ge=16, le=4096)
    hold_s: int = Field(default=60, ge=5, le=600)
    e_card_form: Form = r"[!-~]{16,512}"
    e_voucher_form: Form = r"[0-9]{28}"


class Psam(_Section):
    """A PSAM in the readers' own slot, for 3.0 cards; its commands are not public: data, not code.

    ``reader`` is a part of its slot's name, empty without one; ``first`` is who opens a card first.
    """

    reader: str = Field(default="", max_length=200)
    first: Literal["psam", "platform"] = "psam"
    terminal: str = Field(default="", pattern=r"^([0-9]{12})?$")
    application: str = Field(default="D15600000590", pattern=r"^([0-9A-F]{2}){1,16}$")
    derive: str = Field(default="801A480A", pattern=r"^[0-9A-F]{8}$")
    factors: tuple[Literal["chip", "region", "card", "challenge"], ...] = Field(
        default=("chip", "region", "challenge"), min_length=1, max_length=8
    )
    compute: str = Field(default="80FA0000", pattern=r"^[0-9A-F]{8}$")
    algorithms: tuple[Literal[1, 2, 3], ...] = Field(default=(1, 2, 3), min_length=1)
    terminal_read: str = Field(default="00B09600", pattern=r"^[0-9A-F]{8}$")


class Law(_Section):
    """Whether a pack whose stated term has passed is left for ``national`` until a successor."""

    strict_terms: bool = False


class Lists(_Section):
    """The cached list: the platform's trusted root, and how often it is asked for a newer one."""

    root: Path | None = None
    refresh_min: float = Field(default=15.0, gt=0, le=24 * 60)


class Claims(_Section):
    """The monthly claim: days to object after an audit (no instrument gives any: none)."""

    objection_days: int | None = Field(default=None, ge=1, le=365)


class Files(_Section):
    """The watched folder: where hospitals without an interface lay their charges, how often."""

    charges: Path | None = None
    every_s: float = Field(default=5.0, gt=0, le=3600)


class Webhook(_Section):
    """One of the hospital's own systems that is told what happens to a case's money."""

    name: str = Field(pattern=r"^[a-z0-9-]{1,20}$")
    url: str = Field(pattern=r"^https?://[^/?#]+(/[^?#]*)?$", max_length=300)


class Hl7(_Section):
    """HL7 v2 over MLLP: where messages are taken (port 0: nowhere), whose clients must prove it."""

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535)
    client_ca: Path | None = None


class Complaints(_Section):
    """Complaints: within how many days each is answered (no instrument says: customer's rule)."""

    due_days: int = Field(default=15, ge=1, le=90)


class Desk(_Section):
    """How long a presented card counts, and whether its reader is a simulator."""

    identity_valid_min: int = Field(default=10, ge=1, le=120)
    simulated: bool = False


class Identities(_Section):
    """How identities are sealed in the database, and how long one may be seen in full."""

    cipher: Literal["aes-256-gcm", "sm4-gcm"] = "aes-256-gcm"
    reveal_s: int = Field(default=60, ge=5, le=600)


class Keys(_Section):
    """Where the site's keys lie: files in the data folder, or systemd's credentials."""

    store: Literal["files", "credentials"] = "files"


class Backup(_Section):
    """Backups that are made by themselves: where, how often, how many are kept."""

    folder: Path | None = None
    every_h: int = Field(default=24, ge=1, le=168)
    keep: int = Field(default=14, ge=2, le=1000)


class Logs(_Section):
    """The log's files: how long they are kept (not under half a year), how large a part grows."""

    keep_days: int = Field(default=400, ge=184, le=3660)
    part_mb: int = Field(default=64, ge=1, le=1024)


class Fittings(_Section):
    """The login channel: after how many hours a number that was not brought back is late."""

    entry_late_h: int = Field(default=24, ge=1, le=24 * 30)


class Settings(_Section):
    """The site's decisions."""

    data: Path
    desks: tuple[Place, ...] = Field(default=(), max_length=500)
    facility: Facility
    platform: Platform
    sync: Sync = Sync()
    server: Server = Server()
    offline: Offline = Offline()
    law: Law = Law()
    lists: Lists = Lists()
    claims: Claims = Claims()
    complaints: Complaints = Complaints()
    files: Files = Files()
    hl7: Hl7 = Hl7()
    webhooks: tuple[Webhook, ...] = Field(default=(), max_length=4)
    desk: Desk = Desk()
    fittings: Fittings = Fittings()
    identities: Identities = Identities()
    keys: Keys = Keys()
    log: Logs = Logs()
    backup: Backup = Backup()
    scanner: Scanner = Scanner()
    psam: Psam = Psam()

    @field_validator("desks")
    @classmethod
    def _each_once(cls, desks: tuple[Place, ...]) -> tuple[Place, ...]:
        here = [place.scanner for place in desks if place.scanner and not place.agent]
        for what, given in (("name", [place.name for place in desks]), ("scanner", here)):
            if len(given) > len(set(given)):
                raise ValueError(f"two desks have the same {what}")
        return desks

    @model_validator(mode="after")
    def _hl7_private(self) -> Self:
        if self.hl7.port and not self.server.tls and self.hl7.host not in _LOOPBACK:
            raise ValueError("hl7.host: without server.tls on loopback alone")
        return self

    @model_validator(mode="after")
    def _group_speaks(self) -> Self:
        if self.sync.transport == "jetstream":
            if self.platform.adapter != "direct":
                raise ValueError("sync.transport: the office speaks the direct protocol alone")
            if not re.fullmatch(r"[0-9A-Za-z_-]{1,40}", self.facility.id):
                raise ValueError("facility.id: letters, digits, _ and - alone in a group")
        return self

    @field_validator("webhooks")
    @classmethod
    def _named_once(cls, webhooks: tuple[Webhook, ...]) -> tuple[Webhook, ...]:
        if len(webhooks) > len({one.name for one in webhooks}):
            raise ValueError("two webhooks have the same name")
        return webhooks


class SettingsError(Exception):
    """``site.toml`` cannot be used: ``problems`` are (key, reason) pairs."""

    def __init__(self, path: Path, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{path}: {key}: {reason}" for key, reason in problems))
        self.path = path
        self.problems = problems


def load_settings(path: Path) -> Settings:
    """Read ``site.toml``; relative paths in it are taken from the file's own folder.

    Raises:
        SettingsError: unreadable, not TOML, an unknown key, or a value out of bounds.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
        settings = Settings.model_validate(given)
    except ValidationError as wrong:
        problems = [(".".join(map(str, e["loc"])), e["msg"]) for e in wrong.errors()]
        raise SettingsError(path, problems) from wrong
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise SettingsError(path, [("(file)", str(wrong))]) from wrong
    return placed(settings, path.parent)


def placed(settings: Settings, folder: Path) -> Settings:
    """Return the settings with every relative path taken from ``folder``."""
    papers = ("ca", "client_certificate", "client_key")
    keys = tuple((folder / key).absolute() for key in settings.platform.keys)
    platform = _found(settings.platform.model_copy(update={"keys": keys}), folder, *papers)
    jetstream = _found(settings.sync.jetstream, folder, "password_file", *papers)
    return settings.model_copy(
        update={
            "backup": _found(settings.backup, folder, "folder"),
            "data": (folder / settings.data).absolute(),
            "lists": _found(settings.lists, folder, "root"),
            "platform": platform,
            "sync": settings.sync.model_copy(update={"jetstream": jetstream}),
            "server": _found(settings.server, folder, "certificate", "key"),
            "files": _found(settings.files, folder, "charges"),
            "hl7": _found(settings.hl7, folder, "client_ca"),
        }
    )


def _found(section: Part, folder: Path, *names: str) -> Part:
    """Return the section with the files that it names found from ``folder`` on."""
    files = {name: getattr(section, name) for name in names}
    found = {name: file and (folder / file).absolute() for name, file in files.items()}
    return section.model_copy(update=found)
