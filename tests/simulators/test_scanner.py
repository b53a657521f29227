"""The scanner that IT staff start by hand: a script of faults, then codes typed one a line."""

import signal
from contextlib import suppress
from pathlib import Path

import pytest

from drivers.scan_errors import BadScan, ScannerFault
from drivers.scanner import ScannerPlan, ScannerState
from simulators.scanner import ScanScript, Step, VirtualScanner, load_scan_script
from simulators.script_file import SCRIPTS, BadFile
from tests.contracts.desk import PATIENCE_S
from tests.drivers.test_scanner import Watch, watching
from tests.programs import Program

SCRIPTS_THAT_SHIP = sorted((SCRIPTS / "scanner").glob("*.toml"))

SCRIPT = """
suffix = "#"

[[step]]
do = "garbage"

[[step]]
do = "replug"
times = 2

[[step]]
do = "wait"
seconds = 0.001

[[step]]
do = "unplug"

[[step]]
do = "scan"
code = "lost: nobody hears a scanner that is unplugged"

[[step]]
do = "replug"
"""


def test_it_plays_its_script_and_then_what_is_typed(tmp_path: Path) -> None:
    device, script = tmp_path / "scanner", tmp_path / "script.toml"
    script.write_text(SCRIPT, encoding="utf-8")
    words = ["scanner", "--device", device, "--script", script]
    with (
        watching(device, ScannerPlan(backoff_s_max=0.1)) as watch,
        Program("simulators", words) as process,
    ):
        assert str(device) in process.stdout.readline()
        while not watch.hears(ScannerState.SCANNED):  # dropped while the line is opened again
            process.stdin.write("SYN-ECARD-TYPED-BY-HAND\n")
            process.stdin.flush()
        assert watch.scanner.take().text == "SYN-ECARD-TYPED-BY-HAND#"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        watch.until(ScannerState.OFFLINE)
    assert not device.exists()


@pytest.mark.parametrize("file", SCRIPTS_THAT_SHIP, ids=lambda file: file.stem)
def test_every_step_of_a_script_that_ships_ends_as_it_says(file: Path, tmp_path: Path) -> None:
    script = load_scan_script(file)
    plan = ScannerPlan(quiet_s=0.3, echo_s=0.0, backoff_s_max=0.1)
    with VirtualScanner(tmp_path / "scanner") as virtual, watching(virtual.device, plan) as watch:
        watch.until(ScannerState.ONLINE)

        def check(step: Step) -> None:
            with watch.news:
                assert watch.news.wait_for(lambda: _shows(watch, step.expect), PATIENCE_S), step
            if step.expect == "scanned":
                assert watch.scanner.take().text == step.code
            else:
                with suppress(BadScan, ScannerFault):
                    watch.scanner.take()

        virtual.play(script, wait=lambda _: None, done=check)
    assert script.step[-1].expect in {"scanned", "online"}


def test_a_code_of_the_platforms_is_scanned_where_one_is_issued(tmp_path: Path) -> None:
    script = ScanScript(step=(Step(do="e_card"),))
    with VirtualScanner(tmp_path / "scanner") as virtual, watching(virtual.device) as watch:
        watch.until(ScannerState.ONLINE)
        virtual.play(script, fresh_code=lambda: "SYN-ECARD-FRESHLY-ISSUED")
        watch.until(ScannerState.SCANNED)
        assert watch.scanner.take().text == "SYN-ECARD-FRESHLY-ISSUED"
        with pytest.raises(ValueError, match="e_card"):
            virtual.play(script)


def _shows(watch: Watch, expected: str) -> bool:
    view = watch.scanner.view()
    codes = {view.error.code} if view.error else set[str]()
    return not expected or expected in {view.state.value, *codes}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("[[step]]\ndo = 'dance'", "step.1.do"),
        ("[[step]]\ndo = 'scan'\nspeed = 1", "step.1.speed: 未知的键"),
        ("speed = 1", "speed"),
        ("step = 1", "step"),
        ("[[step]]\ndo = 'e_card'", "step.1.do: 只有 hospital"),
        ("= 1", "malformed"),
    ],
)
def test_a_script_with_a_mistake_is_refused_by_its_place(
    tmp_path: Path, wrong: str, told: str
) -> None:
    script = tmp_path / "script.toml"
    script.write_text(wrong, encoding="utf-8")
    with pytest.raises(BadFile, match=f"script.toml: .*{told}"):
        load_scan_script(script)


def test_a_script_that_is_not_there_or_is_no_script_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="cannot be read"):
        load_scan_script(tmp_path / "nowhere.toml")
    huge = tmp_path / "huge.toml"
    huge.write_bytes(b"#" * 1_000_001)
    with pytest.raises(BadFile, match="too large"):
        load_scan_script(huge)
    huge.write_bytes(b"\xff\xfe")
    with pytest.raises(BadFile, match="malformed"):
        load_scan_script(huge)
