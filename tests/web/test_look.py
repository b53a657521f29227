"""The look: every template renders in both languages, is light, and no sentence is kept in vain."""

import re
from pathlib import Path

import pytest
from fastapi import Request
from fastapi.responses import HTMLResponse

import edge.web.look
from edge.core.errors import Words
from edge.web.look import Colour, Family, Header, Lamp
from edge.web.texts import Language, catalogue, words
from tests.web.ground import Ground

LOOK = Path(edge.web.look.__file__).parent
TEMPLATES = sorted((LOOK / "templates").glob("*.html"))
PAGE_BYTES_MAX = 60_000

HEADER = Header(
    desk="住院1号窗",
    clerk="李敏",
    lamps=(
        Lamp(Words("读卡器", "Reader"), Colour.GOOD, Words("在线", "online")),
        Lamp(Words("扫码枪", "Scanner"), Colour.UNKNOWN, Words("未接", "absent")),
        Lamp(Words("平台", "Platform"), Colour.BAD, Words("中断", "down")),
    ),
    waiting=3,
    fragment="/fragments/header",
    topics="reader platform message",
)
VERDICTS = [
    {
        "family": Family.SETTLES,
        "headline": Words("备案有效，联网核验", "filed, verified on line"),
        "reasons": [
            {
                "text": Words("备案在有效期内", "the filing is valid"),
                "code": "VERIFIED_ONLINE",
                "article": "川 第十四条",
                "next": None,
            }
        ],
    },
    {
        "family": Family.REFUSED,
        "headline": Words("转手工报销", "manual reimbursement"),
        "reasons": [
            {
                "text": Words("未备案且非急诊", "no filing, no emergency"),
                "code": "FILING_MISSING",
                "article": "川 第十七条",
                "next": Words("打印手工报销材料清单", "print the list of papers"),
            }
        ],
    },
    {"family": Family.UNVERIFIED, "headline": Words("平台未答复", "no answer"), "reasons": []},
]


@pytest.fixture(autouse=True)
def _pages(ground: Ground) -> None:
    look = ground.floor.look

    @ground.app.get("/style")
    def style(request: Request) -> HTMLResponse:
        return look.page(
            request, "style_guide.html", header=HEADER, verdicts=VERDICTS, key="a" * 32
        )

    @ground.app.get("/fragments/header")
    def header(request: Request) -> HTMLResponse:
        return look.page(request, "header.html", header=HEADER)


def _asked_for(*patterns: str) -> set[str]:
    sources = [*TEMPLATES, *LOOK.parent.rglob("*.py")]
    texts = [path.read_text("utf-8") for path in sources]
    return {key for text in texts for pattern in patterns for key in re.findall(pattern, text)}


def test_every_sentence_is_there_in_both_languages_and_none_in_vain() -> None:
    chinese, english = (catalogue(language) for language in Language)
    by_name = _asked_for(r"\b(?:t|text|words)\(\"([\w.]+)\"[,)]")
    by_kind = tuple(_asked_for(r"\bt\(\"([\w.]+\.)\" ~", r"\bwords\(f\"([\w.]+\.)\{"))
    assert set(chinese) == set(english)
    assert by_name <= set(chinese)
    assert {key for key in chinese if not key.startswith(by_kind)} <= by_name
    assert all([*chinese.values(), *english.values()])


def test_a_catalogue_has_each_key_once_and_the_same_blanks_in_both_languages() -> None:
    for path in sorted((LOOK.parent / "locale").glob("*.po")):
        keys = re.findall(r"^msgid \"(.+)\"$", path.read_text("utf-8"), re.MULTILINE)
        assert len(keys) == len(set(keys)), path
    chinese, english = (catalogue(language) for language in Language)
    for key in chinese:
        assert _blanks(chinese[key]) == _blanks(english[key]), key


def _blanks(sentence: str) -> set[str]:
    return set(re.findall(r"\{\w*\}", sentence))


def test_every_family_of_verdicts_has_its_words() -> None:
    assert {f"verdict.{family.value}" for family in Family} <= set(catalogue(Language.ZH))


@pytest.mark.parametrize(("asked", "language"), [("", "zh-CN"), ("?lang=en", "en")])
def test_every_part_renders_in_both_languages(ground: Ground, asked: str, language: str) -> None:
    page = ground.browser().ask("GET", f"/style{asked}")
    assert f'<html lang="{language}"' in page.text
    for family in Family:
        said = words(f"verdict.{family.value}")
        assert (said.en if asked else said.zh) in page.text


def test_a_chosen_language_is_remembered(ground: Ground) -> None:
    browser = ground.browser()
    browser.ask("GET", "/style?lang=en")
    assert '<html lang="en"' in browser.ask("GET", "/style").text
    assert '<html lang="zh-CN"' in browser.ask("GET", "/style?lang=zh-CN").text


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("en-GB,en;q=0.9", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("de", "zh-CN"),
        ("", "zh-CN"),
    ],
)
def test_the_browsers_language_counts_and_chinese_comes_first(
    ground: Ground, accepted: str, language: str
) -> None:
    page = ground.browser().ask("GET", "/login", headers={"Accept-Language": accepted})
    assert f'<html lang="{language}"' in page.text


def test_a_fragment_brings_its_own_element(ground: Ground) -> None:
    fragment = ground.browser().ask("GET", "/fragments/header").text
    assert fragment.strip().startswith(
        '<div class="header-facts" data-fragment="/fragments/header"'
    )
    assert "<html" not in fragment


def test_a_page_with_its_look_weighs_little(ground: Ground) -> None:
    page = ground.browser().ask("GET", "/style").content
    look = sum(path.stat().st_size for path in (LOOK / "static").iterdir())
    assert len(page) + look < PAGE_BYTES_MAX


def test_no_template_and_no_style_reaches_outside_or_writes_inline() -> None:
    for path in [*TEMPLATES, *(LOOK / "static").glob("desk.*")]:
        source = path.read_text(encoding="utf-8")
        assert not re.search(r"https?://|\bstyle=|\bon\w+=\"|<style|@import|url\(", source), path


def test_what_is_typed_by_others_is_never_markup(ground: Ground) -> None:
    @ground.app.get("/named")
    def named(request: Request) -> HTMLResponse:
        lamp = Lamp(Words("<script>", "x"), Colour.GOOD, Words("&", "&"))
        header = Header(
            desk="<b>", clerk='"><img>', lamps=(lamp,), waiting=0, fragment="/f", topics="t"
        )
        return ground.floor.look.page(request, "header.html", header=header)

    page = ground.browser().ask("GET", "/named").text
    assert not re.search(r"<script>|<b>|<img>", page)
