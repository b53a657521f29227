"""Operators, sessions and tokens: who is let in, for how long, and what the disk never holds."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.core.errors import BadInput, Conflict, Fault, NotFound
from edge.store import migrations
from edge.store import operators as op
from edge.store import tokens as kept
from edge.store.database import Store
from edge.store.operators import Operator, Role, Scope
from tests.passwords import quick_hash

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PASSWORD = "出院窗口-042117"
LI = Operator("op1", "李敏", Role.DISCHARGE)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "edge.db")
    migrations.migrate(store)
    with store.transaction() as db:
        op.create_operator(db, LI, password_hash=quick_hash(PASSWORD), at=NOW)
    yield store
    store.close()


def _open(store: Store, *, at: datetime = NOW) -> str:
    with store.transaction() as db:
        return op.open_session(db, LI, "住院1号窗", at=at)


def test_the_right_password_tells_who_it_is(store: Store) -> None:
    assert op.check_password(store.read(), "李敏", PASSWORD) == LI


@pytest.mark.parametrize(
    ("name", "password"),
    [("李敏", "出院窗口-042118"), ("李敏", ""), ("王五", PASSWORD), ("李敏", PASSWORD + "x" * 500)],
)
def test_a_wrong_name_or_password_tells_nothing(store: Store, name: str, password: str) -> None:
    assert op.check_password(store.read(), name, password) is None


def test_many_logins_at_once_all_get_their_answer(store: Store) -> None:
    with ThreadPoolExecutor(6) as threads:
        answers = threads.map(lambda _: op.check_password(store.read(), "李敏", PASSWORD), range(6))
        assert list(answers) == [LI] * 6


def test_two_passwords_are_computed_at_a_time_and_a_third_is_sent_away() -> None:
    turns = op.Turns(op.HASHES_AT_ONCE, wait_s=0.0)
    with turns.turn(), turns.turn():
        with pytest.raises(Fault) as refused, turns.turn():
            raise AssertionError
        assert refused.value.code == "LOGIN_BUSY"
    with turns.turn(), turns.turn():
        assert op.HASHES_AT_ONCE == 2


@pytest.mark.parametrize("password", ["", "short-123", "x" * 201])
def test_a_password_of_wrong_length_is_refused(password: str) -> None:
    with pytest.raises(BadInput) as refused:
        op.new_password_hash(password)
    assert (refused.value.code, refused.value.field) == ("PASSWORD_LENGTH", "password")


@pytest.mark.parametrize("name", ["", " 李敏", "李敏\n", "李" * 41, "li\x00min"])
def test_a_name_that_cannot_be_told_apart_on_paper_is_refused(store: Store, name: str) -> None:
    with store.transaction() as db, pytest.raises(BadInput):
        op.create_operator(
            db, Operator("op2", name, Role.AUDITOR), password_hash=quick_hash(PASSWORD), at=NOW
        )


def test_a_name_is_taken_for_ever_even_when_disabled(store: Store) -> None:
    with store.transaction() as db:
        op.disable_operator(db, "李敏", at=NOW)
    with store.transaction() as db, pytest.raises(Conflict):
        op.create_operator(
            db, Operator("op2", "李敏", Role.FINANCE), password_hash=quick_hash(PASSWORD), at=NOW
        )


def test_a_disabled_operator_is_out_at_once(store: Store) -> None:
    token = _open(store)
    with store.transaction() as db:
        op.disable_operator(db, "李敏", at=NOW)
    assert op.session_of(store.read(), token, at=NOW) is None
    assert op.check_password(store.read(), "李敏", PASSWORD) is None
    with store.transaction() as db, pytest.raises(NotFound):
        op.disable_operator(db, "李敏", at=NOW)


def test_a_session_says_who_sits_where(store: Store) -> None:
    session = op.session_of(store.read(), _open(store), at=NOW)
    assert session is not None
    assert (session.operator, session.desk, session.opened_at) == (LI, "住院1号窗", NOW)


@pytest.mark.parametrize("desk_role", [role for role in Role if role in op.DESK_ROLES])
def test_a_desk_role_needs_a_desk(store: Store, desk_role: Role) -> None:
    with store.transaction() as db, pytest.raises(BadInput) as refused:
        op.open_session(db, Operator("op1", "李敏", desk_role), "", at=NOW)
    assert refused.value.field == "desk"


def test_an_auditor_needs_no_desk(store: Store) -> None:
    with store.transaction() as db:
        token = op.open_session(db, Operator("op1", "李敏", Role.AUDITOR), "", at=NOW)
    assert op.session_of(store.read(), token, at=NOW)


def test_a_session_ends_after_fifteen_idle_minutes(store: Store) -> None:
    token = _open(store)
    last = NOW + timedelta(minutes=15) - timedelta(microseconds=1)
    assert op.session_of(store.read(), token, at=last)
    assert op.session_of(store.read(), token, at=NOW + timedelta(minutes=15)) is None


def test_a_session_ends_after_eight_hours_however_busy(store: Store) -> None:
    token = _open(store)
    at = NOW
    while session := op.session_of(store.read(), token, at=at):
        with store.transaction() as db:
            op.note_session(db, session, at=at)
        at += timedelta(minutes=10)
    assert at - NOW == timedelta(hours=8)


def test_a_clock_set_far_back_ends_the_session(store: Store) -> None:
    token = _open(store)
    assert op.session_of(store.read(), token, at=NOW - timedelta(minutes=1))
    assert op.session_of(store.read(), token, at=NOW - timedelta(minutes=15)) is None


def test_a_session_is_noted_at_most_twice_a_minute(store: Store) -> None:
    session = op.session_of(store.read(), _open(store), at=NOW)
    assert session is not None
    assert not session.needs_noting(NOW + timedelta(seconds=29))
    assert session.needs_noting(NOW + timedelta(seconds=30))


def test_a_closed_session_is_gone_and_closing_again_is_no_fault(store: Store) -> None:
    token, other = _open(store), _open(store)
    for _ in range(2):
        with store.transaction() as db:
            op.close_session(db, token)
    assert op.session_of(store.read(), token, at=NOW) is None
    assert op.session_of(store.read(), other, at=NOW)


def test_sessions_that_ended_are_forgotten_at_the_next_login(store: Store) -> None:
    _open(store)
    _open(store, at=NOW + timedelta(minutes=15))
    assert store.read().one("select count(*) as n from sessions") == {"n": 1}


def test_a_token_says_which_system_and_what_it_may_do(store: Store) -> None:
    scopes = [Scope.CHARGE, Scope.READ]
    with store.transaction() as db:
        token = kept.create_token(db, fresh="t1", name="HIS", scopes=scopes, at=NOW)
    known = kept.token_of(store.read(), token, at=NOW)
    assert known == kept.ApiToken("t1", "HIS", frozenset(scopes))
    assert kept.token_of(store.read(), token + "x", at=NOW) is None


def test_a_system_has_one_live_token_and_a_revoked_one_opens_nothing(store: Store) -> None:
    with store.transaction() as db:
        first = kept.create_token(db, fresh="t1", name="HIS", scopes=[Scope.READ], at=NOW)
    with store.transaction() as db, pytest.raises(Conflict):
        kept.create_token(db, fresh="t2", name="HIS", scopes=[Scope.READ], at=NOW)
    with store.transaction() as db:
        kept.revoke_token(db, "HIS", at=NOW)
        second = kept.create_token(db, fresh="t2", name="HIS", scopes=[], at=NOW)
    assert kept.token_of(store.read(), first, at=NOW) is None
    assert kept.token_of(store.read(), second, at=NOW) == kept.ApiToken("t2", "HIS", frozenset())
    with store.transaction() as db, pytest.raises(NotFound):
        kept.revoke_token(db, "LIS", at=NOW)


def test_no_password_and_no_token_reaches_the_disk(store: Store) -> None:
    session = _open(store)
    with store.transaction() as db:
        token = kept.create_token(db, fresh="t1", name="HIS", scopes=[Scope.READ], at=NOW)
    written = b"".join(path.read_bytes() for path in store.path.parent.glob("edge.db*"))
    assert "李敏".encode() in written
    for secret in (PASSWORD, session, token):
        assert secret.encode() not in written


def test_a_role_never_equals_a_scope_of_the_same_word() -> None:
    roles, scopes = frozenset[object](Role), frozenset[object](Scope)
    assert Role.DISCHARGE.value == Scope.DISCHARGE.value
    assert not roles & scopes
