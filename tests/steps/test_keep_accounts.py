"""Accounts kept: each act is entered once, with who did it, and never a secret."""

import pytest

from edge.core.errors import Conflict, EdgeError, NotAllowed, NotFound
from edge.steps import keep_accounts as step
from edge.store.ledger import latest
from edge.store.operators import Role, open_session, session_of
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


def test_whom_nobody_hired_nobody_keeps(ground: Ground) -> None:
    acts = (
        lambda: step.unlock(ground.site, "没有此人", by=BY),
        lambda: step.equip(ground.site, "没有此人", by=BY),
        lambda: step.dismiss(ground.site, "没有此人", by=BY),
        lambda: step.give_password(ground.site, "没有此人", PASSWORD, by=BY),
    )
    for act in acts:
        with pytest.raises(EdgeError) as refused:
            act()
        assert isinstance(refused.value, NotFound)


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR])
def test_the_last_administrator_of_a_kind_stays(ground: Ground, role: Role) -> None:
    for one in step.accounts(ground.site):
        assert one[0].role is not role
    step.hire(ground.site, "甲", role, PASSWORD, by=BY)
    with pytest.raises(Conflict) as refused:
        step.dismiss(ground.site, "甲", by=BY)
    assert refused.value.code == "LAST_ADMINISTRATOR"
    step.hire(ground.site, "乙", role, PASSWORD, by=BY)
    with pytest.raises(NotAllowed):
        step.dismiss(ground.site, "甲", by="甲")
    step.dismiss(ground.site, "甲", by="乙", cause=step.Cause.LEFT)
    [entry] = latest(ground.site.store.read(), limit=1)
    assert (entry.act.kind, entry.act.operator) == ("operator.disabled", "乙")
