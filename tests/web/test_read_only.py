"""On a disk that turned read-only acts are refused with a reason, and reading goes on."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.house.source import ROOT

BANNER = "无法保存"
_NO_OVERRIDE = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
_AS_A_USER = _NO_OVERRIDE if os.getuid() == 0 else []
"""Root may write whatever it may not; without that right it is a user as any."""


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    command = [*_AS_A_USER, sys.executable, "-m", "tests.web.read_only_desk"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_an_act_is_refused_with_code_sentence_and_next_action(told: dict[str, Any]) -> None:
    status, problem = told["refused"]
    assert (status, problem["code"]) == (503, "DISK_READ_ONLY")
    assert "未保存" in problem["detail"]
    assert "信息科" in problem["next_action"]
    assert told["unchanged"]
    assert told["ready"] == [503, "DISK_READ_ONLY"]


def test_pages_are_read_on_under_a_banner_and_show_nobody(told: dict[str, Any]) -> None:
    assert [status for status, _ in told["pages"]] == [200] * 4
    assert [text.count(BANNER) for _, text in told["pages"]] == [1] * 4
    assert "＊＊＊" in told["pages"][0][1]
    assert told["read"] == 200


def test_when_the_disk_takes_again_the_banner_goes_and_the_act_is_done(
    told: dict[str, Any],
) -> None:
    status, page = told["after"]
    assert (status, page.count(BANNER)) == (200, 0)
    assert "＊＊＊" not in page
    assert told["again"]["accepted"] == 1
    assert told["ready_again"] == 200
