"""What codes mean as a sheet: every row, or every bad cell by its address."""

from datetime import date

import pytest

from edge.core.errors import BadInput
from edge.sheets import Refusals
from edge.store.code_mappings import Meaning
from edge.workbooks.mapping import COLUMNS, read_mappings
from tests.sheets.written import csv_of, xlsx_of

HEADER = tuple(column.title for column in COLUMNS)
FIRST = date(2026, 1, 1)


def test_rows_are_read_with_and_without_an_end_and_a_meaning() -> None:
    read = read_mappings(
        xlsx_of([HEADER, ("H1", "A1", FIRST, date(2026, 6, 30)), ("H2", "", "2026-01-01", "")])
    )
    assert read == (
        Meaning(
            hospital_code="H1",
            catalogue_code="A1",
            valid_from=FIRST,
            valid_to=date(2026, 6, 30),
        ),
        Meaning(hospital_code="H2", catalogue_code=None, valid_from=FIRST),
    )


def test_a_column_that_may_lack_may_lack() -> None:
    rows = [("hospital_code", "catalogue_code", "valid_from"), ("H1", "A1", "2026-01-01")]
    assert read_mappings(csv_of(rows)) == (
        Meaning(hospital_code="H1", catalogue_code="A1", valid_from=FIRST),
    )


def test_bad_cells_are_named() -> None:
    rows = [HEADER, ("H 1", "A1", "soon", ""), ("", "A1", "2026-01-01", "then")]
    refusals = read_mappings(csv_of(rows))
    assert isinstance(refusals, Refusals)
    assert [cell.address for cell in refusals.shown] == ["A2", "C2", "A3", "D3"]


def test_a_sheet_without_rows_is_refused() -> None:
    with pytest.raises(BadInput) as wrong:
        read_mappings(csv_of([HEADER]))
    assert wrong.value.code == "SHEET_UNREADABLE"
