"""The commands as a person at a terminal runs them: what they print, and how they end."""

import json
import re
import signal
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from drivers.serial_line import open_line
from edge.clock import fresh_id, system_clock
from edge.doctor import examine
from edge.settings import load_settings
from edge.site.founding import found_site
from edge.site.opening import open_site
from edge.store.agents import AgentHeard, note_agent
from edge.store.database import Store
from edge.store.high_water import raise_high_water
from simulators.scanner import VirtualScanner
from tests.fakes.log import Log
from tests.programs import Program, finished

START_S_MAX = 30.0
STOP_S_MAX = 10.0
"""The service itself takes three at most; the machine of a test may be busy."""

FACTS = {
    "facility": {"id": "TJ0001", "region": "120000", "city": "120100", "kinds": ["medical"]},
    "worker": {"id_number": "999999199001010016", "insured_region": "110000"},
    "service": "inpatient_medical",
    "moment": "admission",
    "at": "2026-06-01T09:00:00+08:00",
}


def edge(
    *words: object, given: str = "", env: Mapping[str, str] | None = None
) -> CompletedProcess[str]:
    return finished("edge", *words, given=given, env=env)


def founded(folder: Path) -> Path:
    """Found a site without the command, whose start-up would cost each test a second."""
    return found_site(folder, clock=system_clock, fresh_id=fresh_id).settings_file


def test_a_site_is_founded_once_and_its_password_shown_once(tmp_path: Path) -> None:
    done = edge("init", "--data", tmp_path)
    assert done.returncode == 0
    assert re.findall(r"^(system|security) administrator: \w+$", done.stdout, re.MULTILINE) == [
        "system",
        "security",
    ]
    passwords = re.findall(r"password, shown once: (\S{12,})", done.stdout)
    assert len(set(passwords)) == len(re.findall(r"otpauth://\S+", done.stdout)) == 2
    assert "edge doctor" in done.stdout
    assert b"PUBLIC KEY" in (tmp_path / "data/facility.pub.pem").read_bytes()
    keys = list((tmp_path / "data/keys").iterdir())
    assert keys
    assert {key.stat().st_mode & 0o777 for key in keys} == {0o600}

    again = edge("init", "--data", tmp_path)
    assert again.returncode == 2
    assert "SITE_EXISTS" in again.stderr


def test_doctor_tells_when_each_desks_agent_was_heard_last(tmp_path: Path) -> None:
    settings_file = founded(tmp_path)
    given = settings_file.read_text(encoding="utf-8")
    place = '{ name = "远端窗", agent = true, scanner = "COM3" }'
    settings_file.write_text(given.replace("desks = []", f"desks = [{place}]"), encoding="utf-8")
    told = {one.name: one for one in examine(settings_file, system_clock)}
    assert (told["agent 远端窗"].well, told["agent 远端窗"].seen) == (False, "never heard")
    assert "docs/agent.md" in told["agent 远端窗"].fix
    assert "scanner 远端窗" not in told
    with (
        open_site(load_settings(settings_file), log=Log()) as site,
        site.store.transaction() as db,
    ):
        note_agent(db, AgentHeard(desk="远端窗", host="pc-7", seen_at=site.clock()))
    told = {one.name: one for one in examine(settings_file, system_clock)}
    assert told["agent 远端窗"].well
    assert told["agent 远端窗"].seen.startswith("pc-7, last heard 20")


def test_doctor_finds_each_desks_scanner_or_says_what_mends_it(tmp_path: Path) -> None:
    settings_file, device = founded(tmp_path), tmp_path / "usb-scanner"
    bound = f'desks = [{{ name = "1", scanner = "{device}" }}]'
    told = settings_file.read_text(encoding="utf-8").replace("\ndesks = []", f"\n{bound}")
    settings_file.write_text(told, encoding="utf-8")

    def scanner() -> dict[str, object]:
        done = edge("doctor", "--config", settings_file, "--json")
        [found] = [one for one in json.loads(done.stdout) if one["name"] == "scanner 1"]
        return dict(found)

    missing = scanner()
    assert (missing["well"], bool(missing["fix"])) == (False, True)
    with VirtualScanner(device):
        assert scanner()["well"]
        with open_line(str(device), baud_rate=9600, quiet_s=0.1):
            assert scanner()["seen"] == f"{device}, in use"


def test_a_setting_that_does_not_exist_is_named(tmp_path: Path) -> None:
    settings_file = founded(tmp_path)
    settings_file.write_text(settings_file.read_text() + "\nport = 1\n", encoding="utf-8")
    done = edge("serve", "--config", settings_file)
    assert done.returncode == 2
    assert "scanner.port" in done.stderr


def test_the_calculators_answer_and_refuse_by_field(tmp_path: Path) -> None:
    facts = tmp_path / "facts.json"
    facts.write_text(json.dumps(FACTS), encoding="utf-8")
    one = edge("verify", facts)
    assert one.returncode == 0
    assert json.loads(one.stdout)["decision"] in {"hold", "manual", "refuse"}

    both = edge("verify", "-", given=json.dumps([FACTS, FACTS | {"at": "tomorrow"}]))
    assert both.returncode == 2
    assert "[1].at" in both.stderr

    for command in ("verify", "adjudicate"):
        torn = edge(command, "-", given='{"facility":')
        assert torn.returncode == 2
        assert "MALFORMED_JSON" in torn.stderr
        assert torn.stdout == ""


def test_the_packs_are_checked_listed_and_shown() -> None:
    checked = edge("packs", "check")
    assert checked.returncode == 0
    assert re.search(r"6 packs, \d+ cases, 0 failed", checked.stdout)
    assert "天津" in edge("packs", "list").stdout
    shown = edge("packs", "show", "120000", "--compare", "110000").stdout
    assert "津 第十五条" in shown
    assert edge("packs", "show", "999999").returncode == 2


def test_the_ledger_verifies_until_somebody_touches_it(tmp_path: Path) -> None:
    settings_file = founded(tmp_path)
    for name in ("HIS", "LIS"):
        edge("tokens", "add", name, "--scope", "read", "--config", settings_file)
    done = edge("ledger", "verify", "--config", settings_file, "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 0
    assert (report["ok"], report["broken"], report["entries"]) == (True, None, 4)
    assert report["platform"] == "silent"

    printed = f"4:{report['mac']}"
    verify = ("ledger", "verify", "--config", settings_file, "--offline", "--anchor")
    assert edge(*verify, printed).returncode == 0
    assert edge(*verify, "4:none").returncode == 2
    with closing(Store(tmp_path / "data/edge.db")) as store:
        store.read().execute("drop trigger ledger_is_never_shortened")
        store.read().execute("delete from ledger where seq = 4")
    assert edge("ledger", "verify", "--config", settings_file, "--offline").returncode == 0
    cut = edge(*verify, printed)
    assert (cut.returncode, cut.stdout) == (1, "✗ entry 4: cut off (against: day-end sheet)\n")
    with closing(Store(tmp_path / "data/edge.db")) as store:
        store.read().execute("drop trigger ledger_is_never_changed")
        store.read().execute("update ledger set operator = 'nobody'")
    broken = edge("ledger", "verify", "--config", settings_file, "--json")
    assert broken.returncode == 1
    assert json.loads(broken.stdout)["broken"]["seq"] == 1


def test_a_days_end_is_told_and_its_head_verifies(tmp_path: Path) -> None:
    settings_file = founded(tmp_path)
    edge("tokens", "add", "HIS", "--scope", "read", "--config", settings_file)
    told = edge("ledger", "day-end", "2026-11-20", "--config", settings_file)
    head = re.search(r"^head (3:[0-9A-F]{64})$", told.stdout, re.MULTILINE)
    assert head
    assert "messages waiting: 0, refused: 0" in told.stdout
    verified = edge("ledger", "verify", "--config", settings_file, "--anchor", head[1])
    assert verified.returncode == 0
    sheet = edge("ledger", "day-end", "2026-11-20", "--config", settings_file, "--json")
    assert json.loads(sheet.stdout)["total"]["settled"]["count"] == 0
    assert edge("ledger", "day-end", "today", "--config", settings_file).returncode == 2


def test_a_mark_ahead_of_time_is_named_by_the_doctor_and_given_up(tmp_path: Path) -> None:
    settings_file = founded(tmp_path)
    with closing(Store(tmp_path / "data/edge.db")) as store:
        ahead = system_clock() + timedelta(days=365)
        with store.transaction() as db:
            raise_high_water(db, ahead)
    told = edge("doctor", "--config", settings_file, "--json")
    [clock] = [one for one in json.loads(told.stdout) if one["name"] == "clock"]
    assert (clock["well"], "edge clock reset" in clock["fix"]) == (False, True)
    reset = edge("clock", "reset", "--note", "主板电池失效", "--config", settings_file)
    assert (reset.returncode, ahead.isoformat(timespec="seconds") in reset.stdout) == (0, True)
    told = edge("doctor", "--config", settings_file, "--json")
    assert [one["well"] for one in json.loads(told.stdout) if one["name"] == "clock"] == [True]
    assert edge("clock", "reset", "--note", " ", "--config", settings_file).returncode == 2


@pytest.mark.parametrize("command", [["sync", "status"], ["sync", "now"]])
def test_an_empty_outbox_says_so(tmp_path: Path, command: list[str]) -> None:
    done = edge(*command, "--config", founded(tmp_path))
    assert done.returncode == 0
    assert "0" in done.stdout


def test_a_site_and_the_platform_alone_find_each_other(tmp_path: Path) -> None:
    settings_file = founded(tmp_path)
    with platform_alone(tmp_path) as url:
        text = settings_file.read_text(encoding="utf-8").replace("http://127.0.0.1:8700", url)
        text = text.replace('# root = "platform-root.json"', 'root = "TJ0001-root.json"')
        text = text.replace('# keys = ["platform.pub.pem"]', 'keys = ["agency.pub.pem"]')
        settings_file.write_text(text, encoding="utf-8")
        for command in (["lists", "refresh"], ["claims", "collect"]):
            done = edge(*command, "--config", settings_file)
            assert done.returncode == 0, done.stderr
        done = edge("doctor", "--config", settings_file, "--json")
        findings = {finding["name"]: finding["well"] for finding in json.loads(done.stdout)}
        assert findings["platform"]


@contextmanager
def platform_alone(site: Path) -> Iterator[str]:
    """Run the platform for the site in this folder, with a list and a catalogue; yield its URL."""
    keys = site / "data/keys"
    catalogue = Path(__file__).parents[2] / "config/catalogues/120000/2024.1.csv"
    words = ["platform", "--port", "0"]
    words += ["--agency", str(site / "agency.db")]
    words += ["--key", f"TJ0001={site / 'data/facility.pub.pem'}"]
    words += ["--list-key", f"TJ0001={keys / 'listing.key'}"]
    words += ["--catalogue", f"120000/2024.1={catalogue}"]
    with Program("simulators", words, cwd=site) as platform:
        yield platform.stdout.readline().split()[2]
        platform.send_signal(signal.SIGTERM)
        assert platform.wait(STOP_S_MAX) == 0
