"""Accounts and tokens kept: each act is entered once, with who did it, and never a secret."""

import pytest

from edge.core.errors import BadInput, Conflict, EdgeError, NotFound
from edge.steps import keep_accounts as step
from edge.store.ledger import latest
from edge.store.operators import Role, Scope, open_session, session_of, token_of
from tests.steps.conftest import Ground

PASSWORD, OTHER = "synthetic-password-1", "synthetic-password-2"
BY = "command line"


def kinds(ground: Ground, count: int) -> list[str]:
    """Return the newest entries' kinds, oldest first; all done by the one who did them."""
    entries = latest(ground.site.store.read(), limit=count)
    assert {entry.act.operator for entry in entries} == {BY}
    return [entry.act.kind for entry in reversed(entries)]


def test_an_administrator_is_hired_with_an_authenticator_and_a_clerk_without(
    ground: Ground,
) -> None:
    admin = step.hire(ground.site, "安管", Role.SECURITY_ADMINISTRATOR, PASSWORD, by=BY)
    clerk = step.hire(ground.site, "李敏", Role.DISCHARGE, PASSWORD, by=BY)
    assert admin.second_factor.startswith("otpauth://totp/")
    assert clerk.second_factor == ""
    assert kinds(ground, 3) == ["operator.created", "operator.equipped", "operator.created"]
    told = {one.name: how.second_factor for one, how in step.accounts(ground.site)}
    assert told == {"安管": True, "李敏": False}
    secret = admin.second_factor.partition("secret=")[2].partition("&")[0]
    assert secret not in str(latest(ground.site.store.read(), limit=9))
    assert secret not in repr(admin)


def test_a_locked_account_is_unlocked_once(ground: Ground) -> None:
    step.hire(ground.site, "李敏", Role.DISCHARGE, PASSWORD, by=BY)
    for _ in range(5):
        ground.site.proofs().again("李敏", OTHER)
    [(_, standing)] = step.accounts(ground.site)
    assert standing.locked_until is not None
    step.unlock(ground.site, "李敏", by=BY)
    assert ground.site.proofs().again("李敏", PASSWORD) is not None
    with pytest.raises(Conflict):
        step.unlock(ground.site, "李敏", by=BY)


def test_a_given_password_ends_what_the_old_one_opened(ground: Ground) -> None:
    operator = step.hire(ground.site, "李敏", Role.DISCHARGE, PASSWORD, by=BY).operator
    with ground.site.store.transaction() as db:
        session = open_session(db, operator, "1号窗", at=ground.clock())
    step.give_password(ground.site, "李敏", OTHER, by=BY)
    assert session_of(ground.site.store.read(), session, at=ground.clock()) is None
    assert ground.site.proofs().again("李敏", PASSWORD) is None
    assert ground.site.proofs().again("李敏", OTHER) == operator
    step.dismiss(ground.site, "李敏", by=BY)
    assert ground.site.proofs().again("李敏", OTHER) is None
    assert kinds(ground, 1) == ["operator.disabled"]


def test_a_token_has_its_pace_and_ends_when_told(ground: Ground) -> None:
    asked = step.NewToken(name="HIS", scopes=(Scope.READ,), calls_per_min=120)
    token = step.give_token(ground.site, asked, by=BY)
    known = token_of(ground.site.store.read(), token)
    assert known is not None
    assert (known.name, known.calls_per_min) == ("HIS", 120)
    assert list(step.live_tokens(ground.site)) == [known]
    step.end_token(ground.site, "HIS", by=BY)
    assert token_of(ground.site.store.read(), token) is None
    assert kinds(ground, 2) == ["token.created", "token.ended"]


@pytest.mark.parametrize("pace", [0, -1, 100_001])
def test_a_pace_that_is_none_is_refused(ground: Ground, pace: int) -> None:
    asked = step.NewToken(name="HIS", scopes=(Scope.READ,), calls_per_min=pace)
    with pytest.raises(BadInput) as refused:
        step.give_token(ground.site, asked, by=BY)
    assert refused.value.code == "PACE_NOT_USABLE"
    assert list(step.live_tokens(ground.site)) == []


def test_whom_nobody_hired_nobody_keeps(ground: Ground) -> None:
    acts = (
        lambda: step.unlock(ground.site, "没有此人", by=BY),
        lambda: step.equip(ground.site, "没有此人", by=BY),
        lambda: step.dismiss(ground.site, "没有此人", by=BY),
        lambda: step.give_password(ground.site, "没有此人", PASSWORD, by=BY),
        lambda: step.end_token(ground.site, "没有此系统", by=BY),
    )
    for act in acts:
        with pytest.raises(EdgeError) as refused:
            act()
        assert isinstance(refused.value, NotFound)
