"""Found an office: settings file, data folder, keys, TLS files, accounts. Touches none there is.

Accounts, sessions and the audit of log-ins are the house's own, in a database beside the books.
"""

from contextlib import closing
from pathlib import Path

from edge.clock import Clock, FreshId
from edge.core.errors import BadInput, Words
from edge.office.settings import load_office
from edge.shipped import config_folder
from edge.site.founding import Founded, furnish, write_settings
from edge.store.database import Store
from edge.store.keys import KeyFolder, load_keys
from edge.store.ledger import Ledger
from edge.store.operators import Operator, Role, Scope, create_operator, new_password_hash
from edge.store.tokens import create_token
from edge.trust.crypto import new_first_password

ROLES = (Role.FINANCE, Role.AUDITOR)
"""Who looks beside the administrators, who are the group's IT."""


def found_office(folder: Path, *, clock: Clock, fresh_id: FreshId, settings: str = "") -> Founded:
    """Write ``office.toml`` (``settings``, or the example) into ``folder`` and all it needs.

    Raises:
        Fault: SITE_EXISTS.
        SettingsError: the given settings cannot be used.
    """
    file = folder / "office.toml"
    example = config_folder() / "office.example.toml"
    write_settings(file, settings or example.read_text(encoding="utf-8"), serve="edge office serve")
    return furnish(file, load_office(file).house(), "office", clock, fresh_id)


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


def add_watcher(config: Path, name: str, clock: Clock, fresh_id: FreshId) -> str:
    """Give a monitoring system a token that opens the figures and nothing else.

    Raises:
        Conflict: NAME_TAKEN.
        SettingsError, Fault: the office cannot be opened.
    """
    data = load_office(config).data
    with closing(Store(data / "edge.db")) as store, store.transaction() as db:
        token = create_token(db, fresh=fresh_id(), name=name, scopes=(Scope.METRICS,), at=clock())
        Ledger(load_keys(KeyFolder(data / "keys"))).enter(
            db,
            kind="token.created",
            operator="command line",
            subject=name,
            now=clock(),
            scopes=[Scope.METRICS.value],
        )
    return token
