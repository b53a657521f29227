"""Who may not, cannot: callers, roles, scopes, origins and the ends of sessions."""

from pathlib import Path
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI

from edge.store.operators import Role, Scope
from edge.web.security import AnyCaller, Caller, json_only, require
from tests.web.ground import Ground, ground_at

Discharger = Annotated[Caller, Depends(require(Role.DISCHARGE, Scope.DISCHARGE))]


@pytest.fixture(autouse=True)
def _endpoints(ground: Ground) -> None:
    add_endpoints(ground.app)


def add_endpoints(app: FastAPI) -> None:
    """Add one endpoint for anybody and one for some."""
    router = APIRouter(dependencies=[Depends(json_only)])

    @router.get("/api/v1/who")
    @router.post("/api/v1/who")
    def who(caller: AnyCaller) -> dict[str, str]:
        return {"name": caller.name, "desk": caller.desk}

    @router.get("/api/v1/discharges")
    def discharges(caller: Discharger) -> dict[str, str]:
        return {"name": caller.name}

    app.include_router(router)


def test_a_stranger_is_asked_to_log_in(ground: Ground) -> None:
    answer = ground.browser().ask("GET", "/api/v1/who")
    assert (answer.status_code, answer.json()["code"]) == (401, "LOGIN_REQUIRED")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_clerk_is_known_by_name_and_desk(ground: Ground) -> None:
    ground.hire("李敏", Role.DISCHARGE)
    browser = ground.browser()
    welcome = {"name": "李敏", "role": "discharge", "desk": "1号窗", "must_change": False}
    assert browser.log_in("李敏").json() == welcome
    assert browser.ask("GET", "/api/v1/who").json() == {"name": "李敏", "desk": "1号窗"}


@pytest.mark.parametrize("role", Role)
def test_only_the_named_role_may(ground: Ground, role: Role) -> None:
    secret = ground.hire("李敏", role)
    browser = ground.browser()
    browser.log_in("李敏", code=ground.code(secret))
    answer = browser.ask("GET", "/api/v1/discharges")
    assert answer.status_code == (200 if role is Role.DISCHARGE else 403)
    assert role is Role.DISCHARGE or answer.json()["code"] == "GRANT_MISSING"


@pytest.mark.parametrize("scope", Scope)
def test_only_the_named_scope_may(ground: Ground, scope: Scope) -> None:
    header = ground.connect("HIS", scope)
    answer = ground.browser().ask("GET", "/api/v1/discharges", headers=header)
    assert answer.status_code == (200 if scope is Scope.DISCHARGE else 403)


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer ", "Bearer", "Basic eDp5", "x"])
def test_a_bad_token_is_not_rescued_by_a_good_cookie(ground: Ground, header: str) -> None:
    ground.hire("李敏", Role.DISCHARGE)
    browser = ground.browser()
    browser.log_in("李敏")
    answer = browser.ask("GET", "/api/v1/who", headers={"Authorization": header})
    assert answer.status_code == 401


def test_a_system_needs_no_origin(ground: Ground) -> None:
    answer = ground.browser().ask("POST", "/api/v1/who", headers=ground.connect("HIS"))
    assert answer.json() == {"name": "HIS", "desk": ""}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://desk.test"}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://desk.test", "Sec-Fetch-Site": "same-origin"}, 200),
        ({}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://evil.test"}, 403),
        ({"Origin": "https://desk.test"}, 403),
        ({"Origin": "http://desk.test:8080"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "http://desk.test", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "http://evil.test", "Sec-Fetch-Site": "same-origin"}, 403),
    ],
)
def test_an_unsafe_call_with_a_cookie_comes_from_our_own_page(
    ground: Ground, headers: dict[str, str], status: int
) -> None:
    ground.hire("李敏", Role.DISCHARGE)
    browser = ground.browser()
    browser.log_in("李敏")
    assert browser.ask("POST", "/api/v1/who", headers=headers).status_code == status


@pytest.mark.parametrize("path", ["/api/v1/login", "/api/v1/logout"])
def test_no_other_site_logs_anybody_in_or_out(ground: Ground, path: str) -> None:
    ground.hire("李敏", Role.DISCHARGE)
    browser = ground.browser()
    browser.log_in("李敏")
    body = {"name": "李敏", "password": "whatever-it-is"}
    answer = browser.ask("POST", path, json=body, headers={"Origin": "http://evil.test"})
    assert (answer.status_code, answer.json()["code"]) == (403, "WRONG_ORIGIN")
    assert browser.ask("GET", "/api/v1/who").status_code == 200


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_a_body_that_is_not_json_is_refused(ground: Ground, kind: str) -> None:
    header = ground.connect("HIS") | {"Content-Type": kind}
    answer = ground.browser().ask("POST", "/api/v1/who", content=b"{}", headers=header)
    assert (answer.status_code, answer.json()["code"]) == (415, "NOT_JSON")


def test_a_session_ends_after_fifteen_idle_minutes_and_acting_keeps_it(ground: Ground) -> None:
    ground.hire("李敏", Role.DISCHARGE)
    browser = ground.browser()
    browser.log_in("李敏")
    for _ in range(3):
        ground.clock.advance(minutes=14)
        assert browser.ask("GET", "/api/v1/who").status_code == 200
    ground.clock.advance(minutes=15)
    assert browser.ask("GET", "/api/v1/who").status_code == 401


@pytest.mark.parametrize("header", [{"Edge-Background": "1"}, {"Accept": "text/event-stream"}])
def test_what_a_page_does_by_itself_keeps_no_session_alive(
    ground: Ground, header: dict[str, str]
) -> None:
    ground.hire("李敏", Role.DISCHARGE)
    browser = ground.browser()
    browser.log_in("李敏")
    ground.clock.advance(minutes=14)
    assert browser.ask("GET", "/api/v1/who", headers=header).status_code == 200
    ground.clock.advance(minutes=1)
    assert browser.ask("GET", "/api/v1/who", headers=header).status_code == 401


def test_a_session_ends_after_eight_hours(ground: Ground) -> None:
    ground.hire("李敏", Role.DISCHARGE)
    browser = ground.browser()
    browser.log_in("李敏")
    statuses = []
    for _ in range(48):
        ground.clock.advance(minutes=10)
        statuses.append(browser.ask("GET", "/api/v1/who").status_code)
    assert statuses == [200] * 47 + [401]


def test_over_tls_the_cookie_is_bound_to_the_host(tmp_path: Path) -> None:
    with ground_at(tmp_path / "tls", tls=True) as over_tls:
        over_tls.hire("李敏", Role.DISCHARGE)
        cookie = over_tls.browser().log_in("李敏").headers["set-cookie"]
    assert cookie.startswith("__Host-edge=")
    assert {"Secure", "HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_on_loopback_without_tls_the_cookie_is_still_out_of_reach(ground: Ground) -> None:
    ground.hire("李敏", Role.DISCHARGE)
    cookie = ground.browser().log_in("李敏").headers["set-cookie"]
    assert cookie.startswith("edge_session=")
    assert {"HttpOnly", "SameSite=strict"} <= set(cookie.split("; "))
