"""docs/verdicts.md tells what the readable cases show: each reason, and each effect it can have."""

import re
from pathlib import Path

from edge.core.verification import Code, Decision, WarningCode
from tests.regions.test_changed_law import told_by_cases

PAGE = (Path(__file__).parents[2] / "docs" / "verdicts.md").read_text(encoding="utf-8")
COLUMNS = (
    ("start", ""),
    ("discharge", ""),
    ("overdue", ""),
    ("start", "emergency"),
    ("discharge", "emergency"),
)
LATE_ONLY = "SETTLEMENT_OVERDUE"


def test_the_table_of_reasons_is_what_the_cases_show() -> None:
    lines = re.findall(r"^\| `([A-Z_]+)` \| [^|]+((?:\| [^|]+){5})\|$", PAGE, re.MULTILINE)
    page = {
        code: [re.findall(r"`(\w+)`", cell) for cell in cells.split("|")[1:]]
        for code, cells in lines
    }
    assert page == {code.value: [told(code, *column) for column in COLUMNS] for code in Code}


def told(code: Code, when: str, urgent: str) -> list[str]:
    rows = told_by_cases()
    return [effect.value for effect in Decision if (code, when, urgent, effect) in rows]


def test_an_overdue_settlement_is_told_only_when_it_is() -> None:
    assert {when for code, when, _, _ in told_by_cases() if code == LATE_ONLY} == {"overdue"}


def test_every_warning_is_told() -> None:
    told_here = re.findall(r"^\| `([A-Z_]+)` \| [^|]+\|$", PAGE, re.MULTILINE)
    assert set(told_here) == set(WarningCode)
