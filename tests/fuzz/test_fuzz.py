"""A short round of the fuzzer, the same each time; `make fuzz` goes on where it ends."""

import subprocess
import sys
import tracemalloc
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.fuzz.__main__ import by_chance, main
from tests.fuzz.rounds import inputs
from tests.fuzz.targets import SEEDS, TARGETS

INPUTS = 400
SEED = 20261125
BYTES_MAX = 2_000_000


@pytest.mark.parametrize("name", TARGETS)
def test_bent_inputs_give_typed_errors_in_bounded_memory(name: str) -> None:
    target = TARGETS[name]
    for seed in SEEDS[name]:
        target(seed)
    tracemalloc.start()
    try:
        for data in inputs(name, INPUTS, SEED):
            target(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < BYTES_MAX


def test_the_same_seed_gives_the_same_inputs() -> None:
    assert list(inputs("card", 50, 1)) == list(inputs("card", 50, 1))
    assert list(inputs("card", 50, 1)) != list(inputs("card", 50, 2))


def test_a_target_that_fails_is_told_and_its_input_kept(tmp_path: Path) -> None:
    def broken(data: bytes) -> None:
        if len(data) > 3 and data[1] > 0x80:
            raise IndexError(data[1])

    assert not by_chance("record", 60, target=broken, kept=tmp_path)
    with pytest.raises(IndexError):
        broken((tmp_path / "record" / "failed").read_bytes())


def test_atheris_runs_here_and_leads_by_coverage(tmp_path: Path) -> None:
    assert find_spec("atheris")
    (tmp_path / "kept").mkdir()
    command = [sys.executable, "-m", "tests.fuzz.by_coverage", "record", "1", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, check=False, text=True)
    assert ended.returncode == 0, ended.stderr
    assert "stat::number_of_executed_units" in ended.stderr


def test_a_name_that_is_no_target_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["no-such"])
    assert "no such target: no-such" in capsys.readouterr().err
