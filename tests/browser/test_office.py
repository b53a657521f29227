"""The office's screens in a real browser: in the desk's look, sound for axe, light."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import uvicorn
from playwright.sync_api import expect

from edge.codec import Raw
from edge.office.opening import Office as OpenOffice
from edge.office.schema import bring_up
from edge.office.web import office_web
from edge.store.operators import Role
from edge.web.events import Hints
from edge.web.floor import Server
from sync.envelope import Kind, new_key
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


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the screens of an office with an overdue clock and a campus whose ledger was cut."""
    with postgres() as server:
        keys = {EAST: new_key(), WEST: new_key()}
        office = Office(server.new_database(), "http://127.0.0.1:1", keys)
        bring_up(office.books)
        opened = opened_at(office, tmp_path_factory.mktemp("office"))
        hire(opened, {"钱方": Role.FINANCE})
        office.said(*story("stay-1"), *story("stay-2", WEST)[:3])
        for number, seq in enumerate((9, 4)):
            told = head(f"h-{number}", seq, office.keys[WEST], at=START + timedelta(hours=number))
            office.said(message(told.id, Kind.LEDGER_HEAD, stay="ledger", facility=WEST,
                                body=Raw(told.body)))  # fmt: skip
        office.worker.take()
        office.clock.pass_time(hours=50)
        with _serving(opened) as at:
            yield at
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


def test_every_screen_of_the_office_is_sound_light_and_in_the_desk_s_look(
    chromium: Chromium, url: str
) -> None:
    context = chromium.new_context(viewport=SIZE)
    window = Window(context.new_page(), url, chromium.sound)
    page = window.page
    page.goto(f"{url}/login")
    page.fill("[name=name]", "钱方")
    page.fill("[name=password]", PASSWORD)
    page.select_option("[name=desk]", "集团中心")
    page.press("[name=password]", "Enter")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/")
    for path in ("/", "/money", "/quarantine"):
        assert weight(window, path) < PAGE_BYTES_MAX, path
        assert ill(page, window.sound) == [], path
        root = page.locator("html")
        assert root.evaluate("root => root.scrollWidth <= root.clientWidth"), path
        expect(page.locator(".screens [aria-current=page]")).to_have_count(1)
    window.open("/")
    expect(page.get_by_role("alert")).to_contain_text("HEAD_CUT")
    expect(page.locator("tbody tr").first).to_contain_text(WEST)
    context.close()
