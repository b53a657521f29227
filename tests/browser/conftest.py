"""One Chromium for the folder, and the pictures of the guide when they are asked for."""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.looks import LOOKS, SCREENS
from tests.browser.window import Chromium

CHROMIUM = "/usr/bin/chromium-headless-shell"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
COLOURS = 128
expect.set_options(timeout=20_000)

Look = Callable[[Page, str], None]
"""Takes the picture of a page under one of the names of ``looks.LOOKS``."""


@dataclass(frozen=True, slots=True)
class Camera:
    """Takes pictures of what a test shows; without ``--screenshots`` it has no film."""

    film: Path | None

    def look(self, page: Page, name: str) -> None:
        """Write the page as it is seen to ``docs/screens``, in few colours."""
        assert name in LOOKS, name
        if not self.film:
            return
        page.wait_for_load_state("networkidle")
        page.evaluate("scrollTo(0, 0)")
        seen = page.screenshot(animations="disabled", caret="hide")
        with Image.open(BytesIO(seen)) as picture:
            few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
            few.save(self.film / f"{name}.png", optimize=True)


# Of the package, not the session: its event loop must not outlive the folder's tests.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Chromium]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield Chromium(browser)
        browser.close()


@pytest.fixture(autouse=True)
def silent_and_at_home(chromium: Chromium) -> Iterator[None]:
    """Fail the test whose pages wrote an error to the console, or asked anybody outside."""
    yield
    complained, idle = chromium.settle_accounts()
    assert complained == []
    assert idle == [], "excused, and never said"


@pytest.fixture(scope="session")
def look(pytestconfig: pytest.Config) -> Look:
    if not pytestconfig.getoption("--screenshots"):
        return Camera(None).look
    fonts = subprocess.run(["fc-list", ":lang=zh-cn"], capture_output=True, check=True)
    assert fonts.stdout, "a picture without a Chinese font shows boxes"
    SCREENS.mkdir(parents=True, exist_ok=True)
    return Camera(SCREENS).look
