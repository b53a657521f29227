"""That axe finds what it must, though it judges the contrast of alike texts once."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.browser.sound import ill
from tests.browser.window import Chromium

PAGE = """<!doctype html><html lang="zh-CN"><title>表</title><style>
body {{ background: #fff; color: #18242e; }}
.pale {{ color: #aaa; }} .dark {{ background: #333; }}
</style><main><h1>表</h1><table><tbody>{rows}</tbody></table>{more}</main></html>"""
ROWS = "<tr><td>甲文字<td>乙文字</tr>" * 30

ILL = {
    "one pale cell among thirty rows": '<p class="pale">看不清的字</p>',
    "the usual colour on another ground": '<div class="dark"><p>看不清的字</p></div>',
    "pale, beside its twin whose field is disabled": '<label class="pale">停用 <input disabled>'
    '</label><label class="pale">看不清的字 <input></label>',
    "pale, beside its twin that nobody sees": '<p class="pale" style="position: absolute; '
    'left: -999px">看不见</p><p class="pale">看不清的字</p>',
}


@pytest.fixture(scope="module")
def page(chromium: Chromium) -> Iterator[Page]:
    with chromium.new_context() as context:
        yield context.new_page()


@pytest.mark.parametrize("more", ILL.values(), ids=ILL)
def test_a_text_of_its_own_look_is_judged(page: Page, more: str) -> None:
    page.set_content(PAGE.format(rows=ROWS, more=""))
    sound = set[str]()
    assert ill(page, sound) == []
    assert len(sound) == 2, "the heading and the cells"
    page.set_content(PAGE.format(rows=ROWS, more=more))
    for _ in "and", "again":
        [(rule, _, where)] = ill(page, sound)
        assert rule == "color-contrast"
        assert "看不清的字" in where


def test_every_other_rule_is_asked_of_the_whole_page(page: Page) -> None:
    page.set_content(PAGE.format(rows=ROWS, more="<input><img src='data:,'>"))
    assert {rule for rule, *_ in ill(page, set())} == {"label", "image-alt"}
