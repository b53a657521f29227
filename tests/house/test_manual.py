"""The manual at /help: it builds without a warning, reaches nothing outside, and misses nothing."""

import json
import re
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
from typer.main import get_command

from docs.site import dictionary, key_card, runbook
from docs.site.reading import sections
from edge.__main__ import app
from edge.web.pages.screens import CHAPTERS, SCREENS
from edge.web.texts import Language
from tests.house.source import ROOT

LANGUAGES = ("zh", "en")
MANUAL = ROOT / "edge/web/look/manual"
GUIDES = sorted(page for language in LANGUAGES for page in (ROOT / "docs" / language).glob("*.md"))
A_FILE = re.compile(r".*\.(pem|pub|key|toml|db|sh)")
INLINE = re.compile(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", re.IGNORECASE)
FETCHED = re.compile(
    r"<(?:script|img|link|iframe|source|audio|video)\b[^>]*?(?:src|href)=\"([^\"]+)"
)


@pytest.fixture(scope="module")
def manual() -> Path:
    """Have the manual made where it is served from, unless what it is made of is older.

    A dead link, anchor or picture, or a page that no list names, fails.
    """
    made = MANUAL / "index.html"
    subprocess.run(["make", "--silent", made.relative_to(ROOT)], cwd=ROOT, check=True)
    return MANUAL


def test_no_page_has_anything_inline_and_none_fetches_from_outside(manual: Path) -> None:
    for page in manual.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not INLINE.search(re.sub(r"<code>.*?</code>", "", text, flags=re.DOTALL)), page
        assert [at for at in FETCHED.findall(text) if "//" in at or at.startswith("data:")] == []
    for look in (*manual.glob("*.css"), *manual.glob("*.js")):
        assert not re.search(r"https?://|@import|url\(", look.read_text(encoding="utf-8")), look


def test_every_page_of_the_guide_is_there_in_both_languages() -> None:
    chinese, english = (
        {page.name for page in (ROOT / "docs" / one).glob("*.md")} for one in LANGUAGES
    )
    assert chinese == english


CHAPTERS_FOR_IT = ("install", "offline", "readers", "agents", "ca", "backup", "restore", "upgrade")
PICTURED = ("admission", "discharge", "fitting", "finance", "auditor", "administrators")


def test_both_languages_have_the_same_chapters_and_what_was_promised() -> None:
    def anchors(page: str, language: str) -> list[str]:
        text = (ROOT / "docs" / language / f"{page}.md").read_text(encoding="utf-8")
        return re.findall(r"\{#([a-z-]+)\}", text)

    for page in {path.stem for path in GUIDES}:
        assert anchors(page, "zh") == anchors(page, "en"), page
    assert set(CHAPTERS_FOR_IT) <= set(anchors("it", "en"))
    for language in LANGUAGES:
        for page in PICTURED:
            text = (ROOT / "docs" / language / f"{page}.md").read_text(encoding="utf-8")
            assert "](../screens/" in text, page


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_the_guide_is_reached_from_its_index(language: str) -> None:
    folder = ROOT / "docs" / language
    linked = set(
        re.findall(r"\]\(([\w-]+\.md)\)", (folder / "index.md").read_text(encoding="utf-8"))
    )
    assert linked == {page.name for page in folder.glob("*.md")} - {"index.md"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_screen_has_its_chapter(manual: Path, language: str) -> None:
    page = (manual / language / "screens.html").read_text(encoding="utf-8")
    told = re.findall(r"<h2 id=\"([\w-]+)\"", page)
    assert set(told) == {*SCREENS, *CHAPTERS, "login"}


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: f"{page.parent.name}/{page.stem}")
def test_every_code_act_setting_and_command_that_a_guide_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    codes = {one.code for chapter in runbook.chapters() for one in chapter.entries}
    assert {code for code in re.findall(r"`([A-Z]+_[A-Z_]+)`", text) if code not in codes} == set()
    known = _shipped()
    words = set(re.findall(r"`([a-z]+\.[a-z_]+)`", text))
    named = {word for word in words if not A_FILE.fullmatch(word)}
    assert [one for one in named if f'"{one}"' not in known and f"`{one}`" not in known] == []
    said = re.findall(r"(?:^ {4,}|`|/bin/)edge ((?:[a-z-]+ ?){1,2})", text, re.MULTILINE)
    assert [words for words in said if not _is_command(words.split())] == []


@cache
def _shipped() -> str:
    """Return what is shipped and the settings' page as text: parsing it would cost seconds."""
    paths = [path for room in ("edge", "drivers", "sync") for path in (ROOT / room).rglob("*.py")]
    return "\n".join(path.read_text("utf-8") for path in (*paths, ROOT / "docs/settings.md"))


@cache
def _commands() -> Mapping[str, object]:
    commands: Mapping[str, object] = getattr(get_command(app), "commands", {})
    return commands


def _is_command(words: list[str]) -> bool:
    found = _commands().get(words[0])
    inner = getattr(found, "commands", None)
    return found is not None and (inner is None or words[1] in inner)


def test_the_search_finds_a_section_by_its_chinese_words(manual: Path) -> None:
    known = json.loads((manual / "search.json").read_text(encoding="utf-8"))
    assert all((manual / address.partition("#")[0]).exists() for address, *_ in known)
    found = [address for address, _, text, _ in known if "姓名不一致" in text]
    assert "zh/screens.html#verdict" in found


def test_a_page_is_cut_at_its_headings_and_its_markup_is_left_out() -> None:
    first = "<h1 id='a'>甲</h1><p>一<b>二</b></p>"
    second = "<h2 id='b'>乙 &amp; 丙</h2><table><tr><td>三</td><td>四</td></tr></table>"
    assert sections(first + second, address="zh/x.html", title="甲", language="zh") == [
        ("zh/x.html#a", "甲", "一二", "zh"),
        ("zh/x.html#b", "乙 & 丙 · 甲", "三 四", "zh"),
    ]


def test_every_table_and_column_has_its_sentence_in_both_languages_and_none_is_in_vain() -> None:
    columns = [(t, c.name) for t, columns in dictionary.schema().items() for c in columns]
    silent = [t for t in dictionary.schema() if not all(dictionary.sentence(t))]
    silent += [f"{t}.{c}" for t, c in columns if not all(dictionary.sentence(t, c))]
    assert (silent, dictionary.needless()) == ([], []), "write them in docs/dictionary.toml"


def test_every_key_of_a_screen_is_on_the_card() -> None:
    keyed = re.compile(r"data-hotkey=\"(?!Escape)")
    shown = {part for name in key_card.SCREENS.values() for part in key_card.parts_of(name)}
    for path in sorted(key_card.TEMPLATES.glob("*.html")):
        there = len(keyed.findall(path.read_text(encoding="utf-8")))
        own = [one for one in key_card.keys_in(path.name) if one[0] != "Escape"]
        if there and path.name not in {*key_card.FRAME, "style_guide.html", "parts.html"}:
            assert path.name in shown, path.name
            assert len(own) == there, path.name


def test_the_card_says_what_the_buttons_say() -> None:
    stay = key_card.keys_of("stay")
    assert key_card.said(stay["F10"], Language.ZH) == "转手工报销；冲正本次结算"
    assert "结算；" in key_card.said(stay["F9"], Language.ZH)
    assert "{" not in key_card.made("zh") + key_card.made("en")
    assert set(key_card.SCREENS) == {*SCREENS, *CHAPTERS, "login"} - {"claims"}


def test_the_runbook_has_every_code_with_both_languages_what_to_do_and_who() -> None:
    rows = re.findall(
        r"^\| `([A-Z]\S+)` \|", (ROOT / "docs/errors.md").read_text("utf-8"), re.MULTILINE
    )
    entries = [one for chapter in runbook.chapters() for one in chapter.entries]
    assert [one.code for one in entries] == rows
    assert [one.code for one in entries if not (all(one.meaning) and one.who)] == []
    assert [one.code for one in entries if not any(all(said.reason) for said in one.said)] == []
    assert [one.code for one in entries for said in one.said if not all(said.reason)] == []
    # sentences of many kinds, of which each names what it found: no one of them is the code's
    assert {one.code for one in entries if {said.reason for said in one.said} == {("…", "…")}} == {
        "SHEET_TOO_LARGE",
        "BAD_BILL",
    }
    assert runbook.twice_said() == []
    told = next(one for one in entries if one.code == "CARD_MUTE")
    assert told.said[0].reason[0] == "卡片没有应答，可能插反或芯片损坏"
    assert runbook.unknown() == []
