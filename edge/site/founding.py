"""Found a site: its settings file, data folder, keys, TLS files, database, first administrator.

Never touches a site that exists.
"""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from edge.clock import Clock, FreshId
from edge.core.errors import Fault, Words
from edge.settings import load_settings
from edge.shipped import config_folder
from edge.store.database import Store
from edge.store.keys import SIGNATURES, create_keys, load_keys
from edge.store.migrations import migrate
from edge.store.operators import Operator, Role, create_operator, new_password_hash
from edge.store.proofs import enrol
from edge.store.vault import CIPHERS, Vault
from edge.trust.certificates import told_by
from edge.trust.crypto import new_token, second_factor_uri
from edge.trust.tls import ready_papers

ADMINISTRATOR = "admin"
_PASSWORD_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class Founded:
    """A new site; ``public_key`` is for the platform to register.

    The password is shown once and kept nowhere; ``second_factor`` is for an authenticator, ``ca``
    for desks and agents to trust (None with a hospital's own certificate).
    """

    settings_file: Path
    public_key: Path
    administrator: str
    password: str
    second_factor: str
    ca: Path | None
    ca_fingerprint: str


def found_site(folder: Path, *, clock: Clock, fresh_id: FreshId, settings: str = "") -> Founded:
    """Write ``site.toml`` (``settings``, or the example) into ``folder`` and all it needs.

    Raises:
        Fault: SITE_EXISTS.
        SettingsError: the given settings cannot be used.
    """
    settings_file = folder / "site.toml"
    if settings_file.exists():
        raise Fault(
            "SITE_EXISTS",
            Words(f"{settings_file} 已存在", f"{settings_file} exists"),
            Words("换一个目录，或直接执行 edge serve", "choose another folder, or run edge serve"),
            field="folder",
        )
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings_file.write_text(settings or example_settings(), encoding="utf-8")
    chosen = load_settings(settings_file)
    data = chosen.data
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    create_keys(data / "keys", SIGNATURES[chosen.platform.signature])
    public_key = data / "facility.pub.pem"
    public_key.write_bytes(load_keys(data / "keys").signing.public().pem())
    password = new_token()[:_PASSWORD_CHARACTERS]
    papers = ready_papers(chosen, clock())
    ca = papers.ca if papers else None
    vault = Vault(load_keys(data / "keys"), CIPHERS[chosen.identities.cipher])
    second_factor = _create_database(data / "edge.db", vault, password, clock, fresh_id)
    return Founded(
        settings_file=settings_file,
        public_key=public_key,
        administrator=ADMINISTRATOR,
        password=password,
        second_factor=second_factor,
        ca=ca,
        ca_fingerprint=told_by(ca.read_bytes()).fingerprint if ca else "",
    )


def example_settings() -> str:
    """Return the example settings file, to be edited."""
    return (config_folder() / "site.example.toml").read_text(encoding="utf-8")


def _create_database(
    path: Path, vault: Vault, password: str, clock: Clock, fresh_id: FreshId
) -> str:
    """Make the database with its first administrator; return what an authenticator is shown."""
    with closing(Store(path)) as store:
        migrate(store)
        hashed = new_password_hash(password)
        administrator = Operator(fresh_id(), ADMINISTRATOR, Role.SYSTEM_ADMINISTRATOR)
        with store.transaction() as db:
            create_operator(db, administrator, password_hash=hashed, at=clock())
            secret = enrol(db, vault, administrator, at=clock())
    return second_factor_uri(secret, ADMINISTRATOR)
