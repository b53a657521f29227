"""The scanner that IT staff start by hand: a script of faults, then codes typed one a line."""

import subprocess
import sys
from pathlib import Path

import pytest

from drivers.scanner import ScannerPlan, ScannerState
from simulators.scanner import load_scan_script
from tests.drivers.test_scanner import watching

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
    command = [sys.executable, "-m", "simulators", "scanner", "--device", str(device)]
    with (
        watching(device, ScannerPlan(backoff_s_max=0.1)) as watch,
        subprocess.Popen(
            [*command, "--script", str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stdin
        assert process.stdout
        assert str(device) in process.stdout.readline()
        while not watch.hears(ScannerState.SCANNED):  # dropped while the line is opened again
            process.stdin.write("SYN-ECARD-TYPED-BY-HAND\n")
            process.stdin.flush()
        assert watch.scanner.take().text == "SYN-ECARD-TYPED-BY-HAND#"
        process.terminate()
        assert process.wait(10) == 0
        watch.until(ScannerState.OFFLINE)
    assert not device.exists()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [("[[step]]\ndo = 'dance'", "dance"), ("speed = 1", "speed"), ("step = 1", "step")],
)
def test_a_script_with_a_mistake_is_refused_by_its_place(
    tmp_path: Path, wrong: str, told: str
) -> None:
    script = tmp_path / "script.toml"
    script.write_text(wrong, encoding="utf-8")
    with pytest.raises(ValueError, match=told):
        load_scan_script(script)
