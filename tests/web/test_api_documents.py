"""Documents over HTTP: made once, the stored bytes, prints counted, each for whom it is."""

from hashlib import sha256

import httpx2
import pytest

from edge.store.operators import Role, Scope
from tests.web.service import Json, Service
from tests.web.test_api import problem

OPINION = {
    "condition": "骨不连",
    "opinion": "建议转上级医院",
    "cannot": ["treat"],
    "destination": "上级医院",
    "physician": "李医师",
}


@pytest.fixture(scope="module")
def settled(service: Service) -> Json:
    """Settle a stay once for this file."""
    stay = service.discharged()
    headers = service.system | {"Idempotency-Key": "d1"}
    answer = service.ask("POST", f"/stays/{stay['id']}/settlement", headers=headers)
    assert answer.status_code == 201, answer.text
    receipt: Json = answer.json()
    return receipt


def test_the_statement_is_the_same_stored_bytes_each_time(service: Service, settled: Json) -> None:
    path = f"/settlements/{settled['id']}/statement.pdf"
    first, second = service.ask("GET", path), service.ask("GET", path)
    assert first.headers["content-type"] == "application/pdf"
    assert first.content == second.content
    assert first.content.startswith(b"%PDF-")
    assert first.headers["document-sha256"] == sha256(first.content).hexdigest()
    assert [answer.headers["document-shown"] for answer in (first, second)] == ["1", "2"]
    [document] = service.done("GET", f"/stays/{settled['stay']}/documents")
    assert (document["kind"], document["subject"]) == ("statement", settled["id"])
    assert (document["shown"], document["printed"], document["reprints"]) == (2, 0, 0)
    made = service.done("POST", f"/stays/{settled['stay']}/documents", json={"kind": "statement"})
    assert made == document


def test_prints_are_counted_as_the_clerk_says_and_the_second_is_a_reprint(
    service: Service, settled: Json
) -> None:
    slip = service.done(
        "POST", f"/stays/{settled['stay']}/documents", json={"kind": "payment_slip"}
    )
    at = f"/documents/{slip['id']}"
    once, twice = (service.done("POST", f"{at}/prints") for _ in range(2))
    assert (once["printed"], once["reprints"]) == (1, 0)
    assert (twice["printed"], twice["reprints"]) == (2, 1)
    assert service.done("GET", at) == twice
    content = service.ask("GET", f"{at}/content")
    assert content.headers["document-printed"] == "2"
    auditor = service.log_in("审计员", Role.AUDITOR)
    kinds = [act["kind"] for act in service.done("GET", "/audit", headers=auditor)]
    assert kinds.count("document.printed") == 2


def test_only_those_who_may_see_the_case_see_its_documents(service: Service, settled: Json) -> None:
    reader = service.connect("reader", [Scope.READ])
    fitter = service.log_in("配置员", Role.FITTING)
    [document, *_] = service.done("GET", f"/stays/{settled['stay']}/documents")
    for headers, path in (
        (reader, f"/settlements/{settled['id']}/statement.pdf"),
        (fitter, f"/settlements/{settled['id']}/statement.pdf"),
        (fitter, f"/documents/{document['id']}"),
        (reader, f"/documents/{document['id']}/content"),
        (reader, f"/stays/{settled['stay']}/documents"),
    ):
        problem(service.ask("GET", path, headers=headers), 403, "GRANT_MISSING")


def test_what_is_not_there_is_said(service: Service) -> None:
    stay = service.discharged()["id"]
    at = f"/stays/{stay}/documents"
    problem(service.ask("POST", at, json={"kind": "statement"}), 409, "NOT_SETTLED", "stay")
    for kind in ("manual_package", "manual_bundle"):
        problem(service.ask("POST", at, json={"kind": kind}), 404, "NO_MANUAL_PACKAGE", "stay")
    problem(service.ask("POST", at, json={"kind": "claim_form"}), 422, "BAD_FIELD", "kind")
    problem(service.ask("GET", "/documents/x/content"), 404, "UNKNOWN_DOCUMENT", "document")
    problem(
        service.ask("GET", "/settlements/x/statement.pdf"), 404, "UNKNOWN_SETTLEMENT", "settlement"
    )
    unsent = service.ask("POST", "/claims/2026-10/documents", json={"kind": "claim_form"})
    problem(unsent, 409, "CLAIM_NOT_SENT", "month")
    assert service.done("GET", "/claims/2026-10/documents") == []


def test_a_package_is_made_gathered_and_taken_along(service: Service) -> None:
    stay = service.discharged()["id"]
    form = {"reason": "与职工商定", "third_party": True}
    service.done("POST", f"/stays/{stay}/manual", json=form)
    at = f"/stays/{stay}/documents"
    package = service.done("POST", at, json={"kind": "manual_package"})
    bundle = service.done("POST", at, json={"kind": "manual_bundle"})
    assert (package["media"], bundle["media"]) == ("application/pdf", "application/zip")
    zipped = service.ask("GET", f"/documents/{bundle['id']}/content")
    assert zipped.content.startswith(b"PK")
    papers = service.done("GET", f"/stays/{stay}/manual/papers")
    assert papers["state"] == "draft"
    handed = service.ask("POST", f"/stays/{stay}/manual/handover", json={"taken_by": "本人"})
    problem(handed, 409, "PAPERS_MISSING", "papers")
    said = {paper["zh"]: "there" for paper in papers["asked"]}
    now = service.done("POST", f"/stays/{stay}/manual/papers", json={"papers": said})
    assert (now["state"], now["missing"]) == ("complete", [])
    now = service.done("POST", f"/stays/{stay}/manual/handover", json={"taken_by": "李四"})
    assert (now["state"], now["taken_by"]) == ("handed_over", "李*")
    wrong = service.ask("GET", "/fittings/x/manual/papers")
    problem(wrong, 404, "UNKNOWN_FITTING", "fitting")


def test_a_referral_opinion_and_a_day_end_sheet_are_made(service: Service) -> None:
    stay = service.admitted()["id"]
    opinion = service.done("POST", f"/stays/{stay}/referral-opinions", json=OPINION)
    assert (opinion["kind"], opinion["title"]) == ("referral_opinion", "转诊转院意见书")
    bad: httpx2.Response = service.ask(
        "POST", f"/stays/{stay}/referral-opinions", json=OPINION | {"cannot": []}
    )
    problem(bad, 422, "BAD_FIELD", "cannot")
    sheet = service.done("POST", "/day-ends/2026-11-20/documents")
    assert sheet["title"] == "日终结账单"
    assert service.done("GET", "/day-ends/2026-11-20/documents")[0] == sheet


def test_a_complaint_is_received_answered_once_and_has_its_receipt(service: Service) -> None:
    clerk = service.log_in("财务员甲", Role.FINANCE)
    said = {"text": "床位费没有说明", "name": "李四", "contact": "13800000000"}
    new = service.done("POST", "/complaints", headers=clerk, json=said)
    assert (new["state"], new["due_on"], new["overdue"]) == ("new", "2026-12-05", False)
    at = f"/complaints/{new['id']}"
    receipt = service.done("POST", f"{at}/receipt", headers=clerk)
    assert receipt["title"] == "投诉举报受理回执"
    assert service.done("POST", f"{at}/work", headers=clerk)["taken_by"] == "财务员甲"
    assert service.done("GET", "/complaints?only_open=true", headers=clerk)[0]["id"] == new["id"]
    answer = {"answer": "已更正并说明", "told_by": "电话"}
    done = service.done("POST", f"{at}/answer", headers=clerk, json=answer)
    assert (done["state"], done["answered_by"]) == ("answered", "财务员甲")
    again = service.ask("POST", f"{at}/answer", headers=clerk, json=answer)
    problem(again, 409, "COMPLAINT_STATE", "state")
    assert service.done("GET", at, headers=clerk) == done
    query = "/complaints/report?first=2026-11-01&last=2026-11-30"
    report = service.done("GET", query, headers=clerk)
    assert (report["received"], report["answered"], report["overdue"]) == (1, 1, 0)
    empty = service.ask("POST", "/complaints", headers=clerk, json={"text": ""})
    problem(empty, 422, "BAD_FIELD", "text")
