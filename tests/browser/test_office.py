"""The office's screens in a real browser: in the desk's look, sound for axe, light."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
import uvicorn
from playwright.sync_api import ViewportSize, expect

from edge.codec import Raw
from edge.office.opening import Office as OpenOffice
from edge.office.schema import bring_up
from edge.office.web import office_web
from edge.store.operators import Role
from edge.trust.crypto import second_factor_code
from edge.web.events import Hints
from edge.web.floor import Server
from sync.envelope import Kind, new_key
from tests.browser.conftest import Look
from tests.browser.sound import ill
from tests.browser.weight import PAGE_BYTES_MAX, weight
from tests.browser.window import SIZE, Chromium, Window
from tests.office.ground import (
    EAST,
    PASSWORD,
    START,
    WEST,
    Office,
    head,
    hire,
    message,
    opened_at,
    story,
)
from tests.postgres import postgres

PICTURES = {"/": "office", "/money": "office-money", "/quarantine": "office-quarantine"}
WIDE = ViewportSize(width=1920, height=1080)


@dataclass(frozen=True, slots=True)
class Served:
    """An office's screens, and what its administrator's authenticator shows."""

    url: str
    code: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve the screens of an office with an overdue clock and a campus whose ledger was cut."""
    with postgres() as server:
        keys = {EAST: new_key(), WEST: new_key()}
        office = Office(server.new_database(), "http://127.0.0.1:1", keys)
        bring_up(office.books)
        opened = opened_at(office, tmp_path_factory.mktemp("office"))
        factors = hire(opened, {"钱方": Role.FINANCE, "信息科": Role.SYSTEM_ADMINISTRATOR})
        office.said(*story("stay-1"), *story("stay-2", WEST)[:3])
        for number, seq in enumerate((9, 4)):
            told = head(f"h-{number}", seq, office.keys[WEST], at=START + timedelta(hours=number))
            office.said(message(told.id, Kind.LEDGER_HEAD, stay="ledger", facility=WEST,
                                body=Raw(told.body)))  # fmt: skip
        office.worker.take()
        office.clock.pass_time(hours=50)
        with _serving(opened) as at:
            yield Served(at, second_factor_code(factors["信息科"], office.clock()))
        opened.store.close()
        office.close()


@contextmanager
def _serving(opened: OpenOffice) -> Iterator[str]:
    hints = Hints()
    config = uvicorn.Config(office_web(opened, hints), port=0, log_config=None)
    server = Server(config, hints)
    with config.bind_socket() as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        assert server.up.wait(10)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


def _logged_in(window: Window, name: str, code: str = "") -> None:
    page = window.page
    page.goto(f"{window.url}/login")
    page.fill("[name=name]", name)
    page.fill("[name=password]", PASSWORD)
    page.select_option("[name=desk]", "集团中心")
    page.fill("[name=code]", code)
    page.press("[name=code]", "Enter")
    page.wait_for_url(f"{window.url}/")


def test_every_screen_of_the_office_is_sound_light_and_in_the_desk_s_look(
    chromium: Chromium, served: Served, look: Look
) -> None:
    context = chromium.new_context(viewport=SIZE)
    window = Window(context.new_page(), served.url, chromium.sound)
    page = window.page
    _logged_in(window, "钱方")
    for language, path in ((one, path) for one in ("zh-CN", "en") for path in PICTURES):
        if page.locator("html").get_attribute("lang") != language:
            page.locator(".top-links").get_by_role("link", name="English").click()
        assert weight(window, path) < PAGE_BYTES_MAX, path
        assert page.locator("html").get_attribute("lang") == language, path
        assert ill(page, window.sound) == [], (language, path)
        for size in (WIDE, SIZE):
            page.set_viewport_size(size)
            root = page.locator("html")
            assert root.evaluate("root => root.scrollWidth <= root.clientWidth"), (path, size)
        expect(page.locator(".screens [aria-current=page]")).to_have_count(1)
        if language != "en":
            look(page, PICTURES[path])
    window.open("/")
    expect(page.get_by_role("alert")).to_contain_text("HEAD_CUT")
    expect(page.locator("tbody tr").first).to_contain_text(WEST)
    context.close()


def test_it_says_what_it_did_about_a_message_in_quarantine_and_the_bar_is_gone(
    chromium: Chromium, served: Served
) -> None:
    context = chromium.new_context(viewport=SIZE)
    window = Window(context.new_page(), served.url, chromium.sound)
    page = window.page
    _logged_in(window, "信息科", served.code)
    window.open("/quarantine")
    assert ill(page, window.sound) == []
    page.fill("[name=why]", "院区恢复了备份")
    page.get_by_role("button", name="登记为已处理").click()
    expect(page.locator("#aside")).to_contain_text("信息科")
    window.open("/")
    expect(page.get_by_role("alert")).to_have_count(0)
    context.close()
