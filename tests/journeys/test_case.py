"""One worker's case, end to end on real parts, in good times and with the platform away."""

import json
from collections import Counter
from typing import Any

import pytest

from simulators.hospital import Hospital, HospitalSystem
from simulators.hospital.inpatient import inpatient
from simulators.hospital.records import Refused
from simulators.hospital.telling import awaited, deliveries
from simulators.platform.faults import NO_FAULTS, Fault, Script
from sync.envelope import open_signed

WAIT_S_MAX = 20.0


def steps_of(place: Hospital) -> dict[str, dict[str, Any]]:
    return {step["step"]: step for step in inpatient(place)}


def test_a_case_ends_settled_and_delivered_once(place: Hospital) -> None:
    told = steps_of(place)
    assert told["card"]["stack"] == "pcsc"
    assert told["verified"]["decision"] == "direct"
    assert ["VERIFIED_ONLINE", "津 第二十二条"] in told["verified"]["reasons"]
    assert told["charged"]["accepted"] == 30
    assert told["charged again"] == {
        "step": "charged again",
        "accepted": 0,
        "duplicates": 30,
        "refused": [],
    }
    sums = ("total_fen", "fund_fen", "personal_fen")
    assert [told["settled"][s] for s in sums] == [told["previewed"][s] for s in sums]
    assert told["settled"]["fund_fen"] > 0
    assert told["settled"]["personal_fen"] > 0
    assert told["settled again"]["same_receipt"]
    assert set(told["delivered"]["messages"].values()) == {"accepted"}
    assert told["end"]["ok"]


def test_what_the_platform_kept_is_what_we_settled(place: Hospital) -> None:
    settled = steps_of(place)["settled"]
    key = place.desk.site.public_key
    kept = place.journal.kept()
    assert [message.kind.value for message in kept] == [
        "admission",
        "discharge",
        "charges",
        "settlement",
    ]
    bodies = [json.loads(open_signed(m.signed.encode(), {key.kid: key}).body) for m in kept]
    sent = bodies[-1]
    assert sent["settlement"] == settled["id"]
    assert [sent[s] for s in ("total_fen", "fund_fen", "personal_fen")] == [
        settled[s] for s in ("total_fen", "fund_fen", "personal_fen")
    ]
    assert sum(line["fund_fen"] for line in sent["lines"]) == settled["fund_fen"]
    assert len(bodies[2]["lines"]) == len(sent["lines"]) == 30
    site = place.desk.site
    assert site.ledger.verify(site.store.read()) is None


def test_with_the_platform_away_the_settlement_stands_and_arrives_once(
    place: Hospital, system: HospitalSystem
) -> None:
    away = Script(fault=(Fault(on="messages", do="down", times=0),))
    place.faults.play(away)
    case = inpatient(place, wait_s=0.5)
    told = {step["step"]: step for step in case}
    assert told["settled"]["fund_fen"] > 0
    assert "accepted" not in told["delivered"]["messages"].values()
    assert place.journal.kept() == ()

    place.faults.play(NO_FAULTS)
    stay = told["admitted"]["stay"]
    awaited(lambda: set(deliveries(system, stay).values()) == {"accepted"}, WAIT_S_MAX)
    assert set(deliveries(system, stay).values()) == {"accepted"}
    ids = Counter(message.receipt.id for message in place.journal.kept())
    assert len(ids) == 4
    assert set(ids.values()) == {1}


def test_answers_that_get_lost_are_asked_for_and_nothing_is_doubled(
    place: Hospital, system: HospitalSystem
) -> None:
    place.faults.play(Script(fault=(Fault(on="messages", do="lose_ack", times=3),)))
    told = steps_of(place)
    stay = told["admitted"]["stay"]
    awaited(lambda: set(deliveries(system, stay).values()) == {"accepted"}, WAIT_S_MAX)
    assert set(deliveries(system, stay).values()) == {"accepted"}
    assert len(place.journal.kept()) == 4


def test_the_verdict_without_platform_and_list_is_hold_and_admits_nobody(
    alone: HospitalSystem,
) -> None:
    awaited(lambda: any(r["state"] == "present" for r in alone.get("/readers")), WAIT_S_MAX)
    shown = alone.post("/identifications", {})
    asked = {"identification": shown["id"], "service": "inpatient_medical"}
    verdict = alone.post("/verifications", asked)
    assert (verdict["decision"], verdict["basis"]) == ("hold", "none")
    admission = {
        "verification": verdict["id"],
        "hospital_number": "ZY1",
        "determination": "认定1",
        "injured_parts": "左手",
    }
    with pytest.raises(Refused) as refused:
        alone.post("/stays", admission)
    assert refused.value.document["code"] == "NOT_ADMISSIBLE"
    assert alone.get("/stays") == []
