"""A bill and what is still to come, as workbooks: sums that agree, text that stays text."""

import io
from typing import Any

from python_calamine import CalamineWorkbook

from edge.core.cases import CaseRef
from edge.exports import bill_workbook, receivables_workbook
from edge.steps.reconcile import receivables
from tests.steps.colleagues import settled
from tests.steps.conftest import Ground, line


def pages(data: bytes) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def bill(ground: Ground, ref: CaseRef) -> dict[str, list[list[Any]]]:
    return pages(bill_workbook(ground.site, ref))


def test_a_bill_is_given_as_ruled_now_and_then_as_settled(ground: Ground) -> None:
    stay = ground.discharged(line("1"), line("2", "COSMETIC", name="=1+1"))
    before = bill(ground, stay.ref)
    head, first, second, whole = before["费用明细"]
    assert head[0] == "明细号"
    assert first[6:9] == [12.0, 10.0, 2.0]
    assert (second[3], second[8]) == ("=1+1", 12.0)
    assert whole[6:9] == [24.0, 10.0, 14.0]
    assert before["汇总"][1:] == [["药品费", 12.0, 10.0, 2.0], ["诊疗项目费", 12.0, 0.0, 12.0]]
    settled(ground, stay.id)
    assert bill(ground, stay.ref) == before


def test_what_is_refused_has_a_page_of_its_own(ground: Ground) -> None:
    stay = ground.discharged(line("1"), line("2", "NOBODY"))
    _, refused = bill(ground, stay.ref)["未通过"]
    assert (refused[0], refused[4]) == ("2", "UNKNOWN_CODE")


def test_what_is_still_to_come_is_listed_by_age_and_by_settlement(ground: Ground) -> None:
    done = settled(ground, ground.discharged().id)
    found = receivables(ground.site)
    book = pages(receivables_workbook(found.settlements, found.bands))
    assert book["账龄"][1] == ["0–30", 1.0, 10.0]
    assert book["未收回"][1][5:] == [10.0, done.id]
