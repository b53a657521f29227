"""A stay: admission, charges, discharge, preview, settlement."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
)

from edge.core.cases import CaseKind, CaseRef
from edge.core.settlement import Blocked
from edge.core.stay import Bedside, Injury, Stay, StayState
from edge.steps.admit import Admission, admit
from edge.steps.discharge import discharge
from edge.steps.plan_discharge import plan_discharge
from edge.steps.preview import preview
from edge.steps.settle import AlreadySettled, Request, settle
from edge.store.operators import Role, Scope
from edge.store.settlements import Settlement
from edge.store.stays import PAGE_MAX, load_stay, newest_stays, stays_numbered_like
from edge.web.api.receipts import KEY, Receipt, already_settled, blocked, previewed, receipt
from edge.web.api.ruling import Ruling
from edge.web.case_at_desk import held_to
from edge.web.desk import Desk
from edge.web.rooms import api_room
from edge.web.security import Caller, require

Admits = Annotated[Caller, Depends(require(Role.ADMISSION, Scope.ADMIT))]
Discharges = Annotated[Caller, Depends(require(Role.DISCHARGE, Scope.DISCHARGE))]
Plans = Annotated[
    Caller, Depends(require(Role.ADMISSION, Role.DISCHARGE, Scope.ADMIT, Scope.DISCHARGE))
]
Settles = Annotated[Caller, Depends(require(Role.DISCHARGE, Scope.SETTLE))]
Reads = Annotated[
    Caller, Depends(require(Role.ADMISSION, Role.DISCHARGE, Role.FINANCE, Scope.READ))
]

Filled = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AdmissionForm(_Body):
    """One admission, bound to a verification and to one injury determination."""

    verification: str = Field(min_length=1, max_length=64)
    hospital_number: Filled = Field(max_length=64)
    determination: Filled = Field(max_length=64)
    injured_parts: Filled = Field(max_length=200)
    ward: str = Field(default="", max_length=64)
    bed: str = Field(default="", max_length=32)
    diagnosis: str = Field(default="", max_length=400)
    emergency_document: str = Field(default="", max_length=200)
    admitted_at: AwareDatetime | None = None


class PlanForm(_Body):
    """The day on which the ward means to discharge; left out, there is no plan."""

    planned_on: date | None = None


class DischargeForm(_Body):
    """The discharge; left out, it is now."""

    discharged_at: AwareDatetime | None = None


class SettlementForm(_Body):
    """What settles beside the key: the card read at discharge, and why it is late if it is.

    ``preview`` is the ETag of the preview that was looked at (without its quotes): what is not as
    shown there is not settled, and the answer says what changed. ``desk_case`` is what the desk's
    page was opened under: when the desk has gone on to somebody else, nothing is settled.
    """

    identification: str | None = Field(default=None, max_length=64)
    overdue_reason: str = Field(default="", max_length=400)
    preview: str = Field(default="", pattern="^([0-9a-f]{64})?$")
    desk_case: str = Field(default="", max_length=64)


_NOW = DischargeForm()
_AS_IT_IS = SettlementForm()


class StayNow(BaseModel):
    """A stay without its person."""

    id: str
    hospital_number: str
    service: str
    state: str
    verification: str
    determination: str
    injured_parts: str
    ward: str
    bed: str
    diagnosis: str
    emergency_document: str
    insured_region: str
    admission_decision: str
    admitted_at: datetime
    discharged_at: datetime | None
    settle_by: datetime | None
    planned_on: date | None


def router(desk: Desk) -> APIRouter:
    """Return the endpoints of a stay."""
    routes = api_room("stays", at="/stays")
    _reading(routes, desk)
    _care(routes, desk)
    _money(routes, desk)
    return routes


def _reading(routes: APIRouter, desk: Desk) -> None:
    @routes.get("")
    def stays(
        _caller: Reads,
        state: StayState | None = None,
        number: Annotated[str, Query(max_length=64)] = "",
        after: Annotated[str, Query(max_length=64)] = "",
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = PAGE_MAX,
    ) -> list[StayNow]:
        """List the stays admitted last; with ``number``, those whose number begins so, by number.

        ``after`` is the id with which the page before ended.
        """
        db = desk.site.store.read()
        if number:
            found = stays_numbered_like(db, number, limit=limit)
        else:
            found = newest_stays(db, state=state, after=after, limit=limit)
        return [stay_now(stay) for stay in found]

    @routes.get("/{stay}")
    def one(_caller: Reads, stay: str) -> StayNow:
        """Return one stay."""
        return stay_now(load_stay(desk.site.store.read(), stay))


def _care(routes: APIRouter, desk: Desk) -> None:
    @routes.post("", status_code=201)
    def admission(caller: Admits, given: AdmissionForm) -> StayNow:
        """Admit a verified worker."""
        stay = admit(
            desk.site,
            Admission(
                verification=given.verification,
                hospital_number=given.hospital_number,
                injury=Injury(determination=given.determination, parts=given.injured_parts),
                bedside=Bedside(
                    ward=given.ward,
                    bed=given.bed,
                    diagnosis=given.diagnosis,
                    emergency_document=given.emergency_document,
                ),
                admitted_at=given.admitted_at,
            ),
            caller.name,
        )
        desk.changed("stay", stay.id)
        return stay_now(stay)

    @routes.post("/{stay}/plan")
    def plan(caller: Plans, stay: str, given: PlanForm) -> StayNow:
        """Say when the discharge is planned."""
        planned = plan_discharge(desk.site, stay, given.planned_on, caller.name)
        desk.changed("stay", stay)
        return stay_now(planned)

    @routes.post("/{stay}/discharge")
    def end(caller: Discharges, stay: str, given: DischargeForm = _NOW) -> StayNow:
        """Discharge: the settlement clock starts."""
        left = discharge(desk.site, stay, given.discharged_at, caller.name)
        desk.changed("stay", stay)
        return stay_now(left)


def _money(routes: APIRouter, desk: Desk) -> None:
    @routes.post("/{stay}/preview", responses={200: {"model": Ruling}})
    def ruling(_caller: Settles, stay: str) -> Response:
        """Show what the bill comes to; nothing is stored. ``ETag``: what settlement is held to."""
        return previewed(preview(desk.site, CaseRef(CaseKind.STAY, stay)).ruling)

    @routes.post("/{stay}/settlement", status_code=201, response_model=Receipt)
    def settlement(
        caller: Settles,
        stay: str,
        idempotency_key: Annotated[str, Header(description=KEY)] = "",
        given: SettlementForm = _AS_IT_IS,
    ) -> Receipt | Response:
        """Verify again, rule, commit: once, whoever presses and however often.

        409 ALREADY_SETTLED carries the winner's receipt in ``settlement``; any other 409 that is
        about cover or bill lists all that is in the way in ``blocks``, and in ``changes`` what is
        not as the preview showed it.
        """
        request = Request(
            case=CaseRef(CaseKind.STAY, stay),
            key=idempotency_key,
            identification=given.identification,
            overdue_reason=given.overdue_reason,
            preview=given.preview,
            desk_case=held_to(desk, caller, CaseRef(CaseKind.STAY, stay), given.desk_case),
        )
        outcome = settle(desk.site, request, caller.name)
        desk.changed("stay", stay)
        match outcome:
            case Settlement():
                return receipt(outcome)
            case AlreadySettled(winner):
                return already_settled(winner)
            case Blocked():
                return blocked(outcome.blocks, outcome.changes)


def stay_now(stay: Stay) -> StayNow:
    """Return a stay as the API shows it."""
    return StayNow(
        id=stay.id,
        hospital_number=stay.hospital_number,
        service=stay.service,
        state=stay.state,
        verification=stay.verification_id,
        determination=stay.injury.determination,
        injured_parts=stay.injury.parts,
        ward=stay.bedside.ward,
        bed=stay.bedside.bed,
        diagnosis=stay.bedside.diagnosis,
        emergency_document=stay.bedside.emergency_document,
        insured_region=stay.insured_region,
        admission_decision=stay.admission_decision,
        admitted_at=stay.admitted_at,
        discharged_at=stay.discharged_at,
        settle_by=stay.settle_by,
        planned_on=stay.planned_on,
    )
