"""The desk's lists over HTTP: pages, states, what is due, what a number finds; and the frame."""

import re

import pytest

from edge.steps.sign_head import sign_head
from edge.store.operators import Role
from edge.web.texts import Language, catalogue
from tests.web.service import Json, Service, line


@pytest.fixture(scope="module")
def clerk(service: Service) -> dict[str, str]:
    return service.log_in("出院员", Role.DISCHARGE)


@pytest.fixture(scope="module")
def left(service: Service) -> Json:
    """Give a stay that is discharged and not settled."""
    stay: Json = service.discharged()
    return stay


def page(service: Service, path: str, headers: dict[str, str]) -> str:
    answer = service.client.get(path, headers=headers | {"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_list_of_one_state_shows_that_state_and_counts_what_is_open(
    service: Service, clerk: dict[str, str], left: Json
) -> None:
    here = service.admitted()
    shown = page(service, "/stays?state=discharged", clerk)
    assert left["hospital_number"] in shown
    assert here["hospital_number"] not in shown
    assert re.search(r"在院 \d+</a>", shown)


def test_in_hospital_a_filing_s_end_stands_in_the_list(
    service: Service, clerk: dict[str, str], left: Json
) -> None:
    here = service.admitted()
    until = service.platform.facts["filing"]["valid_to"]
    shown = page(service, "/stays", clerk)
    mine, other = (
        shown.partition(f'id="stay-{one["id"]}"')[2].partition("</tr>")[0] for one in (here, left)
    )
    assert (until in mine, until in other) == (True, False)


def test_in_hospital_the_lines_of_the_bill_are_counted_in_the_list(
    service: Service, clerk: dict[str, str], left: Json
) -> None:
    here = service.admitted()["id"]
    lines = [line("1"), line("2", code="NOWHERE")]
    service.done("POST", f"/stays/{here}/charges", json={"lines": lines})
    shown = page(service, "/stays", clerk)
    mine, other = (
        shown.partition(f'id="stay-{one}"')[2].partition("</tr>")[0] for one in (here, left["id"])
    )
    assert re.search(r"0 / 2\s.*未对照编码 1", mine)
    assert " / " not in other


def test_in_english_no_sentence_of_ours_is_chinese(
    service: Service, clerk: dict[str, str], left: Json
) -> None:
    here = service.admitted()["id"]
    ours = {one for one in catalogue(Language.ZH).values() if len(one) > 3 and "{" not in one}
    paths = (
        f"/stays/{here}",
        f"/stays/{left['id']}",
        "/stays",
        "/due",
        "/search?q=ZY",
        "/messages",
    )
    for path in (*paths, "/", "/devices", "/overview", "/fallbacks", "/complaints"):
        shown = page(service, path, clerk | {"Accept-Language": "en"})
        assert [one for one in ours if one in shown] == [], path
        assert "以核验结果为准" not in shown


def test_what_is_due_comes_first_and_f4_goes_to_the_next(
    service: Service, clerk: dict[str, str], left: Json
) -> None:
    assert left["hospital_number"] in page(service, "/due", clerk)
    following = service.client.get("/due/next", headers=clerk, follow_redirects=False)
    assert following.status_code == 303
    assert following.headers["location"] == f"/stays/{left['id']}"
    beside = service.client.get(
        f"/due/next?beside={left['id']}", headers=clerk, follow_redirects=False
    )
    assert beside.headers["location"] == "/due"


def test_a_number_goes_to_its_case_and_its_beginning_to_a_list(
    service: Service, clerk: dict[str, str], left: Json
) -> None:
    number = left["hospital_number"]
    found = service.client.get(f"/search?q={number}", headers=clerk, follow_redirects=False)
    assert found.headers["location"] == f"/stays/{left['id']}"
    assert number in page(service, "/search?q=ZY", clerk)
    assert "没有以此开头" in page(service, "/search?q=%25", clerk)


def test_the_api_pages_through_stays_by_state_and_number(service: Service, left: Json) -> None:
    newest = service.done("GET", "/stays?limit=1")
    older = service.done("GET", f"/stays?limit=1&after={newest[0]['id']}")
    assert older[0]["id"] != newest[0]["id"]
    assert service.done("GET", "/stays?state=discharged") == [left]
    assert service.done("GET", f"/stays?number={left['hospital_number']}")[0] == left
    assert service.ask("GET", "/stays?state=gone").status_code == 422


def test_a_planned_discharge_is_kept_until_the_stay_has_ended(service: Service, left: Json) -> None:
    stay = service.admitted()["id"]
    planned = service.done("POST", f"/stays/{stay}/plan", json={"planned_on": "2026-11-28"})
    assert planned["planned_on"] == "2026-11-28"
    early = service.ask("POST", f"/stays/{stay}/plan", json={"planned_on": "2026-11-01"})
    assert (early.status_code, early.json()["code"]) == (422, "PLANNED_DAY")
    over = service.ask("POST", f"/stays/{left['id']}/plan", json={"planned_on": "2026-11-28"})
    assert (over.status_code, over.json()["code"]) == (409, "STAY_STATE")
    assert service.done("POST", f"/stays/{stay}/plan", json={})["planned_on"] is None


@pytest.mark.parametrize(
    ("role", "start"),
    [(Role.FINANCE, "/stays"), (Role.SYSTEM_ADMINISTRATOR, "/messages")],
)
def test_each_role_starts_on_its_own_screen(service: Service, role: Role, start: str) -> None:
    headers = service.log_in(f"起始 {role.value}", role)
    answer = service.client.get("/", headers=headers, follow_redirects=False)
    assert answer.headers["location"] == start
    assert 'aria-current="page"' in page(service, start, headers)


def test_the_header_tells_the_shift_and_an_outage_is_one_banner(
    service: Service, clerk: dict[str, str]
) -> None:
    assert "班次" in page(service, "/due", clerk)
    assert "平台无法连接" not in page(service, "/due", clerk)
    service.platform.down = True
    service.newcomer()
    service.verified()
    shown = page(service, "/due", clerk)
    service.platform.down = False
    assert shown.count("平台无法连接") == 1
    assert "48 小时计时不停" in shown


def test_every_message_is_listed_and_shown_with_its_tries(
    service: Service, clerk: dict[str, str], left: Json
) -> None:
    [*_, message] = [
        one for one in service.done("GET", "/sync/messages") if one["order_key"] == left["id"]
    ]
    assert message["id"] in page(service, "/messages?everything=true", clerk)
    shown = page(service, f"/messages/{message['id']}", clerk)
    assert left["hospital_number"] in shown
    assert "重发与另行处理由财务或信息科办理" in shown
    sign_head(service.site, rows=1)
    anchored = page(service, "/messages?everything=true", clerk)
    assert "<td>账链</td>" in anchored
    gone = service.client.get("/messages/nobody", headers=clerk | {"Accept": "text/html"})
    assert gone.status_code == 404


def test_what_is_open_before_the_month_ends_is_on_every_header_and_told_with_its_messages(
    service: Service, left: Json
) -> None:
    service.clock.pass_time(days=8)  # nothing after this test
    headers = service.log_in("期限员", Role.FINANCE)
    assert left["state"] == "discharged"
    assert re.search(
        r"期限</span>.*?1 项待办，11-30 前", page(service, "/stays", headers), re.DOTALL
    )
    told = page(service, "/messages", headers)
    assert "2026-11 将于 2026-11-30 结束" in told
    assert "客户规则" in told
    [raised] = service.done("GET", "/sync/reminders")
    assert (raised["duty"], raised["due_on"]) == ("month_end", "2026-11-30")
