"""The desk as a clerk has it: real browser, real PC/SC, the service and the platform simulator."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from edge.clock import system_clock
from simulators.card import SyntheticPerson, foreign_card, social_security_card, synthetic_person
from simulators.hospital import Hospital, HospitalSystem, hospital
from simulators.hospital.bill import thirty_lines
from simulators.hospital.inpatient import first_day
from simulators.pcscd import Pcscd
from simulators.platform.faults import Fault, Script
from tests.browser.conftest import Look
from tests.browser.weight import PAGE_BYTES_MAX, weight
from tests.browser.window import SIZE, Chromium, Window, at_work, card_is_in
from tests.fakes.log import Log
from tests.passwords import quicken

NO_LIST = Fault(on="lists", do="down", times=0)
USUAL = Script(fault=(NO_LIST,))
UNREACHABLE = Script(fault=(NO_LIST, Fault(on="verifications", do="down", times=0)))
LOST = Script(
    fault=(
        NO_LIST,
        Fault(on="messages", do="lose_ack", times=0),
        Fault(on="status", do="down", times=0),
    )
)
DETERMINATION = "津工认〔2026〕第0001号（合成）"
RED = "rgb(160, 21, 33)"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, pcscd: Pcscd) -> Iterator[Hospital]:  # noqa: ARG001 - it must run
    with hospital(tmp_path_factory.mktemp("hospital") / "site", log=Log(), script=USUAL) as place:
        assert place.virtual.missing is None
        quicken(place)
        yield place


@pytest.fixture(scope="module")
def system(place: Hospital) -> Iterator[HospitalSystem]:
    with place.system() as system:
        yield system


@pytest.fixture(scope="module")
def arrivals(chromium: Chromium, place: Hospital) -> Iterator[Window]:
    with at_work(chromium, place, "入院员", "入院1号窗") as window:
        yield window


@pytest.fixture(scope="module")
def departures(chromium: Chromium, place: Hospital) -> Iterator[Window]:
    with at_work(chromium, place, "出院员", "出院1号窗") as window:
        yield window


@pytest.fixture
def admission(arrivals: Window) -> Iterator[Window]:
    yield arrivals
    arrivals.leave()


@pytest.fixture
def discharge(departures: Window) -> Iterator[Window]:
    yield departures
    departures.leave()


@pytest.fixture
def admitted(place: Hospital, system: HospitalSystem) -> Iterator[str]:
    """Give a stay in hospital, of the worker whose card is in; settle it at the end."""
    card_is_in(system)
    shown = system.post("/identifications", {})
    asked = {"identification": shown["id"], "service": "inpatient_medical"}
    verdict = system.post("/verifications", asked)
    admission_form = {
        "verification": verdict["id"],
        "hospital_number": f"ZY{verdict['id'][:8]}",
        "determination": DETERMINATION,
        "injured_parts": "左胫骨",
        "ward": "骨科一病区",
        "bed": "7",
    }
    stay = system.post("/stays", admission_form)["id"]
    yield stay
    place.faults.play(USUAL)
    if system.get(f"/stays/{stay}")["state"] == "admitted":
        system.post(f"/stays/{stay}/discharge", {})
    if system.get(f"/stays/{stay}")["state"] == "discharged":
        system.post(f"/stays/{stay}/settlement", {}, key=f"end-{stay}")


@pytest.fixture
def discharged(admitted: str, system: HospitalSystem) -> str:
    """Give the same stay with a bill, discharged and not yet settled."""
    send_bill(system, admitted)
    system.post(f"/stays/{admitted}/discharge", {})
    return admitted


def send_bill(system: HospitalSystem, stay: str) -> None:
    day = first_day(datetime.fromisoformat(system.get(f"/stays/{stay}")["admitted_at"]))
    system.post(f"/stays/{stay}/charges", {"lines": thirty_lines(day, days=1)})


def rows(place: Hospital, sql: str, *params: str) -> list[dict[str, object]]:
    return list(place.desk.site.store.read().query(sql, list(params)))


def settlements(place: Hospital, stay: str) -> list[dict[str, object]]:
    return rows(place, "select * from settlements where stay_id = ?", stay)


def change_card(place: Hospital, window: Window, card: SyntheticPerson | None) -> None:
    """Pull the card and put another in, once the desk has seen the reader empty."""
    place.virtual.slot.remove()
    expect(window.page.locator(".lamps")).not_to_contain_text("有卡")
    expect(window.page.locator(".lamps")).not_to_contain_text("读卡失败")
    place.virtual.slot.insert(social_security_card(card) if card else foreign_card())


def test_warnings_stand_beside_the_verdict_and_an_emergency_asks_for_its_document(
    admission: Window, system: HospitalSystem
) -> None:
    card_is_in(system)
    shown = system.post("/identifications", {})
    asked = {"identification": shown["id"], "service": "inpatient_medical"}
    verdict = system.post("/verifications", asked | {"emergency": "emergency"})
    [warning] = verdict["warnings"]
    page = admission.open(f"/verifications/{verdict['id']}")
    expect(page.locator("p.hint", has_text=warning["text"])).to_be_visible()
    expect(page.locator(".verdict")).not_to_contain_text(warning["text"])
    expect(page.locator("input[name=emergency_document][required]")).to_be_visible()


def test_a_whole_case_by_keyboard_alone(
    chromium: Chromium, place: Hospital, system: HospitalSystem, look: Look
) -> None:
    with (
        at_work(chromium, place, "入院员", "入院1号窗") as admission,
        at_work(chromium, place, "出院员", "出院1号窗") as discharge,
    ):
        expect(admission.page.locator("#stays")).to_contain_text("还没有入院记录")
        stay = admit_by_keyboard(admission, look)
        find_by_keyboard(discharge, stay)
        for window in (admission, discharge):
            window.page.evaluate("window.neverReloaded = true")
        expect(admission.page.locator("#act")).to_contain_text("登记出院由出院窗口办理")
        expect(admission.page.locator(".left-behind")).to_contain_text("请职工取走社保卡")
        expect(discharge.page.locator("#bill")).to_contain_text("尚未收到费用明细")
        send_bill(system, stay)
        settle_by_keyboard(discharge.page, look)
        delivered = discharge.page.locator("#delivery .tag[data-colour=good]")
        expect(delivered).to_have_text(["平台已接收"] * 4)
        expect(admission.page.locator("#receipt")).to_be_visible()
        look(discharge.page, "settled")
        for window in (admission, discharge):
            assert window.page.evaluate("window.neverReloaded")
    shown = "select operator from ledger where kind = 'identity.shown' and subject = ? order by seq"
    assert [row["operator"] for row in rows(place, shown, stay)] == ["入院员", "出院员"]


def admit_by_keyboard(window: Window, look: Look) -> str:
    page = window.page
    expect(page.locator("#card .main")).to_be_visible()
    look(page, "admission")
    page.keyboard.press("F9")
    page.wait_for_url("**/verifications/*")
    expect(page.locator(".verdict")).to_contain_text("可结算")
    expect(page.locator(".facts")).to_contain_text("北京市（110000）")
    expect(page.locator("[name=hospital_number]")).to_be_focused()
    window.type("ZY2026-0001")
    page.keyboard.press("ArrowDown")
    expect(page.locator("[name=determination]")).to_have_value(DETERMINATION)
    page.keyboard.press("Enter")
    parts = page.locator("[name=injured_parts]")
    expect(parts).to_have_value("左胫骨")  # the determination's own, selected: typed over, or left
    window.type("左胫骨", "骨科一病区", "12")
    expect(parts).to_have_value("左胫骨")
    page.keyboard.type("左胫骨骨折")
    look(page, "verdict")
    page.keyboard.press("F9")
    page.wait_for_url("**/stays/*")
    expect(page.locator("h1")).to_have_text("测试甲 999999********0016")
    return page.url.rpartition("/")[2]


def find_by_keyboard(window: Window, stay: str) -> None:
    expect(window.page.locator(f"#stay-{stay}")).to_be_visible()
    window.tab_to(f"stay-{stay}")
    window.page.keyboard.press("Enter")
    window.page.wait_for_url(f"**/stays/{stay}")
    window.page.wait_for_selector("html[data-connected=yes]")


def settle_by_keyboard(page: Page, look: Look) -> None:
    expect(page.locator("#bill tbody tr")).to_have_count(30)
    look(page, "in-stay")
    page.keyboard.press("F9")
    expect(page.locator("#act button")).to_contain_text("结算：基金")
    expect(page.locator("#stay")).to_contain_text("剩 47 小时 59 分")
    amounts = page.locator("#bill tfoot td").all_inner_texts()
    expect(page.locator("#act button")).to_contain_text(
        f"结算：基金 {amounts[1]} 元，个人 {amounts[2]} 元"
    )
    look(page, "preview")
    page.keyboard.press("F9")
    expect(page.locator("#receipt")).to_contain_text(amounts[1])
    expect(page.locator("#receipt")).to_contain_text(amounts[2])
    expect(page.locator("#bill .shares")).to_contain_text("非工伤费用")


def test_each_clerk_is_offered_their_own_acts(
    admission: Window, discharge: Window, admitted: str, system: HospitalSystem
) -> None:
    ours = f"/stays/{admitted}"
    expect(admission.open(ours).locator("#act button")).to_have_count(0)
    expect(discharge.open(ours).locator("#act button")).to_contain_text("登记出院")
    send_bill(system, admitted)
    system.post(f"{ours}/discharge", {})
    expect(admission.page.locator("#act")).to_contain_text("结算由出院窗口办理")
    expect(discharge.page.locator("#act button")).to_contain_text("结算：基金")
    verdict = f"/verifications/{system.get(ours)['verification']}"
    expect(admission.open(verdict).locator("#known [data-hotkey=F9]")).to_contain_text("已有住院")
    expect(discharge.open(verdict).locator("main form")).to_have_count(0)
    discharge.page.keyboard.press("Escape")
    discharge.page.wait_for_url(f"{discharge.url}/")


def test_a_double_click_settles_once(place: Hospital, discharge: Window, discharged: str) -> None:
    page = discharge.open(f"/stays/{discharged}")
    page.locator("#act button").dblclick()
    expect(page.locator("#receipt")).to_be_visible()
    [settlement] = settlements(place, discharged)
    expect(page.locator("#receipt")).to_contain_text(str(settlement["id"]))


def test_the_second_of_two_tabs_gets_the_receipt_of_the_first(
    place: Hospital, discharge: Window, discharged: str, chromium: Chromium
) -> None:
    chromium.excuse("events: .*ERR_FAILED")
    chromium.excuse("settlement: .*409")
    page = discharge.open(f"/stays/{discharged}")
    deaf = page.context.new_page()
    deaf.route("**/api/v1/events", lambda route: route.abort())
    deaf.goto(page.url)
    page.keyboard.press("F9")
    expect(page.locator("#receipt")).to_be_visible()
    deaf.keyboard.press("F9")
    expect(deaf.get_by_role("alert")).to_contain_text("已经结算，未重复结算")
    deaf.unroute("**/api/v1/events")
    deaf.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(deaf.locator("#receipt")).to_be_visible()
    expect(deaf.get_by_role("alert")).to_contain_text("已经结算，未重复结算")
    assert deaf.locator("#receipt").inner_text() == page.locator("#receipt").inner_text()
    assert len(settlements(place, discharged)) == 1
    deaf.close()


def test_why_it_was_not_settled_stays_until_the_next_press(
    place: Hospital, discharge: Window, discharged: str, chromium: Chromium
) -> None:
    chromium.excuse("settlement: .*409")
    page = discharge.open(f"/stays/{discharged}")
    place.faults.play(UNREACHABLE)
    page.keyboard.press("F9")
    complaint = page.get_by_role("alert")
    expect(complaint).to_contain_text("PLATFORM_UNREACHABLE")
    page.locator("#stay").evaluate("stay => { stay.dataset.before = ''; }")
    place.desk.changed("stay", discharged)
    expect(page.locator("#stay[data-before]")).to_have_count(0)
    expect(complaint).to_contain_text("检查网络")
    expect(page.locator(".lamp", has_text="平台")).to_contain_text("无法连接")
    place.faults.play(USUAL)
    page.keyboard.press("F9")
    expect(page.locator("#receipt")).to_be_visible()
    expect(complaint).to_have_count(0)
    assert len(settlements(place, discharged)) == 1


def test_refused_lines_say_what_is_wrong_and_are_mended_before_settling(
    discharge: Window, admitted: str, system: HospitalSystem, look: Look
) -> None:
    lines = thirty_lines(first_day(system_clock()), days=1)[:5]
    bad = [{**lines[3], "code": "XYZ-1"}, {**lines[4], "amount_fen": lines[4]["amount_fen"] + 100}]
    system.post(f"/stays/{admitted}/charges", {"lines": [*lines[:3], *bad]})
    system.post(f"/stays/{admitted}/discharge", {})
    page = discharge.open(f"/stays/{admitted}")
    refused = page.locator("#bill .problem")
    expect(refused).to_contain_text("2 条明细未通过")
    expect(refused.locator("code")).to_have_text(["UNKNOWN_CODE", "AMOUNT_MISMATCH"])
    expect(page.locator("#act button")).to_have_count(0)
    look(page, "charges")
    system.post(f"/stays/{admitted}/charges", {"lines": lines[3:]})
    expect(refused).to_have_count(0)
    expect(page.locator("#act button")).to_contain_text("结算：基金")


def test_another_card_is_announced_and_the_panel_says_what_it_is(
    place: Hospital, admission: Window, look: Look
) -> None:
    page = admission.open("/")
    expect(page.locator("#card .main")).to_be_visible()
    page.keyboard.press("F9")
    page.wait_for_url("**/verifications/*")
    change_card(place, admission, synthetic_person(7))
    expect(page.locator("#new-card")).to_contain_text("新卡已插入")
    look(page, "new-card")
    page.keyboard.press("F4")
    page.wait_for_url(f"{place.url}/")
    change_card(place, admission, None)
    panel = page.locator("#card")
    expect(panel).to_contain_text("不是社会保障卡")
    expect(panel).to_contain_text("下一步")
    look(page, "foreign-card")
    change_card(place, admission, SyntheticPerson())
    expect(page.locator("#card .main")).to_be_visible()
    expect(page.locator("#service")).to_be_focused()


def test_without_the_platform_the_verdict_is_unverified_and_never_red(
    place: Hospital, admission: Window, look: Look
) -> None:
    page = admission.open("/")
    expect(page.locator("#card .main")).to_be_visible()
    place.faults.play(UNREACHABLE)
    page.keyboard.press("F9")
    page.wait_for_url("**/verifications/*")
    band = page.locator(".verdict")
    expect(band.locator("strong")).to_have_text("无法核验")
    expect(band.locator(".next").first).not_to_be_empty()
    entry = "/help/zh/runbook.html#reason-platform_unreachable"
    expect(band.get_by_role("link", name="PLATFORM_UNREACHABLE")).to_have_attribute("href", entry)
    assert band.evaluate("band => getComputedStyle(band).borderLeftColor") != RED
    expect(page.locator("main")).not_to_contain_text("登记入院")
    lamp = page.locator(".lamp", has_text="平台")
    expect(lamp).to_contain_text("无法连接")
    banner = page.locator(".banner")
    expect(banner).to_have_count(1)
    expect(banner).to_contain_text("可办：读卡")
    expect(banner).to_contain_text("48 小时计时不停")
    look(page, "unverified")
    place.faults.play(USUAL)
    page.keyboard.press("F9")
    expect(band.locator("strong")).to_have_text("可结算")
    expect(lamp).to_contain_text("在线")
    expect(banner).to_have_count(0)


def test_an_outcome_that_nobody_knows_is_asked_for_by_its_button_and_never_settled_again(
    chromium: Chromium, place: Hospital, discharge: Window, discharged: str
) -> None:
    chromium.excuse("retry: .*409", certain=False)  # the relay may be asking at that very moment
    page = discharge.open(f"/stays/{discharged}")
    expect(page.locator("#delivery .tag[data-colour=good]")).to_have_count(2)
    place.faults.play(LOST)
    page.keyboard.press("F9")
    expect(page.locator("#receipt")).to_be_visible()
    expect(page.locator("#delivery")).to_contain_text("结果未知")
    with at_work(chromium, place, "财务员", "出院1号窗", start="/stays") as finance:
        asked = finance.open("/messages")
        asked.locator("#messages tr", has_text="结果未知").locator("a").first.click()
        asked.wait_for_url("**/messages/*")
        asked.keyboard.press("F9")
        expect(asked.locator("h2 .tag").first).to_have_text("结果未知，查询中")
        place.faults.play(USUAL)
        expect(asked.locator("h2 .tag").first).to_have_text("平台已接收")
    expect(page.locator("#delivery .tag[data-colour=good]")).to_have_count(4)
    page.go_back()
    page.go_forward()
    expect(page.locator("#receipt")).to_be_visible()
    page.keyboard.press("F9")
    assert len(settlements(place, discharged)) == 1


def test_every_page_is_light_fits_its_screen_and_is_there_in_english(
    discharge: Window, discharged: str, system: HospitalSystem
) -> None:
    verdict = f"/verifications/{system.get(f'/stays/{discharged}')['verification']}"
    for path in ("/", verdict, f"/stays/{discharged}"):
        assert weight(discharge, path) < PAGE_BYTES_MAX
        root = discharge.page.locator("html")
        assert root.evaluate("root => root.scrollWidth") <= SIZE["width"]
        act = discharge.page.locator("main .main:visible, main [data-hotkey=Escape]:visible").last
        box = act.bounding_box()
        assert box
        assert box["y"] + box["height"] <= SIZE["height"]
        english = {"Accept-Language": "en"}
        answer = discharge.page.request.get(discharge.url + path, headers=english)
        assert answer.status == 200
        assert '<html lang="en"' in answer.text()
