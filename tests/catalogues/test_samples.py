"""The samples and the page about catalogues are what an import takes."""

import re
from pathlib import Path

import pytest

from edge.catalogues import Listing, load, read_listing, sample_files
from edge.catalogues.cells import KINDS
from edge.catalogues.columns import COLUMNS
from edge.core.errors import BadInput
from tests.house.source import ROOT
from tests.sheets.written import ROW, changed, listed

PAGE = (ROOT / "docs/catalogues.md").read_text(encoding="utf-8")


def test_every_sample_is_a_file_that_an_import_takes() -> None:
    files = list(sample_files(ROOT / "config/catalogues"))
    assert {(file.region, file.version) for file in files} == {
        ("110000", "2024.1"),
        ("120000", "2024.1"),
    }
    assert all(isinstance(read_listing(file.path.read_bytes()), Listing) for file in files)


def test_a_bad_sample_is_named_with_its_first_bad_cell(tmp_path: Path) -> None:
    (tmp_path / "120000").mkdir()
    (tmp_path / "120000/1.csv").write_bytes(listed(ROW, changed(cap="?")))
    with pytest.raises(BadInput) as refused:
        load(tmp_path)
    assert refused.value.field == "1.csv E3"


def test_the_page_shows_every_column_and_no_other() -> None:
    rows = re.findall(r"^\| (\**)`([a-z_]+)`\** \| ([^|]+) \|", PAGE, re.MULTILINE)
    assert [(field, title, bool(bold)) for bold, field, title in rows] == [
        (column.field, column.title, column.needed) for column in COLUMNS
    ]


def test_the_page_names_every_kind() -> None:
    assert [word for word in KINDS if word not in PAGE] == []


def test_the_file_on_the_page_reads() -> None:
    [sample] = re.findall(r"```csv\n(.*?)```", PAGE, re.DOTALL)
    listing = read_listing(sample.encode())
    assert isinstance(listing, Listing)
    assert (len(listing.rows), listing.bed_day_fen) == (4, 6000)
