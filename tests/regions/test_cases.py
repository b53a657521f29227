"""The readable cases hold, and there are enough of them."""

from collections import Counter
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from edge.core.errors import BadRule
from edge.packs import Case, check, read_cases, run_case
from tests.core.desk import REGIONS, rulebook

CASES_MIN = {
    "tianjin": 25,
    "beijing": 25,
    "sichuan": 25,
    "shandong": 25,
    "jilin": 25,
    "national": 25,
}


@cache
def cases() -> tuple[Case, ...]:
    """Return every readable case of every region."""
    folders = sorted(path for path in REGIONS.iterdir() if path.is_dir())
    return tuple(case for folder in folders for case in read_cases(folder))


def test_every_case_holds() -> None:
    assert [failure for case in cases() for failure in run_case(case, rulebook())] == []


def test_no_two_cases_of_a_region_have_one_name() -> None:
    """The law's register names cases by region and name."""
    names = Counter((case.file.partition("/")[0], case.name) for case in cases())
    assert [name for name, times in names.items() if times > 1] == []


def test_every_region_has_enough_cases() -> None:
    report = check(REGIONS)
    assert report.packs == len(report.cases)
    assert not report.failures
    assert {name: least for name, least in CASES_MIN.items() if report.cases[name] < least} == {}


CASE = '[[case]]\nname = "一"\ndecision = "direct"\n'


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[[case]\n", "case"),
        ("[case]\n", "case"),
        ("note = 1\n", "(file).note"),
        ("", "(file).case"),
        ('[[case]]\nexpect = "x"\n', "case[0].expect"),
        ("[[case]]\ndecision = 'direct'\n", "case[0].name"),
        (CASE + CASE, "case 一"),
        (CASE + "warnings = 3\n", "case[0].warnings"),
        ("[[case]]\nname = ['一']\n", "case[0].name"),
        ("[[case]]\nname = '一'\nfacts = 3\n", "case[0].facts"),
        ("facts = 3\n" + CASE, "facts"),
        ("case = [3]\n", "case[0]"),
    ],
)
def test_a_wrong_case_file_is_named(tmp_path: Path, text: str, key: str) -> None:
    place = tmp_path / "here"
    (place / "cases").mkdir(parents=True)
    (place / "cases" / "one.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BadRule) as raised:
        read_cases(place)
    file = "here/cases/one.toml"
    assert raised.value.field == (f"{file}: {key}" if key else file)


def test_a_wrong_base_is_named(tmp_path: Path) -> None:
    (tmp_path / "here" / "cases").mkdir(parents=True)
    (tmp_path / "here" / "cases" / "base.toml").write_text("[fact]\n", encoding="utf-8")
    with pytest.raises(BadRule, match=r"here/cases/base\.toml: \(file\)\.fact"):
        read_cases(tmp_path / "here")


def sound(**changes: object) -> Case:
    first = next(case for case in cases() if case.file.startswith("tianjin/"))
    return replace(first, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (sound(decision="refuse"), "decision: expected refuse, came direct"),
        (sound(reasons={}), "reasons: expected {}"),
        (sound(warnings=("LAW_SILENT",)), "warnings: expected ('LAW_SILENT',), came ()"),
        (sound(packs=("110000",)), "packs: expected ('110000',)"),
        (sound(bad_input="at"), "expected bad input at"),
        (sound(facts={}), "bad input: BAD_FIELD facility"),
    ],
)
def test_a_case_that_does_not_hold_says_why(case: Case, said: str) -> None:
    failures = list(run_case(case, rulebook()))
    assert [failure.said[: len(said)] for failure in failures] == [said]
    assert failures[0].case == case.name


def test_the_deadline_of_a_case_is_compared() -> None:
    late = next(case for case in cases() if case.settle_by)
    assert late.settle_by is not None
    moved = replace(late, settle_by=late.settle_by.replace(second=1))
    assert [f.said[:9] for f in run_case(moved, rulebook())] == ["settle_by"]


def test_facts_are_laid_over_each_other_and_taken_out(tmp_path: Path) -> None:
    folder = tmp_path / "here" / "cases"
    folder.mkdir(parents=True)
    (folder / "base.toml").write_text(
        "[facts.filing]\nid = 'F'\nvalid_to = 2024-01-01\n", encoding="utf-8"
    )
    (folder / "one.toml").write_text(
        "[facts.filing]\nid = 'G'\n[[case]]\nname = '一'\nfacts.at = 1\n"
        "without = ['filing.valid_to', 'notice.id', 'at.hour', 'devices']\n"
        "[[case]]\nname = '二'\nfacts.notice.used = true\n",
        encoding="utf-8",
    )
    first, second = read_cases(tmp_path / "here")
    assert first.facts == {"filing": {"id": "G"}, "at": 1}
    assert second.facts == {
        "filing": {"id": "G", "valid_to": date(2024, 1, 1)},
        "notice": {"used": True},
    }
