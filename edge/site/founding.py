"""Found a site: its settings file, data folder, keys, TLS files, database, first administrators.

Never touches a site that exists.
"""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from edge.clock import Clock, FreshId
from edge.core.errors import Fault, Words
from edge.settings import Settings, load_settings
from edge.shipped import config_folder
from edge.store.database import Store
from edge.store.keys import SIGNATURES, create_keys, load_keys
from edge.store.ledger import Ledger
from edge.store.migrations import migrate
from edge.store.operators import Operator, Role, create_operator, new_password_hash
from edge.store.proofs import enrol
from edge.store.vault import CIPHERS, Vault
from edge.trust.certificates import told_by
from edge.trust.crypto import new_token, second_factor_uri
from edge.trust.tls import ready_papers
from sync.keys import Algorithm

FIRST = {"admin": Role.SYSTEM_ADMINISTRATOR, "security": Role.SECURITY_ADMINISTRATOR}
"""Who a site begins with: who runs it keeps no account, who keeps accounts does not run it."""

FOUNDER = "edge init"
"""In whose name the first accounts stand in the ledger: nobody has one yet."""

_PASSWORD_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class FirstAccount:
    """An account of a new site; password and ``second_factor`` are shown once and kept nowhere.

    The security administrator's password opens nothing but the choice of their own: whoever
    founded the site has seen it.
    """

    name: str
    role: Role
    password: str
    second_factor: str


@dataclass(frozen=True, slots=True)
class Founded:
    """A new site; ``public_key`` is for the platform to register.

    ``accounts`` are those of ``FIRST``, in this order; ``ca`` is for desks and agents to trust
    (None with a hospital's own certificate).
    """

    settings_file: Path
    public_key: Path
    accounts: tuple[FirstAccount, ...]
    ca: Path | None
    ca_fingerprint: str


def found_site(folder: Path, *, clock: Clock, fresh_id: FreshId, settings: str = "") -> Founded:
    """Write ``site.toml`` (``settings``, or the example) into ``folder`` and all it needs.

    Raises:
        Fault: SITE_EXISTS.
        SettingsError: the given settings cannot be used.
    """
    file = folder / "site.toml"
    write_settings(file, settings or example_settings(), serve="edge serve")
    chosen = load_settings(file)
    signature = SIGNATURES[chosen.platform.signature]
    return furnish(file, chosen, "facility", clock, fresh_id, signature=signature)


def write_settings(file: Path, text: str, *, serve: str) -> None:
    """Write a settings file where none is; ``serve`` is the command for the one that is.

    Raises:
        Fault: SITE_EXISTS.
    """
    if file.exists():
        raise Fault(
            "SITE_EXISTS",
            Words(f"{file} 已存在", f"{file} exists"),
            Words(f"换一个目录，或直接执行 {serve}", f"choose another folder, or run {serve}"),
            field="folder",
        )
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.write_text(text, encoding="utf-8")


def furnish(
    file: Path,
    chosen: Settings,
    owner: str,
    clock: Clock,
    fresh_id: FreshId,
    *,
    signature: Algorithm = Algorithm.ED25519,
) -> Founded:
    """Make what the settings in ``file`` ask for; ``owner`` names the file of the public key."""
    data = chosen.data
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    create_keys(data / "keys", signature)
    keys = load_keys(data / "keys")
    public_key = data / f"{owner}.pub.pem"
    public_key.write_bytes(keys.signing.public().pem())
    papers = ready_papers(chosen, clock())
    ca = papers.ca if papers else None
    vault = Vault(keys, CIPHERS[chosen.identities.cipher])
    with closing(Store(data / "edge.db")) as store:
        migrate(store)
        accounts = first_accounts(store, Ledger(keys), vault, clock, fresh_id)
    return Founded(
        settings_file=file,
        public_key=public_key,
        accounts=accounts,
        ca=ca,
        ca_fingerprint=told_by(ca.read_bytes()).fingerprint if ca else "",
    )


def example_settings() -> str:
    """Return the example settings file, to be edited."""
    return (config_folder() / "site.example.toml").read_text(encoding="utf-8")


def first_accounts(
    store: Store, ledger: Ledger, vault: Vault, clock: Clock, fresh_id: FreshId
) -> tuple[FirstAccount, ...]:
    """Make the accounts of ``FIRST`` and enter them, all or none."""
    passwords = {name: new_token()[:_PASSWORD_CHARACTERS] for name in FIRST}
    hashed = {name: new_password_hash(password) for name, password in passwords.items()}
    made = []
    with store.transaction() as db:
        for name, role in FIRST.items():
            operator = Operator(fresh_id(), name, role)
            for_once = role is Role.SECURITY_ADMINISTRATOR
            create_operator(
                db, operator, password_hash=hashed[name], at=clock(), must_change=for_once
            )
            uri = second_factor_uri(enrol(db, vault, operator, at=clock()), name)
            ledger.enter(
                db,
                kind="operator.created",
                operator=FOUNDER,
                subject=operator.id,
                now=clock(),
                name=name,
                role=role.value,
            )
            made.append(FirstAccount(name, role, passwords[name], uri))
    return tuple(made)
