"""What is due and a day's end over HTTP; a broken ledger or a clock set back is no readiness."""

import re
from pathlib import Path

import httpx2
import pytest

from edge.app import running
from edge.store.operators import Role
from simulators.reader import InProcessReaders
from tests.web.service import Service, line, service_at
from tests.web.test_api import problem, settle


def test_what_is_due_comes_in_pages_by_deadline(service: Service) -> None:
    before = service.done("GET", "/stays/due")["counts"]
    first = service.discharged()
    service.clock.pass_time(hours=1)
    second = service.discharged()
    page = service.done("GET", "/stays/due", params={"limit": 1})
    assert page["after"] == page["due"][0]["stay"]["id"]
    seen = page["due"]
    while page["after"]:
        page = service.done("GET", "/stays/due", params={"limit": 1, "after": page["after"]})
        seen += page["due"]
    ids = [one["stay"]["id"] for one in seen]
    assert ids.index(first["id"]) < ids.index(second["id"])
    assert page["counts"]["running"] == before["running"] + 2
    mine = next(one for one in seen if one["stay"]["id"] == second["id"])
    assert mine == {"stay": second, "urgency": "running", "left_s": 48 * 3600}
    assert service.done("GET", "/stays/due", params={"only": "overdue"})["due"] == []


@pytest.mark.parametrize(
    ("query", "status", "code", "field"),
    [
        ({"only": "tomorrow"}, 422, "BAD_FIELD", "only"),
        ({"limit": 0}, 422, "BAD_FIELD", "limit"),
        ({"after": "nowhere"}, 404, "UNKNOWN_STAY", "stay"),
    ],
)
def test_a_question_that_cannot_be_is_named(
    service: Service, query: dict[str, object], status: int, code: str, field: str
) -> None:
    problem(service.ask("GET", "/stays/due", params=query), status, code, field)


def test_a_days_end_tells_its_money_and_a_head_to_print(service: Service) -> None:
    before = service.done("GET", "/day-ends/2026-11-20")["total"]["settled"]
    settle(service, service.discharged(), "day-end-1")
    sheet = service.done("GET", "/day-ends/2026-11-20")
    assert sheet["total"]["settled"]["count"] == before["count"] + 1
    assert sheet["total"]["settled"]["total_fen"] == before["total_fen"] + 1200
    assert "HIS" in {one["clerk"] for one in sheet["by_clerk"]}
    assert len(sheet["head"]["mac"]) == 64
    problem(service.ask("GET", "/day-ends/yesterday"), 422, "BAD_FIELD", "day")


def test_readyz_tells_a_clock_set_back_and_a_broken_ledger(service: Service) -> None:
    service.admitted()

    def readiness() -> tuple[int, str]:
        answer = service.client.get("/readyz")
        return answer.status_code, answer.json()["status"]

    assert readiness() == (200, "ok")
    service.clock.pass_time(minutes=-3)
    assert readiness() == (503, "CLOCK_WENT_BACK")
    service.clock.pass_time(minutes=3)
    assert readiness() == (200, "ok")

    stay = service.discharged()
    db = service.site.store.read()
    db.execute("drop trigger ledger_is_never_changed")
    db.execute("update ledger set operator = operator || '乙' where seq = 2")
    service.site.ledger.verify(db)
    assert readiness() == (503, "LEDGER_BROKEN")
    problem(settle(service, stay, "broken-1"), 503, "LEDGER_BROKEN")
    db.execute("update ledger set operator = replace(operator, '乙', '') where seq = 2")
    service.site.ledger.verify(db)
    assert readiness() == (200, "ok")
    assert settle(service, stay, "broken-1").status_code == 201


def test_an_open_page_hears_of_a_stay_whose_clock_was_told(service: Service) -> None:
    stay = service.discharged()
    service.clock.pass_time(hours=25)
    with service.client.stream("GET", "/api/v1/events", headers=service.system) as stream:
        hints = (line for line in stream.iter_lines() if line.startswith("data:"))
        next(hints)  # connected
        service.desk.keeper.run_once()
        assert any(stay["id"] in hint for hint in hints)
    service.clock.pass_time(hours=-25)
    with service.site.store.transaction() as db:
        db.execute("delete from high_water")


def test_a_service_that_starts_on_a_broken_ledger_serves_and_says_so(tmp_path: Path) -> None:
    """A short life: enter something, stop, change it, start again."""
    with service_at(tmp_path) as service:
        service.admitted()
        db = service.site.store.read()
        db.execute("drop trigger ledger_is_never_changed")
        db.execute("update ledger set operator = operator || '乙' where seq = 2")
        assert service.client.get("/readyz").json()["status"] == "ok"
        with running(service.site, InProcessReaders()):
            answer = service.client.get("/readyz")
            assert (answer.status_code, answer.json()["status"]) == (503, "LEDGER_BROKEN")
            assert service.done("GET", "/stays")


def test_a_settlement_is_held_to_the_preview_by_its_tag(service: Service) -> None:
    stay = service.discharged()
    at = f"/stays/{stay['id']}"
    tag = service.ask("POST", f"{at}/preview").headers["etag"].strip('"')
    lines = {"lines": [line("2", price="5.00", amount_fen=500)]}
    service.done("POST", f"{at}/charges", json=lines)
    headers = service.system | {"Idempotency-Key": "held-1"}

    def pressed(preview: str) -> httpx2.Response:
        return service.ask("POST", f"{at}/settlement", headers=headers, json={"preview": preview})

    told = problem(pressed(tag), 409, "PREVIEW_CHANGED")
    assert told["changes"][0] == {"what": "total_fen", "before": 1200, "after": 1700}
    problem(pressed("none"), 422, "BAD_FIELD", "preview")
    tag = service.ask("POST", f"{at}/preview").headers["etag"].strip('"')
    assert pressed(tag).status_code == 201


def test_the_desks_page_settles_what_it_shows_and_says_what_changed(service: Service) -> None:
    clerk = service.log_in("出院员丁", Role.DISCHARGE)
    stay = service.discharged()
    at = f"/stays/{stay['id']}"

    def shown() -> str:
        page = service.client.get(f"/pages{at}", headers=clerk).text
        [tag] = re.findall(r'name="preview" value="([0-9a-f]{64})"', page)
        return str(tag)

    def pressed(tag: str) -> httpx2.Response:
        headers = clerk | {"Idempotency-Key": "page-1"}
        return service.ask("POST", f"{at}/settlement", headers=headers, json={"preview": tag})

    before = shown()
    assert before == service.ask("POST", f"{at}/preview").headers["etag"].strip('"')
    lines = {"lines": [line("2", price="5.00", amount_fen=500)]}
    service.done("POST", f"{at}/charges", json=lines)
    told = problem(pressed(before), 409, "PREVIEW_CHANGED")
    assert "费用总额 12.00 → 17.00 元" in told["detail"]
    assert "明细 2" in told["detail"]
    assert pressed(shown()).json()["total_fen"] == 1700
