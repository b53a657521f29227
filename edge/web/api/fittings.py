"""A fitting: opened, recorded, previewed, settled; how it ends otherwise is ``manual``'s."""

from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from edge import codec
from edge.core.cases import CaseKind, CaseRef
from edge.core.charges import Charge, RefusedLine
from edge.core.fitting import LINES_MAX, Fitted, Fitting
from edge.core.settlement import Blocked
from edge.core.stay import Injury
from edge.core.verification import DeviceAct, Notice
from edge.site import Site
from edge.steps.fit import Recorded, fit
from edge.steps.fit import Request as FitRequest
from edge.steps.open_fitting import Opening, open_fitting
from edge.steps.preview import preview
from edge.steps.settle import AlreadySettled, Request, settle
from edge.store.entry_sheets import sheets_of
from edge.store.fittings import PAGE_MAX, load_fitting, newest_fittings, unsettled_fittings
from edge.store.operators import Role, Scope
from edge.store.settlements import Settlement, settlement_of
from edge.web.api.receipts import KEY, Receipt, already_settled, blocked, previewed, receipt
from edge.web.api.ruling import Ruling
from edge.web.case_at_desk import held_to
from edge.web.desk import Desk
from edge.web.rooms import api_room
from edge.web.security import Caller, require

Fits = Annotated[Caller, Depends(require(Role.FITTING, Scope.FIT))]
Settles = Annotated[Caller, Depends(require(Role.FITTING, Scope.SETTLE))]
Reads = Annotated[Caller, Depends(require(Role.FITTING, Role.FINANCE, Scope.READ))]

Filled = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FittingForm(_Body):
    """One fitting, bound to a verification and to one injury determination.

    ``hospital_number`` is the facility's own number of it.
    """

    verification: str = Field(min_length=1, max_length=64)
    hospital_number: Filled = Field(max_length=64)
    determination: Filled = Field(max_length=64)
    injured_parts: Filled = Field(max_length=200)


class FittedForm(_Body):
    """One line of what was fitted; a refund is negative and names in ``reverses`` its line.

    ``price`` and ``quantity`` are decimals as text. A first or replacing device has serial and
    model, a replacing one also the day of the fitting before it.
    """

    id: Filled = Field(max_length=64)
    code: Filled = Field(max_length=64)
    name: str = Field(default="", max_length=200)
    quantity: str = Field(max_length=20)
    price: str = Field(max_length=20)
    amount_fen: int
    injury_related: bool = True
    reverses: str | None = Field(default=None, max_length=64)
    act: DeviceAct = DeviceAct.FIRST
    serial: str = Field(default="", max_length=100)
    model: str = Field(default="", max_length=100)
    last_fitted_on: date | None = None


class FittedLines(_Body):
    """The whole of what was fitted, and when; left out, it is now."""

    lines: list[FittedForm] = Field(max_length=LINES_MAX)
    fitted_at: AwareDatetime | None = None


class SettlementForm(_Body):
    """What settles beside the key: the card read at the settlement, and the preview's ETag.

    ``desk_case`` is what the desk's page was opened under, as of a stay.
    """

    identification: str | None = Field(default=None, max_length=64)
    preview: str = Field(default="", pattern="^([0-9a-f]{64})?$")
    desk_case: str = Field(default="", max_length=64)


_AS_IT_IS = SettlementForm()


class FittingNow(BaseModel):
    """A fitting without its person. ``entry_sheets`` are those of the login channel, by id.

    ``settlement`` is the effective one's id.
    """

    id: str
    hospital_number: str
    state: str
    channel: str
    verification: str
    determination: str
    injured_parts: str
    insured_region: str
    admission_decision: str
    filing: str
    notice: Notice | None
    approved: tuple[str, ...]
    opened_at: datetime
    fitted_at: datetime | None
    lines: tuple[Fitted, ...]
    settlement: str | None
    entry_sheets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedNow:
    """The fitting as it is now, and those of its lines that cannot be ruled."""

    fitting: FittingNow
    refused: tuple[RefusedLine, ...]


def router(desk: Desk) -> APIRouter:
    """Return the endpoints of a fitting."""
    routes = api_room("fittings", at="/fittings")
    _reading(routes, desk)
    _fitting(routes, desk)
    _money(routes, desk)
    return routes


def _reading(routes: APIRouter, desk: Desk) -> None:
    site = desk.site

    @routes.get("", responses={200: {"model": list[FittingNow]}})
    def fittings(
        _caller: Reads,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = PAGE_MAX,
        *,
        unsettled: bool = False,
    ) -> Response:
        """List the fittings opened last; ``unsettled``: those still to settle, oldest first."""
        listed = unsettled_fittings if unsettled else newest_fittings
        known = listed(site.store.read(), site.vault, limit=limit)
        return _json([fitting_now(site, fitting) for fitting in known])

    @routes.get("/{fitting}", responses=_FITTING)
    def one(_caller: Reads, fitting: str) -> Response:
        """Return one fitting."""
        return _json(fitting_now(site, load_fitting(site.store.read(), site.vault, fitting)))


def _fitting(routes: APIRouter, desk: Desk) -> None:
    @routes.post("", status_code=201, responses={201: {"model": FittingNow}})
    def opening(caller: Fits, given: FittingForm) -> Response:
        """Open a fitting from a verification for ``device`` at the moment ``fitting``."""
        form = Opening(
            verification=given.verification,
            hospital_number=given.hospital_number,
            injury=Injury(determination=given.determination, parts=given.injured_parts),
        )
        fitting = open_fitting(desk.site, form, caller.name)
        desk.changed("fitting", fitting.id)
        return _json(fitting_now(desk.site, fitting), status=HTTPStatus.CREATED)

    @routes.post("/{fitting}/fitted", responses={200: {"model": RecordedNow}})
    def fitted(caller: Fits, fitting: str, given: FittedLines) -> Response:
        """Say what was fitted, all of it; said again it takes the place of what was said before.

        409 lists in ``blocks`` what forbids that the fund pays it (not yet due, notice used or
        expired): nothing is recorded.
        """
        lines = tuple(_fitted(line, given.fitted_at) for line in given.lines)
        request = FitRequest(fitting=fitting, lines=lines, fitted_at=given.fitted_at)
        outcome = fit(desk.site, request, caller.name)
        desk.changed("fitting", fitting)
        match outcome:
            case Recorded(recorded, refused):
                now = fitting_now(desk.site, recorded)
                return _json({"fitting": now, "refused": codec.plain(refused)})
            case Blocked(blocks):
                return blocked(blocks)


def _money(routes: APIRouter, desk: Desk) -> None:
    @routes.post("/{fitting}/preview", responses={200: {"model": Ruling}})
    def ruling(_caller: Settles, fitting: str) -> Response:
        """Show what it comes to; nothing is stored. ``ETag``: what settlement is held to."""
        return previewed(preview(desk.site, _ref(fitting)).ruling)

    @routes.post("/{fitting}/settlement", status_code=201, response_model=Receipt)
    def settlement(
        caller: Settles,
        fitting: str,
        idempotency_key: Annotated[str, Header(description=KEY)] = "",
        given: SettlementForm = _AS_IT_IS,
    ) -> Receipt | Response:
        """Verify again on the fitting's own day, rule, commit: once, however often it is pressed.

        409 ALREADY_SETTLED carries the winner's receipt in ``settlement``; any other 409 that is
        about cover or bill lists everything in the way in ``blocks``. In the login channel
        ``entry_sheet`` names what is to be typed.
        """
        request = Request(
            case=_ref(fitting),
            key=idempotency_key,
            identification=given.identification,
            preview=given.preview,
            desk_case=held_to(desk, caller, _ref(fitting), given.desk_case),
        )
        outcome = settle(desk.site, request, caller.name)
        desk.changed("fitting", fitting)
        match outcome:
            case Settlement():
                return receipt(outcome)
            case AlreadySettled(winner):
                return already_settled(winner)
            case Blocked(blocks, changes):
                return blocked(blocks, changes)


def fitting_now(site: Site, fitting: Fitting) -> dict[str, Any]:
    """Return a fitting as the API shows it."""
    db = site.store.read()
    settled = settlement_of(db, site.vault, fitting.ref)
    shown: dict[str, Any] = {
        "id": fitting.id,
        "hospital_number": fitting.hospital_number,
        "state": fitting.state,
        "channel": fitting.channel,
        "verification": fitting.verification_id,
        "determination": fitting.injury.determination,
        "injured_parts": fitting.injury.parts,
        "insured_region": fitting.insured_region,
        "admission_decision": fitting.admission_decision,
        "filing": fitting.filing_id,
        "notice": fitting.notice,
        "approved": fitting.approved,
        "opened_at": fitting.opened_at,
        "fitted_at": fitting.fitted_at,
        "lines": fitting.lines,
        "settlement": settled.id if settled else None,
        "entry_sheets": [sheet.id for sheet in sheets_of(db, site.vault, fitting.id)],
    }
    return shown


def _fitted(given: FittedForm, at: datetime | None) -> Fitted:
    charge = Charge(
        id=given.id,
        date=at.date() if at else date.min,  # the fitting's own day takes its place
        code=given.code,
        quantity=given.quantity,
        price=given.price,
        amount_fen=given.amount_fen,
        injury_related=given.injury_related,
        name=given.name,
        reverses=given.reverses,
    )
    return Fitted(
        charge=charge,
        act=given.act,
        serial=given.serial.strip(),
        model=given.model.strip(),
        last_fitted_on=given.last_fitted_on,
    )


def _ref(fitting: str) -> CaseRef:
    return CaseRef(CaseKind.FITTING, fitting)


def _json(value: object, *, status: int = HTTPStatus.OK) -> Response:
    return Response(codec.encode(value), status_code=status, media_type="application/json")


_FITTING: dict[int | str, dict[str, Any]] = {200: {"model": FittingNow}}
