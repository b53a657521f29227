"""Every screen in a real browser: reachable by its keys, sound for axe, light, in a picture."""

import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request, expect
from pypdfium2 import PdfDocument

from edge.clock import system_clock
from edge.store.ledger import latest
from edge.store.operators import Role
from simulators.hospital import Hospital, hospital
from simulators.hospital.ground import PASSWORD, Known
from simulators.hospital.people import DEVICE, NOTICE
from simulators.reader import in_process_reader
from tests.browser.conftest import Look
from tests.browser.sound import ill
from tests.browser.story import (
    PEOPLE,
    RARE,
    Late,
    Story,
    answer_objections,
    audit,
    hire,
    since_last_month,
    tell,
)
from tests.browser.weight import PAGE_BYTES_MAX, weight
from tests.browser.window import SIZE, Chromium, Window, at_work
from tests.fakes.log import Log
from tests.passwords import quicken
from tests.sheets.written import ROW, listed

PLUGGED = "cells => cells.forEach((one) => { one.textContent = '/dev/serial/by-id/usb-scanner'; })"
"""A real scanner's name for the picture: ours stands in a folder of this run."""


@pytest.fixture(scope="module")
def clock() -> Late:
    return Late(since_last_month(system_clock()))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, clock: Late) -> Iterator[Hospital]:
    """Open a hospital whose card is in process: the real stack has its own pages' tests."""
    folder = tmp_path_factory.mktemp("screens") / "site"
    known = Known(PEOPLE, clock)
    with hospital(folder, log=Log(), reader=in_process_reader, known=known) as place:
        quicken(place)
        yield place


@pytest.fixture(scope="module")
def story(place: Hospital, clock: Late) -> Story:
    return tell(place, clock)


def looked_at(window: Window, path: str) -> None:
    """Open a screen and hold it to what every screen must be."""
    assert weight(window, path) < PAGE_BYTES_MAX, path
    window.page.wait_for_load_state("networkidle")
    assert ill(window.page, window.sound) == [], path
    root = window.page.locator("html")
    assert root.evaluate("root => root.scrollWidth <= root.clientWidth"), path
    expect(window.page.locator(".screens [aria-current=page]")).to_have_count(1)


def a_statement(asked: Request) -> bool:
    """Tell whether this is the request of a tab that was opened for a statement."""
    return asked.url.endswith("/statement.pdf")


def printed(page: Page, url: str) -> str:
    """Return the text of the PDF that a tab was opened for."""
    answer = page.request.get(url)
    with PdfDocument(answer.body()) as document:
        return "".join(page.get_textpage().get_text_range() for page in document)


def test_the_discharge_desk_from_the_list_to_the_statement_in_four_keys(
    chromium: Chromium, place: Hospital, story: Story, look: Look
) -> None:
    with at_work(chromium, place, "出院员", "出院1号窗") as window:
        page, stay = window.page, f"/stays/{story.to_discharge}"
        for path, name in (
            ("/", ""),
            ("/stays", "stays"),
            ("/due", "due"),
            ("/search?q=ZY-2026", "search"),
            (stay, "in-stay"),
            (f"/stays/{story.unmapped}", "charges"),
            (f"/stays/{story.unmapped}/lines", ""),
            (f"/stays/{story.manual}", "fallback"),
            ("/fallbacks", "fallbacks"),
        ):
            looked_at(window, path)
            if name:
                look(page, name)
        page = window.open("/")
        page.keyboard.press("/")
        page.keyboard.type("ZY-2026-0007")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{stay}")
        page.wait_for_selector("html[data-connected=yes]")
        page.keyboard.press("F9")  # 1: discharged
        expect(page.locator("#main-act")).to_contain_text("结算：基金")
        look(page, "preview")
        page.keyboard.press("F9")  # 2: settled
        expect(page.locator("#receipt")).to_be_visible()
        with page.context.expect_event("request", a_statement) as asked:
            page.keyboard.press("F8")  # 3: the statement, to be printed
        assert RARE in printed(page, asked.value.url)
        expect(page.locator("h1")).to_contain_text(RARE)
        page.keyboard.press("F10")
        expect(page.locator("#reversal_reason")).to_be_focused()
        for path, name in (
            (stay, "settled"),
            ("/messages?everything=true", "messages"),
            ("/devices", "devices"),
            ("/overview", "overview"),
        ):
            looked_at(window, path)
            page.get_by_text("demo-scanner").evaluate_all(PLUGGED)
            look(page, name)
        window.open("/devices").keyboard.press("F2")
        expect(page.locator("#devices [role=status]")).to_have_text(re.compile(r"\d{6}\*+\w{4}"))
        window.open("/messages?everything=true").locator("#messages tbody a").first.click()
        page.wait_for_url("**/messages/*")
        look(page, "message")


def test_two_reverse_a_settlement_and_the_package_of_the_case_is_taken_along(
    chromium: Chromium, place: Hospital, story: Story
) -> None:
    with at_work(chromium, place, "出院员", "出院1号窗") as window:
        page = window.page
        page.keyboard.press("/")
        window.type(story.settled)
        page.wait_for_url("**/stays/*")
        page.wait_for_selector("html[data-connected=yes]")
        page.keyboard.press("F10")
        expect(page.locator("#reversal_reason")).to_be_focused()
        window.type("多收一项", PASSWORD, "财务员", PASSWORD)
        page.keyboard.press("Enter")  # Enter walks; it never undoes money
        expect(page.locator("#receipt")).to_be_visible()
        page.keyboard.press("Space")
        state = page.locator("#stay h2 .tag").first
        expect(state).to_have_text("已冲正")
        page.keyboard.press("F10")
        expect(page.locator("#fallback_reason")).to_be_focused()
        window.type("第三方承担", "")  # the second field is a tick
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Space")
        window.tab_to("BUTTON")
        page.keyboard.press("Space")
        expect(state).to_have_text("手工报销")
        asked = page.locator("#checklist select")
        expect(asked).not_to_have_count(0)
        for paper in asked.all():
            window.tab_to(paper.get_attribute("name") or "")
            page.keyboard.press("ArrowDown")
        page.keyboard.press("F9")
        expect(page.locator("#checklist h2 .tag")).to_have_text("材料已齐")
        window.tab_to("taken_by")
        page.keyboard.type("测试甲之妻")
        page.keyboard.press("F9")
        expect(page.locator("#checklist h2 .tag")).to_have_text("已交付")
        expect(page.locator("#checklist")).to_contain_text("测试甲之妻")


def test_the_fitting_counter_by_keyboard_alone(
    chromium: Chromium, place: Hospital, look: Look
) -> None:
    with at_work(chromium, place, "配置员", "入院1号窗", start="/fittings") as window:
        looked_at(window, "/fittings")
        page = window.page
        expect(page.locator("#notice")).to_be_focused()
        page.keyboard.press("F2")
        expect(page.locator("#card form[data-working]")).to_have_count(0)
        expect(page.locator("#notice")).to_be_focused()
        window.type(NOTICE)
        page.keyboard.type(DEVICE)
        look(page, "fittings")
        page.keyboard.press("F9")
        page.wait_for_url("**/verifications/*")
        looked_at(window, page.url.removeprefix(window.url))
        page.keyboard.type("PZ-0001")
        page.keyboard.press("Enter")
        page.keyboard.press("ArrowDown")
        expect(page.locator("[name=injured_parts]")).not_to_have_value("")
        page.keyboard.press("F9")
        page.wait_for_url("**/fittings/*")
        page.wait_for_selector("html[data-connected=yes]")
        expect(page.locator("#model-0")).to_be_focused()
        window.type("SYN-M-1", "SYN-SN-1", "", "18500.29", "18500.29")
        page.keyboard.press("F9")
        expect(page.locator("#main-act")).to_contain_text("结算：基金")
        look(page, "fitting")
        page.keyboard.press("F9")
        number = page.locator("[name=number]")
        expect(number).to_be_focused()
        look(page, "entry-sheet")
        page.keyboard.type("SYN-QG-1")
        page.keyboard.press("F9")
        expect(page.locator("main")).to_contain_text("已录入")
        looked_at(window, page.url.removeprefix(window.url))


def test_finance_s_month_and_a_complaint(
    chromium: Chromium, place: Hospital, story: Story, look: Look
) -> None:
    with at_work(chromium, place, "财务员", "出院1号窗", start="/stays") as window:
        page = window.page
        window.open(f"/claims/{story.month}").keyboard.press("F9")
        tag = page.locator("#claim h2 .tag").first
        expect(tag).to_have_text("已申请")
        expect(page.locator("#claim")).to_contain_text("平台已接收")
        audit(place, story.month)
        expect(tag).to_have_text("已审核")
        looked_at(window, f"/claims/{story.month}")
        look(page, "claims")
        window.tab_to("text")
        window.type("医嘱有记载")
        expect(page.locator("#deductions")).not_to_contain_text("待答复")
        page.keyboard.press("Space")
        expect(page.locator("#deductions")).to_contain_text("待答复")
        expect(page.locator("#claim [data-hotkey=F9]")).to_have_count(0)
        answer_objections(place, story.month)
        expect(page.locator("#deductions")).to_contain_text("维持")
        page.keyboard.press("F9")
        expect(tag).to_have_text("已确认")
        window.open("/complaints")
        page.locator("#text").focus()
        page.keyboard.type("等候时间过长 䶮𫖯㛃")
        page.keyboard.press("F9")
        page.wait_for_url("**/complaints/*")
        expect(page.locator("main")).to_contain_text("䶮𫖯㛃")
        page.keyboard.press("F9")
        expect(page.locator("#answer")).to_be_focused()
        looked_at(window, page.url.removeprefix(window.url))
        look(page, "complaint")
        looked_at(window, "/complaints")
        look(page, "complaints")
        page.go_back()


def test_the_auditor_reads_the_ledger(chromium: Chromium, place: Hospital, look: Look) -> None:
    login = chromium.new_context(viewport=SIZE, ignore_https_errors=True)
    page = login.new_page()
    page.goto(f"{place.url}/login")
    assert ill(page, chromium.sound) == []
    look(page, "login")
    login.close()
    with at_work(chromium, place, "审计员", "", start="/audit") as window:
        looked_at(window, "/audit")
        expect(window.page.locator("main .tag[data-colour=good]")).to_be_visible()
        expect(window.page.locator("main tbody")).to_contain_text("operator.logged_in")
        look(window.page, "audit")


def test_a_whole_number_is_shown_for_a_minute_to_who_types_their_password(
    chromium: Chromium, place: Hospital, story: Story, clock: Late
) -> None:
    with at_work(chromium, place, "出院员", "出院1号窗") as window:
        page = window.open(f"/stays/{story.overdue}")
        masked = re.compile(r"\d{6}\*+\w{4}")
        expect(page.locator("h1 small")).to_have_text(masked)
        page.locator("[data-opens=reveal]").press("Enter")
        page.keyboard.press("Tab")
        window.type(PASSWORD)
        expect(page.locator("h1 small")).to_have_text(re.compile(r"\d{17}[\dX]"))
        by_itself = page.locator("meta[http-equiv=refresh]").get_attribute("content") or ""
        assert 0 < int(by_itself.partition(";")[0]) <= 60
        clock.behind -= timedelta(seconds=61)
        page.reload()
        expect(page.locator("h1 small")).to_have_text(masked)
    kinds = [one.act.kind for one in latest(place.desk.site.store.read(), limit=20)]
    assert "identity.revealed" in kinds


def test_the_security_administrator_makes_an_account_by_keyboard(
    chromium: Chromium, place: Hospital, look: Look
) -> None:
    code = hire(place, "安全员", Role.SECURITY_ADMINISTRATOR)
    with at_work(chromium, place, "安全员", "", start="/audit", code=code) as window:
        looked_at(window, "/admin")
        page = window.page
        look(page, "admin")
        window.tab_to("name")
        window.type("新来的财务员")
        window.tab_to("password")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("F9")
        first = page.locator("#first-password code")
        expect(first).to_have_text(re.compile(r"(\w{4}-){3}\w{4}"))
        page.keyboard.press("Escape")
        page.get_by_role("link", name="新来的财务员").press("Enter")
        page.wait_for_url("**/admin/accounts/*")
        looked_at(window, urlsplit(page.url).path)
        look(page, "account")
        window.tab_to("password")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("F9")
        expect(page.locator("#factor svg path").first).to_be_visible()
        assert ill(page, chromium.sound) == []


def test_the_system_administrator_imports_a_list_as_it_was_seen(
    chromium: Chromium, place: Hospital, look: Look
) -> None:
    code = hire(place, "信息员", Role.SYSTEM_ADMINISTRATOR)
    with at_work(chromium, place, "信息员", "", start="/messages", code=code) as window:
        looked_at(window, "/admin")
        page = window.page
        file = {"name": "目录.csv", "mimeType": "", "buffer": listed(ROW)}
        page.locator("#catalogue-file").set_input_files(file)  # type: ignore[arg-type]
        window.tab_to("region")
        window.type("310000", "2026.1")
        page.get_by_role("button", name="比较差异").press("Enter")
        page.wait_for_url("**/admin/uploads/*")
        looked_at(window, urlsplit(page.url).path)
        look(page, "upload")
        window.tab_to("password")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("F9")
        page.wait_for_url("**/admin")
        expect(page.locator("#catalogues")).to_contain_text("310000")
        page.goto(f"{place.url}/password")
        assert ill(page, chromium.sound) == []
        look(page, "password")


def test_f1_leads_to_the_chapter_a_code_to_its_entry_and_the_manual_is_searched(
    chromium: Chromium, place: Hospital
) -> None:
    chromium.excuse("claims: .*403")
    with at_work(chromium, place, "入院员", "入院1号窗") as window:
        page = window.page
        page.goto(f"{place.url}/claims")
        with page.context.expect_page() as opened:
            page.get_by_role("link", name="GRANT_MISSING").press("Enter")
        expect(opened.value.locator("#grant_missing")).to_be_in_viewport()
        opened.value.close()
        page = window.open("/")
        page.keyboard.press("F1")
        page.keyboard.press("Enter")
        page.wait_for_url("**/help/zh/screens.html#arrival")
        expect(page.locator("#arrival")).to_be_in_viewport()
        page.keyboard.press("/")
        page.keyboard.type("姓名不一致")
        expect(page.locator("#found a").first).to_contain_text("姓名不一致")
        page.keyboard.type("怎么办")  # no section has all of it: two characters at a time
        expect(page.locator("#found mark").first).to_be_visible()
        with page.expect_navigation(url="**/help/zh/*"):
            page.keyboard.press("Enter")
        page.goto(f"{place.url}/help/zh/keys.html")
        assert len(PdfDocument(page.pdf(format="A4"))) == 1
        page.keyboard.press("Escape")
        page.wait_for_url(f"{place.url}/")
