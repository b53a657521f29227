"""A case's page beyond its main act: fallback, checklist, reversal, papers, who is offered what."""

import re

import pytest

from edge.store.operators import Role
from edge.web.pages.stay import LINES_SHOWN
from tests.web.service import Json, Service, line

PAGE_BYTES_MAX = 60_000


@pytest.fixture(scope="module")
def clerks(service: Service) -> dict[Role, dict[str, str]]:
    roles = (Role.ADMISSION, Role.DISCHARGE, Role.FINANCE)
    return {role: service.log_in(f"员 {role.value}", role) for role in roles}


def page(service: Service, path: str, headers: dict[str, str]) -> str:
    answer = service.client.get(path, headers=headers | {"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.fixture(scope="module")
def settled(service: Service) -> Json:
    stay: Json = service.discharged()
    key = {**service.system, "Idempotency-Key": "case-pages"}
    service.done("POST", f"/stays/{stay['id']}/settlement", headers=key)
    return stay


def test_a_settled_stay_offers_its_statement_and_its_reversal_to_those_who_may(
    service: Service, clerks: dict[Role, dict[str, str]], settled: Json
) -> None:
    for role in (Role.DISCHARGE, Role.FINANCE):
        shown = page(service, f"/stays/{settled['id']}", clerks[role])
        assert "statement.pdf" in shown
        assert 'name="second_person.password"' in shown
        assert "转手工报销的" not in shown
    others = page(service, f"/stays/{settled['id']}", clerks[Role.ADMISSION])
    assert "statement.pdf" not in others
    assert "second_person" not in others


def test_what_is_settled_is_held_to_what_was_shown(
    service: Service, clerks: dict[Role, dict[str, str]]
) -> None:
    stay = service.discharged()["id"]
    shown = page(service, f"/stays/{stay}", clerks[Role.DISCHARGE])
    preview = shown.partition('name="preview" value="')[2].partition('"')[0]
    assert len(preview) == 64
    service.done("POST", f"/stays/{stay}/charges", json={"lines": [line("2")]})
    key = {**service.system, "Idempotency-Key": "held"}
    late = service.ask("POST", f"/stays/{stay}/settlement", headers=key, json={"preview": preview})
    assert (late.status_code, late.json()["changes"] != []) == (409, True)


def test_in_manual_the_checklist_says_what_is_missing_and_then_hands_over(
    service: Service, clerks: dict[Role, dict[str, str]]
) -> None:
    stay = service.discharged()["id"]
    desk = clerks[Role.DISCHARGE]
    assert 'id="fallback-form"' in page(service, f"/stays/{stay}", desk)
    json = {"reason": "读卡器故障", "third_party": True}
    service.done("POST", f"/stays/{stay}/manual", json=json)
    shown = page(service, f"/stays/{stay}", desk)
    assert 'id="checklist"' in shown
    assert "尚缺" in shown
    assert 'id="fallback-form"' not in shown
    assert 'id="handed"' in shown
    assert "可结算" not in shown
    asked = service.done("GET", f"/stays/{stay}/manual/papers")["asked"]
    papers = {paper["zh"]: "there" for paper in asked}
    service.done("POST", f"/stays/{stay}/manual/papers", json={"papers": papers})
    assert 'name="taken_by"' in page(service, f"/stays/{stay}", desk)
    service.done("POST", f"/stays/{stay}/manual/handover", json={"taken_by": "本人"})
    assert "已交付" in page(service, f"/stays/{stay}", desk)


def test_unmapped_codes_and_the_hospital_s_total_stand_beside_the_bill(
    service: Service, clerks: dict[Role, dict[str, str]]
) -> None:
    stay = service.admitted()["id"]
    body = {"lines": [line(), line("2", code="XYZ")], "hospital_total_fen": 2500}
    service.done("POST", f"/stays/{stay}/charges", json=body)
    shown = page(service, f"/stays/{stay}", clerks[Role.DISCHARGE])
    assert "未对照编码 1" in shown
    assert "医院系统合计" in shown


def test_a_long_bill_is_cut_on_its_case_and_turned_over_page_by_page_beside_it(
    service: Service, clerks: dict[Role, dict[str, str]]
) -> None:
    desk = clerks[Role.DISCHARGE]
    stay = service.discharged(*(line(str(number)) for number in range(120)))["id"]
    cut = page(service, f"/stays/{stay}", desk)
    assert cut.count("<tr><td>") == LINES_SHOWN
    assert len(cut.encode()) < PAGE_BYTES_MAX
    assert f'href="/stays/{stay}/lines"' in cut
    seen: list[str] = []
    path = f"/stays/{stay}/lines"
    for _ in range(3):
        shown = page(service, path, desk)
        seen += re.findall(r"<tr><td>(\d+) · ", shown)
        following = re.findall(r'href="(/stays/\w+/lines\?after=\d+)"', shown)
        path = following[0] if following else ""
    assert (seen, path) == ([str(number) for number in range(120)], "")
    assert page(service, f"/stays/{stay}/lines?after=120", desk).count("<tr><td>") == 0
