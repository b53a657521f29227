"""What runs beside the card service at a terminal: the service, the demo, the doctor of a PSAM."""

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import httpx2
import pytest

from drivers.pcsc import PcscReaders
from drivers.transport import Presence
from edge.loops.stopping import PATIENCE_S, REQUESTS_S, STOP_S
from edge.settings import load_settings
from edge.site.assembled import About
from edge.site.opening import open_site
from edge.steps.keep_tokens import NewToken, give_token
from edge.store.operators import Scope
from simulators.card import psam_card
from simulators.card.psam import TERMINAL
from simulators.hospital.ground import ca_of
from simulators.hospital.rehearsal import CASES
from simulators.pcscd import READERS, Pcscd
from simulators.reader import VpcdCard
from sync.envelope import Kind
from sync.message import State
from tests.contracts.desk import Desk
from tests.fakes.log import Log
from tests.house.source import ROOT
from tests.journeys.test_commands import STOP_S_MAX, edge, founded
from tests.programs import Program
from tests.sync.silent import silent_far_end

START_S_MAX = 30.0


def _unasked() -> None:
    """Stop or start the card service: nobody asks for it here."""


def test_the_doctor_names_each_fault_with_its_fix(tmp_path: Path, pcscd: Pcscd) -> None:  # noqa: ARG001
    settings_file = founded(tmp_path)
    text = settings_file.read_text(encoding="utf-8")
    named = text.replace('# reader = "SAM"', f'reader = "{READERS[1]}"')
    settings_file.write_text(named, encoding="utf-8")
    slot = VpcdCard(1)
    slot.insert(psam_card())
    with closing(PcscReaders()) as readers:
        desk = Desk(readers, slot, READERS[1], _unasked, _unasked)
        try:
            desk.wait_for(Presence.PRESENT)
            done = edge("doctor", "--config", settings_file, "--json")
        finally:
            desk.empty()
    findings = {finding["name"]: finding for finding in json.loads(done.stdout)}
    assert done.returncode == 1
    assert findings["psam"]["seen"] == f"{READERS[1]}, terminal {TERMINAL}"
    unwell = [name for name, finding in findings.items() if not finding["well"]]
    assert unwell == ["catalogues", "platform"]
    assert "edge catalogue import FILE --region 120000" in findings["catalogues"]["fix"]
    assert "platform.url" in findings["platform"]["fix"]
    assert findings["readers"]["well"]

    (tmp_path / "data/keys/ledger.key").chmod(0o644)
    spoken = edge("doctor", "--config", settings_file)
    assert "✗ keys" in spoken.stdout
    assert "→ run edge init" in spoken.stdout
    assert "✗ psam: none" in spoken.stdout


def test_the_service_answers_and_stops_when_told_though_the_platform_is_silent(
    tmp_path: Path,
    pcscd: Pcscd,  # noqa: ARG001
) -> None:
    settings_file = founded(tmp_path)
    port = _free_port()
    command = [sys.executable, "-m", "edge", "serve", "--config", str(settings_file)]
    with silent_far_end() as silent, ExitStack() as at_the_end:
        text = settings_file.read_text(encoding="utf-8").replace("port = 8443", f"port = {port}")
        text = text.replace("http://127.0.0.1:8700", silent.url)
        settings_file.write_text(text, encoding="utf-8")
        message = _put_message(settings_file)
        service = at_the_end.enter_context(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        at_the_end.callback(service.kill)  # or a failure here would wait for it for ever
        url, ca = f"https://127.0.0.1:{port}", ca_of(settings_file)
        assert _answer(f"{url}/healthz", ca) == {"status": "ok"}
        ready = {"status": "ok", "circuit": "closed", "alarms": []}
        assert _answer(f"{url}/readyz", ca) == ready
        paths = _answer(f"{url}/api/openapi.json", ca)["paths"]
        assert "/api/v1/stays/{stay}/settlement" in paths
        with _hearing(url, ca, settings_file) as lines:
            assert any("connected" in line for line in lines)
            assert silent.called() == "/v1/batches"
            service.send_signal(signal.SIGTERM)
            assert service.wait(STOP_S_MAX) == 0
            list(lines)  # the stream was ended, not cut
    with open_site(load_settings(settings_file), log=Log()) as site:
        state = site.outbox.get(site.store.read(), message).state
    assert state in {State.UNKNOWN, State.SENDING}  # on a busy machine; either is asked for first


@pytest.mark.parametrize("words", [["serve"], ["office", "serve"]], ids=["edge", "office"])
def test_a_service_that_is_told_to_stop_while_it_starts_stops(
    tmp_path: Path, words: list[str]
) -> None:
    slow = tmp_path / "site.toml"
    os.mkfifo(slow)
    # Open for writing is open for reading, too: the start has come as far as its settings.
    with Program("edge", [*words, "--config", slow]) as service, slow.open("w"):
        service.send_signal(signal.SIGTERM)
        assert service.wait(STOP_S_MAX) == 0


def test_a_stop_takes_three_seconds_at_most() -> None:
    assert PATIENCE_S < REQUESTS_S < STOP_S == 3
    unit = (ROOT / "config/systemd/injury-desk-edge.service").read_text(encoding="utf-8")
    killed_after = re.search(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    assert killed_after
    assert int(killed_after[1]) > STOP_S


SMALL_MISHAPS = """
[[platform.fault]]
on = "messages"
do = "lose_ack"

[[card.step]]
do = "remove"
seconds = 0.5

[[card.step]]
do = "insert"
image = "old.toml"
seconds = 0

[[scanner.step]]
do = "unplug"

[[scanner.step]]
do = "replug"
"""


def test_the_headless_demo_plays_its_script_first_and_every_case_ends_as_it_should(
    tmp_path: Path,
    pcscd: Pcscd,  # noqa: ARG001
) -> None:
    script, image = tmp_path / "small.toml", tmp_path / "old.toml"
    script.write_text(SMALL_MISHAPS, encoding="utf-8")
    image.write_text('version = "1.00"', encoding="utf-8")
    around = tmp_path / "around"
    around.mkdir()
    places = dict.fromkeys(("TMPDIR", "HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"), str(around))
    done = edge("demo", "--headless", "--script", script, env=os.environ | places)
    assert done.returncode == 0, done.stderr
    assert list(around.rglob("*")) == []  # a whole hospital's day leaves nothing on the machine
    steps = [json.loads(line) for line in done.stdout.splitlines()]
    assert steps[0]["stack"] == "pcsc"
    assert steps[-1] == {"step": "end", "cases": dict.fromkeys(CASES, True), "ok": True}
    shown = [step["credential"]["spec_version"] for step in steps if step["step"] == "identified"]
    assert set(shown) == {"1.00", ""}  # the script's card, and one e-card


def test_an_open_demo_ends_when_told_and_a_taken_port_is_named(
    tmp_path: Path,
    pcscd: Pcscd,  # noqa: ARG001
) -> None:
    env = os.environ | {"TMPDIR": str(tmp_path)}
    # What `edge demo` becomes, started warm; the second is the command itself.
    with Program("simulators", ["hospital", "--port", "0"], env=env) as demo:
        port = re.search(r"https://127.0.0.1:(\d+)/", _told(demo))
        assert port
        taken = edge("demo", "--port", port[1])
        assert taken.returncode == 2
        assert "--port" in taken.stderr
        demo.send_signal(signal.SIGINT)
        assert demo.wait(STOP_S_MAX) == 0
    assert list(tmp_path.iterdir()) == []


def _told(demo: Program) -> str:
    """Return what the demo says until it is open."""
    told = ""
    while "Ctrl-C" not in told:
        line = demo.stdout.readline()
        assert line, told
        told += line
    return told


def _put_message(settings_file: Path) -> str:
    """Put a message in the outbox of a site that is not served yet; return its id."""
    with (
        open_site(load_settings(settings_file), log=Log()) as site,
        site.store.transaction() as db,
    ):
        return site.send_about(db, Kind.ADMISSION, About("stay-1"), "test", {})


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


@contextmanager
def _hearing(url: str, ca: Path, settings_file: Path) -> Iterator[Iterator[str]]:
    """Give the lines of an open stream of hints."""
    with open_site(load_settings(settings_file), log=Log()) as site:
        asked = NewToken(name="HIS", scopes=(Scope.READ,))
        token = give_token(site, asked, by="test")
    trusting = ssl.create_default_context(cafile=ca)
    headers = {"Authorization": f"Bearer {token}"}
    with (
        httpx2.Client(verify=trusting, trust_env=False) as client,
        client.stream("GET", f"{url}/api/v1/events", headers=headers) as stream,
    ):
        yield stream.iter_lines()


def _answer(url: str, ca: Path) -> dict[str, Any]:
    """Return the JSON that the starting service answers with, once it does."""
    ends, trusting = time.monotonic() + START_S_MAX, ssl.create_default_context(cafile=ca)
    while True:
        try:
            with urlopen(url, timeout=5, context=trusting) as said:  # noqa: S310 - loopback
                answer: dict[str, Any] = json.load(said)
                return answer
        except (URLError, TimeoutError):
            if time.monotonic() > ends:
                raise
            time.sleep(0.1)
