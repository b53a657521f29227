"""Keep the accounts: people hired, moved, dismissed, unlocked, given passwords and factors.

Every act is entered in its own transaction. Who acts has proved themselves before. Tokens are kept
by ``keep_tokens``.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from edge.core.errors import Conflict, NotAllowed, Words
from edge.site import Site
from edge.store.database import Rows
from edge.store.names import unknown_name
from edge.store.operators import (
    ADMINISTRATORS,
    DESK_ROLES,
    Operator,
    Role,
    change_password,
    change_role,
    create_operator,
    disable_operator,
    end_sessions,
    new_password_hash,
    operator_with,
    operators,
)
from edge.store.proofs import (
    Standing,
    confirm,
    enrol,
    forget_failures,
    offer,
    require_locked,
    required_operator,
    standing_of,
)
from edge.trust.crypto import new_first_password, second_factor_uri


class Cause(StrEnum):
    """Why an account or token is taken from somebody; a closed list: no entry names anybody."""

    LEFT = "left"
    """Whoever had it does not work here any more, or the system is gone."""
    MOVED = "moved"
    LOST = "lost"
    """A secret was lost, or somebody else may know it."""
    MISTAKE = "mistake"
    FORGOTTEN = "forgotten"
    """The password was, so that failures locked the account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hired:
    """A new account, and what is shown once.

    ``password`` is for the first login alone, where one was made up; ``second_factor`` is for an
    authenticator, where the account begins with one.
    """

    operator: Operator
    password: str = field(repr=False, default="")
    second_factor: str = field(repr=False, default="")


def accounts(site: Site) -> list[tuple[Operator, Standing]]:
    """Return everybody who may come in and how their account stands."""
    db, now = site.store.read(), site.clock()
    return [(one, standing_of(db, one.id, at=now)) for one in operators(db)]


def account_named_by(site: Site, operator_id: str) -> str:
    """Return the name of the active account of this id.

    Raises:
        NotFound: NAME_UNKNOWN.
    """
    operator = operator_with(site.store.read(), operator_id)
    if operator is None:
        raise unknown_name(operator_id)
    return operator.name


def hire(site: Site, name: str, role: Role, password: str, *, by: str) -> Hired:
    """Give somebody an account by the password they type; an administrator gets a factor with it.

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


def invite(site: Site, name: str, role: Role, *, by: str) -> Hired:
    """Give somebody an account with a password for the first login.

    An administrator does not come in before an authenticator is confirmed (``offer_factor``).

    Raises:
        BadInput: NAME_NOT_USABLE.
        Conflict: NAME_TAKEN.
        Fault: LOGIN_BUSY.
    """
    password = new_first_password()
    hashed = new_password_hash(password)
    operator = Operator(site.fresh_id(), name, role)
    with site.store.transaction() as db:
        create_operator(db, operator, password_hash=hashed, at=site.clock(), must_change=True)
        _enter(site, db, "operator.created", by, operator, role=role.value)
    return Hired(operator=operator, password=password)


def assign(site: Site, name: str, role: Role, *, by: str) -> None:
    """Give an account of the desk another role of the desk; open sessions end.

    Administrators and auditors keep theirs: whoever changed sides would inspect their own acts.

    Raises:
        NotFound: NAME_UNKNOWN.
        NotAllowed: OWN_ACCOUNT.
        Conflict: ROLES_EXCLUDE.
    """
    with site.store.transaction() as db:
        operator = _other(db, name, by)
        if not {operator.role, role} <= DESK_ROLES:
            raise _roles_exclude()
        change_role(db, operator, role)
        _enter(site, db, "operator.moved", by, operator, was=operator.role.value, role=role.value)


def equip(site: Site, name: str, *, by: str) -> str:
    """Give an account a new second factor at once; return what an authenticator is shown.

    Raises:
        NotFound: NAME_UNKNOWN.
    """
    with site.store.transaction() as db:
        return _equipped(site, db, required_operator(db, name), by)


def offer_factor(site: Site, name: str, *, by: str) -> str:
    """Make a second factor that counts once confirmed; return what an authenticator is shown.

    By the security administrator; for a security administrator's own loss, by one of the system.

    Raises:
        NotFound: NAME_UNKNOWN.
        NotAllowed: OWN_ACCOUNT, FACTOR_NOT_YOURS.
    """
    with site.store.transaction() as db:
        operator = _equippable(db, name, by)
        secret = offer(db, site.vault, operator, at=site.clock())
        _enter(site, db, "operator.factor_offered", by, operator)
    return second_factor_uri(secret, operator.name)


def confirm_factor(site: Site, name: str, code: str, *, by: str) -> None:
    """Put the second factor that was offered in force, by the code that its owner reads out.

    The one before it ends, and with it the sessions that it opened.

    Raises:
        NotFound: NAME_UNKNOWN.
        NotAllowed: OWN_ACCOUNT, FACTOR_NOT_YOURS, FACTOR_CODE_WRONG.
        Conflict: FACTOR_NOT_OFFERED.
    """
    with site.store.transaction() as db:
        operator = _equippable(db, name, by)
        confirm(db, site.vault, operator, code, at=site.clock())
        end_sessions(db, operator)
        _enter(site, db, "operator.equipped", by, operator)


def dismiss(site: Site, name: str, *, by: str, cause: Cause | None = None) -> None:
    """End an account and its sessions at once.

    Raises:
        NotFound: NAME_UNKNOWN.
        NotAllowed: OWN_ACCOUNT.
        Conflict: LAST_ADMINISTRATOR.
    """
    with site.store.transaction() as db:
        operator = _other(db, name, by)
        _require_another(db, operator)
        disable_operator(db, name, at=site.clock())
        _enter(site, db, "operator.disabled", by, operator, **_because(cause))


def unlock(site: Site, name: str, *, by: str, cause: Cause | None = None) -> None:
    """Let an account that failures have locked come in again.

    Raises:
        NotFound: NAME_UNKNOWN.
        NotAllowed: OWN_ACCOUNT.
        Conflict: NOT_LOCKED.
    """
    with site.store.transaction() as db:
        operator = _other(db, name, by)
        require_locked(standing_of(db, operator.id, at=site.clock()))
        forget_failures(db, operator.id)
        _enter(site, db, "operator.unlocked", by, operator, **_because(cause))


def send_out(site: Site, name: str, *, by: str, cause: Cause | None = None) -> int:
    """End every session of an account; return how many there were.

    Raises:
        NotFound: NAME_UNKNOWN.
    """
    with site.store.transaction() as db:
        operator = required_operator(db, name)
        count = end_sessions(db, operator)
        _enter(site, db, "operator.sent_out", by, operator, count=count, **_because(cause))
    return count


def give_password(site: Site, name: str, password: str, *, by: str) -> None:
    """Replace a forgotten password by one that its owner types; open sessions end.

    Raises:
        BadInput: PASSWORD_LENGTH.
        NotFound: NAME_UNKNOWN.
    """
    hashed = new_password_hash(password)
    with site.store.transaction() as db:
        operator = required_operator(db, name)
        change_password(db, operator, password_hash=hashed)
        _enter(site, db, "operator.password_given", by, operator)


def reset_password(site: Site, name: str, *, by: str) -> str:
    """Replace a forgotten password by one for the next login alone, and return it.

    Raises:
        NotFound: NAME_UNKNOWN.
        NotAllowed: OWN_ACCOUNT.
        Fault: LOGIN_BUSY.
    """
    password = new_first_password()
    hashed = new_password_hash(password)
    with site.store.transaction() as db:
        operator = _other(db, name, by)
        change_password(db, operator, password_hash=hashed, must_change=True)
        _enter(site, db, "operator.password_given", by, operator, for_once=True)
    return password


def _other(db: Rows, name: str, by: str) -> Operator:
    operator = required_operator(db, name)
    if operator.name == by:
        raise NotAllowed(
            "OWN_ACCOUNT",
            Words("不能对本人账号办理", "nobody does this to their own account"),
            Words("请另一位管理员办理", "let another administrator do it"),
        )
    return operator


def _equippable(db: Rows, name: str, by: str) -> Operator:
    """Return the account, if the role of who acts lets them change its second factor."""
    operator, actor = _other(db, name, by), required_operator(db, by)
    security = Role.SECURITY_ADMINISTRATOR
    if security not in {actor.role, operator.role}:
        raise NotAllowed(
            "FACTOR_NOT_YOURS",
            Words(
                "系统管理员只能重置安全管理员的动态口令",
                "a system administrator resets a security administrator's authenticator alone",
            ),
            Words("请安全管理员办理", "let the security administrator do it"),
        )
    return operator


def _require_another(db: Rows, operator: Operator) -> None:
    if operator.role not in ADMINISTRATORS:
        return
    if [one for one in operators(db) if one.role is operator.role] == [operator]:
        raise Conflict(
            "LAST_ADMINISTRATOR",
            Words("这是最后一位该岗位的管理员", "this is the last administrator of this kind"),
            Words("先增加另一位，再停用此账号", "add another one first"),
        )


def _roles_exclude() -> Conflict:
    return Conflict(
        "ROLES_EXCLUDE",
        Words(
            "系统管理员、安全管理员、审计员与业务岗位互斥，不能互换",
            "administrators, auditors and desk roles exclude each other and are not exchanged",
        ),
        Words("停用此账号，另建新账号", "end this account and make another one"),
        field="role",
    )


def _because(cause: Cause | None) -> dict[str, object]:
    return {"cause": cause} if cause else {}


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
