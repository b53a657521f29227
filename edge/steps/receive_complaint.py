"""A complaint received, taken up, answered, and what came in a period (津 第四十条)."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from edge.core.complaint import Complaint, Grievance, Report, received, reported
from edge.core.dates import SHANGHAI
from edge.core.errors import BadInput, Words
from edge.site import Site
from edge.store.complaints import (
    add_complaint,
    complaints_between,
    load_complaint,
    move_complaint,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was answered, and how the result was told to whoever complained."""

    text: str
    told_by: str


def receive_complaint(site: Site, said: Grievance, operator: str) -> Complaint:
    """Keep a complaint; it is due ``complaints.due_days`` later.

    Raises:
        BadInput: FIELD_EMPTY, TEXT_TOO_LONG.
    """
    complaint = received(
        said,
        number=site.fresh_id(),
        by=operator,
        at=site.clock(),
        due_days=site.settings.complaints.due_days,
    )
    with site.store.transaction() as db:
        add_complaint(db, site.vault, complaint)
        site.ledger.enter(
            db,
            kind="complaint.received",
            operator=operator,
            subject=complaint.id,
            now=complaint.received_at,
            channel=complaint.said.channel,
            due_on=complaint.due_on.isoformat(),
        )
    return complaint


def take_complaint(site: Site, complaint_id: str, operator: str) -> Complaint:
    """Take a complaint up; another may take it over.

    Raises:
        NotFound: UNKNOWN_COMPLAINT.
        Conflict: COMPLAINT_STATE.
    """
    with site.store.transaction() as db:
        complaint = load_complaint(db, site.vault, complaint_id).taken(operator)
        move_complaint(db, site.vault, complaint)
        site.ledger.enter(
            db,
            kind="complaint.taken",
            operator=operator,
            subject=complaint.id,
            now=site.clock(),
        )
    return complaint


def answer_complaint(site: Site, complaint_id: str, answer: Answer, operator: str) -> Complaint:
    """Keep the answer, once.

    Raises:
        NotFound: UNKNOWN_COMPLAINT.
        BadInput: FIELD_EMPTY, TEXT_TOO_LONG.
        Conflict: COMPLAINT_STATE.
    """
    now = site.clock()
    with site.store.transaction() as db:
        complaint = load_complaint(db, site.vault, complaint_id).answered(
            answer.text, told_by=answer.told_by, by=operator, at=now
        )
        overdue = load_complaint(db, site.vault, complaint_id).is_overdue(now)
        move_complaint(db, site.vault, complaint)
        site.ledger.enter(
            db,
            kind="complaint.answered",
            operator=operator,
            subject=complaint.id,
            now=now,
            late=overdue,
        )
    return complaint


def complaint_report(site: Site, first: date, last: date) -> Report:
    """Add up what came from ``first`` to ``last``, both included, in Asia/Shanghai.

    Raises:
        BadInput: DATES_CONTRADICT, when the end lies before its start.
    """
    if last < first:
        raise BadInput(
            "DATES_CONTRADICT",
            Words("截止日期早于起始日期", "the end lies before its start"),
            Words("更正日期后重试", "correct the dates"),
            field="last",
        )
    start = datetime.combine(first, time(), SHANGHAI)
    end = datetime.combine(last, time(), SHANGHAI) + timedelta(days=1)
    found = tuple(complaints_between(site.store.read(), site.vault, start, end))
    return reported(found, first=first, last=last, now=site.clock())
