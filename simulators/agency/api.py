"""The agency over HTTP: what edges ask of it, and what its staff does by script. Holds no rules."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Literal

from fastapi import FastAPI, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from edge import codec
from edge.core.catalogue import Insurance
from simulators.agency.by_hand import Application
from simulators.agency.ledger import Typed, take_back, type_in
from simulators.agency.office import Office
from simulators.agency.page import add_page
from simulators.agency.refusals import AgencyRefuses, Deducted
from simulators.agency.registry import Live
from simulators.agency.sampling import TEXTS, picked
from simulators.agency.terms import shown
from simulators.platform.register import Contribution, Filing, Notice
from sync.dispatch import DispatchKind
from sync.keys import PublicKey

_CATALOGUE_BYTES_MAX = 64 * 2**20
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Applied(_Body):
    """An application for a filing."""

    id_number: str
    filing: Filing
    channel: Literal["online", "window"] = "online"


class Moved(_Body):
    """A filing's next status: suspended, active (resumed), terminated or cancelled."""

    status: str


class Issued(_Body):
    """A fitting notice for a worker."""

    id_number: str
    notice: Notice


class Suspended(_Body):
    """Whether a worker's direct settlement is suspended."""

    suspended: bool


class Agreement(_Body):
    """How a facility stands in the library."""

    direct: bool = True
    suspended: bool = False
    live_from: date = date(2024, 1, 1)


class Release(_Body):
    """A catalogue or region pack that comes out."""

    region: str
    version: str
    starts_on: date
    sha256: str = ""


class TypedForm(_Body):
    """A fitting typed into the national site, with the number that the site gave."""

    facility: str
    confirmation: str = Field(min_length=1, max_length=64)
    id_number: str
    insured_region: str
    total_fen: int = Field(ge=0)
    fund_fen: int = Field(ge=0)
    settled_at: AwareDatetime
    notice: str = ""


class TypedBack(_Body):
    """A typed fitting that was taken back by hand in the national site, too."""

    reversed_at: AwareDatetime


class Line(_Body):
    """One deduction of an audit."""

    settlement: str
    amount_fen: int = Field(gt=0)
    kind: str
    reason: str
    line: str = ""
    article: str = ""
    points: int = Field(default=0, ge=0)


class AuditForm(_Body):
    """The deductions of an audit; none: all that was received is approved.

    ``by_rules``: those that the rules find come to them.
    """

    deductions: tuple[Line, ...] = ()
    by_rules: bool = False


class AnswerForm(_Body):
    """An answer to an objection."""

    lifted_fen: int = Field(ge=0)
    text: str
    article: str = ""


class Journey(_Body):
    """A worker's application for manual reimbursement."""

    id_number: str
    facility: str
    region: str
    since: date
    until: date


class Prepaid(_Body):
    """Last year's four quarters between two provinces, in fen."""

    payer: str
    payee: str
    quarter: str = Field(pattern=r"^20\d\dQ[1-4]$")
    last_year: tuple[int, int, int, int]


class First(_Body):
    """What a Sichuan city spent in the month before its first prepayment, in fen."""

    city: str
    quarter: str = Field(pattern=r"^20\d\dQ[1-4]$")
    month_before_fen: int = Field(gt=0)


class Emergency(_Body):
    """An emergency request for more prepayment."""

    payer: str
    payee: str
    quarter: str = Field(pattern=r"^20\d\dQ[1-4]$")
    amount_fen: int = Field(gt=0)


def add_agency(app: FastAPI, office: Office, public_keys: Mapping[str, PublicKey]) -> None:
    """Let the platform's application serve the agency too: ``/v1/inbox`` and ``/agency/…``."""
    known = dict(public_keys)
    app.state.intake.inbox = lambda signed: office.downward.page(signed, known)
    _add_register(app, office)
    _add_typed(app, office)
    _add_months(app, office)
    _add_money(app, office)
    add_page(app, office)

    @app.exception_handler(AgencyRefuses)
    async def refused(_request: Request, wrong: AgencyRefuses) -> Response:
        return _json(409, {"code": wrong.code, "text": wrong.text})


def _add_register(app: FastAPI, office: Office) -> None:
    registry = office.registry

    @app.post("/agency/filings")
    def file(given: Applied) -> Response:
        return _done(lambda: registry.file(given.id_number, given.filing, channel=given.channel))

    @app.post("/agency/filings/{filing}/approval")
    def approve(filing: str) -> Response:
        return _done(lambda: registry.approve(filing))

    @app.post("/agency/filings/{filing}/status")
    def move(filing: str, given: Moved) -> Response:
        return _done(lambda: registry.move(filing, given.status))

    @app.post("/agency/filings/{filing}/change")
    def change(filing: str, given: dict[str, Any]) -> Response:
        return _done(lambda: registry.change(filing, given))

    _add_standings(app, office)


def _add_standings(app: FastAPI, office: Office) -> None:
    registry = office.registry

    @app.post("/agency/workers/{number}/contribution")
    def feed(number: str, given: Contribution) -> Response:
        return _done(lambda: registry.feed(number, given))

    @app.post("/agency/workers/{number}/suspension")
    def suspend(number: str, given: Suspended) -> Response:
        return _done(lambda: registry.suspend_worker(number, suspended=given.suspended))

    @app.post("/agency/facilities/{facility}")
    def agreement(facility: str, given: Agreement) -> Response:
        live = Live(direct=given.direct, suspended=given.suspended, live_from=given.live_from)
        return _done(lambda: registry.set_facility(facility, live))

    @app.post("/agency/notices")
    def notice(given: Issued) -> Response:
        return _done(lambda: registry.add_notice(given.id_number, given.notice))

    @app.post("/agency/catalogues/{region}/{version}")
    async def catalogue(
        region: str, version: str, request: Request, insurance: Insurance | None = None
    ) -> Response:
        data = (await request.body())[: _CATALOGUE_BYTES_MAX + 1]
        await run_in_threadpool(office.catalogues.bring_out, region, version, data, insurance)
        return _json(200, {"done": True})

    @app.post("/agency/releases/{kind}")
    def release(kind: DispatchKind, given: Release) -> Response:
        said = {**given.model_dump(mode="json")}
        return _done(lambda: registry.release(kind, said))


def _add_typed(app: FastAPI, office: Office) -> None:
    @app.post("/agency/typed")
    def typed(given: TypedForm) -> Response:
        return _done(lambda: type_in(office.store, Typed(**given.model_dump())))

    @app.post("/agency/typed/{facility}/{confirmation}/reversal")
    def typed_back(facility: str, confirmation: str, given: TypedBack) -> Response:
        return _done(lambda: take_back(office.store, facility, confirmation, given.reversed_at))


def _add_months(app: FastAPI, office: Office) -> None:
    audits = office.audits

    @app.post("/agency/claims/{claim}/audit")
    def audit(claim: str, given: AuditForm) -> Response:
        deducted = [Deducted(**line.model_dump()) for line in given.deductions]
        return _done(lambda: audits.audit(claim, deducted, by_rules=given.by_rules))

    @app.get("/agency/claims/{claim}/proposals")
    def proposals(claim: str) -> Response:
        return _json(200, {"deductions": audits.proposals(claim)})

    @app.get("/agency/samples/{month}")
    def samples(month: str) -> Response:
        found = [
            {**codec.plain(one), "text": TEXTS[one.why]}
            for one in picked(office.store.read(), month)
        ]
        return _json(200, {"samples": found})

    @app.post("/agency/objections/{objection}/answer")
    def answer(objection: str, given: AnswerForm) -> Response:
        return _done(lambda: audits.answer(objection, **given.model_dump()))

    @app.post("/agency/months/{facility}/{month}/statement")
    def state(facility: str, month: str) -> Response:
        return _done(lambda: audits.state(facility, month))

    @app.post("/agency/months/{facility}/{month}/payment")
    def pay(facility: str, month: str) -> Response:
        return _json(200, {"amount_fen": audits.pay(facility, month)})


def _add_money(app: FastAPI, office: Office) -> None:
    @app.post("/agency/reimbursements")
    def apply(given: Journey) -> Response:
        inquiry = office.by_hand.apply(Application(**given.model_dump()))
        return _json(200, {"inquiry": inquiry, "state": "asked"})

    @app.get("/agency/reimbursements/{inquiry}")
    def standing(inquiry: str) -> Response:
        return _json(200, {"inquiry": inquiry, "state": office.by_hand.state(inquiry)})

    @app.post("/agency/reimbursements/{inquiry}/payment")
    def pay(inquiry: str) -> Response:
        return _done(lambda: office.by_hand.pay(inquiry))

    @app.post("/agency/reimbursements/{inquiry}/withdrawal")
    def withdraw(inquiry: str) -> Response:
        return _done(lambda: office.by_hand.withdraw(inquiry))

    _add_clearing(app, office)


def _add_clearing(app: FastAPI, office: Office) -> None:
    @app.post("/agency/prepayments")
    def prepay(given: Prepaid) -> Response:
        decided = office.prepayments.decide(
            given.payer, given.payee, given.quarter, given.last_year
        )
        return _json(200, {"amount_fen": decided})

    @app.post("/agency/prepayments/first")
    def first(given: First) -> Response:
        decided = office.prepayments.begin(given.city, given.quarter, given.month_before_fen)
        return _json(200, {"amount_fen": decided})

    @app.post("/agency/clearings/{region}/{period}/confirmation")
    def confirm(region: str, period: str) -> Response:
        return _json(200, {"fund_fen": office.clearings.confirm(region, period)})

    @app.get("/agency/terms")
    def terms_now() -> Response:
        return _json(200, {"terms": [shown(one, office.today()) for one in office.terms()]})

    @app.post("/agency/prepayments/emergency")
    def emergency(given: Emergency) -> Response:
        return _done(lambda: office.prepayments.request(**given.model_dump()))

    @app.get("/agency/forms/{region}/{period}.xlsx")
    def forms(region: str, period: str) -> Response:
        return Response(office.forms(region, period), media_type=XLSX)


def _done(act: Callable[[], object]) -> Response:
    act()
    return _json(200, {"done": True})


def _json(status: int, body: object) -> Response:
    return Response(codec.encode(body), status_code=status, media_type="application/json")
