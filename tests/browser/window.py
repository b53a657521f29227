"""A clerk's window: their own browser context on the hospital's pages, watched for complaints."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    ViewportSize,
    expect,
)

from drivers.monitor import ReaderState
from simulators.hospital import Hospital, HospitalSystem
from simulators.hospital.ground import PASSWORD
from simulators.hospital.telling import CARD_S_MAX, awaited

SIZE = ViewportSize(width=1366, height=768)
_HOME = "127.0.0.1"
_OF_THE_BROWSER = frozenset({"chrome", "chrome-extension", "data", "blob"})
"""Its viewer of PDFs is an extension of its own; the others ask nobody."""


@dataclass  # no slots: Playwright marks who listens
class Chromium:
    """One browser for all windows; what any page of it complained of, or asked of a stranger."""

    browser: Browser
    complaints: list[str] = field(default_factory=list)
    excuses: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    sound: set[str] = field(default_factory=set)
    """The looks of text whose contrast axe has judged (``tests.browser.sound``)."""

    def new_context(self, **options: Any) -> BrowserContext:  # noqa: ANN401 - Playwright's own
        """Open a context whose console and requests are heard from its first page on."""
        context = self.browser.new_context(locale="zh-CN", **options)
        context.on("console", self._heard)
        context.on("request", self._asked)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        return context

    def excuse(self, pattern: str, *, certain: bool = True) -> None:
        """Let this test's pages complain so: a refusal is written to the console, too.

        Not ``certain``: whether it is refused is a matter of moments.
        """
        (self.excuses if certain else self.doubts).append(pattern)

    def settle_accounts(self) -> tuple[list[str], list[str]]:
        """Return what was complained of without excuse, and the excuses nobody needed; forget."""
        bad = [one for one in self.complaints if not _matches(self.excuses + self.doubts, one)]
        idle = [one for one in self.excuses if not any(re.search(one, c) for c in self.complaints)]
        self.complaints.clear()
        self.excuses.clear()
        self.doubts.clear()
        return bad, idle

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.location['url']}: {message.text}")

    def _asked(self, request: Request) -> None:
        asked = urlsplit(request.url)
        if asked.hostname != _HOME and asked.scheme not in _OF_THE_BROWSER:
            self.complaints.append(f"asked a stranger: {request.url}")


@dataclass(slots=True)
class Window:
    """One window: its page, the address of the service, and what axe has judged."""

    page: Page
    url: str
    sound: set[str]

    def open(self, path: str) -> Page:
        """Go to a page of the service and wait until it hears hints."""
        self.page.goto(self.url + path)
        self.page.wait_for_selector("html[data-connected=yes]")
        return self.page

    def leave(self) -> None:
        """Go to an empty page: one of the service would go on fetching whatever others do."""
        self.page.goto("about:blank")

    def focused(self) -> str:
        """Return the name or id of what has the keyboard."""
        one = "document.activeElement"
        return str(self.page.evaluate(f"{one}.name || {one}.id || {one}.tagName"))

    def type(self, *fields: str) -> None:
        """Type each text and go on with Enter, as at a counter."""
        for text in fields:
            self.page.keyboard.type(text)
            self.page.keyboard.press("Enter")

    def tab_to(self, element: str) -> None:
        """Press Tab until the element with this id has the keyboard."""
        for _ in range(60):
            if self.focused() == element:
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab never reached {element}")


@contextmanager
def at_work(
    chromium: Chromium,
    place: Hospital,
    clerk: str,
    desk: str,
    *,
    start: str = "/",
    code: str = "",
) -> Iterator[Window]:
    """Log in by keyboard, in Chinese, and give the window on the clerk's start page.

    ``code`` is what an administrator's authenticator shows.
    """
    # Whether the certificate is believed is the machine's business: decision 76.
    context = chromium.new_context(viewport=SIZE, ignore_https_errors=True)
    try:
        window = Window(context.new_page(), place.url, chromium.sound)
        window.page.goto(place.url)
        window.page.wait_for_url("**/login")
        expect(window.page.locator("[name=name]")).to_be_focused()
        window.type(clerk, PASSWORD)
        window.page.locator("[name=desk]").select_option(desk)
        if code:
            window.page.keyboard.press("Tab")
            window.page.keyboard.type(code)
        window.page.keyboard.press("Enter")
        window.page.wait_for_url(f"{place.url}{start}")
        window.page.wait_for_selector("html[data-connected=yes]")
        yield window
    finally:
        context.close()


def card_is_in(system: HospitalSystem) -> None:
    """Wait until the card was read; it may have been left behind by the case before."""
    there = {ReaderState.PRESENT.value, ReaderState.LEFT_BEHIND.value}
    assert awaited(lambda: there & {one["state"] for one in system.get("/readers")}, CARD_S_MAX)


def _matches(patterns: list[str], text: str) -> bool:
    return any(re.search(pattern, text) for pattern in patterns)
