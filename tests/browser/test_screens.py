"""Every screen in a real browser: reachable by its keys, sound for axe, light, silent, at home."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from simulators.hospital import Hospital, HospitalSystem, hospital
from simulators.hospital.bill import thirty_lines
from simulators.hospital.inpatient import first_day
from simulators.hospital.people import DEVICE, NOTICE
from simulators.reader import in_process_reader
from tests.browser.test_desk import DETERMINATION, PAGE_BYTES_MAX, weight
from tests.browser.window import Window, at_work
from tests.fakes.log import Log

RULES = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
}
GRAVE = frozenset({"serious", "critical"})


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    """Open a hospital whose card is in process: the real stack has its own pages' tests."""
    folder = tmp_path_factory.mktemp("screens") / "site"
    with hospital(folder, log=Log(), reader=in_process_reader) as place:
        yield place


@pytest.fixture(scope="module")
def system(place: Hospital) -> Iterator[HospitalSystem]:
    with place.system() as system:
        yield system


@pytest.fixture(scope="module")
def stay(chromium: Browser, place: Hospital, system: HospitalSystem) -> str:
    """Give a stay in hospital with its bill."""
    with at_work(chromium, place, "入院员", "入院1号窗") as window:
        expect(window.page.locator("#card form")).to_be_visible()
    verdict = system.post(
        "/verifications",
        {
            "identification": system.post("/identifications", {})["id"],
            "service": "inpatient_medical",
        },
    )
    form = {
        "verification": verdict["id"],
        "hospital_number": "ZY-0001",
        "determination": DETERMINATION,
        "injured_parts": "左胫骨",
    }
    stay = str(system.post("/stays", form)["id"])
    lines = thirty_lines(first_day(place.desk.site.clock()), days=1)
    system.post(f"/stays/{stay}/charges", {"lines": lines})
    return stay


def looked_at(window: Window, path: str) -> None:
    """Open a screen and hold it to what every screen must be."""
    assert weight(window, path) < PAGE_BYTES_MAX, path
    window.page.wait_for_load_state("networkidle")
    found = Axe().run(window.page, options=RULES).response["violations"]
    assert [(one["id"], one["help"]) for one in found if one["impact"] in GRAVE] == [], path
    root = window.page.locator("html")
    assert root.evaluate("root => root.scrollWidth <= root.clientWidth"), path
    expect(window.page.locator(".screens [aria-current=page]")).to_have_count(1)


def test_the_discharge_desk_from_the_list_to_the_statement_in_four_keys(
    chromium: Browser, place: Hospital, stay: str
) -> None:
    with at_work(chromium, place, "出院员", "出院1号窗") as window:
        for path in ("/", "/stays", "/due", f"/stays/{stay}", "/fallbacks", "/complaints"):
            looked_at(window, path)
        page = window.open("/")
        page.keyboard.press("/")
        page.keyboard.type("ZY-0001")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/stays/{stay}")
        page.wait_for_selector("html[data-connected=yes]")
        page.keyboard.press("F9")  # 1: discharged
        expect(page.locator("#main-act")).to_contain_text("结算：基金")
        page.keyboard.press("F9")  # 2: settled
        expect(page.locator("#receipt")).to_be_visible()
        assert window.hosts == {place.url.removeprefix("https://")}  # the viewer of a PDF asks more
        with page.context.expect_page() as opened:
            page.keyboard.press("F8")  # 3: the statement, to be printed
        assert opened.value.url.endswith("/statement.pdf")
        opened.value.close()
        page.keyboard.press("F10")
        expect(page.locator("#reversal_reason")).to_be_focused()
        for path in (f"/stays/{stay}", "/messages?everything=true", "/devices", "/overview"):
            looked_at(window, path)
        assert window.complaints == []


def test_the_fitting_counter_by_keyboard_alone(chromium: Browser, place: Hospital) -> None:
    with at_work(chromium, place, "配置员", "入院1号窗", start="/fittings") as window:
        looked_at(window, "/fittings")
        page = window.open("/fittings")
        page.wait_for_load_state("networkidle")  # a panel that is fetched again is empty again
        expect(page.locator("#notice")).to_be_focused()
        window.type(NOTICE)
        page.keyboard.type(DEVICE)
        page.keyboard.press("F9")
        page.wait_for_url("**/verifications/*")
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
        page.keyboard.press("F9")
        number = page.locator("[name=number]")
        expect(number).to_be_focused()
        page.keyboard.type("SYN-QG-1")
        page.keyboard.press("F9")
        expect(page.locator("main")).to_contain_text("已录入")
        looked_at(window, page.url.removeprefix(window.url))
        assert window.complaints == []


def test_finance_s_month_and_a_complaint(chromium: Browser, place: Hospital) -> None:
    with at_work(chromium, place, "财务员", "出院1号窗", start="/stays") as window:
        month = f"{place.desk.site.clock():%Y-%m}"
        for path in (f"/claims/{month}", "/overview"):
            looked_at(window, path)
        page = window.open("/complaints")
        page.locator("#text").focus()
        page.keyboard.type("等候时间过长 䶮𫖯㛃")
        page.keyboard.press("F9")
        page.wait_for_url("**/complaints/*")
        expect(page.locator("main")).to_contain_text("䶮𫖯㛃")
        page.keyboard.press("F9")
        expect(page.locator("#answer")).to_be_focused()
        looked_at(window, page.url.removeprefix(window.url))
        page.go_back()
        assert window.complaints == []


def test_the_auditor_reads_the_ledger(chromium: Browser, place: Hospital) -> None:
    with at_work(chromium, place, "审计员", "", start="/audit") as window:
        looked_at(window, "/audit")
        assert window.complaints == []
