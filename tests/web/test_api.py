"""What a hospital system finds at ``/api/v1``: a case from card to receipt, and how it fails."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx2
import pytest

from drivers import records
from edge.store.operators import Role
from simulators.card import (
    CardPlan,
    SyntheticPerson,
    foreign_card,
    mute_card,
    social_security_card,
)
from sync.errors import Reason
from sync.message import Claimed
from sync.outcome import NeedsPerson, Outcome, Standing
from tests.steps.conftest import FACTS
from tests.web.service import Json, Service, admission, line, service_at

PROBLEM = {
    *("type", "title", "status", "code", "detail", "detail_en"),
    *("field", "next_action", "next_action_en"),
}
MEDICAL = {"service": "inpatient_medical"}
CARD = social_security_card(SyntheticPerson())


@pytest.fixture(autouse=True)
def _platform_is_up_again(service: Service) -> Iterator[None]:
    yield
    service.platform.down = False


@dataclass(frozen=True)
class Refusing:
    """A platform that refuses every message."""

    batch_max = 1

    def deliver_batch(self, messages: Sequence[Claimed]) -> Sequence[Outcome]:
        """Refuse each."""
        return [self.deliver(one.id, one.payload) for one in messages]

    def deliver(self, _message_id: str, _payload: bytes) -> Outcome:
        """Refuse."""
        return NeedsPerson(
            reason=Reason(
                code="FILING_UNKNOWN",
                text="没有该备案",
                text_en="no such filing",
                next_action="核对后重发",
                next_action_en="check and retry",
            )
        )

    def status_of(self, message_id: str, payload: bytes) -> Standing:
        """Refuse again."""
        outcome = self.deliver(message_id, payload)
        assert isinstance(outcome, NeedsPerson)
        return outcome


def problem(answer: httpx2.Response, status: int, code: str, field: str = "") -> Json:
    """Be sure that ``answer`` is a whole problem of this kind; return it."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    told: Json = answer.json()
    assert (answer.status_code, told["code"], told["field"]) == (status, code, field)
    assert set(told) >= PROBLEM
    assert all(told[member] for member in PROBLEM - {"field"})
    return told


def settle(service: Service, stay: Json, key: str) -> httpx2.Response:
    """Press the button."""
    headers = service.system | ({"Idempotency-Key": key} if key else {})
    return service.ask("POST", f"/stays/{stay['id']}/settlement", headers=headers)


def test_a_case_goes_from_the_card_to_the_platforms_receipt(service: Service) -> None:
    person = service.newcomer()
    [reader] = service.done("GET", "/readers")
    assert (reader["state"], reader["code"]) == ("present", None)

    shown = service.done("POST", "/identifications", json={"reader": reader["name"]})
    assert shown["worker"]["name"] == person.name
    assert shown["worker"]["id_number"] == f"{person.number[:6]}********{person.number[-4:]}"
    assert datetime.fromisoformat(shown["expires_at"]) > service.clock()

    question = MEDICAL | {"identification": shown["id"]}
    verdict = service.done("POST", "/verifications", json=question)
    assert (verdict["decision"], verdict["basis"]) == ("direct", "online")
    assert [reason["code"] for reason in verdict["reasons"]] == ["VERIFIED_ONLINE"]
    assert {"article", "text", "text_en", "next", "effect"} <= set(verdict["reasons"][0])
    assert {pack["side"] for pack in verdict["packs"]} == {"insured", "treatment"}

    stay = service.done("POST", "/stays", json=admission(verdict["id"], "ZY-case"))
    at = f"/stays/{stay['id']}"
    assert (stay["state"], stay["verification"]) == ("admitted", verdict["id"])
    assert service.done("GET", at) == stay
    assert stay in service.done("GET", "/stays")

    lines = {"lines": [line("1"), line("2", price="9.00", amount_fen=900)]}
    received = {"accepted": 2, "duplicates": 0, "refused": []}
    assert service.done("POST", f"{at}/charges", json=lines) == received
    again = {"accepted": 0, "duplicates": 2, "refused": []}
    assert service.done("POST", f"{at}/charges", json=lines) == again

    left = service.done("POST", f"{at}/discharge", json={})
    passed = datetime.fromisoformat(left["settle_by"]) - datetime.fromisoformat(
        left["discharged_at"]
    )
    assert (left["state"], passed.total_seconds()) == ("discharged", 48 * 3600)

    before = service.rows()
    ruling = service.done("POST", f"{at}/preview")
    assert service.rows() == before
    receipt = settle(service, stay, "case-1").json()
    sums = ("total_fen", "fund_fen", "personal_fen")
    assert [receipt[s] for s in sums] == [ruling[s] for s in sums] == [2100, 1900, 200]

    service.deliver(service.platform)
    messages = [m for m in service.done("GET", "/sync/messages") if m["order_key"] == stay["id"]]
    assert [m["kind"] for m in messages] == ["settlement", "charges", "discharge", "admission"]
    while {m["state"] for m in messages} != {"accepted"}:
        service.deliver(service.platform)
        found = service.done("GET", "/sync/messages")
        messages = [m for m in found if m["order_key"] == stay["id"]]


def test_a_refused_message_is_sent_again_or_resolved_by_a_person(service: Service) -> None:
    stay = service.admitted()
    finance = service.log_in("财务员", Role.FINANCE)
    service.deliver(Refusing())
    [message] = [m for m in service.done("GET", "/sync/messages") if m["order_key"] == stay["id"]]
    assert (message["state"], message["reason"]["code"]) == ("rejected", "FILING_UNKNOWN")
    at = f"/sync/messages/{message['id']}"
    assert service.done("POST", f"{at}/retry", headers=finance)["state"] == "pending"
    early = service.ask("POST", f"{at}/resolve", headers=finance, json={"note": "已电话确认"})
    problem(early, 409, "MESSAGE_STATE", "state")

    service.deliver(Refusing())
    empty = service.ask("POST", f"{at}/resolve", headers=finance, json={"note": " "})
    problem(empty, 422, "BAD_FIELD", "note")
    note = {"note": "已电话确认"}
    resolved = service.done("POST", f"{at}/resolve", headers=finance, json=note)
    assert (resolved["resolved_by"], resolved["note"]) == ("财务员", "已电话确认")
    auditor = service.log_in("审计员", Role.AUDITOR)
    [last, *_] = service.done("GET", "/audit?limit=2", headers=auditor)[1:]
    assert (last["kind"], last["subject"]) == ("message.resolved", message["id"])


WRONG = [
    ("/identifications", {"reader": 3}, "BAD_FIELD", "reader"),
    ("/identifications", {"e_card": "x"}, "BAD_FIELD", "e_card"),
    ("/identifications", [], "BAD_FIELD", ""),
    ("/verifications", MEDICAL, "BAD_FIELD", "identification"),
    ("/verifications", {"identification": "x", "service": "surgery"}, "BAD_FIELD", "service"),
    ("/arrivals", MEDICAL | {"third_party": "maybe"}, "BAD_FIELD", "third_party"),
    ("/stays", admission("x", " "), "BAD_FIELD", "hospital_number"),
    ("/stays", admission("x", "1") | {"determination": ""}, "BAD_FIELD", "determination"),
    ("/stays", admission("x", "1") | {"injured_parts": " "}, "BAD_FIELD", "injured_parts"),
    ("/stays", admission("x", "1") | {"bed": 12}, "BAD_FIELD", "bed"),
    ("/stays", admission("x", "1") | {"admitted_at": "2026-11-20"}, "BAD_FIELD", "admitted_at"),
    ("/stays/x/charges", {"lines": 1}, "BAD_FIELD", "lines"),
    ("/stays/x/charges", {}, "BAD_FIELD", "lines"),
    ("/stays/x/charges", {"lines": [line(), line(quantity=2)]}, "BAD_FIELD", "lines[1].quantity"),
    ("/stays/x/charges", {"lines": [line(date="2026-13-01")]}, "BAD_FIELD", "lines[0].date"),
    ("/stays/x/charges", {"lines": [line(amount_fen=12.5)]}, "BAD_FIELD", "lines[0].amount_fen"),
    ("/stays/x/discharge", {"discharged_at": "now"}, "BAD_FIELD", "discharged_at"),
    ("/stays/x/settlement", {"identification": 1}, "BAD_FIELD", "identification"),
    ("/stays/x/settlement", {"force": True}, "BAD_FIELD", "force"),
]


@pytest.mark.parametrize(("path", "body", "code", "field"), WRONG)
def test_a_wrong_field_is_named_by_its_path_and_nothing_is_written(
    service: Service, path: str, body: object, code: str, field: str
) -> None:
    before = service.rows()
    problem(service.ask("POST", path, json=body), 422, code, field)
    assert service.rows() == before


@pytest.mark.parametrize("body", [b"{", b"", b'{"lines": [', b"\xff", b"null"])
def test_what_is_no_json_is_told_and_nothing_is_written(service: Service, body: bytes) -> None:
    before = service.rows()
    headers = service.system | {"Content-Type": "application/json"}
    answer = service.ask("POST", "/stays/x/charges", content=body, headers=headers)
    if body == b"null":
        problem(answer, 422, "BAD_FIELD")
    else:
        problem(answer, 422, "MALFORMED_JSON")
    for path in ("/identifications", "/verifications", "/arrivals", "/stays"):
        answer = service.ask("POST", path, content=body, headers=headers)
        problem(answer, 422, "BAD_FIELD" if body in {b"", b"null"} else "MALFORMED_JSON")
    assert service.rows() == before


@pytest.mark.parametrize("limit", ["0", "101", "ten"])
def test_a_list_is_never_endless(service: Service, limit: str) -> None:
    problem(service.ask("GET", f"/stays?limit={limit}"), 422, "BAD_FIELD", "limit")


LINES = [
    (line(code="NOWHERE"), "UNKNOWN_CODE"),
    (line(amount_fen=1202), "AMOUNT_MISMATCH"),
    (line(quantity="two"), "BAD_NUMBER"),
    (line(date="2026-11-01"), "OUTSIDE_STAY"),
    (line(quantity="-1", amount_fen=-1200, reverses="9"), "BAD_REVERSAL"),
]


def test_a_line_that_cannot_stand_is_reported_counts_nowhere_and_blocks(service: Service) -> None:
    stay = service.admitted()
    wrong = [{**bad, "id": str(place)} for place, (bad, _) in enumerate(LINES)]
    received = service.done("POST", f"/stays/{stay['id']}/charges", json={"lines": wrong})
    assert received["accepted"] == 0
    told = {(refused["id"], refused["code"]) for refused in received["refused"]}
    assert told == {(str(place), code) for place, (_, code) in enumerate(LINES)}
    assert all(refused["text"] and refused["text_en"] for refused in received["refused"])
    service.done("POST", f"/stays/{stay['id']}/discharge")
    assert service.done("POST", f"/stays/{stay['id']}/preview")["total_fen"] == 0
    blocked = problem(settle(service, stay, "refused-1"), 409, "LINES_REFUSED")
    assert [block["code"] for block in blocked["blocks"]] == ["LINES_REFUSED"]


BAD_CARDS: list[tuple[CardPlan | None, str, str]] = [
    (None, "CARD_ABSENT", "reader"),
    (foreign_card(), "CARD_WRONG", ""),
    (mute_card(), "CARD_MUTE", "虚拟读卡器 0"),
    (CARD.with_record(records.CARD_NUMBER, b"\x07\x09D214"), "RECORD_DAMAGED", "07 card_number"),
    (CARD.with_record(records.NAME, None), "RECORD_DAMAGED", "09 name"),
    (CARD.with_value(records.CARD_NUMBER, b"D21435690"), "CHECK_DIGIT_WRONG", "07 card_number"),
    (
        CARD.with_value(records.SOCIAL_SECURITY_NUMBER, b"999999199001010017"),
        "CHECK_DIGIT_WRONG",
        "08 social_security_number",
    ),
    (social_security_card(SyntheticPerson(), version="3.00"), "CARD_KEY_MISSING", "EF06"),
]


@pytest.mark.parametrize(("card", "code", "field"), BAD_CARDS, ids=lambda value: str(value)[:20])
def test_a_card_that_cannot_be_used_is_told_each_time_and_nothing_is_written(
    service: Service, card: CardPlan | None, code: str, field: str
) -> None:
    service.present(card)
    before = service.rows()
    for path, body in [("/identifications", {}), ("/arrivals", MEDICAL)] * 2:
        answer = service.ask("POST", path, json=body)
        told = problem(answer, 422, code, answer.json()["field"])
        assert field in told["field"]
        assert SyntheticPerson().number not in answer.text
    assert service.rows() == before


def test_a_reader_that_is_not_there_is_no_fault_of_the_card(service: Service) -> None:
    answer = service.ask("POST", "/identifications", json={"reader": "no such reader"})
    problem(answer, 503, "READER_MISSING", "reader")


def test_a_settlement_needs_a_key_of_reasonable_length(service: Service) -> None:
    stay = service.discharged()
    before = service.rows()
    for key in ("", "x" * 201):
        problem(settle(service, stay, key), 422, "IDEMPOTENCY_KEY", "Idempotency-Key")
    assert service.rows() == before


def test_the_same_key_gets_the_same_receipt_and_another_gets_the_winners(service: Service) -> None:
    stay = service.discharged()
    first, again = settle(service, stay, "key-1"), settle(service, stay, "key-1")
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    before = service.rows()
    late = problem(settle(service, stay, "key-2"), 409, "ALREADY_SETTLED", "Idempotency-Key")
    assert late["settlement"] == first.json()
    assert service.rows() == before

    other = service.discharged()
    reused = settle(service, other, "key-1")
    problem(reused, 409, "IDEMPOTENCY_KEY_REUSED", "Idempotency-Key")


def test_what_blocks_a_settlement_is_told_with_its_article_and_next_step(service: Service) -> None:
    stay = service.discharged()
    worker = service.platform.facts["worker"]
    interrupted = {"contribution": {"status": "interrupted", "as_of": "2026-11-20"}}
    service.platform.facts = FACTS | interrupted | {"worker": worker}
    answer = settle(service, stay, "blocked-1")
    told = problem(answer, 409, "CONTRIBUTION_INTERRUPTED")
    assert told["detail"] == "职工的工伤保险缴费已中断（客户规则）"
    assert "恢复缴费" in told["next_action"]
    assert [block["code"] for block in told["blocks"]] == ["CONTRIBUTION_INTERRUPTED"]
    assert service.done("GET", f"/stays/{stay['id']}")["state"] == "discharged"


def test_without_the_platform_nothing_is_admitted(service: Service) -> None:
    service.newcomer()
    service.platform.down = True
    verdict = service.verified()
    assert (verdict["decision"], verdict["basis"], verdict["as_of"]) == ("hold", "none", None)
    before = service.rows()
    answer = service.ask("POST", "/stays", json=admission(verdict["id"], "ZY-down"))
    problem(answer, 409, "NOT_ADMISSIBLE", "verification")
    assert service.rows() == before


def test_acts_that_come_too_early_too_late_or_twice_are_conflicts(service: Service) -> None:
    stay = service.admitted()
    problem(settle(service, stay, "early-1"), 409, "STAY_STATE", "state")
    twice = service.ask("POST", "/stays", json=admission(service.verified()["id"], "ZY-twice"))
    told = problem(twice, 409, "STAY_EXISTS", "hospital_number")
    assert stay["id"] in told["next_action"]
    early = {"discharged_at": "2026-11-19T00:00:00+08:00"}
    answer = service.ask("POST", f"/stays/{stay['id']}/discharge", json=early)
    problem(answer, 422, "DISCHARGE_MOMENT", "discharged_at")


def test_a_discharge_is_verified_only_with_both_moments(service: Service) -> None:
    service.newcomer()
    shown = service.done("POST", "/identifications", json={})
    question = MEDICAL | {"identification": shown["id"], "moment": "discharge"}
    missing = service.ask("POST", "/verifications", json=question)
    problem(missing, 422, "DATE_MISSING", "admitted_at")
    stayed = {"admitted_at": "2026-11-10T09:00:00+08:00", "discharged_at": "2026-11-20T09:00:00Z"}
    verdict = service.done("POST", "/verifications", json=question | stayed)
    assert (verdict["decision"], verdict["settle_by"]) == ("direct", "2026-11-22T17:00:00+08:00")


def test_a_verdict_is_given_again_as_it_was_answered(service: Service) -> None:
    service.newcomer()
    shown = service.done("POST", "/identifications", json={})
    question = MEDICAL | {"identification": shown["id"], "emergency": "emergency"}
    answered = service.ask("POST", "/verifications", json=question)
    again = service.ask("GET", f"/verifications/{answered.json()['id']}")
    assert (again.status_code, again.content) == (200, answered.content)


@pytest.mark.parametrize(
    ("method", "path", "body", "code", "field"),
    [
        ("GET", "/verifications/x", None, "UNKNOWN_VERIFICATION", "verification"),
        ("POST", "/verifications", MEDICAL | {"identification": "x"}, "UNKNOWN_IDENTIFICATION", ""),
        ("POST", "/stays", admission("x", "1"), "UNKNOWN_VERIFICATION", "verification"),
        ("GET", "/stays/x", None, "UNKNOWN_STAY", "stay"),
        ("POST", "/stays/x/charges", {"lines": [line()]}, "UNKNOWN_STAY", "stay"),
        ("POST", "/stays/x/discharge", {}, "UNKNOWN_STAY", "stay"),
        ("POST", "/stays/x/preview", None, "UNKNOWN_STAY", "stay"),
        ("POST", "/stays/x/settlement", {}, "UNKNOWN_STAY", "stay"),
        ("POST", "/nowhere", {}, "NOT_FOUND", ""),
    ],
)
def test_what_does_not_exist_is_not_found_and_nothing_is_written(
    service: Service, method: str, path: str, body: Json | None, code: str, field: str
) -> None:
    before = service.rows()
    headers = service.system | {"Idempotency-Key": "unknown-1"}
    answer = service.ask(method, path, json=body, headers=headers)
    problem(answer, 404, code, field or answer.json()["field"])
    assert service.rows() == before


def test_a_message_that_does_not_exist_is_not_found(service: Service) -> None:
    finance = service.log_in("出纳员", Role.FINANCE)
    before = service.rows()
    for act, body in (("retry", None), ("resolve", {"note": "x"})):
        answer = service.ask("POST", f"/sync/messages/x/{act}", headers=finance, json=body)
        problem(answer, 404, "MESSAGE_NOT_FOUND", "message")
    assert service.rows() == before


def test_the_wire_is_told_with_its_circuit_and_what_is_due(tmp_path: Path) -> None:
    with service_at(tmp_path) as service:
        finance = service.log_in("出纳员", Role.FINANCE)
        told = service.ask("GET", "/sync/status", headers=finance).json()
        assert told["circuit"] is None
        assert set(told["counts"]) >= {"pending", "sending", "accepted", "rejected", "unknown"}
        due = service.ask("GET", "/sync/reminders", headers=finance)
        assert (due.status_code, due.json()) == (200, [])


def test_the_machine_is_told_whether_the_service_lives_and_can_work(tmp_path: Path) -> None:
    with service_at(tmp_path) as service:
        calm = {"circuit": "closed", "alarms": []}
        told = {"/healthz": {"status": "ok"}, "/readyz": {"status": "ok", **calm}}
        for path, health in told.items():
            answer = service.client.get(path)
            assert (answer.status_code, answer.json()) == (200, health)
        service.site.store.read().execute("alter table ledger rename to lost")
        ready = service.client.get("/readyz")
        assert (ready.status_code, ready.json()) == (503, {"status": "STORE_UNAVAILABLE", **calm})
        assert service.client.get("/healthz").status_code == 200
