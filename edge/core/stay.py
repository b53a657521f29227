"""A stay from admission to settlement: which act its state allows, and the 48-hour clock."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from edge.core.dates import settle_by
from edge.core.errors import BadInput, Conflict, Words
from edge.core.verification import Decision, Service


class StayState(StrEnum):
    """Where a stay is. ``settled`` and ``manual`` exclude each other for good."""

    ADMITTED = "admitted"
    DISCHARGED = "discharged"
    SETTLED = "settled"
    MANUAL = "manual"
    CANCELLED = "cancelled"
    REVERSED = "reversed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Injury:
    """An injury determination (工伤认定) and the injured parts; a stay is bound to one."""

    determination: str
    parts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bedside:
    """Where the worker lies and why, in the hospital's words.

    ``emergency_document`` names what proves an emergency (吉规 第十五条: 病历注明急诊).
    """

    ward: str = ""
    bed: str = ""
    diagnosis: str = ""
    emergency_document: str = ""


UNKNOWN_BEDSIDE = Bedside()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One stay. Moments are aware; ``settle_by`` exists from discharge on."""

    id: str
    person_id: str
    verification_id: str
    hospital_number: str
    service: Service
    injury: Injury
    bedside: Bedside
    insured_region: str
    admission_decision: Decision
    state: StayState
    admitted_at: datetime
    discharged_at: datetime | None = None
    settle_by: datetime | None = None


def discharged(stay: Stay, at: datetime, now: datetime, *, window_h: int) -> Stay:
    """Return the stay with its discharge moment, which starts the settlement clock.

    Raises:
        Conflict: STAY_STATE, when it is not in hospital.
        BadInput: DISCHARGE_MOMENT, before the admission or in the future.
    """
    require_state(stay, StayState.ADMITTED)
    if at < stay.admitted_at:
        raise _bad_moment("出院时间早于入院时间", "the discharge is before the admission")
    if at > now:
        raise _bad_moment("出院时间晚于当前时间", "the discharge is in the future")
    deadline = settle_by(at, window_h)
    return replace(stay, state=StayState.DISCHARGED, discharged_at=at, settle_by=deadline)


def require_state(stay: Stay, *allowed: StayState) -> None:
    """Refuse an act that the stay's state does not allow.

    Raises:
        Conflict: STAY_STATE, naming the state.
    """
    if stay.state not in allowed:
        names = " / ".join(_NAMES[state].zh for state in allowed)
        raise Conflict(
            "STAY_STATE",
            Words(
                f"该住院记录当前为“{_NAMES[stay.state].zh}”，此操作仅限“{names}”",
                f"the stay is {stay.state}; this needs {' or '.join(allowed)}",
            ),
            Words("刷新页面查看当前状态", "look at the stay again and go on from its state"),
            field="state",
        )


_NAMES = {
    StayState.ADMITTED: Words("在院", "in hospital"),
    StayState.DISCHARGED: Words("已出院待结算", "discharged, to be settled"),
    StayState.SETTLED: Words("已结算", "settled"),
    StayState.MANUAL: Words("手工报销", "manual reimbursement"),
    StayState.CANCELLED: Words("已取消", "cancelled"),
    StayState.REVERSED: Words("已冲正", "reversed"),
}


def _bad_moment(zh: str, en: str) -> BadInput:
    mend = Words("核对医院系统中的出院时间后重新提交", "check the moment in the hospital system")
    return BadInput("DISCHARGE_MOMENT", Words(zh, en), mend, field="discharged_at")
