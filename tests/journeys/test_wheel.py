"""Our own wheel is the whole product: unpacked far from its source, it founds a site and decides.

`make wheelhouse` installs it for real, with every wheel it needs and without an index.
"""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.house.source import ROOT

SHIPPED = ("edge", "drivers", "sync", "simulators", "config")
NOT_SHIPPED = ("__pycache__", ".DS_Store")

AS_INSTALLED = """
import json, sys
from typer.testing import CliRunner
from edge.__main__ import app
import edge, config
from edge.settings import load_settings
told = {"edge": edge.__file__, "config": list(config.__path__)}
for name, words in json.loads(sys.argv[1]).items():
    done = CliRunner().invoke(app, words)
    told[name] = [done.exit_code, done.stdout]
print(json.dumps(told))
"""
"""A program beside the wheel: some commands, as typed, and where the product was found."""

FACTS = {
    "facility": {"id": "TJ0001", "region": "120000", "city": "120100", "kinds": ["medical"]},
    "worker": {"id_number": "999999199001010016", "insured_region": "110000"},
    "service": "inpatient_medical",
    "moment": "admission",
    "at": "2026-06-01T09:00:00+08:00",
}


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and unpack it, as an installer does."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    subprocess.run([*build, "--directory", folder], cwd=ROOT, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(folder / "site")
    return folder / "site"


def test_everything_that_stands_in_the_product_is_in_its_wheel(unpacked: Path) -> None:
    for room in SHIPPED:
        ours = {
            path.relative_to(ROOT)
            for path in (ROOT / room).rglob("*")
            if path.is_file() and not set(path.parts) & set(NOT_SHIPPED)
        }
        held = {path.relative_to(unpacked) for path in (unpacked / room).rglob("*")}
        assert ours <= held, room


def test_it_founds_a_site_and_decides_far_from_its_source(unpacked: Path, tmp_path: Path) -> None:
    facts, site = tmp_path / "facts.json", tmp_path / "site"
    facts.write_text(json.dumps(FACTS), encoding="utf-8")
    commands = {
        "init": ["init", "--data", str(site)],
        "doctor": ["doctor", "--json", "--config", str(site / "site.toml")],
        "verify": ["verify", str(facts)],
    }
    # The interpreter below our environment does not know where the source lies.
    libraries = next(path for path in sys.path if path.endswith("site-packages"))
    python = Path(sys.base_prefix) / "bin" / "python3"
    done = subprocess.run(
        [python, "-c", AS_INSTALLED, json.dumps(commands)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(unpacked), libraries])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert Path(told["edge"]).is_relative_to(unpacked)
    assert told["config"] == [str(unpacked / "config")]
    assert told["init"][0] == 0
    findings = {one["name"]: one for one in json.loads(told["doctor"][1])}
    assert {"keys", "database", "packs", "fonts", "readers"} <= set(findings)
    assert all(findings[name]["well"] for name in ("keys", "database", "packs"))
    assert told["verify"][0] == 0
    assert json.loads(told["verify"][1])["decision"]
