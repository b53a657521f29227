"""The guide for hospital systems runs: its examples, from top to bottom, on the real service."""

import json
import re
import runpy
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature

from edge.loops.watched import TAKEN, look_through
from edge.settings import Place, Webhook
from edge.store.operators import Scope
from sync.frame import unpack
from sync.message import open_frame
from tests.house.source import ROOT
from tests.web.service import Service, service_at

DESK = "入院1号窗"
SCOPES = (
    Scope.READ,
    Scope.IDENTIFY,
    Scope.VERIFY,
    Scope.ADMIT,
    Scope.CHARGE,
    Scope.DISCHARGE,
    Scope.SETTLE,
)
BLOCK = re.compile(r"(?:<!-- (\w+)(?:: (\w+))? -->\n)?```(\w+)\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Run the service of a hospital whose system wants to be told."""
    hook = Webhook(name="his", url="https://his.example/edge")
    folder = tmp_path_factory.mktemp("guide")
    with service_at(folder, desks=(Place(name=DESK),), webhooks=(hook,)) as service:
        yield service


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_example_runs_and_answers_as_the_guide_says(
    hospital: Service, tmp_path: Path, language: str
) -> None:
    hospital.newcomer()
    known: dict[str, Any] = {
        "EDGE": str(hospital.client.base_url).rstrip("/"),
        "TOKEN": hospital.token(f"HIS {language}", SCOPES, desk=DESK),
        "CA": None,
        "DESK": DESK,
        "CODE": "DRUG",
        "FOLDER": str(tmp_path),
    }
    then: dict[str, Callable[[], None]] = {
        "folder": lambda: _folder_is_taken(hospital, tmp_path),
        "webhooks": lambda: _is_told(hospital, known),
    }
    page = (ROOT / "docs" / language / "hospital-system.md").read_text(encoding="utf-8")
    blocks = BLOCK.findall(page.replace("ZY2026-0001", f"ZY2026-{language}"))
    for number, (mark, name, kind, text) in enumerate(blocks):
        if mark == "answer":
            _agrees(json.loads(text), known[name])
        elif kind == "sh":
            _curl(hospital, text, known["TOKEN"])
        elif mark != "settings":
            file = tmp_path / f"{number}.py"
            file.write_text(text, encoding="utf-8")
            known |= runpy.run_path(str(file), init_globals=known)
            then.get(name, lambda: None)()
    assert len(blocks) == 19


def _folder_is_taken(hospital: Service, folder: Path) -> None:
    assert len(look_through(hospital.site, folder)) == 1
    assert [file.suffix for file in (folder / TAKEN).iterdir()] == [".csv"]


def _is_told(hospital: Service, known: dict[str, Any]) -> None:
    """Hand the guide's receiver what the relay would post, then the same again, then a forgery."""
    rows = hospital.site.store.read().query("select * from outbox where kind = 'hook' order by seq")
    body = [unpack(open_frame(hospital.site.vault, row)) for row in rows][-1]
    pem, seen = hospital.site.public_key.pem(), set[str]()
    known["event"] = known["told"](body, pem, seen)
    assert known["told"](body, pem, seen) is None
    head, payload, signature = body.split(b".")
    forged = b".".join((head, payload[:-1] + (b"A" if payload[-1:] != b"A" else b"B"), signature))
    with pytest.raises(InvalidSignature):
        known["told"](forged, pem, set())


def _curl(hospital: Service, text: str, token: str) -> None:
    for command in text.splitlines():
        words = shlex.split(command.replace("$TOKEN", token))
        headers = [words[at + 1].split(": ") for at, word in enumerate(words) if word == "-H"]
        path = words[-1].partition(":8443")[2]
        assert hospital.client.get(path, headers=dict(headers)).status_code == 200, command


def _agrees(shown: dict[str, Any], answer: dict[str, Any]) -> None:
    """Hold what the guide shows against an answer: names all, values where they are no sample."""
    assert set(shown) <= set(answer)
    for name, value in shown.items():
        if isinstance(value, int | bool) or name in {"decision", "basis", "state", "event", "case"}:
            assert answer[name] == value, name
        if isinstance(value, dict):
            _agrees(value, answer[name])
        if isinstance(value, list) and value and isinstance(value[0], dict):
            assert set(value[0]) <= set(answer[name][0])
