"""The documents are true: settings, error codes, decisions, links and the README's commands."""

import ast
import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path

import pytest
from pydantic import BaseModel

from drivers.agent_errors import AgentCode
from drivers.errors import DriverCode
from drivers.key_errors import KeyCode
from drivers.scan_errors import ScanCode
from edge.core.adjudication.ruling import LineReason
from edge.core.charges import Refusal
from edge.core.errors import BadRecord, BadRule, EdgeError
from edge.core.verification.reasons import Code, WarningCode
from edge.settings import Settings
from edge.store.keys import CREDENTIALS
from edge.web.problems import _BY_STATUS as BY_STATUS
from simulators.card.image import CardImage, Injury, Person, Record
from simulators.card.script import CardFault, CardStep
from simulators.hospital.script import HospitalScript
from simulators.scanner import Step
from simulators.script_file import SCRIPTS
from tests.house.source import ROOT, Source, product

REASONS: dict[str, tuple[type[StrEnum], ...]] = {
    "Reasons of a verdict": (Code, WarningCode),
    "Reasons of a line": (LineReason,),
}
"""Sections of the runbook that tell answers, not errors: the vocabularies they explain."""

FAR = {"simulators/pcscd.py"}
"""Far sides whose errors reach our users; the platform's are in docs/platform-protocol.md."""

ROOTS: tuple[type[EdgeError], ...] = (EdgeError, *EdgeError.__subclasses__(), BadRule, BadRecord)
TELLERS = {root.__name__ for root in ROOTS} | {"Block", "_no_answer", "_refuse"}
"""What takes a code as its first argument."""

WORDED = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
SPELT = re.compile(r"(?=.*[A-Z])[A-Z0-9_*]+")

DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def test_every_setting_is_documented_and_no_other() -> None:
    page = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    described = set(re.findall(r"^\| `([a-z0-9_.]+)` \|", page, re.MULTILINE))
    assert described == set(_keys(Settings, ""))


def test_the_example_site_file_names_every_setting() -> None:
    example = (ROOT / "config/site.example.toml").read_text(encoding="utf-8")
    last_parts = {key.rpartition(".")[2] for key in _keys(Settings, "")}
    assert last_parts <= set(re.findall(r"^#? ?([a-z_]+) =", example, re.MULTILINE))


def test_every_error_code_is_in_the_runbook_once_and_no_other() -> None:
    described = [row[0] for name, rows in _runbook().items() if name not in REASONS for row in rows]
    assert sorted(described) == sorted(_error_codes())


@pytest.mark.parametrize("section", REASONS)
def test_every_reason_has_its_sentence_in_the_runbook(section: str) -> None:
    described = [row[0] for row in _runbook()[section]]
    assert described == [code.value for vocabulary in REASONS[section] for code in vocabulary]


def test_no_cell_of_the_runbook_is_empty() -> None:
    rows = [row for rows in _runbook().values() for row in rows]
    assert [row[0] for row in rows if not all(row)] == []


@pytest.mark.parametrize(
    "model", [CardImage, Person, Injury, Record, CardStep, CardFault, Step, HospitalScript]
)
def test_every_key_of_the_simulators_files_is_documented(model: type[BaseModel]) -> None:
    page = (ROOT / "docs/simulators.md").read_text(encoding="utf-8")
    assert [key for key in model.model_fields if f"`{key}`" not in page] == []


def test_everything_that_ships_for_the_simulators_is_documented() -> None:
    page = (ROOT / "docs/simulators.md").read_text(encoding="utf-8")
    shipped = [file.stem for file in SCRIPTS.rglob("*.toml")]
    assert [name for name in shipped if f"`{name}`" not in page] == []


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_names_the_check_that_enforces_it(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"^Check: `([^`]+)`", text, re.MULTILINE)
    assert named
    for check in named:
        path, _, function = check.partition("::")
        assert (ROOT / path).exists()
        assert function in (ROOT / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_that_a_page_names_is_there(page: Path) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page.read_text(encoding="utf-8"))
    assert [t for t in named if f"def {t[1]}(" not in (ROOT / t[0]).read_text("utf-8")] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = [t for t in re.findall(r"\]\(([^)#]+)[^)]*\)", text) if "://" not in t]
    assert [t for t in targets if not (page.parent / t).exists()] == []


def _keys(model: type[BaseModel], prefix: str) -> list[str]:
    keys: list[str] = []
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            keys += _keys(kind, f"{prefix}{name}.")
        else:
            keys.append(prefix + name)
    return keys


def _runbook() -> dict[str, list[list[str]]]:
    """Return the runbook's rows of codes, cell by cell, under the English name of each section."""
    page = (ROOT / "docs/errors.md").read_text(encoding="utf-8")
    parts = re.split(r"^##+ .*?([A-Za-z][A-Za-z, ]*)$", page, flags=re.MULTILINE)[1:]
    return {
        name: [
            [cell.strip().strip("`") for cell in line.strip("|").split("|")]
            for line in body.splitlines()
            if re.match(r"\| `[A-Z]", line)
        ]
        for name, body in zip(parts[::2], parts[1::2], strict=True)
    }


def _error_codes() -> set[str]:
    """Return every error code of the product: its enums, its texts by status, its literals."""
    told = [s for s in product() if not s.path.startswith("simulators/") or s.path in FAR]
    return {
        *AgentCode.__members__,
        *DriverCode.__members__,
        *KeyCode.__members__,
        *ScanCode.__members__,
        *Refusal.__members__,
        *(code for code, _, _ in BY_STATUS.values()),
        *(code for one in told for code in (*_worded(one), *_told(one.nodes))),
    } - {CREDENTIALS}  # a name of systemd's


def _worded(source: Source) -> Iterator[str]:
    """Yield each text that is upper-case words joined by underscores, outside the vocabularies."""
    reasons = {kind.__name__ for kinds in REASONS.values() for kind in kinds}
    vocabularies = [
        range(top.lineno, (top.end_lineno or top.lineno) + 1)
        for top in source.tree.body
        if isinstance(top, ast.ClassDef) and top.name in reasons
    ]
    for node in source.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            said = WORDED.fullmatch(node.value)
            if said and not any(node.lineno in lines for lines in vocabularies):
                yield node.value


def _told(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield each code where it is told, one word or with a part filled in (``HTTP_*``)."""
    for call in nodes:
        if isinstance(call, ast.Call):
            given = [k.value for k in call.keywords if k.arg == "code"]
            if isinstance(call.func, ast.Name) and call.func.id in TELLERS:
                given += call.args[:1]
            yield from (code for code in map(_spelt, given) if SPELT.fullmatch(code))


def _spelt(node: ast.expr) -> str:
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(str(p.value) if isinstance(p, ast.Constant) else "*" for p in parts)
