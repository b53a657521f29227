"""Proving who one is: password, lock-out after failures, and the administrators' second factor.

Decides no rights. Whoever calls it gets one answer for every failure: which part was wrong, or
whether the account is locked, is in the ledger and not told to the one who tried.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from edge.clock import Clock
from edge.core.errors import Conflict, NotAllowed, Words
from edge.store.database import Row, Rows, Store
from edge.store.ledger import Ledger
from edge.store.names import unknown_name
from edge.store.operators import ADMINISTRATORS, Operator, check_password, operator_named
from edge.store.vault import Vault
from edge.trust.crypto import new_second_factor, second_factor_step

FAILURES_MAX = 5
"""So many failures in a row lock an account."""

LOCKED_FOR = timedelta(minutes=30)
"""How long; and how long ago a failure is forgotten."""

OFFERED_FOR = timedelta(minutes=15)
"""How long a second factor that was shown waits for its first code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an account stands: until when locked out, if at all, and whether a code is asked.

    ``must_change``: its password is for the next login alone. ``sessions`` are open.
    """

    locked_until: datetime | None
    second_factor: bool
    must_change: bool
    sessions: int


@dataclass(frozen=True, slots=True)
class Proofs:
    """Lets people prove themselves, and notes who failed, in one transaction with its entry."""

    store: Store
    vault: Vault
    ledger: Ledger
    clock: Clock

    def at_login(self, name: str, password: str, code: str) -> Operator | None:
        """Return who comes in: by password, and by code where the account has a second factor.

        Raises:
            Fault: LOGIN_BUSY.
        """
        return self._judged(name, check_password(self.store.read(), name, password), code)

    def again(self, name: str, password: str) -> Operator | None:
        """Return who proves themselves for one act: again, or as the person who stands beside.

        Raises:
            Fault: LOGIN_BUSY.
        """
        return self._judged(name, check_password(self.store.read(), name, password), None)

    def required(self, name: str, password: str) -> None:
        """Let the one who acts prove themselves again.

        Raises:
            NotAllowed: REAUTHENTICATION_FAILED; entered, and counted as a failure.
            Fault: LOGIN_BUSY.
        """
        if self.again(name, password) is None:
            raise not_you()

    def _judged(self, name: str, known: Operator | None, code: str | None) -> Operator | None:
        now = self.clock()
        with self.store.transaction() as db:
            operator = operator_named(db, name)
            if operator is None or _is_locked(_failed(db, operator.id), now):
                return None  # what is right while locked is not told either
            if known and (code is None or self._code_counts(db, known, code, now)):
                forget_failures(db, operator.id)
                return known
            self._note_failure(db, operator, now)
        return None

    def _code_counts(self, db: Rows, operator: Operator, code: str, now: datetime) -> bool:
        row = db.one("select * from second_factors where operator_id = ?", [operator.id])
        if row is None:
            return operator.role not in ADMINISTRATORS
        secret = self.vault.unseal(row["secret_sealed"], _place(operator.id))
        step = second_factor_step(secret, code, now)
        if step is None or step <= row["last_step"]:
            return False
        db.execute(
            "update second_factors set last_step = ? where operator_id = ?", [step, operator.id]
        )
        return True

    def _note_failure(self, db: Rows, operator: Operator, now: datetime) -> None:
        before = _failed(db, operator.id)
        recent = before is not None and abs(now - _moment(before["last_at"])) < LOCKED_FOR
        failures = (before["failures"] if before and recent else 0) + 1
        locked = failures >= FAILURES_MAX
        db.execute(
            "insert into failed_proofs (operator_id, failures, last_at, locked_until)"
            " values (?, ?, ?, ?) on conflict (operator_id) do update set"
            " failures = excluded.failures, last_at = excluded.last_at,"
            " locked_until = excluded.locked_until",
            [operator.id, failures, _text(now), _text(now + LOCKED_FOR) if locked else None],
        )
        self.ledger.enter(
            db,
            kind="operator.locked" if locked else "operator.refused",
            operator=operator.name,
            subject=operator.id,
            now=now,
            failures=failures,
        )


def enrol(db: Rows, vault: Vault, operator: Operator, *, at: datetime) -> bytes:
    """Give an operator a new second factor and return its secret: the only time it can be seen.

    An older one ends.
    """
    secret = new_second_factor()
    db.execute(
        "insert into second_factors (operator_id, secret_sealed, last_step, enrolled_at)"
        " values (?, ?, 0, ?) on conflict (operator_id) do update set"
        " secret_sealed = excluded.secret_sealed, last_step = 0,"
        " enrolled_at = excluded.enrolled_at",
        [operator.id, vault.seal(secret, _place(operator.id)), _text(at)],
    )
    return secret


def offer(db: Rows, vault: Vault, operator: Operator, *, at: datetime) -> bytes:
    """Make a second factor that counts once it is confirmed; return its secret, seen this once.

    The one in force stays so until then; another one that was offered is forgotten.
    """
    secret = new_second_factor()
    db.execute(
        "insert into offered_factors (operator_id, secret_sealed, offered_at) values (?, ?, ?)"
        " on conflict (operator_id) do update set"
        " secret_sealed = excluded.secret_sealed, offered_at = excluded.offered_at",
        [operator.id, vault.seal(secret, _place(operator.id)), _text(at)],
    )
    return secret


def confirm(db: Rows, vault: Vault, operator: Operator, code: str, *, at: datetime) -> None:
    """Put what was offered in force, by a code that shows that its owner's authenticator has it.

    Raises:
        Conflict: FACTOR_NOT_OFFERED, or offered longer ago than ``OFFERED_FOR``.
        NotAllowed: FACTOR_CODE_WRONG.
    """
    row = db.one("select * from offered_factors where operator_id = ?", [operator.id])
    if row is None or abs(at - _moment(row["offered_at"])) > OFFERED_FOR:
        raise _not_offered()
    step = second_factor_step(vault.unseal(row["secret_sealed"], _place(operator.id)), code, at)
    if step is None:
        raise _wrong_code()
    db.execute(
        "insert or replace into second_factors (operator_id, secret_sealed, last_step, enrolled_at)"
        " values (?, ?, ?, ?)",
        [operator.id, row["secret_sealed"], step, _text(at)],
    )
    db.execute("delete from offered_factors where operator_id = ?", [operator.id])


def forget_failures(db: Rows, operator_id: str) -> None:
    """Let an account begin anew: it proved itself, or the security administrator says so."""
    db.execute("delete from failed_proofs where operator_id = ?", [operator_id])


def standing_of(db: Rows, operator_id: str, *, at: datetime) -> Standing:
    """Tell how an account stands."""
    row = _failed(db, operator_id)
    locked = row if row and _is_locked(row, at) else None
    known = db.one(
        "select must_change, (select count(*) from second_factors where operator_id = o.id) factor,"
        " (select count(*) from sessions where operator_id = o.id) as sessions"
        " from operators o where o.id = ?",
        [operator_id],
    )
    return Standing(
        locked_until=_moment(locked["locked_until"]) if locked else None,
        second_factor=bool(known and known["factor"]),
        must_change=bool(known and known["must_change"]),
        sessions=int(known["sessions"]) if known else 0,
    )


def require_locked(standing: Standing) -> None:
    """Refuse to unlock what is not locked.

    Raises:
        Conflict: NOT_LOCKED.
    """
    if standing.locked_until is None:
        raise Conflict(
            "NOT_LOCKED",
            Words("该账号没有被锁定", "this account is not locked"),
            Words("核对账号名；忘记密码请重设", "check the name; set a new password if forgotten"),
            field="name",
        )


def required_operator(db: Rows, name: str) -> Operator:
    """Return the active operator of this name.

    Raises:
        NotFound: NAME_UNKNOWN.
    """
    operator = operator_named(db, name)
    if operator is None:
        raise unknown_name(name)
    return operator


def not_you() -> NotAllowed:
    """Return the error of a re-authentication that failed."""
    return NotAllowed(
        "REAUTHENTICATION_FAILED",
        Words(
            "本人密码不正确，或账号已锁定", "your own password is wrong, or the account is locked"
        ),
        Words("重新输入登录密码", "type the password with which you logged in"),
        field="password",
    )


def _not_offered() -> Conflict:
    return Conflict(
        "FACTOR_NOT_OFFERED",
        Words("没有待确认的动态口令，或已超时", "no authenticator waits to be confirmed any more"),
        Words("重新生成并扫码后再确认", "make a new one, scan it, and confirm it"),
        field="code",
    )


def _wrong_code() -> NotAllowed:
    return NotAllowed(
        "FACTOR_CODE_WRONG",
        Words("动态口令不正确，原有的仍然有效", "the code is wrong; what was in force still is"),
        Words("核对手机时间，输入正在显示的口令", "check the phone's clock and type what it shows"),
        field="code",
    )


def _failed(db: Rows, operator_id: str) -> Row | None:
    return db.one("select * from failed_proofs where operator_id = ?", [operator_id])


def _is_locked(row: Row | None, now: datetime) -> bool:
    # A clock set back keeps the account locked; one set forward cannot be told from time passing.
    return row is not None and bool(row["locked_until"]) and now < _moment(row["locked_until"])


def _place(operator_id: str) -> str:
    return f"second_factors.secret:{operator_id}"


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
