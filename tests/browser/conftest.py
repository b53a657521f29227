"""One Chromium for the folder, and the pictures of the guide when they are asked for."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SCREENS = Path(__file__).parents[2] / "docs" / "screens"
expect.set_options(timeout=20_000)


@dataclass(frozen=True, slots=True)
class Camera:
    """Takes pictures of what a test shows; without ``--screenshots`` it has no film."""

    film: Path | None

    def take(self, page: Page, name: str) -> None:
        """Write the page as it is seen to ``docs/screens``."""
        if self.film:
            page.screenshot(path=self.film / f"{name}.png", animations="disabled", caret="hide")


# Of the package, not the session: its event loop must not outlive the folder's tests.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def camera(pytestconfig: pytest.Config) -> Camera:
    if not pytestconfig.getoption("--screenshots"):
        return Camera(None)
    fonts = subprocess.run(["fc-list", ":lang=zh-cn"], capture_output=True, check=True)
    assert fonts.stdout, "a picture without a Chinese font shows boxes"
    SCREENS.mkdir(parents=True, exist_ok=True)
    return Camera(SCREENS)
