"""Reversal and manual reimbursement over HTTP: two persons, one answer, no system alone."""

import httpx2
import pytest

from edge.store.operators import Role
from tests.steps.conftest import FACTS
from tests.web.ground import PASSWORD
from tests.web.service import Json, Service
from tests.web.test_api import problem, settle

CLERK, SECOND = "出院员甲", "财务员乙"


@pytest.fixture(scope="module")
def clerk(service: Service) -> dict[str, str]:
    """Hire two persons who may reverse; return the first one's headers."""
    service.log_in(SECOND, Role.FINANCE)
    return service.log_in(CLERK, Role.DISCHARGE)


def settled(service: Service, key: str) -> Json:
    receipt: Json = settle(service, service.discharged(), key).json()
    return receipt


def form(**other: object) -> Json:
    """Return what two persons type; ``other`` fields replace these."""
    second = {"name": SECOND, "password": PASSWORD}
    return {"reason": "金额录错", "password": PASSWORD, "second_person": second, **other}


def reverse(
    service: Service, headers: dict[str, str], receipt: Json, key: str, body: Json | None = None
) -> httpx2.Response:
    return service.ask(
        "POST",
        f"/settlements/{receipt['id']}/reversal",
        headers=headers | ({"Idempotency-Key": key} if key else {}),
        json=body or form(),
    )


def test_two_persons_reverse_once_and_the_stay_settles_again(
    service: Service, clerk: dict[str, str]
) -> None:
    receipt = settled(service, "a1")
    at = f"/settlements/{receipt['id']}"
    assert service.done("GET", at) == {**receipt, "effective": True, "reversal": None}

    answer = reverse(service, clerk, receipt, "ra1")
    assert answer.status_code == 201
    undone = answer.json()
    assert (undone["operator"], undone["second_person"]) == (CLERK, SECOND)
    assert (undone["settlement"], undone["reason"]) == (receipt["id"], "金额录错")
    assert service.done("GET", at) == {**receipt, "effective": False, "reversal": undone}
    assert service.done("GET", f"/stays/{receipt['stay']}")["state"] == "reversed"

    before = service.rows()
    assert reverse(service, clerk, receipt, "ra1").json() == undone
    late = problem(
        reverse(service, clerk, receipt, "ra2"), 409, "ALREADY_REVERSED", "Idempotency-Key"
    )
    assert late["reversal"] == undone
    assert service.rows() == before

    again = settle(service, {"id": receipt["stay"]}, "a2").json()
    assert again["id"] != receipt["id"]
    assert service.done("GET", f"/stays/{receipt['stay']}")["state"] == "settled"


def test_a_hospital_system_reverses_nothing(service: Service) -> None:
    receipt = settled(service, "b1")
    problem(reverse(service, service.system, receipt, "rb1"), 403, "GRANT_MISSING")
    assert service.done("GET", f"/settlements/{receipt['id']}")["effective"]


@pytest.mark.parametrize(
    ("other", "status", "code", "field"),
    [
        ({"password": "wrong"}, 403, "REAUTHENTICATION_FAILED", "password"),
        (
            {"second_person": {"name": SECOND, "password": "wrong"}},
            403,
            "SECOND_PERSON_REFUSED",
            "second_person",
        ),
        (
            {"second_person": {"name": CLERK, "password": PASSWORD}},
            422,
            "SECOND_PERSON_SAME",
            "second_person.name",
        ),
        ({"second_person": None}, 422, "BAD_FIELD", "second_person"),
        ({"reason": " "}, 422, "BAD_FIELD", "reason"),
        ({"reason": "字" * 401}, 422, "BAD_FIELD", "reason"),
    ],
)
def test_what_is_missing_or_wrong_is_named_and_the_settlement_stands(
    service: Service, clerk: dict[str, str], other: Json, status: int, code: str, field: str
) -> None:
    receipt = settled(service, f"c {code} {field} {len(str(other))}")
    answer = reverse(service, clerk, receipt, f"rc {code}", form(**other))
    problem(answer, status, code, field)
    assert PASSWORD not in answer.text
    assert service.done("GET", f"/settlements/{receipt['id']}")["effective"]


def test_a_reversal_needs_a_key_and_a_settlement(service: Service, clerk: dict[str, str]) -> None:
    receipt = settled(service, "d1")
    problem(reverse(service, clerk, receipt, ""), 422, "IDEMPOTENCY_KEY", "Idempotency-Key")
    nowhere = reverse(service, clerk, {"id": "nowhere"}, "rd1")
    problem(nowhere, 404, "UNKNOWN_SETTLEMENT", "settlement")
    problem(service.ask("GET", "/settlements/nowhere"), 404, "UNKNOWN_SETTLEMENT", "settlement")


def test_a_stay_that_cannot_settle_is_handed_to_manual_with_its_package(service: Service) -> None:
    stay = service.discharged()
    at = f"/stays/{stay['id']}/manual"
    problem(service.ask("GET", at), 404, "NO_MANUAL_PACKAGE", "stay")
    problem(service.ask("POST", at, json={"reason": "职工要求"}), 409, "NOT_MANUAL", "stay")
    problem(service.ask("POST", at, json={"reason": " "}), 422, "BAD_FIELD", "reason")

    body = {"reason": "第三方责任", "third_party": True}
    package = service.done("POST", at, json=body)
    assert package["stay"]["state"] == "manual"
    assert package["ground"]["code"] == "THIRD_PARTY_LIABILITY"
    assert package["ground"]["article"]
    assert package["verdict"]["decision"] == "manual"
    assert package["ruling"]["total_fen"] == 1200
    assert [paper["zh"] for paper in package["papers"] if paper["is_bill"]] == ["住院收费票据"]
    assert "********" in package["person"]["number"]
    assert service.done("POST", at, json=body) == service.done("GET", at) == package

    problem(settle(service, stay, "e1"), 409, "STAY_STATE", "state")


def test_a_settled_stay_goes_to_manual_only_after_a_reversal(
    service: Service, clerk: dict[str, str]
) -> None:
    receipt = settled(service, "f1")
    at = f"/stays/{receipt['stay']}/manual"
    body = {"reason": "第三方责任", "third_party": True}
    problem(service.ask("POST", at, headers=clerk, json=body), 409, "STAY_STATE", "state")
    assert reverse(service, clerk, receipt, "rf1").status_code == 201
    package = service.done("POST", at, headers=clerk, json=body)
    assert package["reversed_settlement"] == receipt["id"]
    assert [paper["zh"] for paper in package["papers"] if paper["asked_back"]] == ["住院收费票据"]
    again = reverse(service, clerk, receipt, "rf2")
    problem(again, 409, "ALREADY_REVERSED", "Idempotency-Key")


def test_with_cover_on_hold_the_desk_may_choose_manual(service: Service) -> None:
    stay = service.discharged()
    interrupted = {"contribution": {"status": "interrupted", "as_of": "2026-11-20"}}
    service.platform.facts = {**service.platform.facts, **interrupted}
    package = service.done("POST", f"/stays/{stay['id']}/manual", json={"reason": "职工选择"})
    assert package["ground"]["code"] == "CONTRIBUTION_INTERRUPTED"
    service.platform.facts = FACTS
