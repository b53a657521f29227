"""A worker arrives: devices, what is presented at a desk, and the verdict."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from edge import codec
from edge.case.verdict import Asked
from edge.core.errors import Conflict
from edge.core.identity import masked_number
from edge.core.reversal import REASON_LENGTH_MAX
from edge.core.stay import Injury
from edge.core.verification import Basis, Decision, Emergency, Moment, Notice, Service, Verdict
from edge.steps.confirm_identity import confirm_identity
from edge.steps.identify import identify
from edge.steps.verify import verify
from edge.store.operators import Role, Scope
from edge.store.people import Identification
from edge.store.verifications import Verification, load_verification
from edge.web.api.devices_asked import DevicesAsked, notice_shown
from edge.web.desk import Desk, Source
from edge.web.devices import DeviceNow, Presentation, desk_of, devices, presented
from edge.web.rooms import api_room
from edge.web.security import Caller, require

Identifies = Annotated[
    Caller, Depends(require(Role.ADMISSION, Role.DISCHARGE, Role.FITTING, Scope.IDENTIFY))
]
Looks = Annotated[
    Caller,
    Depends(require(Role.ADMISSION, Role.DISCHARGE, Role.FITTING, Scope.IDENTIFY, Scope.READ)),
]
Verifies = Annotated[
    Caller, Depends(require(Role.ADMISSION, Role.DISCHARGE, Role.FITTING, Scope.VERIFY))
]
Confirms = Annotated[Caller, Depends(require(Role.ADMISSION, Role.DISCHARGE, Role.FITTING))]
"""A person answers for it: no token confirms who somebody is."""
Reads = Annotated[Caller, Depends(require(*Role, Scope.READ))]
ReadsVerdicts = Annotated[
    Caller,
    Depends(
        require(
            Role.ADMISSION, Role.DISCHARGE, Role.FITTING, Role.FINANCE, Scope.READ, Scope.VERIFY
        )
    ),
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Shown(BaseModel):
    """The credential without its numbers."""

    kind: str
    issuing_region: str
    spec_version: str
    valid_until: str | None


class WorkerShown(BaseModel):
    """The worker as a screen shows them: the number masked."""

    name: str
    id_number: str


class Identified(BaseModel):
    """What was presented; ``id`` opens a verification until ``expires_at``.

    It is the case of ``desk`` until another card or code is presented there; ``reader`` is the
    device it came by, empty when the caller's own read it.
    """

    id: str
    source: str
    desk: str
    reader: str
    presented_at: datetime
    credential: Shown
    worker: WorkerShown
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified(Verdict):
    """A verdict, its ``id``, and what it rests on: ``basis``, the state of things at ``as_of``.

    ``determinations`` are the injury determinations that the platform knows of the worker,
    ``notice`` is the fitting notice that counted, for ``device``.
    """

    id: str
    basis: Basis
    as_of: datetime | None
    determinations: tuple[Injury, ...]
    notice: Notice | None


class Where(_Body):
    """At which desk; left out, the caller's own, and a system that has none sees all."""

    desk: str = Field(default="", max_length=40)


class PresentedNow(BaseModel):
    """The event "identity presented": ``token`` identifies once, until ``expires_at``.

    ``left_behind``: its case is over, and the card is still in the reader.
    """

    token: str
    source: Source
    device: str
    desks: list[str]
    at: datetime
    expires_at: datetime
    left_behind: bool


class Question(_Body, DevicesAsked):
    """What is asked about an identified worker; at discharge both moments are required."""

    identification: str = Field(min_length=1, max_length=64)
    service: Service
    moment: Moment = Moment.ADMISSION
    emergency: Emergency | None = None
    third_party: bool = False
    admitted_at: AwareDatetime | None = None
    discharged_at: AwareDatetime | None = None
    admission_decision: Decision | None = None


class IdentityForm(_Body):
    """Why the holder of the card is the worker on record all the same."""

    reason: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=REASON_LENGTH_MAX),
    ]


class Arrival(Presentation, DevicesAsked):
    """One press at the desk: take what is presented there and verify it for a service."""

    service: Service
    emergency: Emergency | None = None
    third_party: bool = False


def router(desk: Desk) -> APIRouter:
    """Return the endpoints of arrival."""
    routes = api_room("arrivals")
    _presenting(routes, desk)
    _verifying(routes, desk)
    return routes


def _presenting(routes: APIRouter, desk: Desk) -> None:

    @routes.get("/readers")
    def readers(_caller: Reads) -> list[DeviceNow]:
        """List every agent, reader and scanner and its state."""
        return devices(desk)

    @routes.get("/presentations")
    def presentations(caller: Looks, given: Annotated[Where, Query()]) -> list[PresentedNow]:
        """List what lies presented, by card or code, the newest last; never whose it is."""
        at = desk_of(caller, Presentation(desk=given.desk), desk)
        return [PresentedNow(**asdict(event)) for event in desk.presentations(at)]

    @routes.post("/identifications", status_code=201)
    def identifications(caller: Identifies, given: Presentation) -> Identified:
        """Take the card or code that is presented and know whose it is."""
        identification = _identified(desk, caller, given)
        credential = identification.credential
        return Identified(
            id=identification.id,
            source=identification.source,
            desk=identification.desk,
            reader=identification.reader,
            presented_at=identification.presented_at,
            credential=Shown(
                kind=credential.kind,
                issuing_region=credential.issuing_region,
                spec_version=credential.spec_version,
                valid_until=credential.valid_until.isoformat() if credential.valid_until else None,
            ),
            worker=WorkerShown(name=credential.name, id_number=masked_number(credential.id_number)),
            expires_at=identification.expires_at,
        )


def _verifying(routes: APIRouter, desk: Desk) -> None:
    @routes.post("/verifications", status_code=201, responses=_VERDICT)
    def verifications(caller: Verifies, given: Question) -> Response:
        """Ask the platform and answer with one decision and all its reasons."""
        asked = Asked(
            service=given.service,
            moment=given.moment,
            emergency=given.emergency,
            third_party=given.third_party,
            admitted_at=given.admitted_at,
            discharged_at=given.discharged_at,
            admission_decision=given.admission_decision,
            devices=given.devices,
            notice=notice_shown(given),
        )
        return _answered(desk, verify(desk.site, given.identification, asked, caller.name))

    @routes.get("/verifications/{verification}", response_model=Verified)
    def verification(_caller: ReadsVerdicts, verification: str) -> Response:
        """Give a verdict again as it was answered, byte for byte."""
        site = desk.site
        kept = load_verification(site.store.read(), site.vault, verification)
        return Response(codec.encode(verdict_body(kept)), media_type="application/json")

    @routes.post("/verifications/{verification}/confirmation", status_code=201, responses=_VERDICT)
    def confirmation(caller: Confirms, verification: str, given: IdentityForm) -> Response:
        """Confirm who it is where a name or number leaves doubt; gives the new verdict."""
        confirmed = confirm_identity(desk.site, verification, given.reason, caller.name)
        return _answered(desk, confirmed)

    @routes.post("/arrivals", status_code=201, responses=_VERDICT)
    def arrivals(caller: Verifies, _both: Identifies, given: Arrival) -> Response:
        """Identify and verify in one press, as the desk's own page does; a token needs both."""
        identification = _identified(desk, caller, given)
        asked = Asked(
            service=given.service,
            moment=Moment.FITTING if given.service is Service.DEVICE else Moment.ADMISSION,
            emergency=given.emergency,
            third_party=given.third_party,
            devices=given.devices,
            notice=notice_shown(given),
        )
        return _answered(desk, verify(desk.site, identification.id, asked, caller.name))


def _identified(desk: Desk, caller: Caller, given: Presentation) -> Identification:
    at = desk_of(caller, given, desk)
    try:
        identification = identify(desk.site, presented(desk, given, at), caller.name, desk=at)
    except Conflict as used:
        # Pressed twice at once: both found the same showing. What is there now is read again.
        if used.code != "PRESENTATION_USED" or given.presentation:
            raise
        identification = identify(desk.site, presented(desk, given, at), caller.name, desk=at)
    desk.changed("identification", identification.id)
    return identification


def _answered(desk: Desk, verification: Verification) -> Response:
    desk.changed("verification", verification.id)
    body = codec.encode(verdict_body(verification))
    return Response(body, status_code=201, media_type="application/json")


def verdict_body(verification: Verification) -> dict[str, object]:
    """Return a verdict as the API gives it: the contract's fields, with id, basis and as_of."""
    return {
        **codec.plain(verification.verdict),
        "id": verification.id,
        "basis": verification.basis,
        "as_of": verification.as_of,
        "determinations": verification.determinations,
        "notice": verification.facts.notice,
    }


_VERDICT: dict[int | str, dict[str, Any]] = {201: {"model": Verified}}
