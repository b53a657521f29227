"""FHIR's calls refuse what is no FHIR, let nobody do more than the API, keep nothing half."""

import json
from typing import Any

import pytest

from edge.claiming import claim_now
from edge.core.errors import NotFound
from edge.store.operators import Scope
from edge.web.fhir.payments import reconciled
from edge.web.fhir.resources import written
from tests.steps.agency import NOVEMBER, Agency, claimed, settled
from tests.steps.conftest import ground_at
from tests.steps.test_reconcile import paid
from tests.web.service import Json, Service, admission, line

pytestmark = pytest.mark.usefixtures("fhir_spoken")

U = "urn:injury-desk"


def named(system: str, value: str) -> Json:
    return {"identifier": {"system": f"{U}:{system}"} | ({"value": value} if value else {})}


def coded(system: str, code: str) -> Json:
    return {"coding": [{"system": f"{U}:{system}", "code": code}]}


def question(patient: Json | None = None, **other: object) -> Json:
    asked = {
        "resourceType": "CoverageEligibilityRequest",
        "status": "active",
        "purpose": ["validation"],
        "patient": patient or named("desk", ""),
        "created": "2026-11-20",
        "insurer": {"display": "工伤保险"},
        "item": [{"category": coded("service", "inpatient_medical")}],
    }
    return asked | other


def claim(stay: str, use: str = "claim", **other: object) -> Json:
    said = {
        "resourceType": "Claim",
        "status": "active",
        "type": {"text": "住院"},
        "use": use,
        "patient": named("stay", stay),
        "created": "2026-11-20",
        "provider": {"display": "测试医院"},
        "priority": {"text": "normal"},
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"display": "工伤保险"}}],
    }
    return said | other


def item(**other: object) -> Json:
    said: Json = {
        "id": "F1",
        "sequence": 1,
        "productOrService": {"coding": [{"code": "DRUG"}]},
        "programCode": [coded("relation", "injury")],
        "servicedDate": "2026-11-20",
        "quantity": {"value": 1},
        "unitPrice": {"value": 12.0},
        "net": {"value": 12.0, "currency": "CNY"},
    }
    return said | other


def call(service: Service, kind: str, body: object, **headers: str) -> tuple[int, Json]:
    answer = service.client.post(
        f"/api/fhir/{kind}",
        content=body if isinstance(body, bytes) else json.dumps(body).encode(),
        headers=service.system | {"Content-Type": "application/fhir+json"} | headers,
    )
    said: Json = answer.json()
    assert answer.headers["content-type"] == "application/fhir+json"
    return answer.status_code, said


def refused(answer: tuple[int, Json], status: int, code: str, path: str = "") -> None:
    assert answer[0] == status, answer[1]
    issue = answer[1]["issue"][0]
    assert issue["details"]["coding"][0]["code"] == code
    assert issue.get("expression", [""]) == [path]
    assert " / " in issue["details"]["text"]
    assert " / " in issue["diagnostics"]


def without(resource: Json, key: str) -> Json:
    return {name: value for name, value in resource.items() if name != key}


E_REQUEST = "CoverageEligibilityRequest"
WRONG: list[tuple[str, Any, str, str]] = [
    (E_REQUEST, b"{", "MALFORMED_JSON", ""),
    (E_REQUEST, [], "FHIR_FIELD", "resourceType"),
    (E_REQUEST, claim("1"), "FHIR_FIELD", "resourceType"),
    (E_REQUEST, without(question(), "insurer"), "FHIR_FIELD", f"{E_REQUEST}.insurer"),
    (E_REQUEST, question(colour="red"), "FHIR_FIELD", f"{E_REQUEST}.colour"),
    (E_REQUEST, question(item=[]), "FHIR_FIELD", f"{E_REQUEST}.item"),
    (
        E_REQUEST,
        question(named("id-card", "1")),
        "FHIR_FIELD",
        f"{E_REQUEST}.patient.identifier.system",
    ),
    (
        E_REQUEST,
        question(item=[{"category": coded("service", "spa")}]),
        "FHIR_FIELD",
        f"{E_REQUEST}.item[0].category",
    ),
    (
        E_REQUEST,
        question(item=[{"category": coded("service", "device")}]),
        "FHIR_FIELD",
        f"{E_REQUEST}.item[0].category",
    ),
    ("Claim", claim("1", use="wish"), "FHIR_FIELD", "Claim.use"),
    ("Claim", claim("1", item=[item(quantity="1")]), "FHIR_FIELD", "Claim.item[0].quantity"),
    ("Claim", claim("1", item=[without(item(), "id")]), "FHIR_FIELD", "Claim.item[0].id"),
    ("Claim", claim("1", item=[without(item(), "net")]), "FHIR_FIELD", "Claim.item[0]"),
    (
        "Claim",
        claim("1", item=[item(), item(id="F2", net={"value": 1, "currency": "USD"})]),
        "FHIR_FIELD",
        "Claim.item[1].net.currency",
    ),
    (
        "Claim",
        claim("1", item=[item(programCode=[coded("relation", "maybe")])]),
        "FHIR_FIELD",
        "Claim.item[0].programCode[0]",
    ),
]


@pytest.mark.parametrize(("kind", "body", "code", "path"), WRONG)
def test_what_is_no_fhir_is_refused_by_its_path(
    service: Service, kind: str, body: object, code: str, path: str
) -> None:
    before = service.rows()
    refused(call(service, kind, body), 422, code, path)
    assert service.rows() == before


def test_a_form_of_another_site_is_no_fhir(service: Service) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    refused(call(service, E_REQUEST, question(), **kind), 415, "NOT_JSON")


def test_nobody_does_more_by_fhir_than_by_the_api(service: Service) -> None:
    refused(call(service, E_REQUEST, question(), Authorization="Bearer no"), 401, "LOGIN_REQUIRED")
    asks = service.connect("asks", {Scope.VERIFY})
    refused(call(service, E_REQUEST, question(), **asks), 403, "GRANT_MISSING")
    settles = service.connect("settles", {Scope.SETTLE})
    stay = service.admitted()
    lined = claim(stay["id"], "predetermination", item=[item()])
    refused(call(service, "Claim", lined, **settles), 403, "GRANT_MISSING")
    assert service.done("GET", f"/stays/{stay['id']}/charges")["lines"] == []
    refused(call(service, "Claim", claim(stay["id"]), **asks), 403, "GRANT_MISSING")


def test_an_emergency_asked_by_fhir_is_one(service: Service) -> None:
    service.newcomer()
    shown = service.done("POST", "/identifications", json={})["id"]
    urgent: list[Json] = [{"category": coded("service", "inpatient_medical")}]
    urgent[0]["modifier"] = [
        coded("circumstance", "emergency"),
        coded("circumstance", "third_party"),
    ]
    status, said = call(service, E_REQUEST, question(named("identification", shown), item=urgent))
    assert status == 201
    [verdict] = said["extension"]
    codes = [
        part["valueString"]
        for one in verdict["extension"]
        for part in one.get("extension", [])
        if part["url"] == "code"
    ]
    assert "THIRD_PARTY_LIABILITY" in codes
    assert (said["disposition"], said["insurance"][0]["inforce"]) == ("manual", False)
    kept = service.done("GET", f"/verifications/{said['preAuthRef']}")
    assert kept["decision"] == "manual"


def test_what_is_in_the_way_of_a_settlement_is_told_whole(service: Service) -> None:
    service.newcomer()
    form = admission(service.verified()["id"], "FHIR-WAY")
    stay = service.done("POST", "/stays", json=form)["id"]
    key = {"Idempotency-Key": "way"}
    refused(call(service, "Claim", claim(stay), **key), 409, "STAY_STATE", "state")
    service.done("POST", f"/stays/{stay}/charges", json={"lines": [line(code="NOSUCH")]})
    service.done("POST", f"/stays/{stay}/discharge")
    refused(call(service, "Claim", claim(stay)), 422, "IDEMPOTENCY_KEY", "Idempotency-Key")
    status, said = call(service, "Claim", claim(stay), **key)
    assert status == 409
    assert [one["code"] for one in said["issue"]] == ["business-rule"] * len(said["issue"])
    stranger = call(service, "Claim", claim("no-such"), **key)
    refused(stranger, 404, "UNKNOWN_STAY", "stay")


def test_a_claim_with_lines_pressed_twice_is_answered_as_before(service: Service) -> None:
    stay = service.admitted()["id"]
    service.done("POST", f"/stays/{stay}/discharge")
    pressed = claim(stay, item=[item()])
    first, again = (call(service, "Claim", pressed, **{"Idempotency-Key": "k1"}) for _ in range(2))
    assert first[0] == 201, first[1]
    assert again == first
    refused(
        call(service, "Claim", pressed, **{"Idempotency-Key": "k2"}),
        409,
        "ALREADY_SETTLED",
        "Idempotency-Key",
    )


def test_lines_of_a_fitting_come_when_it_is_fitted(service: Service) -> None:
    fitting = claim("1", item=[item()]) | {"patient": named("fitting", "1")}
    refused(call(service, "Claim", fitting), 422, "FHIR_FIELD", "Claim.item")


def test_a_month_that_was_paid_is_reconciled_by_settlement(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with ground_at(tmp_path_factory.mktemp("paid")) as ground:
        done, agency = settled(ground), Agency(ground)
        agency.audited(claimed(ground), done, deduct_fen=300)
        db = ground.site.store.read()
        with pytest.raises(NotFound):
            reconciled(NOVEMBER, claim_now(ground.site, db, NOVEMBER), at=ground.clock())
        paid(agency, 700)
        now = claim_now(ground.site, db, NOVEMBER)
        said = json.loads(written(reconciled(NOVEMBER, now, at=ground.clock())))
    assert said["paymentAmount"] == {"value": 7.0, "currency": "CNY"}
    assert (said["paymentDate"], said["outcome"]) == ("2026-12-28", "complete")
    told = [
        (one["type"]["coding"][0]["code"], one["request"]["identifier"]["value"], one["amount"])
        for one in said["detail"]
    ]
    assert told == [
        ("payment", done.id, {"value": 7.0, "currency": "CNY"}),
        ("adjustment", done.id, {"value": -3.0, "currency": "CNY"}),
    ]
