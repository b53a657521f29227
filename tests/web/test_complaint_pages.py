"""Complaints and manual cases on the desk's pages."""

from edge.store.operators import Role
from tests.web.service import Service


def page(service: Service, path: str, headers: dict[str, str]) -> str:
    answer = service.client.get(path, headers=headers | {"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_complaint_goes_from_the_list_to_its_answer(service: Service) -> None:
    clerk = service.log_in("投诉员", Role.ADMISSION)
    assert "没有投诉" in page(service, "/complaints", clerk)
    given = {"text": "<b>等候过久</b>", "channel": "desk"}
    made = service.done("POST", "/complaints", headers=clerk, json=given)
    assert "&lt;b&gt;等候过久" in page(service, "/complaints", clerk)
    at = f"/complaints/{made['id']}"
    assert "开始办理" in page(service, at, clerk)
    service.done("POST", f"{at}/work", headers=clerk)
    assert 'name="told_by"' in page(service, at, clerk)
    said = {"answer": "已增开窗口", "told_by": "电话"}
    service.done("POST", f"{at}/answer", headers=clerk, json=said)
    assert "已增开窗口" in page(service, at, clerk)
    assert "没有投诉" in page(service, "/complaints", clerk)
    assert "已答复" in page(service, "/complaints?everything=true", clerk)


def test_cases_in_manual_are_listed_with_what_is_missing(service: Service) -> None:
    clerk = service.log_in("手工员", Role.DISCHARGE)
    assert "没有转手工报销的业务" in page(service, "/fallbacks", clerk)
    stay = service.discharged()
    why = {"reason": "第三方责任", "third_party": True}
    service.done("POST", f"/stays/{stay['id']}/manual", json=why)
    shown = page(service, "/fallbacks", clerk)
    assert stay["hospital_number"] in shown
    assert "材料未齐" in shown
