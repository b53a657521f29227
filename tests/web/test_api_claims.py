"""The month's claim over HTTP: seen, sent once, objected to, confirmed; what came down, shown."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from python_calamine import CalamineWorkbook

from edge import codec
from edge.store.operators import Role
from sync.dispatch import Dispatch, sign_dispatch
from tests.fakes.platform import PLATFORM_KEY
from tests.web.service import Json, Service
from tests.web.test_api import problem, settle

FIELD = {
    "CLAIM_MONTH": "month",
    "CLAIM_MONTH_OPEN": "month",
    "NO_DISAGREEMENT": "settlement",
    "DISPATCH_STATE": "state",
    "DISPATCH_NOT_FOUND": "dispatch",
}
DECEMBER = datetime(2026, 12, 2, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def finance(service: Service) -> dict[str, str]:
    return service.log_in("财务甲", Role.FINANCE)


def tell(service: Service, kind: str, body: Json, order_key: str = "claim-2026-11") -> None:
    """Let the platform send something down, signed."""
    seq = len(service.platform.dispatches) + 1
    dispatch = Dispatch(
        id=f"d-{seq}",
        seq=seq,
        facility="TJ0001",
        kind=kind,
        order_key=order_key,
        moment=service.clock(),
        body=codec.encode(body),
    )
    service.platform.dispatches.append(sign_dispatch(dispatch, PLATFORM_KEY))


def test_a_month_from_draft_to_money(service: Service, finance: dict[str, str]) -> None:
    receipt = settle(service, service.discharged(), "month-1").json()
    service.deliver(service.platform)
    service.deliver(service.platform)
    before, at = service.clock(), "/claims/2026-11"
    early = service.ask(
        "POST", f"{at}/submission", headers=finance | {"Idempotency-Key": "c1"},
        json={"count": 1, "fund_fen": 1000},
    )  # fmt: skip
    problem(early, 409, "CLAIM_MONTH_OPEN", FIELD["CLAIM_MONTH_OPEN"])
    service.clock.now = DECEMBER
    try:
        _the_month(service, receipt, at)
    finally:
        service.clock.now = before


def _the_month(service: Service, receipt: Json, at: str) -> None:
    signed_in = service.log_in("财务乙", Role.FINANCE)  # the first one's session has ended by now
    draft = service.done("GET", at, headers=signed_in)
    assert f"申请拨付：{draft['sum']['count']} 笔" in page(service, signed_in)
    assert draft["state"] == "open"
    assert receipt["id"] in [item["settlement"] for item in draft["items"]]
    papers = draft["papers"]["inpatient_medical"]["by_settlement"]
    assert {paper["article"] for paper in papers} == {"津 第二十五条"}
    seen = {"count": draft["sum"]["count"], "fund_fen": draft["sum"]["fund_fen"]}
    key = signed_in | {"Idempotency-Key": "c2"}
    sent = service.done("POST", f"{at}/submission", headers=key, json=seen)
    assert sent["state"] == "claimed"
    again = service.done("POST", f"{at}/submission", headers=key, json=seen)
    assert again["claim"] == sent["claim"]
    _audit(service, sent)
    done = service.done("POST", "/sync/dispatches/collection", headers=signed_in)
    assert done["applied"] == 1
    audited = service.done("GET", at, headers=signed_in)
    assert (audited["state"], audited["balance"]["deducted_fen"]) == ("audited", 5)
    made = service.done(
        "POST",
        f"{at}/objections",
        headers=signed_in | {"Idempotency-Key": "o1"},
        json={"deduction": "K-web", "text": "病历已载明"},
    )
    assert service.done("GET", at, headers=signed_in)["state"] == "disputed"
    disputed = page(service, signed_in)
    assert "病历已载明" in disputed
    assert "确认审定" not in disputed
    tell(service, "objection_answer", {"objection": made["id"], "lifted_fen": 5, "text": "采纳"})
    tell(service, "weather", {"text": "晴"}, order_key="sky")
    service.done("POST", "/sync/dispatches/collection", headers=signed_in)
    assert "确认审定" in page(service, signed_in)
    approved = {"approved_fen": seen["fund_fen"]}
    agreed = service.done("POST", f"{at}/confirmation", headers=signed_in, json=approved)
    assert agreed["state"] == "agreed"
    assert service.done("GET", "/receivables", headers=signed_in)["outstanding_fen"] > 0
    _shown(service, signed_in, at, sent)


def page(service: Service, headers: dict[str, str]) -> str:
    """Return finance's page of the month as it is now."""
    answer = service.client.get("/claims/2026-11", headers=headers | {"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return answer.text


def _audit(service: Service, sent: Json) -> None:
    first = sent["items"][0]["settlement"]
    deducted = {
        "id": "K-web",
        "line": "1",
        "amount_fen": 5,
        "kind": "over_standard",
        "reason": "超标准",
        "article": "津 第二十四条",
        "points": 1,
    }
    items = [
        {
            "settlement": item["settlement"],
            "fund_fen": item["fund_fen"],
            "approved_fen": item["fund_fen"] - (5 if item["settlement"] == first else 0),
            "deductions": [deducted] if item["settlement"] == first else [],
        }
        for item in sent["items"]
    ]
    tell(service, "audit_result", {"claim": sent["claim"], "month": "2026-11", "items": items})


def _shown(service: Service, headers: dict[str, str], at: str, sent: Json) -> None:
    made = service.ask("GET", f"{at}/workbook", headers=headers)
    assert made.headers["content-disposition"] == 'attachment; filename="claim-2026-11.xlsx"'
    book = CalamineWorkbook.from_filelike(io.BytesIO(made.content))
    rows = book.get_sheet_by_name("月结申请").to_python()
    assert rows[-1][5:7] == [
        sum(item["total_fen"] for item in sent["items"]) / 100,
        sum(item["fund_fen"] for item in sent["items"]) / 100,
    ]
    assert book.get_sheet_by_name("审核扣除").to_python()[1][2:6] == [0.05, "超标准", 0, "超标准"]
    [kept] = [
        one
        for one in service.done("GET", "/sync/dispatches", headers=headers)
        if one["state"] == "kept"
    ]
    assert kept["kind"] == "weather"
    aside = f"/sync/dispatches/{kept['id']}/aside"
    assert service.done("POST", aside, headers=headers, json={"note": "无关"})["note"] == "无关"
    refused = service.ask("POST", aside, headers=headers, json={"note": "再次"})
    problem(refused, 409, "DISPATCH_STATE", FIELD["DISPATCH_STATE"])
    missing = service.ask(
        "POST", "/sync/dispatches/d-99/aside", headers=headers, json={"note": "x"}
    )
    problem(missing, 404, "DISPATCH_NOT_FOUND", FIELD["DISPATCH_NOT_FOUND"])


@pytest.mark.parametrize("month", ["2026-13", "2026", "x"])
def test_what_is_no_month_is_refused(service: Service, month: str) -> None:
    problem(service.ask("GET", f"/claims/{month}"), 422, "CLAIM_MONTH", FIELD["CLAIM_MONTH"])


def test_a_settlement_online_has_no_disagreement(service: Service) -> None:
    receipt = settle(service, service.discharged(), "online-1").json()
    path = f"/settlements/{receipt['id']}/disagreement"
    problem(service.ask("GET", path), 404, "NO_DISAGREEMENT", FIELD["NO_DISAGREEMENT"])


def test_what_the_platform_says_of_us_and_of_releases_is_shown(service: Service) -> None:
    finance = service.log_in("财务丙", Role.FINANCE)
    since = (service.clock() + timedelta(days=1)).isoformat()
    tell(
        service,
        "facility_standing",
        {"direct": True, "suspended": True, "since": since},
        order_key="us",
    )
    tell(
        service,
        "pack_release",
        {"region": "120000", "version": "2027.1", "starts_on": "2027-01-01"},
        order_key="pack",
    )
    service.done("POST", "/sync/dispatches/collection", headers=finance)
    told = service.done("GET", "/sync/announcements", headers=finance)
    assert (told["direct"], told["suspended"]) == (True, True)
    assert (told["releases"][0]["version"], told["releases"][0]["here"]) == ("2027.1", False)
