"""What IT staff install and send: units that hold the service tight, a bundle that names nobody."""

import json
import re
import subprocess
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from edge.__main__ import app
from edge.clock import system_clock
from edge.core.errors import BadInput
from edge.doctor import examine
from edge.settings import load_settings
from edge.site.opening import log_of, open_site
from edge.store.ledger import latest
from edge.support import make_bundle
from simulators.card import SyntheticPerson
from tests.house.source import ROOT
from tests.journeys.test_commands import founded

UNITS = sorted((ROOT / "config/systemd").glob("*.service"))
HELD = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "CapabilityBoundingSet": "",
    "MemoryDenyWriteExecute": "yes",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    "UMask": "0077",
    "DevicePolicy": "closed",
}


def unit(path: Path) -> dict[str, str]:
    """Return what a unit's [Service] says; of a name that stands twice, the last."""
    section = path.read_text(encoding="utf-8").partition("[Service]")[2].partition("\n[")[0]
    lines = (line for line in section.splitlines() if "=" in line and not line.startswith("#"))
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_every_unit_runs_a_command_that_exists_and_may_little(path: Path) -> None:
    service = unit(path)
    assert {name: service.get(name) for name in HELD} == HELD
    program, command, *options = service["ExecStart"].split()
    assert program == "/opt/injury-desk-edge/bin/edge"
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    known = group.commands[command]
    names = {name for option in known.params for name in option.opts}
    assert {option for option in options if option.startswith("--")} <= names


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_systemd_finds_nothing_wrong_with_the_units(path: Path, tmp_path: Path) -> None:
    checked = tmp_path / path.name
    # Where it will be installed there is nothing yet, and systemd looks for the program.
    there = path.read_text(encoding="utf-8").replace("/opt/injury-desk-edge/bin/edge", "/bin/true")
    checked.write_text(there, encoding="utf-8")
    for wrong, text in ((False, there), (True, there + "ProtectSytem=strict\n")):
        checked.write_text(text, encoding="utf-8")
        said = analyze("verify", "--man=no", "--recursive-errors=no", checked)
        assert ("Unknown" in said.stderr) is wrong, said.stderr
        assert wrong or (said.returncode, said.stderr) == (0, "")


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_systemd_rates_the_units_as_the_guide_says(path: Path) -> None:
    under_2 = analyze("security", "--offline=yes", "--threshold=20", "--no-pager", path)
    assert under_2.returncode == 0, under_2.stdout
    assert analyze("security", "--offline=yes", "--threshold=1", "--no-pager", path).returncode


def analyze(*words: object) -> subprocess.CompletedProcess[str]:
    """Ask systemd of a file; none of it needs to run."""
    command = ["systemd-analyze", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_polkit_rule_lets_the_units_account_use_readers_and_nobody_else() -> None:
    rule = (ROOT / "config/polkit/50-injury-desk-edge.rules").read_text(encoding="utf-8")
    account = unit(ROOT / "config/systemd/injury-desk-edge.service")["User"]
    # Both questions that pcscd asks polkit (README.polkit of pcscd).
    assert set(re.findall(r'"(org\.[^"]+)"', rule)) == {
        "org.debian.pcsc-lite.access_pcsc",
        "org.debian.pcsc-lite.access_card",
    }
    assert f'subject.user == "{account}"' in rule
    assert rule.count("polkit.Result.YES") == 1


def test_a_bundle_tells_much_and_names_nobody(tmp_path: Path) -> None:
    settings_file, person = founded(tmp_path), SyntheticPerson()
    settings = load_settings(settings_file)
    log_of(settings, system_clock).warning("list.not_read", why=f"for {person.number}")
    bundle = make_bundle(settings_file, tmp_path / "bundle.zip", system_clock, by="测试")
    with zipfile.ZipFile(bundle.path) as file:
        held = {name: file.read(name) for name in file.namelist()}
    assert {"doctor.json", "site.toml", "versions.json", "site.json"} < set(held)
    [log] = [text for name, text in held.items() if name.startswith("log/")]
    assert b"list.not_read" in log
    assert json.loads(held["site.json"])["ledger"] == "verifies"
    everything = b"".join(held.values())
    assert person.number.encode() not in everything
    keys = settings.data / "keys"
    assert [key.name for key in keys.iterdir() if key.read_bytes() in everything] == []
    assert bundle.path.stat().st_mode & 0o777 == 0o600
    with open_site(settings) as site:
        assert latest(site.store.read(), limit=1)[0].act.kind == "bundle.made"
    with pytest.raises(BadInput):
        make_bundle(settings_file, bundle.path, system_clock, by="测试")


def test_a_bundle_of_a_site_that_does_not_open_says_why(tmp_path: Path) -> None:
    settings_file = founded(tmp_path)
    (tmp_path / "data/keys/ledger.key").unlink()
    bundle = make_bundle(settings_file, tmp_path / "bundle.zip", system_clock, by="测试")
    with zipfile.ZipFile(bundle.path) as file:
        assert json.loads(file.read("site.json")) == {"fault": "KEY_UNUSABLE"}


def test_every_finding_that_is_not_well_says_what_mends_it(tmp_path: Path) -> None:
    settings_file = founded(tmp_path)
    for broken in ("keys/ledger.key", "tls/server.key"):
        (tmp_path / "data" / broken).unlink()
    unwell = [one for one in examine(settings_file, system_clock) if not one.well]
    assert {"keys", "catalogues", "platform"} <= {one.name for one in unwell}
    assert [one.name for one in unwell if not one.fix] == []

    def next_year() -> datetime:
        return system_clock() + timedelta(days=360)

    found = {one.name: one for one in examine(settings_file, next_year)}
    assert not found["certificate"].well
    assert "edge tls renew" in found["certificate"].fix
