"""Tokens kept: shown once, with their pace and their last day, and ended when told."""

from datetime import date

import pytest

from edge.core.errors import BadInput, NotFound
from edge.steps import keep_tokens as step
from edge.store.ledger import latest
from edge.store.operators import Scope
from edge.store.tokens import token_of
from tests.steps.conftest import Ground

BY = "command line"


def kinds(ground: Ground, count: int) -> list[str]:
    """Return the newest entries' kinds, oldest first; all done by the one who did them."""
    entries = latest(ground.site.store.read(), limit=count)
    assert {entry.act.operator for entry in entries} == {BY}
    return [entry.act.kind for entry in reversed(entries)]


def test_a_token_has_its_pace_and_ends_when_told(ground: Ground) -> None:
    asked = step.NewToken(name="HIS", scopes=(Scope.READ,), calls_per_min=120)
    token = step.give_token(ground.site, asked, by=BY)
    known = token_of(ground.site.store.read(), token, at=ground.clock())
    assert known is not None
    assert (known.name, known.calls_per_min) == ("HIS", 120)
    assert list(step.live_tokens(ground.site)) == [known]
    step.end_token(ground.site, "HIS", by=BY)
    assert token_of(ground.site.store.read(), token, at=ground.clock()) is None
    assert kinds(ground, 2) == ["token.created", "token.ended"]


@pytest.mark.parametrize("pace", [0, -1, 100_001])
def test_a_pace_that_is_none_is_refused(ground: Ground, pace: int) -> None:
    asked = step.NewToken(name="HIS", scopes=(Scope.READ,), calls_per_min=pace)
    with pytest.raises(BadInput) as refused:
        step.give_token(ground.site, asked, by=BY)
    assert refused.value.code == "PACE_NOT_USABLE"
    assert list(step.live_tokens(ground.site)) == []


def test_a_token_is_worth_something_on_its_last_day_and_nothing_after(ground: Ground) -> None:
    today = date(2026, 11, 22)
    asked = step.NewToken(name="HIS", scopes=(Scope.READ,), last_day=today)
    token = step.give_token(ground.site, asked, by=BY)

    def known() -> bool:
        return token_of(ground.site.store.read(), token, at=ground.clock()) is not None

    assert known()
    [listed] = step.live_tokens(ground.site)
    assert listed.expires_at is not None
    ground.clock.pass_time(seconds=(listed.expires_at - ground.clock()).total_seconds() - 1)
    assert known()
    ground.clock.pass_time(seconds=1)
    assert not known()
    with pytest.raises(NotFound):
        step.end_token(ground.site, "没有此系统", by=BY)
