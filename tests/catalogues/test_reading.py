"""A catalogue file is read whole, in any of its forms, or every bad cell is named."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from edge.catalogues import Listing, read_listing
from edge.core.catalogue import CatalogueRow, CostKind
from edge.core.errors import BadInput
from edge.sheets import Refusals, address
from edge.sheets.refusals import REFUSALS_SHOWN_MAX
from edge.sheets.table import FILE_MB_MAX, ROWS_MAX, table_of
from tests.sheets.written import HEADER, ROW, Cells, changed, csv_of, listed, workbook, xlsx_of

A1 = CatalogueRow(
    "A1",
    CostKind.DRUG,
    in_scope=True,
    name="样例 A1",
    price_cap_fen=1234,
    valid_from=date(2024, 1, 1),
)
WHOLE_HEADER = (
    *("名称", "限定支付范围", "编码", "类别", "是否支付", "限价（元）", "每日限量"),
    *("每次住院限量", "最低使用年限", "有效期起", "有效期止"),
)
WHOLE_ROW = (
    *("样例", "限甲, 乙\n丙", "B2", "辅助器具", "否", "0.5"),
    *("2", "1.5", "4", "2024-02-29", "2024-12-31"),
)
B2 = CatalogueRow(
    "B2",
    CostKind.DEVICE,
    in_scope=False,
    name="样例",
    price_cap_fen=50,
    quantity_per_day_max=Decimal(2),
    quantity_max=Decimal("1.5"),
    service_years=4,
    restrictions="限甲, 乙\n丙",
    valid_from=date(2024, 2, 29),
    valid_to=date(2024, 12, 31),
)


def read(data: bytes) -> Listing:
    listing = read_listing(data)
    assert isinstance(listing, Listing), listing
    return listing


def refused(data: bytes) -> list[tuple[str, str]]:
    """Return the refused cells: address and English reason."""
    refusals = read_listing(data)
    assert isinstance(refusals, Refusals)
    cells = refusals.shown
    assert all(cell.why.reason.zh and cell.why.next_action.zh for cell in cells)
    assert all(cell.why.reason.en and cell.why.next_action.en for cell in cells)
    return [(cell.address, cell.why.reason.en) for cell in cells]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_is_read_in_each_of_its_encodings(encoding: str) -> None:
    assert read(csv_of([HEADER, ROW], encoding=encoding)).rows == (A1,)


def test_the_encoding_is_decided_on_the_whole_file() -> None:
    plain = ["A1", "plain", "drug", "yes", "12.34", "2024-01-01", ""]
    rows = [[f"P{number}", *plain[1:]] for number in range(2000)]
    header = ["code", "name", "kind", "in_scope", "price_cap", "valid_from", "valid_to"]
    last = changed(name="样例 㐂𠮷")
    assert read(csv_of([header, *rows, last], encoding="gb18030")).rows[-1].name == "样例 㐂𠮷"


@pytest.mark.parametrize("write", [csv_of, xlsx_of])
def test_columns_may_stand_in_any_order(write: Callable[[Cells], bytes]) -> None:
    assert read(write([WHOLE_HEADER, WHOLE_ROW])).rows == (B2,)


def test_columns_may_be_named_in_english_or_with_half_width_brackets() -> None:
    english = ("code", "Name", "kind", "in_scope", "price_cap", "valid_from", "valid_to")
    assert read(listed(ROW, header=english)).rows == (A1,)
    assert read(listed(ROW, header=[name.replace("（", "(").replace("）", ")") for name in HEADER]))


def test_a_workbook_gives_numbers_truths_and_days_their_own_type() -> None:
    row = ["A1", "样例 A1", "药品", True, 12.34, date(2024, 1, 1), ""]
    assert read(xlsx_of([HEADER, row])).rows == (A1,)
    whole = [*row[:4], 12, *row[5:]]
    assert read(xlsx_of([HEADER, whole])).rows[0].price_cap_fen == 1200


def test_rows_and_columns_before_the_list_and_empty_rows_within_are_passed_over() -> None:
    moved: Cells = [[], [], ["", *HEADER], [], ["", *changed(code=7.0)]]
    assert refused(xlsx_of(moved))[0][0] == "B5"
    assert read(csv_of([[], HEADER, [], ROW])).rows == (A1,)


def test_a_text_that_looks_like_a_formula_stays_a_text() -> None:
    tricky = changed(code="=1+1", name="=HYPERLINK()", last="")
    for data in (listed(tricky), xlsx_of([HEADER, tricky])):
        (row,) = read(data).rows
        assert (row.code, row.name) == ("=1+1", "=HYPERLINK()")


def test_equal_quantities_are_equal_however_they_are_written() -> None:
    header = [*HEADER, "每日限量"]
    limits = [
        str(read(listed([*ROW, text], header=header)).rows[0].quantity_per_day_max)
        for text in ("10", "10.0", "10.0000")
    ]
    assert limits == ["10", "10", "10"]


def test_a_share_is_written_as_a_part_or_in_percent() -> None:
    header = [*HEADER, "个人自付比例"]
    shares = [
        read(listed([*ROW, text], header=header)).rows[0].co_payment_share
        for text in ("0.1", "10%", "12.34%", "0", "1", "100%", "")
    ]
    assert shares == [*map(Decimal, ("0.1", "0.1", "0.1234", "0", "1", "1")), None]
    for text in ("1.01", "101%", "-0.1", "0.00001", "0.001%", "一成", "%"):
        [(cell, _)] = refused(listed([*ROW, text], header=header))
        assert cell.startswith("H"), text


def test_the_standard_of_a_bed_day_is_a_row_of_its_own_kind() -> None:
    standard = changed(code="STD", kind="床位费标准", cap="60")
    listing = read(listed(ROW, standard))
    assert (listing.bed_day_fen, len(listing.rows)) == (6000, 1)
    assert listing.kinds == {CostKind.DRUG, CostKind.BED}


@pytest.mark.parametrize(
    ("cell", "row", "reason"),
    [
        ("A2", {"code": ""}, "1 to 64 characters"),
        ("A2", {"code": "A 1"}, "no spaces"),
        ("A2", {"code": "A" * 65}, "1 to 64 characters"),
        ("A2", {"code": "1.23457E+17"}, "a spreadsheet has turned the code"),
        ("B2", {"name": " "}, "1 to 200 printable"),
        ("B2", {"name": "两\n行"}, "printable"),
        ("C2", {"kind": "草药"}, "no kind of cost"),
        ("D2", {"scope": "也许"}, "neither yes nor no"),
        ("D2", {"scope": ""}, "neither yes nor no"),
        ("E2", {"cap": "12.345"}, "more than 2 decimals"),
        ("E2", {"cap": "-1"}, "no amount"),
        ("E2", {"cap": "1,200"}, "no amount"),
        ("E2", {"cap": "12元"}, "no amount"),
        ("E2", {"cap": "1e3"}, "no amount"),
        ("F2", {"first": ""}, "the day is missing"),
        ("F2", {"first": "2024/1/1"}, "is no day"),
        ("F2", {"first": "2023-02-29"}, "is no day"),
        ("F2", {"first": "1024-01-01"}, "is no day"),
        ("G2", {"last": "2023-12-31"}, "ends before it starts"),
        ("G2", {"last": "长期"}, "is no day"),
        ("E2", {"kind": "床位费标准", "cap": ""}, "one bed-day standard"),
    ],
)
def test_a_cell_that_cannot_stand_is_refused_by_its_address(
    cell: str, row: dict[str, object], reason: str
) -> None:
    for data in (listed(changed(**row)), xlsx_of([HEADER, changed(**row)])):
        [(where, why)] = refused(data)
        assert where == cell
        assert reason in why


@pytest.mark.parametrize(
    ("column", "text"),
    [
        *(("每日限量", wrong) for wrong in ("-1", "0.00001", "两")),
        *(("最低使用年限", wrong) for wrong in ("4.5", "101", "1000", "-1", "四")),
        ("限定支付范围", "长" * 2001),
    ],
)
def test_a_limit_that_is_none_is_refused_by_its_address(column: str, text: str) -> None:
    [(where, _)] = refused(listed([*ROW, text], header=[*HEADER, column]))
    assert where == "H2"


@pytest.mark.parametrize("number", [999999199001010016, 12.0, 1.5, True, date(2024, 1, 1)])
def test_a_code_that_is_no_text_to_the_workbook_is_refused(number: object) -> None:
    [(where, why)] = refused(xlsx_of([HEADER, ROW, changed(code=number)]))
    assert where == "A3"
    assert "number or a date" in why


@pytest.mark.parametrize("cap", [12.345, date(2024, 1, 1), True])
def test_money_that_is_no_whole_fen_to_the_workbook_is_refused(cap: object) -> None:
    [(where, _)] = refused(xlsx_of([HEADER, changed(cap=cap)]))
    assert where == "E2"


def test_a_number_is_what_the_sheet_shows_of_it() -> None:
    row = read(xlsx_of([HEADER, changed(cap=0.1 + 0.2)])).rows[0]
    assert row.price_cap_fen == 30


@pytest.mark.parametrize("day", [45292.5, 45292, True])
def test_a_day_that_is_a_number_to_the_workbook_is_refused(day: object) -> None:
    [(where, _)] = refused(xlsx_of([HEADER, changed(first=day)]))
    assert where == "F2"


def test_a_moment_is_no_day() -> None:
    noon = '<c r="F2" s="1"><v>45292.5</v></c>'
    cells = "".join(
        f'<c r="{"ABCDE"[n]}2" t="inlineStr"><is><t>{text}</t></is></c>'
        for n, text in enumerate(ROW[:5])
    )
    header = "".join(
        f'<c r="{"ABCDEFG"[n]}1" t="inlineStr"><is><t>{text}</t></is></c>'
        for n, text in enumerate(HEADER)
    )
    sheet = f'<row r="1">{header}</row><row r="2">{cells}{noon}</row>'
    [(where, _)] = refused(workbook(sheet))
    assert where == "F2"


def test_every_bad_cell_is_told_in_order_of_the_rows() -> None:
    bad = listed(changed(kind="?", cap="?"), ROW, changed(code="", first="?"))
    assert [where for where, _ in refused(bad)] == ["C2", "E2", "A4", "F4"]


def test_a_hundred_refusals_are_told_and_all_are_counted() -> None:
    refusals = read_listing(listed(*[changed(cap="?")] * 250))
    assert isinstance(refusals, Refusals)
    assert (len(refusals.shown), refusals.count) == (REFUSALS_SHOWN_MAX, 250)


def test_a_row_that_stands_twice_is_refused_by_the_second_and_names_the_first() -> None:
    [(where, why)] = refused(listed(ROW, changed(code="B"), changed(cap="9")))
    assert where == "A4"
    assert "row 2" in why


def test_a_code_may_have_several_rows_with_different_first_days_that_overlap() -> None:
    later = changed(first="2024-07-01", cap="9")
    assert len(read(listed(ROW, later)).rows) == 2


def test_two_standards_are_refused() -> None:
    standard = changed(kind="床位费标准")
    assert [where for where, _ in refused(listed(standard, standard, ROW))] == ["C3"]


@pytest.mark.parametrize(
    ("header", "where", "why"),
    [
        ((*HEADER, "限加"), "H1", "no column '限加'"),
        ((*HEADER, "编码"), "H1", "stands twice"),
        (HEADER[1:], "G1", "'code' is missing"),
        ((*HEADER[:5], "", *HEADER[6:]), "H1", "'valid_from' is missing"),
    ],
)
def test_a_header_that_names_no_list_is_refused_by_its_address(
    header: tuple[str, ...], where: str, why: str
) -> None:
    [(found, reason)] = refused(listed(ROW, header=header))
    assert found == where
    assert why in reason


def test_an_empty_file_lacks_every_column_that_is_needed() -> None:
    assert {where for where, _ in refused(b"")} == {"A1"}
    assert len(refused(b"")) == 5


def test_a_cell_under_no_header_is_refused_for_a_comma_may_have_moved_the_row() -> None:
    [(where, _)] = refused(listed([*ROW, "stray"]))
    assert where == "H2"
    assert read(listed([*ROW, "", ""])).rows == (A1,)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (csv_of([HEADER]), "no rows"),
        (b"\xff\xfe\x81\x00", "neither UTF-8 nor GB18030"),
        (csv_of([HEADER]) + b'"A1,open', "is no CSV"),
        (b"PK\x03\x04 no package", "damaged"),
        (xlsx_of([HEADER, ROW], [["also"]]), "exactly one sheet"),
        (xlsx_of([]), "exactly one sheet"),
        (workbook('<row r="1"><c r="A1"><v>1</v></c><c></row>'), "cannot be read"),
    ],
)
def test_a_file_that_is_no_list_is_refused_whole(data: bytes, why: str) -> None:
    with pytest.raises(BadInput, match=why) as wrong:
        read_listing(data)
    assert wrong.value.code == "SHEET_UNREADABLE"


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ('<c r="E2"><f>D2*2</f><v>3</v></c>', "a formula"),
        ('<c r="E2"><f>D2*2</f></c>', "a formula"),
        ("<c r='E2'><f>D2*2</f></c>", "a formula"),
        ('<c r="E2" t="e"><v>#N/A</v></c>', "error value"),
        ("<c t='e' r='E2'><v>#N/A</v></c>", "error value"),
        ('<c r="XFD2" t="b"><v>1</v></c>', "far outside"),
        ('<c r="A1048576"><v>1</v></c>', "far outside"),
    ],
)
def test_what_a_reader_of_values_would_lose_or_not_bear_is_refused_by_its_address(
    cell: str, why: str
) -> None:
    with pytest.raises(BadInput, match=why) as wrong:
        read_listing(workbook(f'<row r="2">{cell}</row>'))
    assert wrong.value.field in cell


def test_a_file_that_is_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(BadInput) as wrong:
        read_listing(b"," * (FILE_MB_MAX * 1024 * 1024 + 1))
    assert wrong.value.code == "SHEET_TOO_LARGE"


def test_a_file_with_too_many_rows_is_refused() -> None:
    with pytest.raises(BadInput) as wrong:
        list(table_of(csv_of([HEADER]) + b"x\n" * (ROWS_MAX + 1)).rows)
    assert wrong.value.code == "SHEET_TOO_LARGE"


def test_progress_is_told_and_ends_with_all_rows() -> None:
    told: list[tuple[int, int]] = []
    rows = [changed(code=f"A{number}") for number in range(4500)]
    read_listing(listed(*rows), lambda done, about: told.append((done, about)))
    assert [done for done, _ in told] == [2000, 4000, 4500]
    assert all(done <= about for done, about in told)


def test_addresses_go_on_after_z() -> None:
    assert [address(17, column) for column in (0, 2, 25, 26, 51, 52)] == [
        *("A17", "C17", "Z17", "AA17", "AZ17", "BA17"),
    ]
