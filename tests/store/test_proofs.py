"""Proving who one is: five failures lock, codes count once, and nobody hears which part failed."""

import base64
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from edge.core.errors import Conflict
from edge.store import operators as op
from edge.store import proofs as pr
from edge.store.database import Store
from edge.store.keys import create_keys, load_keys
from edge.store.ledger import Ledger, latest
from edge.store.migrations import migrate
from edge.store.operators import Operator, Role
from edge.store.proofs import Proofs
from edge.store.vault import Vault
from edge.trust.crypto import second_factor_code, second_factor_uri
from tests.passwords import quick_hash
from tests.web.ground import SetClock

PASSWORD, WRONG = "synthetic-password-1", "synthetic-password-2"
CLERK = Operator("op1", "李敏", Role.DISCHARGE)
ADMIN = Operator("op2", "安管", Role.SECURITY_ADMINISTRATOR)


@pytest.fixture
def proofs(tmp_path: Path) -> Iterator[Proofs]:
    store = Store(tmp_path / "edge.db")
    migrate(store)
    create_keys(tmp_path / "keys")
    keys = load_keys(tmp_path / "keys")
    proofs = Proofs(store, Vault(keys), Ledger(keys), SetClock())
    with store.transaction() as db:
        for operator in (CLERK, ADMIN):
            op.create_operator(db, operator, password_hash=quick_hash(PASSWORD), at=proofs.clock())
    yield proofs
    store.close()


def fail(proofs: Proofs, times: int, name: str = CLERK.name) -> None:
    for _ in range(times):
        assert proofs.again(name, WRONG) is None


def equipped(proofs: Proofs) -> bytes:
    with proofs.store.transaction() as db:
        return pr.enrol(db, proofs.vault, ADMIN, at=proofs.clock())


def clock_of(proofs: Proofs) -> SetClock:
    assert isinstance(proofs.clock, SetClock)
    return proofs.clock


def test_five_failures_lock_even_the_right_password_out_for_half_an_hour(proofs: Proofs) -> None:
    fail(proofs, 4)
    assert proofs.at_login(CLERK.name, PASSWORD, "") == CLERK  # and the count begins anew
    fail(proofs, 5)
    assert proofs.at_login(CLERK.name, PASSWORD, "") is None
    assert proofs.again(CLERK.name, PASSWORD) is None
    clock_of(proofs).advance(minutes=30, microseconds=-1)
    assert proofs.again(CLERK.name, PASSWORD) is None
    clock_of(proofs).advance(microseconds=1)
    assert proofs.again(CLERK.name, PASSWORD) == CLERK


def test_who_tries_while_locked_does_not_prolong_it_and_a_clock_set_back_does_not_end_it(
    proofs: Proofs,
) -> None:
    fail(proofs, 5)
    clock_of(proofs).advance(minutes=29)
    fail(proofs, 9)
    clock_of(proofs).advance(days=-1)
    assert proofs.again(CLERK.name, PASSWORD) is None
    clock_of(proofs).advance(days=1, minutes=1)
    assert proofs.again(CLERK.name, PASSWORD) == CLERK


def test_failures_long_ago_are_forgotten(proofs: Proofs) -> None:
    fail(proofs, 4)
    clock_of(proofs).advance(minutes=30)
    fail(proofs, 4)
    assert proofs.again(CLERK.name, PASSWORD) == CLERK


def test_one_account_locked_leaves_the_others_open(proofs: Proofs) -> None:
    fail(proofs, 5)
    fail(proofs, 9, name="没有此人")
    assert proofs.again(ADMIN.name, PASSWORD) == ADMIN


def test_failures_and_the_lock_are_entered_without_what_was_typed(proofs: Proofs) -> None:
    fail(proofs, 5)
    entries = latest(proofs.store.read(), limit=9)
    kinds = [(e.act.kind, e.act.subject) for e in entries]
    assert kinds == [("operator.locked", CLERK.id), *[("operator.refused", CLERK.id)] * 4]
    assert WRONG not in "".join(e.act.body for e in entries)


def test_an_administrator_comes_in_with_a_code_and_each_code_once(proofs: Proofs) -> None:
    secret = equipped(proofs)
    code = second_factor_code(secret, proofs.clock())
    assert proofs.at_login(ADMIN.name, PASSWORD, "") is None
    assert proofs.at_login(ADMIN.name, PASSWORD, "000000") is None
    assert proofs.at_login(ADMIN.name, WRONG, code) is None
    assert proofs.at_login(ADMIN.name, PASSWORD, f" {code} ") == ADMIN
    assert proofs.at_login(ADMIN.name, PASSWORD, code) is None
    clock_of(proofs).advance(seconds=30)
    assert proofs.at_login(ADMIN.name, PASSWORD, second_factor_code(secret, proofs.clock())) == (
        ADMIN
    )


@pytest.mark.parametrize(("off_s", "counts"), [(-30, True), (30, True), (-90, False), (90, False)])
def test_an_authenticator_may_be_one_step_off(proofs: Proofs, off_s: int, *, counts: bool) -> None:
    code = second_factor_code(equipped(proofs), proofs.clock() + timedelta(seconds=off_s))
    assert (proofs.at_login(ADMIN.name, PASSWORD, code) == ADMIN) is counts


def test_an_administrator_without_a_second_factor_does_not_come_in(proofs: Proofs) -> None:
    assert proofs.at_login(ADMIN.name, PASSWORD, "") is None
    assert proofs.again(ADMIN.name, PASSWORD) == ADMIN  # for one act the password suffices


def test_a_new_second_factor_ends_the_older_one(proofs: Proofs) -> None:
    old, new = equipped(proofs), equipped(proofs)
    now = proofs.clock()
    assert proofs.at_login(ADMIN.name, PASSWORD, second_factor_code(old, now)) is None
    assert proofs.at_login(ADMIN.name, PASSWORD, second_factor_code(new, now)) == ADMIN


def test_an_authenticator_computes_the_codes_of_the_standard() -> None:
    # RFC 6238, appendix B: SHA-1, the last six of eight digits.
    secret = b"12345678901234567890"
    at = SetClock().now.fromtimestamp(1111111109, tz=SetClock().now.tzinfo)
    assert second_factor_code(secret, at) == "081804"
    asked = parse_qs(urlsplit(second_factor_uri(secret, "安管")).query)
    assert base64.b32decode(asked["secret"][0]) == secret


def test_only_what_is_locked_can_be_unlocked(proofs: Proofs) -> None:
    standing = pr.standing_of(proofs.store.read(), CLERK.id, at=proofs.clock())
    with pytest.raises(Conflict) as refused:
        pr.require_locked(standing)
    assert refused.value.code == "NOT_LOCKED"
    fail(proofs, 5)
    pr.require_locked(pr.standing_of(proofs.store.read(), CLERK.id, at=proofs.clock()))
