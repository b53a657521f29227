"""Who may come in: operators and their sessions at a desk; what roles and scopes there are.

Knows no HTTP and decides no endpoint's roles; keeps hashes only, never a password or a token.
The tokens of hospital systems are in ``tokens``.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache

from edge.core.errors import BadInput, Fault, Words
from edge.digest import sm3
from edge.store.database import Row, Rows
from edge.store.names import name_taken, require_name, unknown_name
from edge.trust.crypto import hash_password, new_token, password_matches

SESSION_IDLE_MAX = timedelta(minutes=15)
SESSION_LIFE_MAX = timedelta(hours=8)
SESSION_NOTED_EVERY = timedelta(seconds=30)
"""How stale ``seen_at`` may grow: a write for every request would make each page wait for disk."""

PASSWORD_LENGTH_MIN = 10
PASSWORD_LENGTH_MAX = 200

# Each computation takes 19 MiB and a core on purpose; a flood of logins must not take the machine.
HASHES_AT_ONCE = 2
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
    must_change: bool = False
    """Whether the password was given by somebody else: nothing is done until it is changed."""

    def is_live(self, at: datetime) -> bool:
        """Tell whether neither limit has passed; a clock set back by more ends it as well."""
        idle, life = abs(at - self.seen_at), abs(at - self.opened_at)
        return idle < SESSION_IDLE_MAX and life < SESSION_LIFE_MAX

    def needs_noting(self, at: datetime) -> bool:
        """Tell whether ``seen_at`` is so stale that ``note_session`` should write it."""
        return abs(at - self.seen_at) >= SESSION_NOTED_EVERY


class Turns:
    """Lets only so many compute at once; whoever waits longer than ``wait_s`` is sent away."""

    def __init__(self, places: int, wait_s: float) -> None:
        self._free = threading.BoundedSemaphore(places)
        self._wait_s = wait_s

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Take a place for as long as the block lasts.

        Raises:
            Fault: LOGIN_BUSY.
        """
        if not self._free.acquire(timeout=self._wait_s):
            raise Fault(
                "LOGIN_BUSY",
                Words("同时登录的人过多", "too many are logging in at once"),
                Words("稍等片刻再登录", "wait a moment and log in again"),
            )
        try:
            yield
        finally:
            self._free.release()


_HASHING = Turns(HASHES_AT_ONCE, _HASH_WAIT_S)


def new_password_hash(password: str) -> str:
    """Hash a new password; slow on purpose, so call it before the transaction, not inside.

    Raises:
        BadInput: PASSWORD_LENGTH, field ``password``.
        Fault: LOGIN_BUSY.
    """
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        raise _bad_password()
    with _HASHING.turn():
        return hash_password(password)


def create_operator(
    db: Rows, operator: Operator, *, password_hash: str, at: datetime, must_change: bool = False
) -> None:
    """Keep a new operator; ``must_change``: the password is for the first login alone.

    Raises:
        BadInput: NAME_NOT_USABLE, when the name is blank, padded or too long.
        Conflict: NAME_TAKEN, when the name was ever taken: the ledger must stay unambiguous.
    """
    require_name(operator.name)
    if db.one("select id from operators where name = ?", [operator.name]):
        raise name_taken(operator.name)
    db.execute(
        "insert into operators (id, name, role, password_hash, created_at, must_change)"
        " values (?, ?, ?, ?, ?, ?)",
        [
            *(operator.id, operator.name, operator.role.value, password_hash, _text(at)),
            int(must_change),
        ],
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
        raise unknown_name(name)
    db.execute("delete from sessions where operator_id = ?", [row["id"]])


def change_password(
    db: Rows, operator: Operator, *, password_hash: str, must_change: bool = False
) -> None:
    """Give an operator a new password; sessions that were opened with the old one end.

    ``must_change``: it is for the next login alone.
    """
    db.execute(
        "update operators set password_hash = ?, must_change = ? where id = ?",
        [password_hash, int(must_change), operator.id],
    )
    end_sessions(db, operator)


def change_role(db: Rows, operator: Operator, role: Role) -> None:
    """Give an operator another role; open sessions, which have the old one, end."""
    db.execute("update operators set role = ? where id = ?", [role.value, operator.id])
    end_sessions(db, operator)


def end_sessions(db: Rows, operator: Operator) -> int:
    """End every session of an operator; return how many there were."""
    ended = db.query("delete from sessions where operator_id = ? returning 1", [operator.id])
    return len(list(ended))


def operator_named(db: Rows, name: str) -> Operator | None:
    """Return the operator of this name, or None when unknown or disabled."""
    row = db.one("select * from operators where name = ? and disabled_at is null", [name])
    return _operator(row) if row else None


def operator_with(db: Rows, operator_id: str) -> Operator | None:
    """Return the operator of this id, or None when unknown or disabled."""
    row = db.one("select * from operators where id = ? and disabled_at is null", [operator_id])
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
    with _HASHING.turn():
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
        "select o.id, o.name, o.role, o.must_change, s.desk, s.opened_at, s.seen_at, s.token_hash"
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


def _session(row: Row) -> Session:
    return Session(
        operator=_operator(row),
        desk=row["desk"],
        opened_at=datetime.fromisoformat(row["opened_at"]),
        seen_at=datetime.fromisoformat(row["seen_at"]),
        token_hash=row["token_hash"],
        must_change=bool(row["must_change"]),
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
