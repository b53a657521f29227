"""A bill over HTTP: as JSON or as a sheet, shown page by page, reported on, never half-written."""

import pytest

from edge.web.api.cells import CSV, XLSX
from edge.workbooks.charges import COLUMNS
from tests.sheets.written import csv_of, xlsx_of
from tests.web.service import Json, Service
from tests.web.test_api import problem

HEADER = tuple(column.title for column in COLUMNS)
DAY = "2026-11-20"
LINES = 1_000


@pytest.fixture
def path(service: Service) -> str:
    return f"/stays/{service.admitted()['id']}/charges"


def row(number: int, **other: object) -> list[object]:
    cells: Json = {
        "id": f"L{number}",
        "date": DAY,
        "code": "DRUG",
        "name": "样例药",
        "quantity": 1,
        "price": 1 + number / 100,
        "amount": 1 + number / 100,
        "injury_related": "是",
        "reverses": "",
    }
    return list((cells | other).values())


def send(service: Service, path: str, body: bytes, kind: str, **query: object) -> Json:
    answer = service.ask(
        "POST",
        path,
        content=body,
        params=query,
        headers={**service.system, "content-type": kind},
    )
    assert answer.is_success, answer.text
    told: Json = answer.json()
    return told


def test_a_workbook_of_a_thousand_lines_with_every_kind_of_mistake_is_told_apart(
    service: Service, path: str
) -> None:
    rows = [row(number) for number in range(LINES)]
    rows[10] = row(10, code="NOWHERE")
    rows[20] = row(20, date="2026-10-01")
    rows[30] = row(30, amount=99)
    rows[40] = row(40, quantity=-1, amount=-1.4, reverses="L999999")
    rows[50] = row(50, quantity="0.00001")
    told = send(service, path, xlsx_of([HEADER, *rows, rows[0]]), XLSX)
    assert (told["accepted"], told["duplicates"]) == (LINES - 5, 1)
    assert {line["id"]: line["code"] for line in told["refused"]} == {
        "L10": "UNKNOWN_CODE",
        "L20": "OUTSIDE_STAY",
        "L30": "AMOUNT_MISMATCH",
        "L40": "BAD_REVERSAL",
        "L50": "BAD_NUMBER",
    }
    assert all(line["text"] and line["text_en"] for line in told["refused"])
    report = service.done("GET", f"{path}/report")
    assert (report["lines"], sum(report["refused_by_code"].values())) == (LINES, 5)


def test_the_same_sheet_again_is_all_duplicates(service: Service, path: str) -> None:
    sheet = csv_of([HEADER, *map(row, range(5))], encoding="gb18030")
    assert send(service, path, sheet, CSV)["accepted"] == 5
    told = send(service, path, sheet, "text/csv; charset=gb18030")
    assert (told["accepted"], told["duplicates"]) == (0, 5)


def test_a_sheet_with_a_bad_cell_is_not_taken_at_all(service: Service, path: str) -> None:
    before = service.rows()
    answer = service.ask(
        "POST",
        path,
        content=csv_of([HEADER, row(1), row(2, quantity="zwei"), row(3, date="")]),
        headers={**service.system, "content-type": CSV},
    )
    told = problem(answer, 422, "CELLS_REFUSED", "E3")
    assert [cell["address"] for cell in told["cells"]] == ["E3", "B4"]
    assert all(cell["text"] and cell["next_action"] for cell in told["cells"])
    assert told["count"] == 2
    assert service.rows() == before


def test_what_is_no_sheet_and_what_is_no_kind_we_take_are_told_apart(
    service: Service, path: str
) -> None:
    for kind, status, code in (
        (XLSX, 422, "SHEET_UNREADABLE"),
        ("application/x-www-form-urlencoded", 415, "NOT_JSON"),
        ("", 415, "NOT_JSON"),
    ):
        headers = {**service.system, "content-type": kind}
        answer = service.ask("POST", path, content=b"PK\x03\x04 torn", headers=headers)
        problem(answer, status, code)


def test_the_hospitals_total_comes_with_a_sheet_or_with_lines(service: Service, path: str) -> None:
    send(service, path, csv_of([HEADER, row(0)]), CSV, hospital_total_fen=150)
    assert service.done("GET", f"{path}/report")["difference_fen"] == 50
    service.done("POST", path, json={"lines": [], "hospital_total_fen": 100})
    assert service.done("GET", f"{path}/report")["difference_fen"] == 0


@pytest.mark.parametrize(("field", "value"), [("quantity", 2), ("price", 12.5)])
def test_a_number_where_text_must_be_is_told_by_line_and_field(
    service: Service, path: str, field: str, value: float
) -> None:
    line = {
        "id": "1",
        "date": DAY,
        "code": "DRUG",
        "quantity": "2",
        "price": "12.50",
        "amount_fen": 2500,
        "injury_related": True,
    }
    sound = line | {"id": "0"}
    answer = service.ask("POST", path, json={"lines": [sound, line | {field: value}]})
    told = problem(answer, 422, "BAD_FIELD", f"lines[1].{field}")
    assert "引号" in told["detail"]
    assert service.done("GET", path)["lines"] == []


def test_the_bill_is_shown_page_by_page_with_what_is_refused(service: Service, path: str) -> None:
    send(service, path, csv_of([HEADER, *map(row, range(3)), row(3, code="NOWHERE")]), CSV)
    first = service.done("GET", path, params={"limit": 3})
    last = service.done("GET", path, params={"limit": 3, "start": first["next"]})
    assert [line["id"] for line in first["lines"] + last["lines"]] == ["L0", "L1", "L2", "L3"]
    assert (last["lines"][0]["refused"], last["next"]) == ("UNKNOWN_CODE", None)
