"""XML lines are rows like any others; what XML can do besides is refused."""

import pytest

from edge.core.errors import BadInput
from edge.sheets import Refusals
from edge.sheets.xml_lines import csv_of_xml
from edge.workbooks.charges import read_charges

LINE = (
    '<line id="L1" date="2026-11-20" code="DRUG" quantity="2" price="12.345600"'
    ' amount="24.69" injury_related="是"><name>样例&lt;药&gt;, "一"</name></line>'
)
BOMB = '<!DOCTYPE a [<!ENTITY b "bbbb">]><charges><line id="&b;"/></charges>'


def test_attributes_and_elements_are_columns() -> None:
    lines = read_charges(csv_of_xml(f"<charges>{LINE}<other/></charges>".encode()))
    assert not isinstance(lines, Refusals)
    assert (lines[0].id, lines[0].name, lines[0].amount_fen) == ("L1", '样例<药>, "一"', 2469)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_an_xml_says_its_own_encoding(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><charges>{LINE}</charges>'
    assert "样例<药>" in csv_of_xml(text.encode(encoding)).decode()


@pytest.mark.parametrize(
    "text",
    ["<charges>", "no xml", BOMB, "<a><line><b><c>1</c></b></line></a>", ""],
)
def test_what_is_no_such_file_is_refused(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        csv_of_xml(text.encode())
    assert refused.value.code == "SHEET_UNREADABLE"
