"""Who may come in: operators, their sessions at a desk, and the tokens of hospital systems.

Knows no HTTP and decides no endpoint's roles; keeps hashes only, never a password or a token.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache

from edge.core.errors import BadInput, Conflict, Fault, NotFound, Words
from edge.crypto import hash_password, new_token, password_matches
from edge.digest import sm3
from edge.store.database import Row, Rows

SESSION_IDLE_MAX = timedelta(minutes=15)
SESSION_LIFE_MAX = timedelta(hours=8)
SESSION_NOTED_EVERY = timedelta(seconds=30)
"""How stale ``seen_at`` may grow: a write for every request would make each page wait for disk."""

NAME_LENGTH_MAX = 40
PASSWORD_LENGTH_MIN = 10
PASSWORD_LENGTH_MAX = 200

CALLS_PER_MIN = 3000
"""How often a token may ask unless it is said otherwise: fifty calls a second."""

# Each computation takes 19 MiB and a core on purpose; a flood of logins must not take the machine.
_HASHES_AT_ONCE = threading.BoundedSemaphore(2)
_HASH_WAIT_S = 5.0


# Role and Scope are plain enums, not strings: a scope must never equal a role of the same word.
class Role(Enum):
    """What an operator is. One each: roles exclude each other (等保: 三权分立)."""

    SYSTEM_ADMINISTRATOR = "system_administrator"
    SECURITY_ADMINISTRATOR = "security_administrator"
    AUDITOR = "auditor"
    ADMISSION = "admission"
    DISCHARGE = "discharge"
    FITTING = "fitting"
    FINANCE = "finance"


DESK_ROLES = frozenset({Role.ADMISSION, Role.DISCHARGE, Role.FITTING, Role.FINANCE})
ADMINISTRATORS = frozenset({Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR})
"""They need a second factor, or do not come in."""


class Scope(Enum):
    """What a hospital system's token allows; named after the steps."""

    READ = "read"
    IDENTIFY = "identify"
    CARD = "card"
    """The card's own numbers and name, unmasked, as the ``iReadCardBas`` drivers give them."""
    AGENT = "agent"
    """Speak for the devices of one desk; worth nothing without a desk (``create_token``)."""
    VERIFY = "verify"
    ADMIT = "admit"
    CHARGE = "charge"
    DISCHARGE = "discharge"
    SETTLE = "settle"
    FIT = "fit"
    METRICS = "metrics"
    """The service's figures, for a monitoring system; no case and no person."""


@dataclass(frozen=True, slots=True)
class Operator:
    """A person with an account of their own."""

    id: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Session:
    """An operator at a desk, from login to logout; ``desk`` is empty for office roles."""

    operator: Operator
    desk: str
    opened_at: datetime
    seen_at: datetime
    token_hash: bytes

    def is_live(self, at: datetime) -> bool:
        """Tell whether neither limit has passed; a clock set back by more ends it as well."""
        idle, life = abs(at - self.seen_at), abs(at - self.opened_at)
        return idle < SESSION_IDLE_MAX and life < SESSION_LIFE_MAX

    def needs_noting(self, at: datetime) -> bool:
        """Tell whether ``seen_at`` is so stale that ``note_session`` should write it."""
        return abs(at - self.seen_at) >= SESSION_NOTED_EVERY


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A hospital system that may call the API, or a desk's agent; ``desk`` binds it to one.

    ``calls_per_min`` is as fast as it may ask.
    """

    id: str
    name: str
    scopes: frozenset[Scope]
    desk: str = ""
    calls_per_min: int = CALLS_PER_MIN


def new_password_hash(password: str) -> str:
    """Hash a new password; slow on purpose, so call it before the transaction, not inside.

    Raises:
        BadInput: PASSWORD_LENGTH, field ``password``.
        Fault: LOGIN_BUSY.
    """
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        raise _bad_password()
    with _one_of_two():
        return hash_password(password)


def create_operator(db: Rows, operator: Operator, *, password_hash: str, at: datetime) -> None:
    """Keep a new operator.

    Raises:
        BadInput: NAME_NOT_USABLE, when the name is blank, padded or too long.
        Conflict: NAME_TAKEN, when the name was ever taken: the ledger must stay unambiguous.
    """
    _require_name(operator.name)
    if db.one("select id from operators where name = ?", [operator.name]):
        raise _name_taken(operator.name)
    db.execute(
        "insert into operators (id, name, role, password_hash, created_at) values (?, ?, ?, ?, ?)",
        [operator.id, operator.name, operator.role.value, password_hash, _text(at)],
    )


def disable_operator(db: Rows, name: str, *, at: datetime) -> None:
    """Shut an operator out at once, open sessions included; the account stays for the ledger.

    Raises:
        NotFound: NAME_UNKNOWN, also when disabled before.
    """
    row = db.one(
        "update operators set disabled_at = ? where name = ? and disabled_at is null returning id",
        [_text(at), name],
    )
    if row is None:
        raise _unknown(name)
    db.execute("delete from sessions where operator_id = ?", [row["id"]])


def change_password(db: Rows, operator: Operator, *, password_hash: str) -> None:
    """Give an operator a new password; sessions that were opened with the old one end."""
    db.execute("update operators set password_hash = ? where id = ?", [password_hash, operator.id])
    db.execute("delete from sessions where operator_id = ?", [operator.id])


def operator_named(db: Rows, name: str) -> Operator | None:
    """Return the operator of this name, or None when unknown or disabled."""
    row = db.one("select * from operators where name = ? and disabled_at is null", [name])
    return _operator(row) if row else None


def operators(db: Rows) -> list[Operator]:
    """Return every operator who may come in, by name."""
    rows = db.query("select * from operators where disabled_at is null order by name")
    return [_operator(row) for row in rows]


def check_password(db: Rows, name: str, password: str) -> Operator | None:
    """Return the operator with this name and password, or None; equally slow for unknown names.

    Call it outside a transaction, and only from ``edge.store.proofs``, which counts failures.

    Raises:
        Fault: LOGIN_BUSY, when too many are logging in at once.
    """
    row = db.one("select * from operators where name = ? and disabled_at is null", [name])
    with _one_of_two():
        matches = password_matches(
            password[: PASSWORD_LENGTH_MAX + 1], row["password_hash"] if row else _decoy_hash()
        )
    return _operator(row) if row and matches else None


def open_session(db: Rows, operator: Operator, desk: str, *, at: datetime) -> str:
    """Open a session and return its token, which is kept nowhere; forget sessions that ended.

    Raises:
        BadInput: DESK_REQUIRED, when the role sits at a desk and none is named.
    """
    if not desk and operator.role in DESK_ROLES:
        raise BadInput(
            "DESK_REQUIRED",
            Words("未选择窗口", "no desk is named"),
            Words("选择所在窗口后重新登录", "choose the desk and log in again"),
            field="desk",
        )
    db.execute(
        "delete from sessions where opened_at <= ? or seen_at <= ?",
        [_text(at - SESSION_LIFE_MAX), _text(at - SESSION_IDLE_MAX)],
    )
    token = new_token()
    db.execute(
        "insert into sessions (token_hash, operator_id, desk, opened_at, seen_at)"
        " values (?, ?, ?, ?, ?)",
        [_hash(token), operator.id, desk, _text(at), _text(at)],
    )
    return token


def session_of(
    db: Rows, token: str, *, at: datetime, used: Mapping[bytes, datetime] | None = None
) -> Session | None:
    """Return the live session of this token, or None. Reads only: see ``note_session``.

    ``used``: when those were used, by ``token_hash``, that could not be noted.
    """
    row = db.one(
        "select o.id, o.name, o.role, s.desk, s.opened_at, s.seen_at, s.token_hash"
        " from sessions s join operators o on o.id = s.operator_id"
        " where s.token_hash = ? and o.disabled_at is null",
        [_hash(token)],
    )
    session = _session(row) if row else None
    if session and used and session.token_hash in used:
        session = replace(session, seen_at=used[session.token_hash])
    return session if session and session.is_live(at) else None


def note_session(db: Rows, session: Session, *, at: datetime) -> None:
    """Note that the operator acted, which starts the idle time anew."""
    db.execute(
        "update sessions set seen_at = ? where token_hash = ?", [_text(at), session.token_hash]
    )


def close_session(db: Rows, token: str) -> None:
    """End the session of this token, if there is one."""
    db.execute("delete from sessions where token_hash = ?", [_hash(token)])


def create_token(
    db: Rows, *, fresh: str, name: str, scopes: Iterable[Scope], at: datetime, desk: str = ""
) -> str:
    """Keep a token for a hospital system and return it: the only time it can be seen.

    With a ``desk`` it serves at that desk alone.

    Raises:
        BadInput: NAME_NOT_USABLE.
        Conflict: NAME_TAKEN, when the system has a live token.
    """
    _require_name(name)
    if db.one("select id from api_tokens where name = ? and revoked_at is null", [name]):
        raise _name_taken(name)
    token = new_token()
    words = " ".join(sorted({scope.value for scope in scopes}))
    db.execute(
        "insert into api_tokens (id, name, token_hash, scopes, created_at, desk)"
        " values (?, ?, ?, ?, ?, ?)",
        [fresh, name, _hash(token), words, _text(at), desk],
    )
    return token


def set_pace(db: Rows, name: str, calls_per_min: int) -> None:
    """Say how often the live token of this name may ask."""
    db.execute(
        "update api_tokens set calls_per_min = ? where name = ? and revoked_at is null",
        [calls_per_min, name],
    )


def revoke_token(db: Rows, name: str, *, at: datetime) -> None:
    """End a hospital system's token at once.

    Raises:
        NotFound: NAME_UNKNOWN, when the system has no live token.
    """
    revoked = db.one(
        "update api_tokens set revoked_at = ? where name = ? and revoked_at is null returning id",
        [_text(at), name],
    )
    if revoked is None:
        raise _unknown(name)


def token_of(db: Rows, token: str) -> ApiToken | None:
    """Return what this token stands for, or None when unknown or revoked."""
    row = db.one(
        "select * from api_tokens where token_hash = ? and revoked_at is null", [_hash(token)]
    )
    return _api_token(row) if row else None


def tokens(db: Rows) -> list[ApiToken]:
    """Return every live token, by name."""
    rows = db.query("select * from api_tokens where revoked_at is null order by name")
    return [_api_token(row) for row in rows]


@contextmanager
def _one_of_two() -> Iterator[None]:
    if not _HASHES_AT_ONCE.acquire(timeout=_HASH_WAIT_S):
        raise Fault(
            "LOGIN_BUSY",
            Words("同时登录的人过多", "too many are logging in at once"),
            Words("稍等片刻再登录", "wait a moment and log in again"),
        )
    try:
        yield
    finally:
        _HASHES_AT_ONCE.release()


@cache
def _decoy_hash() -> str:
    return hash_password(new_token())


def _hash(token: str) -> bytes:
    # A token holds 256 random bits: a bare hash cannot be reversed or guessed.
    return sm3(token.encode())


def _text(moment: datetime) -> str:
    # One width, so that SQL compares moments as text.
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _operator(row: Row) -> Operator:
    return Operator(row["id"], row["name"], Role(row["role"]))


def _api_token(row: Row) -> ApiToken:
    scopes = frozenset(map(Scope, row["scopes"].split()))
    return ApiToken(row["id"], row["name"], scopes, row["desk"], row["calls_per_min"])


def _session(row: Row) -> Session:
    return Session(
        operator=_operator(row),
        desk=row["desk"],
        opened_at=datetime.fromisoformat(row["opened_at"]),
        seen_at=datetime.fromisoformat(row["seen_at"]),
        token_hash=row["token_hash"],
    )


def _require_name(name: str) -> None:
    if name.strip() != name or not 1 <= len(name) <= NAME_LENGTH_MAX or not name.isprintable():
        raise BadInput(
            "NAME_NOT_USABLE",
            Words(
                f"名称须为 1 至 {NAME_LENGTH_MAX} 个可见字符，首尾无空格",
                f"a name is 1 to {NAME_LENGTH_MAX} visible characters, no space at its ends",
            ),
            Words("换一个名称", "choose another name"),
            field="name",
        )


def _bad_password() -> BadInput:
    return BadInput(
        "PASSWORD_LENGTH",
        Words(
            f"密码须为 {PASSWORD_LENGTH_MIN} 至 {PASSWORD_LENGTH_MAX} 个字符",
            f"a password is {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters",
        ),
        Words("换一个密码", "choose another password"),
        field="password",
    )


def _name_taken(name: str) -> Conflict:
    return Conflict(
        "NAME_TAKEN",
        Words(f"名称“{name}”已被使用", f"the name {name!r} is taken"),
        Words("换一个名称，或先停用原有的", "choose another name, or end the present one first"),
        field="name",
    )


def _unknown(name: str) -> NotFound:
    return NotFound(
        "NAME_UNKNOWN",
        Words(f"没有有效的“{name}”", f"there is no active {name!r}"),
        Words("核对名称；可能已被停用", "check the name; it may have been ended before"),
        field="name",
    )
