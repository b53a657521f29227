"""The readable cases of each region, config/regions/<region>/cases/*.toml, run on the rulebook.

A case is a set of facts, mostly a small change of its folder's base.toml, and what must follow.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from edge import codec
from edge.core.errors import BadInput
from edge.core.rules import Rulebook
from edge.core.verification import Facts, Verdict, verify
from edge.packs.library import load, region_folders
from edge.packs.values import bad_rule, fields, toml

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Failure:
    """A case that ended otherwise: where it stands, and what was expected and came."""

    file: str
    case: str
    said: str


@dataclass(frozen=True, slots=True)
class Report:
    """How many packs there are, how many cases each region has, and those that failed."""

    packs: int
    cases: Mapping[str, int]
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case: its facts as they stand in JSON, and what must follow.

    ``facts`` are complete; ``without`` tells what the file took out of them.
    ``reasons`` are all of them, code -> ``effect article``. ``packs`` (the insured side's region,
    then the treatment side's) and ``settle_by`` are compared where they are given. With
    ``bad_input`` the facts must be refused, naming that field.
    """

    file: str
    name: str
    facts: dict[str, Any]
    without: tuple[str, ...] = ()
    decision: str = ""
    reasons: dict[str, str] | None = None
    warnings: tuple[str, ...] = ()
    packs: tuple[str, ...] | None = None
    settle_by: datetime | None = None
    bad_input: str = ""


_CASE = tuple(name for name in Case.__slots__ if name not in {"file", "name"})


def check(folder: Path) -> Report:
    """Read every pack under ``folder`` and run every case.

    Raises:
        BadRule: a pack or a case file is wrong; the field is ``file: key``.
    """
    rulebook = load(folder)
    counts: dict[str, int] = {}
    failures: list[Failure] = []
    for place in region_folders(folder):
        cases = read_cases(place)
        counts[place.name] = len(cases)
        failures += [failure for case in cases for failure in run_case(case, rulebook)]
    return Report(len(counts), counts, tuple(failures))


def read_cases(place: Path) -> tuple[Case, ...]:
    """Return the cases of one region's folder, their facts complete.

    Facts are laid over each other: those of base.toml, of the file, of the case.

    Raises:
        BadRule: a file is no TOML, or a field is unknown, missing or doubled.
    """
    base_path = place / "cases" / "base.toml"
    base = _base(place, base_path) if base_path.exists() else {}
    files = [path for path in sorted((place / "cases").glob("*.toml")) if path != base_path]
    return tuple(case for path in files for case in _read_file(place, path, base))


def run_case(case: Case, rulebook: Rulebook) -> Iterator[Failure]:
    """Yield what came otherwise than the case says; nothing when it holds."""
    try:
        verdict = verify(codec.convert(case.facts, Facts), rulebook)
    except BadInput as wrong:
        if wrong.field != case.bad_input:
            yield Failure(case.file, case.name, f"bad input: {wrong}")
        return
    if case.bad_input:
        yield Failure(case.file, case.name, f"expected bad input {case.bad_input}")
        return
    for said in differences(case, verdict):
        yield Failure(case.file, case.name, said)


def differences(expected: Case, verdict: Verdict) -> Iterator[str]:
    """Yield what a verdict has otherwise than the case says."""
    reasons = {r.code.value: f"{r.effect.value} {r.article}" for r in verdict.reasons}
    yield from _unlike("decision", expected.decision, verdict.decision.value)
    yield from _unlike("reasons", expected.reasons, reasons)
    yield from _unlike("warnings", expected.warnings, tuple(w.code.value for w in verdict.warnings))
    if expected.packs is not None:
        yield from _unlike("packs", expected.packs, tuple(p.region for p in verdict.packs))
    if expected.settle_by is not None:
        yield from _unlike("settle_by", expected.settle_by, verdict.settle_by)


def _base(place: Path, path: Path) -> dict[str, Any]:
    file = f"{place.name}/cases/{path.name}"
    table = fields(file, "(file)", toml(file, path.read_bytes()), ("facts",))
    return _typed(file, "facts", table["facts"], dict[str, Any])


def _read_file(place: Path, path: Path, base: Mapping[str, Any]) -> Iterator[Case]:
    file = f"{place.name}/cases/{path.name}"
    table = fields(file, "(file)", toml(file, path.read_bytes()), ("case",), ("facts",))
    common = _laid_over(base, _typed(file, "facts", table.get("facts", {}), dict[str, Any]))
    names: set[str] = set()
    for index, given in enumerate(_typed(file, "case", table["case"], list[Any])):
        fields(file, f"case[{index}]", given, ("name",), _CASE)
        case = _typed(file, f"case[{index}]", {"facts": {}, **given, "file": file}, Case)
        if case.name in names:
            raise bad_rule(file, f"case {case.name}", "名称重复", "the name stands twice")
        names.add(case.name)
        facts = _laid_over(common, case.facts)
        for path_out in case.without:
            _take_out(facts, path_out)
        yield replace(case, facts=facts)


def _typed(file: str, key: str, raw: object, kind: type[T]) -> T:
    try:
        return codec.convert(raw, kind)
    except BadInput as wrong:
        named = f"{key}.{wrong.field}" if wrong.field else key
        raise bad_rule(file, named, wrong.reason.zh, wrong.reason.en) from wrong


def _unlike(what: str, expected: object, came: object) -> Iterator[str]:
    if expected != came:
        yield f"{what}: expected {expected}, came {came}"


def _laid_over(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Return the base with the change laid over it, table by table; lists are replaced."""
    whole: dict[str, Any] = {
        name: _laid_over(value, {}) if isinstance(value, dict) else value
        for name, value in base.items()
    }
    for name, value in change.items():
        under = whole.get(name)
        nested = isinstance(value, dict) and isinstance(under, dict)
        whole[name] = _laid_over(under or {}, value) if nested else value
    return whole


def _take_out(facts: dict[str, Any], path: str) -> None:
    *tables, last = path.split(".")
    for table in tables:
        under = facts.get(table)
        facts = under if isinstance(under, dict) else {}
    facts.pop(last, None)
