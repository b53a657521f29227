"""A settlement reversed and made anew on real parts: the platform's effective sum is ours."""

import json
import ssl
from typing import Any

import httpx2

from edge.core.cases import CaseKind, CaseRef
from edge.store.settlements import settlement_of
from simulators.hospital import Hospital, HospitalSystem
from simulators.hospital.ground import PASSWORD
from simulators.hospital.inpatient import inpatient
from simulators.hospital.telling import awaited
from sync.envelope import open_signed

CLERK, SECOND = "出院员", "财务员"
WAIT_S_MAX = 20.0


def test_settled_reversed_and_settled_again_arrives_in_order_and_adds_up(
    place: Hospital, system: HospitalSystem
) -> None:
    told = {step["step"]: step for step in inpatient(place)}
    stay, first = told["admitted"]["stay"], told["settled"]
    undone = reverse(place, first["id"])
    assert (undone["operator"], undone["second_person"]) == (CLERK, SECOND)

    # In between a line of the bill is taken back.
    ruled = next(line for line in bodies(place, "settlement")[0]["lines"] if line["fund_fen"] > 0)
    [sent] = [line for line in bodies(place, "charges")[0]["lines"] if line["id"] == ruled["id"]]
    system.post(f"/stays/{stay}/charges", {"lines": [refund_of(sent)]})
    second = system.post(f"/stays/{stay}/settlement", {}, key="settled anew")
    assert second["total_fen"] == first["total_fen"] - ruled["amount_fen"]

    awaited(lambda: states(system, stay) == {"accepted"}, WAIT_S_MAX)
    assert states(system, stay) == {"accepted"}
    kinds = [message.kind.value for message in place.journal.kept()]
    assert [kind for kind in kinds if kind in {"settlement", "reversal"}] == [
        "settlement",
        "reversal",
        "settlement",
    ]
    site = place.desk.site
    counting = settlement_of(site.store.read(), site.vault, CaseRef(CaseKind.STAY, stay))
    assert counting is not None
    assert counting.id == second["id"]
    assert effective_fund_fen(place) == counting.fund_fen
    assert site.ledger.verify(site.store.read()) is None


def reverse(place: Hospital, settlement: str) -> dict[str, Any]:
    """Log in as the clerk and reverse, with the colleague beside."""
    origin = {"Origin": place.url}
    trusted = ssl.create_default_context(cafile=place.ca)
    api = f"{place.url}/api/v1"
    with httpx2.Client(base_url=api, verify=trusted, trust_env=False, headers=origin) as client:
        who = {"name": CLERK, "password": PASSWORD, "desk": "出院1号窗"}
        assert client.post("/login", json=who).is_success
        answer = client.post(
            f"/settlements/{settlement}/reversal",
            headers={"Idempotency-Key": "one press"},
            json={
                "reason": "多收一项",
                "password": PASSWORD,
                "second_person": {"name": SECOND, "password": PASSWORD},
            },
        )
    assert answer.status_code == 201, answer.text
    undone: dict[str, Any] = answer.json()
    return undone


def refund_of(line: dict[str, Any]) -> dict[str, Any]:
    """Return the line that takes a whole line back."""
    return {
        **line,
        "id": f"{line['id']}-refund",
        "quantity": f"-{line['quantity']}",
        "amount_fen": -line["amount_fen"],
        "reverses": line["id"],
    }


def states(system: HospitalSystem, stay: str) -> set[str]:
    return {m["state"] for m in system.get("/sync/messages") if m["order_key"] == stay}


def bodies(place: Hospital, kind: str) -> list[dict[str, Any]]:
    """Return what the platform kept of one kind, in order, each with its message id."""
    key = place.desk.site.public_key
    opened = [open_signed(m.signed.encode(), {key.kid: key}) for m in place.journal.kept()]
    return [{**json.loads(e.body), "id": e.id} for e in opened if e.kind.value == kind]


def effective_fund_fen(place: Hospital) -> int:
    """Add up what the platform holds and nobody took back."""
    undone = {reversal["original"] for reversal in bodies(place, "reversal")}
    settlements = bodies(place, "settlement")
    return sum(one["fund_fen"] for one in settlements if one["id"] not in undone)
