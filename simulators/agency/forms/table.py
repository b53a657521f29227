"""What the forms have in common: a table of sums by row and column, titles above, signers below."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from edge.sheets.written import Cell, Fen, Merge, Sheet
from simulators.agency.clearing import Cleared, summed

UNIT = "单位：元（保留两位小数）"
SIGNERS = ("负责人：", "审核人：", "制表人：", "制表日期：")

TOTALS = ("合计", "合 计", "合  计")
"""The forms' own spellings of a total."""

Fits = Callable[[Cleared], bool]
Lines = Mapping[str, Fits]
"""A line's or column's name, and which rows count in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form as it is printed; ``lines`` and ``columns`` in order, ``total`` the last of both.

    ``same`` is what stands where a place would pay itself.
    """

    name: str
    titles: Sequence[str]
    corner: Sequence[str]
    lines: Lines
    columns: Lines
    same: str = ""
    foot: Sequence[str] = SIGNERS


def total_of(rows: Iterable[Cleared], line: Fits, column: Fits) -> int:
    """Return one cell, in fen."""
    return summed(rows, lambda row: line(row) and column(row))


def matrix(form: Form, rows: Sequence[Cleared], *, line_group: str, column_group: str) -> Sheet:
    """Lay out a form whose places stand on both sides, with its groups named as printed."""
    width = len(form.columns) + 2
    head: list[list[Cell]] = [[title] for title in form.titles]
    head.append([*form.corner, column_group])
    head.append(["", "", *form.columns])
    first = len(head)
    body = [
        [line_group if number == 0 else "", name, *_cells(form, rows, name)]
        for number, name in enumerate(form.lines)
    ]
    merges = [Merge(number, 0, number, width - 1) for number in range(len(form.titles))]
    merges.append(Merge(first - 2, 2, first - 2, width - 1))
    if len(form.lines) > 1:
        merges.append(Merge(first, 0, first + len(form.lines) - 1, 0))
    foot: list[list[Cell]] = [[one] for one in form.foot]
    return Sheet(name=form.name, rows=[*head, *body, *foot], head=first, merges=merges)


def listed(form: Form, rows: Sequence[Cleared]) -> Sheet:
    """Lay out a form with one line a place."""
    width = len(form.columns) + 1
    head: list[list[Cell]] = [[title] for title in form.titles]
    head.append([*form.corner, *form.columns])
    body: list[list[Cell]] = [[name, *_cells(form, rows, name)] for name in form.lines]
    foot: list[list[Cell]] = [[one] for one in form.foot]
    return Sheet(
        name=form.name,
        rows=[*head, *body, *foot],
        head=len(head),
        widths=(16, *(18 for _ in form.columns)),
        merges=[Merge(number, 0, number, width - 1) for number in range(len(form.titles))],
    )


def _cells(form: Form, rows: Sequence[Cleared], name: str) -> list[Cell]:
    return [
        form.same
        if form.same and name == column and name not in TOTALS
        else Fen(total_of(rows, form.lines[name], fits))
        for column, fits in form.columns.items()
    ]


def everything(_row: Cleared) -> bool:
    """Count every row."""
    return True


def insured_in(city: str) -> Fits:
    """Count the workers insured in this city; the empty one is the provincial pool."""
    return lambda row: row.insured_city == city


def treated_in(city: str) -> Fits:
    """Count what was treated in this city."""
    return lambda row: row.treatment_city == city


def insured_in_province(region: str) -> Fits:
    """Count the workers insured in this province."""
    return lambda row: row.insured_region == region


def treated_in_province(region: str) -> Fits:
    """Count what was treated in this province."""
    return lambda row: row.treatment_region == region
