"""The manual at /help: for everybody, under the strict policy, asked for again only when newer."""

from pathlib import Path

from fastapi import FastAPI

from edge.web.manual import MANUAL_PATH, ManualFiles
from edge.web.pages.screens import CHAPTERS, SCREENS, chapter_of
from tests.web.ground import Ground


def test_the_manual_is_read_without_login_and_fetched_again_only_when_it_changed(
    ground: Ground, tmp_path: Path
) -> None:
    (tmp_path / "index.html").write_text("<h1>使用手册</h1>", encoding="utf-8")
    mount(ground.app, tmp_path)
    first = ground.browser().ask("GET", "/help/")
    assert (first.status_code, first.text) == (200, "<h1>使用手册</h1>")
    assert first.headers["cache-control"] == "no-cache"
    assert "default-src 'none'" in first.headers["content-security-policy"]
    again = ground.browser().ask("GET", "/help/", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


def test_what_the_manual_has_not_and_what_lies_beside_it_are_not_found(
    ground: Ground, tmp_path: Path
) -> None:
    folder = tmp_path / "manual"
    folder.mkdir()
    (folder / "index.html").touch()
    (tmp_path / "site.toml").write_text("secret", encoding="utf-8")
    mount(ground.app, folder)
    for path in ("/help/zh/none.html", "/help/../site.toml", "/help/%2e%2e/site.toml"):
        assert ground.browser().ask("GET", path).status_code == 404


def test_an_installation_without_the_manual_says_how_to_get_it(
    ground: Ground, tmp_path: Path
) -> None:
    mount(ground.app, tmp_path / "none")
    answer = ground.browser().ask("GET", "/help/", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (404, "MANUAL_MISSING")


def test_each_screen_and_each_case_leads_to_its_chapter() -> None:
    assert [chapter_of(one.path) for one in SCREENS.values()] == list(SCREENS)
    assert [chapter_of(f"{path}1") for path in CHAPTERS.values()] == list(CHAPTERS)
    assert chapter_of("/elsewhere") == ""


def mount(app: FastAPI, folder: Path) -> None:
    """Put this manual in the place of the built one."""
    [built] = [route for route in app.routes if getattr(route, "path", "") == MANUAL_PATH]
    app.routes.remove(built)
    app.mount(MANUAL_PATH, ManualFiles(folder))
