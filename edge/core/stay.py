"""A stay from admission to settlement: which act its state allows, and the 48-hour clock."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from edge.core.cases import CaseKind, CaseRef, require_allowed
from edge.core.dates import SHANGHAI, settle_by
from edge.core.errors import BadInput, Words
from edge.core.verification import Decision, Service


class StayState(StrEnum):
    """Where a stay is. ``settled`` and ``manual`` exclude each other for good."""

    ADMITTED = "admitted"
    DISCHARGED = "discharged"
    SETTLED = "settled"
    MANUAL = "manual"
    CANCELLED = "cancelled"
    REVERSED = "reversed"


ADMITS = (Decision.DIRECT, Decision.PROVISIONAL)
"""The decisions with which care may begin here."""


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
    planned_on: date | None = None
    """The day on which the ward means to discharge."""

    @property
    def ref(self) -> CaseRef:
        """Its name among all cases."""
        return CaseRef(CaseKind.STAY, self.id)

    @property
    def began_at(self) -> datetime:
        """When care began: the packs of that day govern."""
        return self.admitted_at

    @property
    def ended_at(self) -> datetime | None:
        """When care ended; None: the worker is still in hospital."""
        return self.discharged_at

    @property
    def is_settled(self) -> bool:
        """Whether an effective settlement stands."""
        return self.state is StayState.SETTLED

    def require_ended(self) -> None:
        """Refuse to settle, or to hand over, what has not ended or has been settled.

        Raises:
            Conflict: STAY_STATE.
        """
        require_state(self, StayState.DISCHARGED, StayState.REVERSED)

    def settled(self) -> "Stay":
        """Return the stay as it is once settled.

        Raises:
            Conflict: STAY_STATE, when it is not discharged or reversed.
        """
        self.require_ended()
        return replace(self, state=StayState.SETTLED)

    def reversed(self) -> "Stay":
        """Return the stay with its settlement undone; it may be settled again or go to manual.

        Raises:
            Conflict: STAY_STATE, when it is not settled.
        """
        require_state(self, StayState.SETTLED)
        return replace(self, state=StayState.REVERSED)

    def in_manual(self) -> "Stay":
        """Return the stay as it goes to manual, for good.

        Raises:
            Conflict: STAY_STATE, when it is not discharged or reversed: a settlement is undone
                first.
        """
        self.require_ended()
        return replace(self, state=StayState.MANUAL)


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
    left_at = at.astimezone(SHANGHAI)  # as every later reading gives it
    return replace(stay, state=StayState.DISCHARGED, discharged_at=left_at, settle_by=deadline)


def cancelled(stay: Stay) -> Stay:
    """Return the stay of an admission that was none, for good.

    Raises:
        Conflict: STAY_STATE, when it is not in hospital.
    """
    require_state(stay, StayState.ADMITTED)
    return replace(stay, state=StayState.CANCELLED)


def require_filled(given: Mapping[str, str]) -> None:
    """Refuse what leaves a field blank; ``given`` holds what was written, by field.

    Raises:
        BadInput: FIELD_EMPTY, naming the first.
    """
    for field, value in given.items():
        if not value.strip():
            raise BadInput(
                "FIELD_EMPTY",
                Words(f"{field} 不能为空", f"{field} is empty"),
                Words("补填后重新提交", "fill it in and send again"),
                field=field,
            )


def require_known_injury(injury: Injury, known: tuple[Injury, ...]) -> None:
    """Refuse a determination that is none of the worker's, where the platform names some.

    Raises:
        BadInput: UNKNOWN_DETERMINATION.
    """
    numbers = [one.determination for one in known]
    if numbers and injury.determination not in numbers:
        raise BadInput(
            "UNKNOWN_DETERMINATION",
            Words(
                f"平台登记的工伤认定中没有此编号（已登记：{'、'.join(numbers)}）",
                f"the platform knows other determinations: {', '.join(numbers)}",
            ),
            Words("选择本次治疗对应的工伤认定", "choose the determination that is treated now"),
            field="determination",
        )


def require_state(stay: Stay, *allowed: StayState) -> None:
    """Refuse an act that the stay's state does not allow.

    Raises:
        Conflict: STAY_STATE, naming the state.
    """
    require_allowed(stay.ref, stay.state, allowed, _NAMES)


_NAMES: dict[StrEnum, Words] = {
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
