"""Keep the accounts: people hired, dismissed, unlocked and equipped; tokens given and ended.

Every act is entered in its own transaction. Passwords and codes are proved elsewhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from edge.core.errors import BadInput, Words
from edge.crypto import second_factor_uri
from edge.site import Site
from edge.store.database import Rows
from edge.store.operators import (
    ADMINISTRATORS,
    CALLS_PER_MIN,
    ApiToken,
    Operator,
    Role,
    Scope,
    change_password,
    create_operator,
    create_token,
    disable_operator,
    new_password_hash,
    operators,
    revoke_token,
    set_pace,
    tokens,
)
from edge.store.proofs import (
    Standing,
    enrol,
    forget_failures,
    require_locked,
    required_operator,
    standing_of,
)

CALLS_PER_MIN_MAX = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """What a token is to allow: ``desk`` binds it to one, ``calls_per_min`` is its pace."""

    name: str
    scopes: tuple[Scope, ...]
    desk: str = ""
    calls_per_min: int = CALLS_PER_MIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Hired:
    """A new account; ``second_factor`` is shown once, for an authenticator, where it has one."""

    operator: Operator
    second_factor: str = field(repr=False, default="")


def accounts(site: Site) -> list[tuple[Operator, Standing]]:
    """Return everybody who may come in and how their account stands."""
    db, now = site.store.read(), site.clock()
    return [(one, standing_of(db, one.id, at=now)) for one in operators(db)]


def hire(site: Site, name: str, role: Role, password: str, *, by: str) -> Hired:
    """Give somebody an account; an administrator gets a second factor with it.

    Raises:
        BadInput: PASSWORD_LENGTH, NAME_NOT_USABLE.
        Conflict: NAME_TAKEN.
    """
    hashed = new_password_hash(password)
    operator = Operator(site.fresh_id(), name, role)
    with site.store.transaction() as db:
        create_operator(db, operator, password_hash=hashed, at=site.clock())
        _enter(site, db, "operator.created", by, operator, role=role.value)
        if role not in ADMINISTRATORS:
            return Hired(operator=operator)
        return Hired(operator=operator, second_factor=_equipped(site, db, operator, by))


def equip(site: Site, name: str, *, by: str) -> str:
    """Give an account a new second factor; return what is shown to an authenticator, once.

    Raises:
        NotFound: NAME_UNKNOWN.
    """
    with site.store.transaction() as db:
        return _equipped(site, db, required_operator(db, name), by)


def dismiss(site: Site, name: str, *, by: str) -> None:
    """End an account and its sessions at once.

    Raises:
        NotFound: NAME_UNKNOWN.
    """
    with site.store.transaction() as db:
        operator = required_operator(db, name)
        disable_operator(db, name, at=site.clock())
        _enter(site, db, "operator.disabled", by, operator)


def unlock(site: Site, name: str, *, by: str) -> None:
    """Let an account that failures have locked come in again.

    Raises:
        NotFound: NAME_UNKNOWN.
        Conflict: NOT_LOCKED.
    """
    with site.store.transaction() as db:
        operator = required_operator(db, name)
        require_locked(standing_of(db, operator.id, at=site.clock()))
        forget_failures(db, operator.id)
        _enter(site, db, "operator.unlocked", by, operator)


def give_password(site: Site, name: str, password: str, *, by: str) -> None:
    """Replace a forgotten password; open sessions of the account end.

    Raises:
        BadInput: PASSWORD_LENGTH.
        NotFound: NAME_UNKNOWN.
    """
    hashed = new_password_hash(password)
    with site.store.transaction() as db:
        operator = required_operator(db, name)
        change_password(db, operator, password_hash=hashed)
        _enter(site, db, "operator.password_given", by, operator)


def give_token(site: Site, asked: NewToken, *, by: str) -> str:
    """Give a hospital system, or a desk's agent, a token; it can be seen this once.

    Raises:
        BadInput: NAME_NOT_USABLE, PACE_NOT_USABLE.
        Conflict: NAME_TAKEN.
    """
    if not 1 <= asked.calls_per_min <= CALLS_PER_MIN_MAX:
        raise _no_pace()
    with site.store.transaction() as db:
        token = create_token(
            db,
            fresh=site.fresh_id(),
            name=asked.name,
            scopes=asked.scopes,
            at=site.clock(),
            desk=asked.desk,
        )
        set_pace(db, asked.name, asked.calls_per_min)
        site.ledger.enter(
            db,
            kind="token.created",
            operator=by,
            subject=asked.name,
            now=site.clock(),
            scopes=sorted(scope.value for scope in asked.scopes),
            desk=asked.desk,
            calls_per_min=asked.calls_per_min,
        )
    return token


def end_token(site: Site, name: str, *, by: str) -> None:
    """End a token at once.

    Raises:
        NotFound: NAME_UNKNOWN.
    """
    with site.store.transaction() as db:
        revoke_token(db, name, at=site.clock())
        site.ledger.enter(db, kind="token.ended", operator=by, subject=name, now=site.clock())


def live_tokens(site: Site) -> Iterable[ApiToken]:
    """Return what each live token allows."""
    return tokens(site.store.read())


def _equipped(site: Site, db: Rows, operator: Operator, by: str) -> str:
    secret = enrol(db, site.vault, operator, at=site.clock())
    _enter(site, db, "operator.equipped", by, operator)
    return second_factor_uri(secret, operator.name)


def _enter(site: Site, db: Rows, kind: str, by: str, operator: Operator, **facts: object) -> None:
    site.ledger.enter(
        db,
        kind=kind,
        operator=by,
        subject=operator.id,
        now=site.clock(),
        name=operator.name,
        **facts,
    )


def _no_pace() -> BadInput:
    return BadInput(
        "PACE_NOT_USABLE",
        Words(
            f"每分钟调用次数须为 1 至 {CALLS_PER_MIN_MAX}",
            f"calls a minute are 1 to {CALLS_PER_MIN_MAX}",
        ),
        Words("换一个数值", "choose another number"),
        field="calls_per_min",
    )
