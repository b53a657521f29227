"""Workbooks of ours: text stays text, money is exact to the fen, merges keep their words."""

import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from edge.sheets.written import Fen, Merge, Sheet, workbook


def read(data: bytes, sheet: int = 0) -> list[list[object]]:
    """Read a sheet back."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    rows: list[list[object]] = book.get_sheet_by_index(sheet).to_python(skip_empty_area=False)  # type: ignore[assignment]
    return rows


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "http://a.b", "0012", "{=A1}", "１"])
def test_text_is_never_a_formula_a_number_or_a_link(text: str) -> None:
    data = workbook(Sheet(name="a", rows=[["标题"], [text]]))
    assert read(data)[1] == [text]


@given(st.integers(-(10**13), 10**13))
def test_money_is_exact_to_the_fen(fen: int) -> None:
    [[_], [shown]] = read(workbook(Sheet(name="a", rows=[["金额"], [Fen(fen)]])))
    assert round(float(str(shown)) * 100) == fen


def test_cells_of_every_kind_and_several_sheets() -> None:
    data = workbook(
        Sheet(name="一/二[三]", rows=[["a", None, 3, date(2026, 11, 25), Fen(105)]], widths=[20]),
        Sheet(name="二", rows=[["b"]]),
    )
    assert read(data) == [["a", "", 3.0, date(2026, 11, 25), 1.05]]
    assert read(data, 1) == [["b"]]
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    assert book.sheet_names == ["一-二-三-", "二"]


def test_merged_cells_keep_their_words() -> None:
    rows = [["题", ""], ["甲", "乙"], ["", "丙"]]
    merges = [Merge(0, 0, 0, 1), Merge(1, 0, 2, 0)]
    data = workbook(Sheet(name="a", rows=rows, head=2, merges=merges))
    assert read(data) == rows
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    assert book.get_sheet_by_index(0).merged_cell_ranges == [((0, 0), (0, 1)), ((1, 0), (2, 0))]


def test_a_hundred_thousand_rows_are_written() -> None:
    data = workbook(Sheet(name="a", rows=([str(number), Fen(number)] for number in range(100_000))))
    assert len(read(data)) == 100_000
