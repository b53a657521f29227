"""A complaint is received, due, answered once; what came in a period adds up."""

from datetime import date, timedelta

import pytest

from edge.core.complaint import (
    Channel,
    ComplaintState,
    Grievance,
    received,
    reported,
)
from edge.core.errors import BadInput, Conflict
from tests.documents.office_samples import complaint
from tests.documents.samples import SETTLED_AT

DAY = SETTLED_AT.date()


def test_a_complaint_is_overdue_the_day_after_its_day() -> None:
    new = complaint()
    assert new.due_on == DAY + timedelta(days=15)
    assert not new.is_overdue(SETTLED_AT + timedelta(days=15))
    assert new.is_overdue(SETTLED_AT + timedelta(days=16))


def test_a_complaint_is_taken_and_taken_over_and_answered_once() -> None:
    taken = complaint().taken("甲").taken("乙")
    assert (taken.state, taken.taken_by) == (ComplaintState.IN_WORK, "乙")
    late = SETTLED_AT + timedelta(days=30)
    done = taken.answered(" 已更正 ", told_by="电话", by="乙", at=late)
    assert (done.state, done.answer, done.is_overdue(late)) == (
        ComplaintState.ANSWERED,
        "已更正",
        False,
    )
    with pytest.raises(Conflict) as refused:
        done.taken("丙")
    assert refused.value.code == "COMPLAINT_STATE"
    with pytest.raises(Conflict) as refused:
        done.answered("x", told_by="y", by="z", at=late)
    assert refused.value.code == "COMPLAINT_STATE"


@pytest.mark.parametrize(
    ("said", "code", "field"),
    [
        (Grievance(channel=Channel.DESK, text="  "), "FIELD_EMPTY", "text"),
        (Grievance(channel=Channel.DESK, text="长" * 2001), "TEXT_TOO_LONG", "text"),
        (Grievance(channel=Channel.DESK, text="x", name="长" * 41), "TEXT_TOO_LONG", "name"),
    ],
)
def test_what_cannot_be_kept_names_its_field(said: Grievance, code: str, field: str) -> None:
    with pytest.raises(BadInput) as refused:
        received(said, number="1", by="甲", at=SETTLED_AT, due_days=15)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_an_answer_says_how_it_was_told() -> None:
    with pytest.raises(BadInput) as refused:
        complaint().answered("已更正", told_by=" ", by="甲", at=SETTLED_AT)
    assert refused.value.field == "told_by"


def test_a_report_counts_what_came_in_its_days() -> None:
    new = complaint()
    late = SETTLED_AT + timedelta(days=20)
    in_time = new.answered("a", told_by="b", by="c", at=SETTLED_AT)
    tardy = new.answered("a", told_by="b", by="c", at=late)
    found = reported((new, in_time, tardy), first=DAY, last=DAY, now=late)
    assert (found.received, found.answered, found.answered_late) == (3, 2, 1)
    assert (found.open, found.overdue) == (1, 1)
    assert reported((new,), first=date(2026, 1, 1), last=date(2026, 1, 2), now=late).received == 0
