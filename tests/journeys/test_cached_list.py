"""The cached list over real HTTP: fetched at start, asked when the platform falls silent."""

import json

from typer.testing import CliRunner

from edge.__main__ import app
from simulators.hospital import Hospital, HospitalSystem
from simulators.hospital.telling import awaited
from simulators.platform.faults import Fault, Script

S_MAX = 15.0


def test_the_desk_goes_on_from_the_list_and_tells_which(
    place: Hospital, system: HospitalSystem
) -> None:
    assert awaited(place.desk.site.cached_list.status, S_MAX)
    place.faults.play(Script(fault=(Fault(do="down", times=0),)))
    assert awaited(lambda: [r for r in system.get("/readers") if r["state"] == "present"], S_MAX)
    shown = system.post("/identifications", {})
    asked = {"identification": shown["id"], "service": "inpatient_medical"}
    verdict = system.post("/verifications", asked)
    assert (verdict["decision"], verdict["basis"]) == ("direct", "list")
    assert [reason["code"] for reason in verdict["reasons"]] == ["VERIFIED_FROM_LIST"]


def test_the_commands_tell_and_refresh_the_list_in_use(place: Hospital) -> None:
    assert awaited(place.desk.site.cached_list.status, S_MAX)
    config = ["--config", str(place.settings_file)]
    refreshed = CliRunner().invoke(app, ["lists", "refresh", *config])
    assert refreshed.exit_code == 0, refreshed.output
    told = CliRunner().invoke(app, ["lists", "status", "--json", *config])
    assert told.exit_code == 0, told.output
    assert json.loads(told.output)["fresh"] is True
