"""Complaints are kept sealed, answered once, and added up by their days."""

from datetime import date

import pytest

from edge.core.complaint import Channel, ComplaintState, Grievance
from edge.core.errors import BadInput, Conflict, Fault, NotFound
from edge.paperwork import complaint_order
from edge.steps.receive_complaint import (
    Answer,
    answer_complaint,
    complaint_report,
    receive_complaint,
    take_complaint,
)
from edge.store.complaints import load_complaint, newest_complaints, open_complaints
from edge.store.ledger import latest
from tests.steps.conftest import Ground

CLERK = "财务员"
SAID = Grievance(channel=Channel.DESK, text="床位费没有说明", name="李四", contact="13800000000")


def test_a_complaint_is_received_taken_answered_and_told(ground: Ground) -> None:
    db, vault = ground.site.store.read(), ground.site.vault
    new = receive_complaint(ground.site, SAID, CLERK)
    assert (new.state, new.due_on) == (ComplaintState.NEW, date(2026, 12, 5))
    assert open_complaints(db, vault, limit=5) == [new]
    take_complaint(ground.site, new.id, "出院员")
    done = answer_complaint(ground.site, new.id, Answer(text="已说明", told_by="电话"), CLERK)
    assert load_complaint(db, vault, new.id) == done
    assert newest_complaints(db, vault, limit=5) == [done]
    assert open_complaints(db, vault, limit=5) == []
    kinds = [entry.act.kind for entry in latest(db, limit=3)]
    assert kinds == ["complaint.answered", "complaint.taken", "complaint.received"]
    with pytest.raises(Conflict) as refused:
        answer_complaint(ground.site, new.id, Answer(text="又", told_by="电话"), CLERK)
    assert refused.value.code == "COMPLAINT_STATE"


def test_who_complains_of_what_is_sealed_and_nothing_is_taken_back(ground: Ground) -> None:
    new = receive_complaint(ground.site, SAID, CLERK)
    row = ground.site.store.read().one("select said_sealed from complaints")
    assert row is not None
    assert "李四".encode() not in row["said_sealed"]
    answer_complaint(ground.site, new.id, Answer(text="已说明", told_by="电话"), CLERK)
    for sql in (
        "delete from complaints",
        "update complaints set due_on = '2030-01-01'",
        "update complaints set state = 'new', answer_sealed = null",
    ):
        with pytest.raises(Fault), ground.site.store.transaction() as db:
            db.execute(sql)


def test_the_report_counts_by_the_day_of_receipt(ground: Ground) -> None:
    receive_complaint(ground.site, SAID, CLERK)
    ground.clock.pass_time(hours=24 * 20)
    report = complaint_report(ground.site, date(2026, 11, 20), date(2026, 11, 20))
    assert (report.received, report.open, report.overdue) == (1, 1, 1)
    assert complaint_report(ground.site, date(2026, 11, 21), date(2026, 12, 31)).received == 0
    with pytest.raises(BadInput) as refused:
        complaint_report(ground.site, date(2026, 12, 1), date(2026, 11, 1))
    assert (refused.value.code, refused.value.field) == ("DATES_CONTRADICT", "last")


def test_a_receipt_rests_on_the_article_that_binds_the_facility(ground: Ground) -> None:
    new = receive_complaint(ground.site, SAID, CLERK)
    order = complaint_order(ground.site, ground.site.store.read(), new.id)
    assert (order.title, order.owner.id) == ("投诉举报受理回执", new.id)
    with pytest.raises(NotFound) as refused:
        complaint_order(ground.site, ground.site.store.read(), "nothing")
    assert refused.value.code == "UNKNOWN_COMPLAINT"
