"""Every error leaves as a problem that a program and a person can use, and tells no more."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from drivers.errors import CardRemoved, DriverError, ReaderMissing
from edge.core.errors import (
    BadInput,
    BadRecord,
    BadRule,
    Conflict,
    EdgeError,
    Fault,
    NotAllowed,
    NotFound,
    Words,
)
from edge.web.problems import STATUS_OF_ROOT, problem_of
from sync.errors import OutboxConflict, PlatformUnreachable, Reason, SyncError
from tests.plain import NO_TLS
from tests.web.ground import Ground, serving

_WORDS = (Words("事情是这样", "this is what happened"), Words("这样办", "do this"))
_REASON = Reason(
    code="SYNTHETIC_SYNC",
    text="事情是这样",
    text_en="this is what happened",
    next_action="这样办",
    next_action_en="do this",
)


@dataclass(frozen=True)
class Line:
    """One line of a bill, for the field path."""

    price: int


def _raiser(error: Exception) -> Callable[[], None]:
    def endpoint() -> None:
        raise error

    return endpoint


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BadInput("SYNTHETIC_CODE", *_WORDS, field="lines[3].price"), 422),
        (BadRule("SYNTHETIC_CODE", *_WORDS), 422),
        (BadRecord("SYNTHETIC_CODE", *_WORDS), 422),
        (NotFound("SYNTHETIC_CODE", *_WORDS), 404),
        (Conflict("SYNTHETIC_CODE", *_WORDS), 409),
        (NotAllowed("SYNTHETIC_CODE", *_WORDS), 403),
        (NotAllowed("LOGIN_REQUIRED", *_WORDS), 401),
        (Fault("SYNTHETIC_CODE", *_WORDS), 503),
        (Fault("DISK_FULL", *_WORDS), 507),
        (EdgeError("SYNTHETIC_CODE", *_WORDS), 500),
        (PlatformUnreachable(_REASON), 503),
        (OutboxConflict(_REASON, field="id"), 409),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_root_has_its_status_and_keeps_its_words(
    ground: Ground, error: EdgeError | SyncError, status: int
) -> None:
    ground.app.get("/api/v1/error")(_raiser(error))
    answer = ground.browser().ask("GET", "/api/v1/error")
    problem = answer.json()
    assert answer.status_code == problem.pop("status") == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem.pop("title")
    assert problem == {
        "type": f"urn:edge:problem:{error.code}",
        "code": error.code,
        "detail": "事情是这样",
        "detail_en": "this is what happened",
        "field": getattr(error, "field", ""),
        "next_action": "这样办",
        "next_action_en": "do this",
    }


@pytest.mark.parametrize(
    ("error", "status"), [(ReaderMissing(field="desk reader"), 503), (CardRemoved(), 422)]
)
def test_a_reader_at_fault_is_not_the_card_at_fault(
    ground: Ground, error: DriverError, status: int
) -> None:
    ground.app.get("/api/v1/error")(_raiser(error))
    answer = ground.browser().ask("GET", "/api/v1/error")
    assert (answer.status_code, answer.json()["code"]) == (status, error.code)
    assert answer.json()["detail"] == error.text


def test_no_kind_of_error_is_left_without_a_status() -> None:
    roots = (EdgeError, SyncError, DriverError)
    assert set(roots) <= set(STATUS_OF_ROOT)
    assert all(issubclass(root, roots) for root in STATUS_OF_ROOT)


def test_a_field_of_the_wrong_shape_is_named_as_the_caller_wrote_it(ground: Ground) -> None:
    @ground.app.post("/api/v1/lines")
    def lines(stay: str, lines: list[Line]) -> None:
        """Take lines."""

    browser = ground.browser()
    wrong = browser.ask("POST", "/api/v1/lines?stay=1", json=[{"price": 1}, {"price": "510104"}])
    assert wrong.status_code == 200
    wrong = browser.ask("POST", "/api/v1/lines?stay=1", json=[{"price": 1}, {"price": "张三"}])
    assert (wrong.status_code, wrong.json()["field"]) == (422, "[1].price")
    assert "张三" not in wrong.text
    missing = browser.ask("POST", "/api/v1/lines", json=[])
    assert (missing.json()["code"], missing.json()["field"]) == ("BAD_FIELD", "stay")


def test_what_is_not_there_and_what_is_not_done_are_problems_too(ground: Ground) -> None:
    ground.app.get("/api/v1/thing")(lambda: None)
    browser = ground.browser()
    nowhere = browser.ask("GET", "/api/v1/nowhere")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "NOT_FOUND")
    wrong = browser.ask("DELETE", "/api/v1/thing")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert wrong.headers["allow"] == "GET"


def test_what_nobody_foresaw_leaks_nothing_to_caller_or_log(ground: Ground) -> None:
    ground.app.get("/api/v1/error")(_raiser(ValueError("510104199001010010 张三")))
    answer = ground.browser().ask("GET", "/api/v1/error")
    assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL")
    assert "510104" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    [(event, fields)] = ground.log.lines
    assert (event, fields["error"]) == ("request.failed", "ValueError")
    assert str(fields["place"]).startswith("test_problems.py:")
    assert "510104" not in str(ground.log.lines)


def test_a_stream_that_breaks_midway_is_logged_and_not_completed(ground: Ground) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"one"
        raise ValueError("510104199001010010")

    @ground.app.get("/api/v1/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse(broken())

    with serving(ground) as (_, url), pytest.raises(httpx2.RemoteProtocolError):
        httpx2.get(f"{url}/api/v1/stream", verify=NO_TLS)
    assert [event for event, _ in ground.log.lines] == ["request.failed"]


def test_a_person_gets_a_page_and_is_led_to_the_login(ground: Ground) -> None:
    add_pages(ground.app)
    browser, person = ground.browser(), {"Accept": "text/html,application/xhtml+xml"}
    page = browser.ask("GET", "/missing", headers=person)
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert "事情是这样" in page.text
    assert "这样办" in page.text
    english = browser.ask("GET", "/missing?lang=en", headers=person)
    assert "this is what happened" in english.text
    led = browser.ask("GET", "/private", headers=person)
    assert (led.status_code, led.headers["location"]) == (303, "/login")


def add_pages(app: FastAPI) -> None:
    """Add a page that is not there and one that needs a login."""
    app.get("/missing")(_raiser(NotFound("SYNTHETIC_CODE", *_WORDS)))
    app.get("/private")(_raiser(NotAllowed("LOGIN_REQUIRED", *_WORDS)))


def test_the_openapi_page_tells_the_truth_about_errors(ground: Ground) -> None:
    answers = ground.app.openapi()["paths"]["/api/v1/login"]["post"]["responses"]
    assert set(answers) == {"200", "4XX", "5XX"}
    assert "application/problem+json" in answers["4XX"]["content"]


def test_a_problem_of_an_unknown_status_still_has_words() -> None:
    assert problem_of(ValueError()).title.zh
