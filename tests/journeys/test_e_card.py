"""An e-card from the scanner's line to a verdict, resolved by the platform simulator over HTTP."""

from threading import Event

import pytest

from simulators.hospital import Hospital, HospitalSystem
from simulators.hospital.ground import DESKS
from simulators.hospital.records import Refused
from simulators.hospital.script import load_hospital_script
from simulators.hospital.telling import awaited
from simulators.platform.faults import Fault, Script
from simulators.scanner import Step
from simulators.script_file import SCRIPTS

HERE = {"desk": DESKS[0]}
S_MAX = 15.0


def state(system: HospitalSystem) -> str:
    [scanner] = [one for one in system.get("/readers") if one["kind"] == "scanner"]
    return str(scanner["state"])


def test_a_scanned_code_is_verified_and_counts_once(
    place: Hospital, system: HospitalSystem
) -> None:
    assert awaited(lambda: state(system) == "online", S_MAX)
    # The card that lies in the reader is read first: of two, the later counts.
    assert awaited(lambda: "present" in [one["state"] for one in system.get("/readers")], S_MAX)
    code = place.show_e_card()
    place.scanner.scan(code)
    assert awaited(lambda: state(system) == "scanned", S_MAX)
    shown = system.post("/identifications", HERE)
    assert (shown["credential"]["kind"], shown["desk"]) == ("e_card", DESKS[0])
    question = {"identification": shown["id"], "service": "inpatient_medical"}
    assert system.post("/verifications", question)["decision"] == "direct"
    scan_by_script(place, system)
    for given, told in ((code, "E_CARD_USED"), ("SYN-ECARD-never-issued", "E_CARD_UNKNOWN")):
        with pytest.raises(Refused) as refused:
            system.post("/identifications", {"qr": given})
        assert (refused.value.status, refused.value.document["code"]) == (422, told)


def scan_by_script(place: Hospital, system: HospitalSystem) -> None:
    """Play the script that ships: a fresh code, the same once more, and a fresh one."""
    script = load_hospital_script(SCRIPTS / "hospital" / "e-card.toml").scanner
    assert script
    seen: list[str] = []

    def taken(step: Step) -> None:
        if step.do == "wait":
            return
        assert awaited(lambda: state(system) == "scanned", S_MAX), step
        try:
            seen.append(system.post("/identifications", HERE)["credential"]["kind"])
        except Refused as refused:
            seen.append(refused.document["code"])

    place.scanner.play(script, wait=Event().wait, done=taken, fresh_code=place.show_e_card)
    assert seen == ["e_card", "E_CARD_USED", "e_card"]


def test_off_line_the_card_is_the_way_on(place: Hospital, system: HospitalSystem) -> None:
    place.faults.play(Script(fault=(Fault(on="credentials", do="down", times=0),)))
    with pytest.raises(Refused) as refused:
        system.post("/identifications", {"qr": place.show_e_card()})
    assert (refused.value.status, refused.value.document["code"]) == (503, "E_CARD_OFFLINE")
    assert "社会保障卡" in refused.value.document["next_action"]
