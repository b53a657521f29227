"""A bill and what is still to come, as workbooks: sums that agree, text that stays text."""

import io
from typing import Any

from python_calamine import CalamineWorkbook

from edge.core.cases import CaseRef
from edge.core.complaint import Channel, Grievance
from edge.core.dates import local_day
from edge.steps.day_end import day_end
from edge.steps.read_complaints import read_complaints_of
from edge.steps.receive_complaint import complaint_report, receive_complaint
from edge.steps.reconcile import receivables
from edge.store.ledger import latest
from edge.workbooks.exports import (
    bill_workbook,
    complaints_workbook,
    day_end_workbook,
    receivables_workbook,
)
from tests.steps.colleagues import settled
from tests.steps.conftest import CLERK, Ground, line


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


def test_complaints_are_listed_with_their_answers_and_added_up(ground: Ground) -> None:
    said = Grievance(channel=Channel.DESK, text="=1+1 等候过久", name="䶮𫖯㛃", case_number="ZY1")
    receive_complaint(ground.site, said, CLERK)
    today = local_day(ground.clock())
    found = read_complaints_of(ground.site, today, today, by=CLERK)
    book = pages(complaints_workbook(found, complaint_report(ground.site, today, today)))
    assert book["投诉"][1][1:4] == ["窗口", "=1+1 等候过久", "䶮𫖯㛃"]
    assert book["汇总"][1][2:] == [1.0, 0.0, 0.0, 1.0, 0.0]
    shown = [one.act.kind for one in latest(ground.site.store.read(), limit=1)]
    assert shown == ["complaint.shown"]


def test_a_day_is_given_by_clerk_and_in_all(ground: Ground) -> None:
    settled(ground, ground.discharged().id)
    day = day_end(ground.site, local_day(ground.clock()))
    rows = pages(day_end_workbook(day.date, day.by_clerk, day.total))["日终"]
    assert [row[1] for row in rows] == ["经办人", *(one.clerk for one in day.by_clerk), "合计"]
    assert rows[1][2:6] == rows[-1][2:6] == [1.0, 12.0, 10.0, 2.0]
