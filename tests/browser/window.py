"""A clerk's window: their own browser context on the hospital's pages, watched for complaints."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
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

from simulators.hospital import Hospital
from simulators.hospital.ground import PASSWORD

SIZE = ViewportSize(width=1280, height=800)


@dataclass(slots=True)
class Window:
    """One window: its page, which hosts it asked, and what its console said that is no news."""

    page: Page
    url: str
    hosts: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Go to a page of the service and wait until it hears hints."""
        self.page.goto(self.url + path)
        self.page.wait_for_selector("html[data-connected=yes]")
        return self.page

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
    browser: Browser, place: Hospital, clerk: str, desk: str, *, start: str = "/"
) -> Iterator[Window]:
    """Log in by keyboard, in Chinese, and give the window on the clerk's start page."""
    # Whether the certificate is believed is the machine's business: decision 76.
    context = browser.new_context(locale="zh-CN", viewport=SIZE, ignore_https_errors=True)
    try:
        window = _watched(context, place.url)
        window.page.goto(place.url)
        window.page.wait_for_url("**/login")
        expect(window.page.locator("[name=name]")).to_be_focused()
        window.type(clerk, PASSWORD)
        window.page.locator("[name=desk]").select_option(desk)
        window.page.keyboard.press("Enter")
        window.page.wait_for_url(f"{place.url}{start}")
        window.page.wait_for_selector("html[data-connected=yes]")
        yield window
    finally:
        context.close()


def _watched(context: BrowserContext, url: str) -> Window:
    window = Window(context.new_page(), url)

    def heard(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            window.complaints.append(f"{message.location['url']}: {message.text}")

    def asked(request: Request) -> None:
        window.hosts.add(urlsplit(request.url).netloc)

    context.on("console", heard)
    context.on("request", asked)
    context.on("weberror", lambda error: window.complaints.append(str(error.error)))
    return window
