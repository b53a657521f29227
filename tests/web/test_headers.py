"""The rim: strict headers on everything, known hosts only, bodies within their limits."""

from collections.abc import AsyncIterator

import pytest
from fastapi import Request

from edge.web.headers import BODY_BYTES_MAX
from edge.web.look import asset
from tests.web.ground import Ground


@pytest.fixture(autouse=True)
def _endpoint(ground: Ground) -> None:
    async def length(request: Request) -> int:
        return len(await request.body())

    ground.app.post("/api/v1/length")(length)
    ground.app.post("/api/v1/upload")(length)


@pytest.mark.parametrize(
    "path", ["/login", "/api/v1/events", "/nowhere", "/static/desk.css", "/openapi.json"]
)
def test_every_answer_is_strict_with_the_browser(ground: Ground, path: str) -> None:
    headers = ground.browser().ask("GET", path).headers
    policy = headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"} <= set(policy)
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("method", ["OPTIONS", "GET", "POST"])
def test_no_page_of_another_site_is_let_in(ground: Ground, method: str) -> None:
    asked = {"Origin": "https://evil.test", "Access-Control-Request-Method": "POST"}
    for path in ("/login", "/api/v1/length"):
        answer = ground.browser().ask(method, path, headers=asked)
        assert [name for name in answer.headers if name.startswith("access-control-")] == []


def test_pages_and_calls_are_never_kept_and_the_look_is_kept_by_its_content(
    ground: Ground,
) -> None:
    browser = ground.browser()
    for path in ("/login", "/api/v1/events", "/nowhere"):
        assert browser.ask("GET", path).headers["cache-control"] == "no-store"
    script = browser.ask("GET", asset("desk.js")).headers
    assert "immutable" in script["cache-control"]
    assert (script["content-encoding"], script["vary"]) == ("gzip", "Accept-Encoding")
    assert browser.ask("GET", "/static/desk.js").headers["cache-control"] == "no-cache"


def test_a_browser_that_shows_a_pdf_finds_the_icon(ground: Ground) -> None:
    browser = ground.browser()
    led = browser.ask("GET", "/favicon.ico")
    assert led.status_code == 307
    icon = browser.ask("GET", led.headers["location"])
    assert (icon.status_code, icon.headers["content-type"]) == (200, "image/svg+xml")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("desk.test", 200),
        ("DESK.test:8443", 200),
        ("evil.test", 400),
        ("desk.test.evil.test", 400),
        ("evil-desk.test", 400),
        ("desk.test@evil.test", 400),
        ("desk.test:80:80", 400),
        ("", 400),
    ],
)
def test_only_exactly_our_hosts_are_answered(ground: Ground, host: str, status: int) -> None:
    answer = ground.browser().ask("GET", "/login", headers={"Host": host})
    assert answer.status_code == status
    assert status == 200 or answer.json()["code"] == "HOST_UNKNOWN"
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize("path_and_limit", [("length", BODY_BYTES_MAX), ("upload", 1024 * 1024)])
def test_a_body_is_taken_up_to_its_limit_and_refused_over_it(
    ground: Ground, path_and_limit: tuple[str, int]
) -> None:
    path, limit = path_and_limit
    browser = ground.browser()
    taken = browser.ask("POST", f"/api/v1/{path}", content=b"x" * limit)
    assert taken.json() == limit
    refused = browser.ask("POST", f"/api/v1/{path}", content=b"x" * (limit + 1))
    assert (refused.status_code, refused.json()["code"]) == (413, "BODY_TOO_LARGE")


def test_a_body_that_hides_its_length_is_counted_as_it_comes(ground: Ground) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 65536

    refused = ground.browser().ask("POST", "/api/v1/length", content=endless())
    assert (refused.status_code, refused.json()["code"]) == (413, "BODY_TOO_LARGE")
