"""A run shared among processes tells of every test what a run alone would tell."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).parents[2]

CONFTEST = """
import os
import pytest
from collections import deque
from tests.sharing import Sharing

@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    files = {}
    for place, item in enumerate(session.items):
        files.setdefault(item.path, deque()).append(place)
    Sharing(session, files.values(), 2).run()
    return True

@pytest.fixture(scope="session")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    yield folder
    (folder.parent.parent / f"taken down by {os.getpid()}").touch()
"""

FILES = {
    "test_one.py": """
import os

def test_passes(made):
    assert made.is_dir()

def test_fails():
    print("said before it failed")
    assert 1 + 1 == 3

def test_ends_its_process(made):
    os._exit(7)

def test_after_the_end(made):
    assert True
""",
    "test_two.py": """
import pytest

@pytest.fixture
def broken():
    yield
    raise OSError("not taken down")

@pytest.mark.parametrize("number", range(4))
def test_many(number, made):
    assert number < 4

def test_teardown(broken):
    pass
""",
}


def _run(folder: Path, *words: str) -> tuple[int, str, dict[str, str]]:
    """Run the files above; return the code, what was said, and how each test went."""
    for name, text in {"conftest.py": CONFTEST, **FILES}.items():
        (folder / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--rootdir={folder}"]
    ended = subprocess.run(
        [*command, f"--basetemp={folder / 'temporary'}", "--junitxml=told.xml", *words],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    cases = ET.parse(folder / "told.xml").iter("testcase")  # noqa: S314 - pytest wrote it
    told = {case.attrib["name"]: ", ".join(sorted(part.tag for part in case)) for case in cases}
    return ended.returncode, ended.stdout, told


def test_what_passes_fails_and_ends_its_process_is_told(tmp_path: Path) -> None:
    code, said, told = _run(tmp_path)
    assert told == {
        "test_passes": "",
        "test_fails": "failure",
        "test_ends_its_process": "failure",
        "test_after_the_end": "",
        **{f"test_many[{number}]": "" for number in range(4)},
        "test_teardown": "error",
    }
    assert code == pytest.ExitCode.TESTS_FAILED
    assert "said before it failed" in said
    assert "assert (1 + 1) == 3" in said
    assert "the process of this test ended with 7 while it ran" in said
    assert "2 failed, 7 passed, 1 error" in said
    # Two workers set up what they share, and whoever came for the one that ended.
    assert len(list(tmp_path.glob("taken down by *"))) == 2


def test_the_first_failure_ends_the_run_when_asked_to(tmp_path: Path) -> None:
    code, said, told = _run(tmp_path, "-x", "test_one.py")
    assert code == pytest.ExitCode.TESTS_FAILED
    assert told == {"test_passes": "", "test_fails": "failure"}
    assert "stopping after 1 failures" in said
    assert len(list(tmp_path.glob("taken down by *"))) == 1
