"""A bill as a sheet: every line as it was written, or every bad cell by its address."""

from collections.abc import Callable, Sequence
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.charges import Charge
from edge.core.errors import BadInput
from edge.core.money import yuan
from edge.sheets import Refusals
from edge.workbooks.charges import COLUMNS, read_charges
from tests.sheets.written import Cells, csv_of, workbook, xlsx_of

HEADER = tuple(column.title for column in COLUMNS)
ROW = ("L1", "2026-11-20", "DRUG", "样例药", "2", "12.345600", "24.69", "是", "")
L1 = Charge(
    id="L1",
    date=date(2026, 11, 20),
    code="DRUG",
    name="样例药",
    quantity="2",
    price="12.345600",
    amount_fen=2469,
    injury_related=True,
)


def read(data: bytes) -> tuple[Charge, ...]:
    lines = read_charges(data)
    assert not isinstance(lines, Refusals), lines.shown
    return lines


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_is_read_in_each_of_its_encodings(encoding: str) -> None:
    assert read(csv_of([HEADER, ROW], encoding=encoding)) == (L1,)


def test_a_refund_is_negative_and_names_what_it_reverses() -> None:
    refund = ("L2", "2026-11-21", "DRUG", "样例药", "-1", "12.345600", "-12.35", "是", "L1")
    line = read(csv_of([HEADER, ROW, refund]))[1]
    assert (line.quantity, line.amount_fen, line.reverses) == ("-1", -1235, "L1")


def test_a_workbooks_numbers_and_days_are_read_as_they_are_seen() -> None:
    row = ("L1", date(2026, 11, 20), "DRUG", "样例药", 2, 12.3456, 24.69, "是", "")
    (line,) = read(xlsx_of([HEADER, row]))
    assert (line.date, line.quantity, line.price) == (L1.date, "2", "12.3456")
    assert line.amount_fen == 2469


@pytest.mark.parametrize("write", [csv_of, xlsx_of])
def test_english_names_in_any_order_and_without_what_may_lack(
    write: Callable[[Cells], bytes],
) -> None:
    fields = ("amount", "price", "quantity", "code", "date", "id", "injury_related")
    (line,) = read(write([fields, ("24.69", "12.345600", "2", "DRUG", "2026-11-20", "L1", "no")]))
    assert (line.id, line.name, line.injury_related, line.reverses) == ("L1", "", False, None)


BAD: list[tuple[int, object, str]] = [
    (0, "", "A2"),
    (0, "a b", "A2"),
    (1, "20.11.2026", "B2"),
    (1, "", "B2"),
    (2, "1.2E+11", "C2"),
    (3, "x" * 201, "D2"),
    (4, "two", "E2"),
    (4, "", "E2"),
    (5, "1,200", "F2"),
    (6, "24.691", "G2"),
    (6, "", "G2"),
    (6, "--1", "G2"),
    (7, "perhaps", "H2"),
    (7, "", "H2"),
    (8, "L 1", "I2"),
]


@pytest.mark.parametrize(("place", "cell", "address"), BAD)
def test_a_cell_that_cannot_stand_is_named_with_what_mends_it(
    place: int, cell: object, address: str
) -> None:
    refusals = read_charges(csv_of([HEADER, _with(place, cell)]))
    assert isinstance(refusals, Refusals)
    (refused,) = refusals.shown
    assert refused.address == address
    why = refused.why
    assert all((why.reason.zh, why.reason.en, why.next_action.zh, why.next_action.en))


@pytest.mark.parametrize("place", [0, 2, 8])
def test_an_identifier_that_a_sheet_made_a_number_of_is_refused(place: int) -> None:
    refusals = read_charges(xlsx_of([HEADER, _with(place, 123456789012345678)]))
    assert isinstance(refusals, Refusals)
    assert [cell.address for cell in refusals.shown] == [f"{'ABCDEFGHI'[place]}2"]


def test_every_bad_cell_is_told_at_once_and_no_line_is_given() -> None:
    refusals = read_charges(csv_of([HEADER, ROW, _with(4, "?"), _with(1, "?")]))
    assert isinstance(refusals, Refusals)
    assert [cell.address for cell in refusals.shown] == ["E3", "B4"]


def test_a_formula_is_refused_by_its_address() -> None:
    header = "".join(
        f'<c r="{"ABCDEFGHI"[n]}1" t="inlineStr"><is><t>{name}</t></is></c>'
        for n, name in enumerate(HEADER)
    )
    formula = '<row r="2"><c r="G2"><f>E2*F2</f><v>1</v></c></row>'
    with pytest.raises(BadInput) as wrong:
        read_charges(workbook(f'<row r="1">{header}</row>{formula}'))
    assert (wrong.value.code, wrong.value.field) == ("SHEET_UNREADABLE", "G2")


@pytest.mark.parametrize("data", [b"", csv_of([HEADER]), b"\xff\xfe\x00nonsense\x00"])
def test_a_file_without_lines_is_refused(data: bytes) -> None:
    try:
        refusals = read_charges(data)
    except BadInput as wrong:
        assert wrong.code == "SHEET_UNREADABLE"  # noqa: PT017 - the other outcome is as good
    else:
        assert isinstance(refusals, Refusals)


TEXT = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=20)


@given(
    st.lists(
        st.builds(
            Charge,
            id=TEXT,
            date=st.dates(date(1900, 1, 1)),
            code=TEXT,
            quantity=st.from_regex(r"-?[0-9]{1,6}(\.[0-9]{1,4})?", fullmatch=True),
            price=st.from_regex(r"[0-9]{1,6}(\.[0-9]{1,6})?", fullmatch=True),
            amount_fen=st.integers(-(10**10), 10**10),
            injury_related=st.booleans(),
            name=TEXT,
            reverses=st.none() | TEXT,
        ),
        min_size=1,
        max_size=20,
    ),
    st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]),
)
def test_whatever_bill_is_written_is_read_back(lines: list[Charge], encoding: str) -> None:
    assert read(csv_of([HEADER, *map(_row, lines)], encoding=encoding)) == tuple(lines)


def _with(place: int, cell: object) -> Sequence[object]:
    return [cell if at == place else value for at, value in enumerate(ROW)]


def _row(line: Charge) -> Sequence[object]:
    return (
        *(line.id, line.date.isoformat(), line.code, line.name, line.quantity, line.price),
        yuan(line.amount_fen).replace(",", ""),
        *("是" if line.injury_related else "否", line.reverses or ""),
    )
