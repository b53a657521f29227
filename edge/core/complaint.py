"""Complaints and reports (投诉举报): received, due on a day, answered, and the answer told.

津 第四十条 obliges the facility to keep the channel and to tell the result; elsewhere the agencies
keep it (川 第三十四条, 鲁 第二十五条, 吉规 第三十二条) and ask us. Judges no complaint.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from edge.core.dates import local_day
from edge.core.errors import BadInput, Conflict, Words

NAME_LENGTH_MAX = 40
CONTACT_LENGTH_MAX = 100
TEXT_LENGTH_MAX = 2000


class ComplaintState(StrEnum):
    """Where a complaint is. Overdue is no state: it is open, and its day has passed."""

    NEW = "new"
    IN_WORK = "in_work"
    ANSWERED = "answered"


class Channel(StrEnum):
    """Who came with it: a worker (or anybody) to the desk, or an agency that asks us."""

    DESK = "desk"
    AGENCY = "agency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grievance:
    """What is complained of, as it was said. An empty ``name`` is nobody who wants to be named.

    ``case_number`` is the hospital's number of the stay or fitting that it is about, if any.
    """

    channel: Channel
    text: str
    name: str = ""
    contact: str = ""
    case_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One complaint. ``told_by`` says how the result reached who complained (津 第四十条)."""

    id: str
    said: Grievance
    state: ComplaintState
    received_at: datetime
    received_by: str
    due_on: date
    taken_by: str | None = None
    answer: str = ""
    told_by: str = ""
    answered_by: str | None = None
    answered_at: datetime | None = None

    def is_overdue(self, now: datetime) -> bool:
        """Tell whether its day has passed without an answer."""
        return self.state is not ComplaintState.ANSWERED and local_day(now) > self.due_on

    def taken(self, by: str) -> "Complaint":
        """Return the complaint as somebody's work; another may take it over.

        Raises:
            Conflict: COMPLAINT_STATE, once it is answered.
        """
        self._require_open()
        return replace(self, state=ComplaintState.IN_WORK, taken_by=by)

    def answered(self, answer: str, *, told_by: str, by: str, at: datetime) -> "Complaint":
        """Return the complaint with its answer; an answer is given once.

        Raises:
            BadInput: FIELD_EMPTY, TEXT_TOO_LONG.
            Conflict: COMPLAINT_STATE, once it is answered.
        """
        self._require_open()
        return replace(
            self,
            state=ComplaintState.ANSWERED,
            answer=_text(answer, "answer", TEXT_LENGTH_MAX),
            told_by=_text(told_by, "told_by", CONTACT_LENGTH_MAX),
            answered_by=by,
            answered_at=at,
        )

    def _require_open(self) -> None:
        if self.state is ComplaintState.ANSWERED:
            raise Conflict(
                "COMPLAINT_STATE",
                Words("该投诉已答复", "the complaint was answered"),
                Words("查看答复；有新情况另行登记", "see the answer; register what is new"),
                field="state",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The complaints received in a period, added up."""

    first: date
    last: date
    received: int
    answered: int
    answered_late: int
    open: int
    overdue: int


def received(said: Grievance, *, number: str, by: str, at: datetime, due_days: int) -> Complaint:
    """Return a new complaint, due ``due_days`` after the day of its receipt.

    Raises:
        BadInput: FIELD_EMPTY, TEXT_TOO_LONG, naming the field.
    """
    clean = Grievance(
        channel=said.channel,
        text=_text(said.text, "text", TEXT_LENGTH_MAX),
        name=_short(said.name, "name", NAME_LENGTH_MAX),
        contact=_short(said.contact, "contact", CONTACT_LENGTH_MAX),
        case_number=_short(said.case_number, "case_number", NAME_LENGTH_MAX),
    )
    return Complaint(
        id=number,
        said=clean,
        state=ComplaintState.NEW,
        received_at=at,
        received_by=by,
        due_on=local_day(at) + timedelta(days=due_days),
    )


def reported(
    complaints: tuple[Complaint, ...], *, first: date, last: date, now: datetime
) -> Report:
    """Add up what was received from ``first`` to ``last``, both included."""
    ours = [one for one in complaints if first <= local_day(one.received_at) <= last]
    answered = [one for one in ours if one.answered_at]
    late = sum(1 for one in answered if one.answered_at and local_day(one.answered_at) > one.due_on)
    return Report(
        first=first,
        last=last,
        received=len(ours),
        answered=len(answered),
        answered_late=late,
        open=len(ours) - len(answered),
        overdue=sum(1 for one in ours if one.is_overdue(now)),
    )


def _text(given: str, field: str, longest: int) -> str:
    text = _short(given, field, longest)
    if not text:
        raise BadInput(
            "FIELD_EMPTY",
            Words(f"{field} 不能为空", f"{field} is empty"),
            Words("补填后重新提交", "fill it in and send again"),
            field=field,
        )
    return text


def _short(given: str, field: str, longest: int) -> str:
    text = given.strip()
    if len(text) > longest:
        raise BadInput(
            "TEXT_TOO_LONG",
            Words(f"{field} 超过 {longest} 字", f"{field} has more than {longest} characters"),
            Words("精简后重新提交，原件另附", "shorten it; keep the original beside"),
            field=field,
        )
    return text
