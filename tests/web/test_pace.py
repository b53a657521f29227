"""How often somebody may ask: a token's pace, and an address's tries to log in."""

import pytest

from edge.store.operators import Scope
from edge.store.tokens import set_pace
from edge.web.pace import LOGINS_PER_MIN, Pace, TooFast
from edge.web.security import AnyCaller
from tests.web.ground import Ground


def test_a_bucket_gives_what_it_holds_and_fills_steadily() -> None:
    now = [0.0]
    pace = Pace(now=lambda: now[0])
    for _ in range(60):
        pace.take("HIS", 60)
    with pytest.raises(TooFast) as refused:
        pace.take("HIS", 60)
    assert (refused.value.code, refused.value.wait_s) == ("TOO_MANY_CALLS", 1)
    pace.take("other", 60)
    now[0] = 1.0
    pace.take("HIS", 60)
    with pytest.raises(TooFast):
        pace.take("HIS", 60)


def test_a_bucket_never_holds_more_than_a_minute() -> None:
    now = [0.0]
    pace = Pace(now=lambda: now[0])
    pace.take("HIS", 2)
    now[0] = 86_400.0
    pace.take("HIS", 2)
    pace.take("HIS", 2)
    with pytest.raises(TooFast) as refused:
        pace.take("HIS", 2)
    assert refused.value.wait_s == 30


def test_a_system_over_its_pace_is_told_when_to_come_back(ground: Ground) -> None:
    header = ground.connect("HIS", Scope.READ)
    with ground.floor.store.transaction() as db:
        set_pace(db, "HIS", 1)

    @ground.app.get("/api/v1/who")
    def who(caller: AnyCaller) -> str:
        return caller.name

    browser = ground.browser()
    first, second = (browser.ask("GET", "/api/v1/who", headers=header) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 429)
    assert second.json()["code"] == "TOO_MANY_CALLS"
    assert 1 <= int(second.headers["retry-after"]) <= 60


def test_who_tries_to_log_in_too_often_is_put_off(ground: Ground) -> None:
    browser = ground.browser()
    words = {"name": "", "password": "", "desk": ""}
    bad = [browser.act("/api/v1/login", json=words | {"desk": "x" * 40}) for _ in range(2)]
    assert {answer.status_code for answer in bad} == {401}
    for _ in range(LOGINS_PER_MIN):
        last = browser.act("/api/v1/password", json={"password": "", "new_password": ""})
    assert (last.status_code, last.json()["code"]) == (429, "TOO_MANY_CALLS")
    assert last.headers["retry-after"] == "1"
    ground.clock.advance(seconds=1)
    assert browser.act("/api/v1/login", json=words).status_code == 401
