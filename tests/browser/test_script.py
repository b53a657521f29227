"""The script in a real browser: hints, fragments, forms and keys, on a page of the test's own."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fastapi import Request
from fastapi.responses import HTMLResponse
from playwright.sync_api import BrowserContext, Page, expect

from edge.core.errors import BadInput, Words
from edge.store.operators import Role
from edge.web.security import AnyCaller
from tests.browser.window import Chromium
from tests.web.ground import PASSWORD, Ground, ground_at, serving

PAGE = """<!doctype html>
<html lang="zh-CN" data-text-working="处理中…" data-text-unanswered="未收到答复"
 data-runbook="/help/zh/runbook.html#"
 data-text-stale="已有新内容">
<head><meta charset="utf-8"><script src="/static/desk.js" defer></script></head>
<body data-events="/api/v1/events">
{stay}{reader}
<form id="money" data-post="/api/v1/money" data-key="key-1" data-money>
 <input name="who.name" value="李"><input name="days" data-type="number" value="3">
 <input name="empty" value=""><input name="when" data-type="day"><input type="checkbox" name="late">
 <button data-hotkey="F9">结算</button><button type="button" id="other">取消</button>
</form>
</body></html>"""


HEARD = """() => {
    window.tones = [];
    const made = AudioContext.prototype.createOscillator;
    AudioContext.prototype.createOscillator = function () {
        tones.push(this.state);
        return made.call(this);
    };
}"""
"""Writes down each tone, with whether the browser lets it sound."""


@dataclass(slots=True)
class Scene:
    """The page's far side: what it served, what it received, and a gate that holds answers."""

    ground: Ground
    url: str
    shown: Counter[str] = field(default_factory=Counter)
    taken: list[tuple[str, object]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    refuse: bool = False
    left: bool = False
    card: str = ""

    def fragment(self, name: str, attributes: str = "", usual: str = "") -> str:
        """Render one fragment; it counts how often."""
        self.shown[name] += 1
        return (
            f'<section id="{name}" data-fragment="/fragments/{name}" {attributes}>'
            f"<b>{name} {self.shown[name]}</b>"
            f'<form data-post="/x"><input id="in-{name}" value="{usual}"></form>'
            f"</section>"
        )

    def stay(self) -> str:
        """Render the fragment that keeps what is typed."""
        return self.fragment("stay", 'data-topic="stay:s1 rules"', usual="甲")

    def reader(self) -> str:
        """Render the fragment that keeps what is typed only while the same card is shown."""
        lies = " data-sounds" if self.left else ""
        shown = f'data-replace="always" data-version="{self.card}"'
        return self.fragment("reader", f'data-topic="reader" {shown}{lies}')


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder: Path = tmp_path_factory.mktemp("scene")
    with ground_at(folder / "site") as ground:
        ground.hire("李敏", Role.DISCHARGE)
        scene = Scene(ground, "")
        _add_endpoints(scene)
        with serving(ground) as (_, scene.url):
            yield scene
            scene.gate.set()


@pytest.fixture(scope="module")
def signed_in(chromium: Chromium, scene: Scene) -> Iterator[BrowserContext]:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{scene.url}/login")
    page.fill("[name=name]", "李敏")
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=desk]", "1号窗")
    page.press("[name=desk]", "Enter")
    page.wait_for_url(f"{scene.url}/")
    page.close()
    yield context
    context.close()


@pytest.fixture
def page(signed_in: BrowserContext, scene: Scene) -> Iterator[Page]:
    page = signed_in.new_page()
    scene.shown.clear()
    scene.taken.clear()
    scene.gate.set()
    scene.refuse = scene.left = False
    scene.card = "one"
    page.goto(f"{scene.url}/")
    page.wait_for_selector("html[data-connected=yes]")
    expect(page.locator("#stay b")).to_have_text("stay 2")
    expect(page.locator("#reader b")).to_have_text("reader 2")
    yield page
    page.close()


def _add_endpoints(scene: Scene) -> None:
    app = scene.ground.app

    @app.get("/")
    def start(_caller: AnyCaller) -> HTMLResponse:
        return HTMLResponse(PAGE.format(stay=scene.stay(), reader=scene.reader()))

    @app.get("/fragments/stay")
    def stay(_caller: AnyCaller) -> HTMLResponse:
        return HTMLResponse(scene.stay())

    @app.get("/fragments/reader")
    def reader(_caller: AnyCaller) -> HTMLResponse:
        return HTMLResponse(scene.reader())

    @app.post("/api/v1/money")
    def money(request: Request, _caller: AnyCaller, given: dict[str, object]) -> dict[str, object]:
        scene.taken.append((request.headers["idempotency-key"], given))
        scene.gate.wait(10)
        if scene.refuse:
            raise BadInput("DAYS_WRONG", Words("天数不对", "x"), Words("改天数", "x"), field="days")
        return {}


def test_enter_walks_through_the_login_and_the_last_field_submits(
    chromium: Chromium, scene: Scene
) -> None:
    chromium.excuse("login: .*401")
    page = chromium.new_context().new_page()
    page.goto(f"{scene.url}/login")
    page.keyboard.type("li")
    for expected in ("password", "desk"):
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.name") == expected
        page.keyboard.type("typed")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("LOGIN_FAILED")
    page.close()


def test_a_hint_fetches_what_it_concerns_and_nothing_else(page: Page, scene: Scene) -> None:
    scene.ground.floor.hints.publish("stay", "s2", 1)
    scene.ground.floor.hints.publish("stay", "s1", 1)
    expect(page.locator("#stay b")).to_have_text("stay 3")
    scene.ground.floor.hints.publish("rules", "any", 1)
    expect(page.locator("#stay b")).to_have_text("stay 4")
    assert scene.shown["reader"] == 2


def test_what_is_typed_stays_and_the_fragment_says_it_is_stale(page: Page, scene: Scene) -> None:
    page.fill("#in-stay", "half a sentence")
    scene.ground.floor.hints.publish("stay", "s1", 1)
    expect(page.locator("#stay")).to_have_attribute("data-stale", "已有新内容")
    expect(page.locator("#in-stay")).to_have_value("half a sentence")


def test_what_was_selected_is_so_again_and_gives_way_to_what_is_typed(
    page: Page, scene: Scene
) -> None:
    page.focus("#in-stay")
    page.locator("#in-stay").select_text()
    scene.ground.floor.hints.publish("stay", "s1", 1)
    expect(page.locator("#stay b")).to_have_text("stay 3")
    page.keyboard.type("乙")
    expect(page.locator("#in-stay")).to_have_value("乙")


def test_a_new_card_clears_the_panel_and_nothing_else_does(page: Page, scene: Scene) -> None:
    page.fill("#in-reader", "of the patient before")
    _show(page, "hidden")
    _show(page, "visible")  # the stream comes back, and everything is fetched again
    expect(page.locator("#stay b")).to_have_text("stay 3")
    expect(page.locator("#reader b")).to_have_text("reader 2")
    expect(page.locator("#in-reader")).to_have_value("of the patient before")
    scene.card = "another"
    scene.ground.floor.hints.publish("reader", "r1", 1)
    expect(page.locator("#reader b")).to_have_text("reader 4")
    expect(page.locator("#in-reader")).to_have_value("")
    assert page.evaluate("document.activeElement.id") == "in-reader"


def test_a_double_press_is_one_act_under_the_key_of_the_form(page: Page, scene: Scene) -> None:
    scene.gate.clear()
    page.keyboard.press("F9")
    button = page.locator("#money [data-hotkey]")
    expect(button).to_have_text("处理中…")
    page.keyboard.press("F9")
    button.dispatch_event("click")
    page.locator("#money").evaluate("form => form.requestSubmit()")
    with page.expect_navigation():
        scene.gate.set()
    assert scene.taken == [("key-1", {"who": {"name": "李"}, "days": 3, "late": False})]


def test_news_that_comes_while_a_form_is_in_work_does_not_take_it_away(
    page: Page, scene: Scene
) -> None:
    scene.gate.clear()
    page.locator("#stay").evaluate("""(stay) => {
        stay.querySelector("form").dataset.post = "/api/v1/money";
        stay.querySelector("form").dataset.key = "key-2";
        stay.querySelector("form").requestSubmit();
    }""")
    page.wait_for_selector("#stay form[data-working]")
    scene.ground.floor.hints.publish("stay", "s1", 1)
    expect(page.locator("#stay")).to_have_attribute("data-stale", "已有新内容")
    scene.gate.set()
    expect(page.locator("#stay b")).to_have_text("stay 4")
    assert [key for key, _ in scene.taken] == ["key-2"]


def test_enter_never_submits_money(page: Page, scene: Scene) -> None:
    page.focus("[name='who.name']")
    for _ in range(8):
        page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.dataset.hotkey") == "F9"
    assert scene.taken == []
    with page.expect_navigation():
        page.keyboard.press("Space")
    assert len(scene.taken) == 1


def test_a_day_is_written_as_every_page_writes_it_however_it_was_typed(
    page: Page, scene: Scene
) -> None:
    when = page.locator("[name=when]")
    for typed, written in (
        ("20261126", "2026-11-26"),
        ("2026/1/2", "2026-01-02"),
        ("2026.12.3", "2026-12-03"),
        ("2026111", "2026111"),
        ("26/11/2026", "26/11/2026"),
    ):
        when.fill(typed)
        when.press("Enter")
        expect(when).to_have_value(written)
    when.fill("20261130")
    with page.expect_navigation():
        when.press("F9")
    [(_, given)] = scene.taken
    assert given == {"who": {"name": "李"}, "days": 3, "late": False, "when": "2026-11-30"}


def test_a_refusal_is_shown_where_it_belongs_and_the_same_form_may_try_again(
    page: Page, scene: Scene, chromium: Chromium
) -> None:
    chromium.excuse("money: .*422")
    scene.refuse = True
    page.keyboard.press("F9")
    expect(page.get_by_role("alert")).to_have_text("天数不对改天数DAYS_WRONG")
    code = page.get_by_role("alert").get_by_role("link", name="DAYS_WRONG")
    expect(code).to_have_attribute("href", "/help/zh/runbook.html#days_wrong")
    expect(page.locator("[name=days]")).to_be_focused()
    expect(page.locator("[name=days]")).to_have_attribute("aria-invalid", "true")
    scene.refuse = False
    with page.expect_navigation():
        page.keyboard.press("F9")
    assert [key for key, _ in scene.taken] == ["key-1", "key-1"]


def test_a_hidden_page_hears_nothing_and_fetches_all_when_seen_again(
    page: Page, scene: Scene
) -> None:
    _show(page, "hidden")
    expect(page.locator("html")).not_to_have_attribute("data-connected", "yes")
    scene.ground.floor.hints.publish("stay", "s1", 1)
    _show(page, "visible")
    page.wait_for_selector("html[data-connected=yes]")
    expect(page.locator("#stay b")).to_have_text("stay 3")
    expect(page.locator("#reader b")).to_have_text("reader 3")


def test_what_is_left_behind_sounds_after_ten_seconds_until_it_is_taken(
    page: Page, scene: Scene
) -> None:
    page.evaluate(HEARD)
    page.clock.install()
    left_behind(page, scene, left=True)
    page.clock.fast_forward(9_000)
    page.keyboard.press("Tab")
    assert page.evaluate("tones") == []
    page.clock.fast_forward(1_500)
    expect(page.locator("html")).to_have_attribute("data-sounded", "")
    page.clock.fast_forward(10_000)
    assert page.evaluate("tones") == ["running", "running"]
    left_behind(page, scene, left=False)
    expect(page.locator("html")).not_to_have_attribute("data-sounded", "")
    page.clock.fast_forward(30_000)
    assert len(page.evaluate("tones")) == 2


def test_a_page_that_nobody_sees_keeps_silent(page: Page, scene: Scene) -> None:
    page.evaluate(HEARD)
    page.clock.install()
    left_behind(page, scene, left=True)
    _show(page, "hidden")
    page.clock.fast_forward(20_000)
    assert page.evaluate("tones") == []


def left_behind(page: Page, scene: Scene, *, left: bool) -> None:
    """Let the reader's fragment say so, or not any more."""
    scene.left = left
    scene.ground.floor.hints.publish("reader", "r1", 1)
    expect(page.locator("#reader[data-sounds]")).to_have_count(int(left))


def test_an_unattended_page_ends_at_the_login(chromium: Chromium, page: Page, scene: Scene) -> None:
    chromium.excuse("stay: .*401")
    scene.ground.clock.advance(minutes=15)
    scene.ground.floor.hints.publish("stay", "s1", 1)
    page.wait_for_url(f"{scene.url}/login")
    expect(page.locator("form[data-post='/api/v1/login'] [name=password]")).to_be_visible()
    unattended = page.request.get(f"{scene.url}/fragments/stay").status
    scene.ground.clock.advance(minutes=-15)
    assert unattended == 401


def _show(page: Page, state: str) -> None:
    page.evaluate(
        """state => {
            Object.defineProperty(document, "visibilityState", {value: state, configurable: true});
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        state,
    )
