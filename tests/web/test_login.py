"""Coming in and going out, and what the ledger and the log know of it."""

from pathlib import Path

import pytest

from edge.store.ledger import latest
from edge.store.operators import Role
from tests.web.ground import PASSWORD, Ground, ground_at


def test_the_login_page_speaks_chinese_and_runs_no_inline_script(ground: Ground) -> None:
    page = ground.browser().ask("GET", "/login")
    assert page.status_code == 200
    assert '<html lang="zh-CN"' in page.text
    assert "登录" in page.text
    assert "<script src=" in page.text
    assert "<style" not in page.text
    assert " style=" not in page.text
    assert " onclick=" not in page.text


@pytest.mark.parametrize(
    "given",
    [
        {"name": "李敏", "password": "not-the-password"},
        {"name": "王五", "password": PASSWORD},
        {"name": "", "password": ""},
        {"name": "李敏", "password": PASSWORD + "\ud7ff\x00"},
    ],
)
def test_a_wrong_name_and_a_wrong_password_get_one_answer(
    ground: Ground, given: dict[str, str]
) -> None:
    ground.hire("李敏", Role.DISCHARGE)
    answer = ground.browser().act("/api/v1/login", json=given | {"desk": "1号窗"})
    assert (answer.status_code, answer.json()["code"]) == (401, "LOGIN_FAILED")
    assert "set-cookie" not in answer.headers


def test_a_refused_login_is_logged_without_what_was_typed(ground: Ground) -> None:
    ground.browser().act("/api/v1/login", json={"name": "typed", "password": "also-typed"})
    assert ground.log.lines == [("login.refused", {"desk": ""})]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"password": "x"}, "name"),
        ({"name": "x"}, "password"),
        ({"name": "x" * 41, "password": "x"}, "name"),
        ({"name": "x", "password": "x", "admin": True}, "admin"),
        ({"name": ["x"], "password": "x"}, "name"),
    ],
)
def test_a_malformed_login_names_the_field(
    ground: Ground, body: dict[str, object], field: str
) -> None:
    answer = ground.browser().act("/api/v1/login", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_every_login_has_a_token_of_its_own_and_the_older_one_is_void(ground: Ground) -> None:
    ground.hire("李敏", Role.DISCHARGE)
    browser = ground.browser()
    browser.log_in("李敏")
    first = dict(browser.cookies)
    browser.log_in("李敏")
    assert dict(browser.cookies) != first
    assert ground.floor.store.read().one("select count(*) as n from sessions") == {"n": 1}


def test_going_out_ends_the_session_even_for_a_copied_cookie(ground: Ground) -> None:
    ground.hire("李敏", Role.DISCHARGE)
    browser, thief = ground.browser(), ground.browser()
    browser.log_in("李敏")
    thief.cookies.update(browser.cookies)
    assert browser.act("/api/v1/logout").status_code == 204
    assert not dict(browser.cookies)
    assert thief.ask("GET", "/api/v1/events").status_code == 401


def test_going_out_twice_is_no_fault(ground: Ground) -> None:
    assert ground.browser().act("/api/v1/logout").status_code == 204


def test_the_ledger_knows_who_came_and_went(ground: Ground) -> None:
    ground.hire("李敏", Role.DISCHARGE)
    browser = ground.browser()
    browser.log_in("李敏")
    browser.act("/api/v1/logout")
    acts = [(e.act.kind, e.act.operator) for e in latest(ground.floor.store.read(), limit=9)]
    assert acts == [("operator.logged_out", "李敏"), ("operator.logged_in", "李敏")]


def test_a_clerk_without_a_desk_does_not_come_in(ground: Ground) -> None:
    ground.hire("李敏", Role.DISCHARGE)
    answer = ground.browser().log_in("李敏", desk="")
    assert (answer.status_code, answer.json()["field"]) == (422, "desk")


def test_where_desks_are_registered_no_other_is_taken(tmp_path: Path) -> None:
    with ground_at(tmp_path / "desks", desks=("1号窗", "2号窗")) as ground:
        ground.hire("李敏", Role.DISCHARGE)
        assert "<option>2号窗</option>" in ground.browser().ask("GET", "/login").text
        refused = ground.browser().log_in("李敏", desk="3号窗")
        assert (refused.status_code, refused.json()["code"]) == (422, "DESK_UNKNOWN")
        assert ground.browser().log_in("李敏", desk="2号窗").status_code == 200


def test_five_wrong_passwords_lock_the_account_and_the_answer_stays_the_same(
    ground: Ground,
) -> None:
    ground.hire("李敏", Role.DISCHARGE)
    browser = ground.browser()
    wrong = [browser.log_in("李敏", password="not-the-password") for _ in range(5)]
    right = browser.log_in("李敏")
    assert {(a.status_code, a.content) for a in [*wrong, right]} == {(401, right.content)}
    ground.clock.advance(minutes=30)
    assert browser.log_in("李敏").status_code == 200


def test_an_administrator_needs_the_code_of_an_authenticator(ground: Ground) -> None:
    secret = ground.hire("信息科", Role.SYSTEM_ADMINISTRATOR)
    browser = ground.browser()
    assert browser.log_in("信息科").json()["code"] == "LOGIN_FAILED"
    assert browser.log_in("信息科", code=ground.code(secret)).status_code == 200
    assert 'name="code"' in browser.ask("GET", "/login").text


def test_a_new_password_ends_every_session_and_takes_the_old_ones_place(ground: Ground) -> None:
    ground.hire("李敏", Role.DISCHARGE)
    browser, other = ground.browser(), ground.browser()
    browser.log_in("李敏")
    other.log_in("李敏")
    new = {"password": "wrong", "new_password": "synthetic-password-2"}
    refused = browser.act("/api/v1/password", json=new)
    assert (refused.status_code, refused.json()["code"]) == (403, "REAUTHENTICATION_FAILED")
    assert browser.act("/api/v1/password", json=new | {"password": PASSWORD}).status_code == 204
    assert other.ask("GET", "/api/v1/events").status_code == 401
    assert browser.log_in("李敏").status_code == 401
    assert browser.log_in("李敏", password="synthetic-password-2").status_code == 200
    kinds = [e.act.kind for e in latest(ground.floor.store.read(), limit=4)]
    assert "operator.password_changed" in kinds


def test_a_password_is_changed_from_our_own_page_by_who_is_logged_in(ground: Ground) -> None:
    words = {"password": PASSWORD, "new_password": "synthetic-password-2"}
    assert ground.browser().act("/api/v1/password", json=words).status_code == 401
    ground.hire("李敏", Role.DISCHARGE)
    browser = ground.browser()
    browser.log_in("李敏")
    evil = {"Origin": "http://evil.test"}
    assert browser.act("/api/v1/password", json=words, headers=evil).status_code == 403
