"""Found an office: settings file, data folder, keys, TLS files, accounts. Touches none there is.

Accounts, sessions and the audit of log-ins are the house's own, in a database beside the books.
"""

from contextlib import closing
from pathlib import Path

from edge.clock import Clock, FreshId
from edge.core.errors import BadInput, Fault, Words
from edge.office.settings import load_office
from edge.shipped import config_folder
from edge.site.founding import Founded, first_accounts
from edge.store.database import Store
from edge.store.keys import KeyFolder, create_keys, load_keys
from edge.store.ledger import Ledger
from edge.store.migrations import migrate
from edge.store.operators import Operator, Role, create_operator, new_password_hash
from edge.store.vault import CIPHERS, Vault
from edge.trust.certificates import told_by
from edge.trust.crypto import new_first_password
from edge.trust.tls import ready_papers

ROLES = (Role.FINANCE, Role.AUDITOR)
"""Who looks beside the administrators, who are the group's IT."""


def found_office(folder: Path, *, clock: Clock, fresh_id: FreshId, settings: str = "") -> Founded:
    """Write ``office.toml`` (``settings``, or the example) into ``folder`` and all it needs.

    Raises:
        Fault: SITE_EXISTS.
        SettingsError: the given settings cannot be used.
    """
    file = folder / "office.toml"
    if file.exists():
        raise Fault(
            "SITE_EXISTS",
            Words(f"{file} 已存在", f"{file} exists"),
            Words(
                "换一个目录，或直接执行 edge office serve", "another folder, or edge office serve"
            ),
            field="folder",
        )
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    example = config_folder() / "office.example.toml"
    file.write_text(settings or example.read_text(encoding="utf-8"), encoding="utf-8")
    chosen = load_office(file)
    chosen.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    create_keys(chosen.data / "keys")
    keys = load_keys(KeyFolder(chosen.data / "keys"))
    public_key = chosen.data / "office.pub.pem"
    public_key.write_bytes(keys.signing.public().pem())
    papers = ready_papers(chosen.house(), clock())
    ca = papers.ca if papers else None
    vault = Vault(keys, CIPHERS[chosen.identities.cipher])
    with closing(Store(chosen.data / "edge.db")) as store:
        migrate(store)
        accounts = first_accounts(store, Ledger(keys), vault, clock, fresh_id)
    return Founded(
        settings_file=file,
        public_key=public_key,
        accounts=accounts,
        ca=ca,
        ca_fingerprint=told_by(ca.read_bytes()).fingerprint if ca else "",
    )


def add_viewer(config: Path, name: str, role: Role, clock: Clock, fresh_id: FreshId) -> str:
    """Give somebody an account for the screens; return the password for its first login alone.

    Raises:
        BadInput: OFFICE_ROLE; NAME_LENGTH.
        Conflict: NAME_TAKEN.
        SettingsError, Fault: the office cannot be opened.
    """
    if role not in ROLES:
        raise BadInput(
            "OFFICE_ROLE",
            Words(
                "集团中心只有财务与审计两种查看账号", "an office has viewers for finance and audit"
            ),
            Words("角色填 finance 或 auditor", "give finance or auditor"),
            field="role",
        )
    data = load_office(config).data
    password = new_first_password()
    hashed = new_password_hash(password)
    operator = Operator(fresh_id(), name, role)
    with closing(Store(data / "edge.db")) as store, store.transaction() as db:
        create_operator(db, operator, password_hash=hashed, at=clock(), must_change=True)
        Ledger(load_keys(KeyFolder(data / "keys"))).enter(
            db,
            kind="operator.created",
            operator="command line",
            subject=operator.id,
            now=clock(),
            name=name,
            role=role.value,
        )
    return password
