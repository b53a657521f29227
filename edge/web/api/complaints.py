"""Complaints over HTTP: received at the desk, taken up, answered; the report of a period."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from edge.core.complaint import (
    CONTACT_LENGTH_MAX,
    NAME_LENGTH_MAX,
    TEXT_LENGTH_MAX,
    Channel,
    Complaint,
    ComplaintState,
    Grievance,
    Report,
)
from edge.paperwork import complaint_order
from edge.site import Site
from edge.steps.keep_document import keep_document
from edge.steps.read_complaints import read_complaint, read_complaints
from edge.steps.receive_complaint import (
    Answer,
    answer_complaint,
    complaint_report,
    receive_complaint,
    take_complaint,
)
from edge.store.complaints import PAGE_MAX
from edge.store.documents import OwnerKind
from edge.web.api.documents import MAY, DocumentNow, document_now
from edge.web.desk import Desk
from edge.web.rooms import api_room
from edge.web.security import Caller, require

Handles = Annotated[Caller, Depends(require(*MAY[OwnerKind.COMPLAINT]))]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ComplaintForm(_Body):
    """What is complained of, as it was said; a name may be left out."""

    text: str = Field(min_length=1, max_length=TEXT_LENGTH_MAX)
    channel: Channel = Channel.DESK
    name: str = Field(default="", max_length=NAME_LENGTH_MAX)
    contact: str = Field(default="", max_length=CONTACT_LENGTH_MAX)
    case_number: str = Field(default="", max_length=NAME_LENGTH_MAX)


class AnswerForm(_Body):
    """The answer, and how the result reached whoever complained (津 第四十条)."""

    answer: str = Field(min_length=1, max_length=TEXT_LENGTH_MAX)
    told_by: str = Field(min_length=1, max_length=CONTACT_LENGTH_MAX)


class ComplaintNow(BaseModel):
    """A complaint as it stands; ``overdue``: its day has passed without an answer."""

    id: str
    channel: Channel
    text: str
    name: str
    contact: str
    case_number: str
    state: ComplaintState
    received_at: datetime
    received_by: str
    due_on: date
    overdue: bool
    taken_by: str | None
    answer: str
    told_by: str
    answered_by: str | None
    answered_at: datetime | None


def router(desk: Desk) -> APIRouter:
    """Return the endpoints of complaints."""
    routes = api_room("complaints")
    _reading(routes, desk)
    _acting(routes, desk)
    return routes


def _reading(routes: APIRouter, desk: Desk) -> None:
    site = desk.site

    @routes.get("/complaints")
    def listed(
        caller: Handles,
        *,
        only_open: bool = False,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = PAGE_MAX,
    ) -> list[ComplaintNow]:
        """List complaints: the newest first, or what is open with the earliest due first."""
        found = read_complaints(site, only_open=only_open, limit=limit, by=caller.name)
        return [complaint_now(site, one) for one in found]

    @routes.get("/complaints/report")
    def report(_caller: Handles, first: date, last: date) -> Report:
        """Add up what came from ``first`` to ``last``, both included."""
        return complaint_report(site, first, last)

    @routes.get("/complaints/{complaint}")
    def one(caller: Handles, complaint: str) -> ComplaintNow:
        """Return one complaint."""
        return complaint_now(site, read_complaint(site, complaint, by=caller.name))


def _acting(routes: APIRouter, desk: Desk) -> None:
    site = desk.site

    @routes.post("/complaints", status_code=201)
    def receive(caller: Handles, given: ComplaintForm) -> ComplaintNow:
        """Receive a complaint; it is due ``complaints.due_days`` later."""
        said = Grievance(**given.model_dump())
        return _changed(desk, receive_complaint(site, said, caller.name))

    @routes.post("/complaints/{complaint}/work")
    def take(caller: Handles, complaint: str) -> ComplaintNow:
        """Take a complaint up, or over."""
        return _changed(desk, take_complaint(site, complaint, caller.name))

    @routes.post("/complaints/{complaint}/answer")
    def answer(caller: Handles, complaint: str, given: AnswerForm) -> ComplaintNow:
        """Answer a complaint, once."""
        said = Answer(text=given.answer, told_by=given.told_by)
        return _changed(desk, answer_complaint(site, complaint, said, caller.name))

    @routes.post("/complaints/{complaint}/receipt")
    def receipt(caller: Handles, complaint: str) -> DocumentNow:
        """Make the receipt that whoever complains takes along; made before, it is given again."""
        order = complaint_order(site, site.store.read(), complaint)
        return document_now(keep_document(site, order, caller.name))


def _changed(desk: Desk, complaint: Complaint) -> ComplaintNow:
    desk.changed("complaint", complaint.id)
    return complaint_now(desk.site, complaint)


def complaint_now(site: Site, complaint: Complaint) -> ComplaintNow:
    """Return a complaint as it stands."""
    said = complaint.said
    return ComplaintNow(
        id=complaint.id,
        channel=said.channel,
        text=said.text,
        name=said.name,
        contact=said.contact,
        case_number=said.case_number,
        state=complaint.state,
        received_at=complaint.received_at,
        received_by=complaint.received_by,
        due_on=complaint.due_on,
        overdue=complaint.is_overdue(site.clock()),
        taken_by=complaint.taken_by,
        answer=complaint.answer,
        told_by=complaint.told_by,
        answered_by=complaint.answered_by,
        answered_at=complaint.answered_at,
    )
