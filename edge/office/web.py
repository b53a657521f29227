"""The office's screens: how every campus stands, its money, what was put aside; in the desk's look.

Accounts, sessions and rims are the house's floor. One thing is done here: the group's IT says what
it did about a message in quarantine.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, FastAPI, Path, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict, StringConstraints

from edge.core.claim import read_month
from edge.core.errors import Fault, Words
from edge.office.aside import WHY_LENGTH_MAX, Act, Deed, decide, deeds
from edge.office.campus import Campus
from edge.office.figures import campus_states, money_by_campus, months, quarantined, waiting
from edge.office.opening import Office
from edge.store.operators import Role
from edge.web.desk import version_at
from edge.web.events import Hints
from edge.web.floor import Floor, lay
from edge.web.look import Colour, Header, Lamp, Link, Look
from edge.web.metrics import Figure, add_figures
from edge.web.problems import OPENAPI_RESPONSES
from edge.web.rooms import api_room, join, open_room, pages_room
from edge.web.security import Address, Caller, require

TOPIC = "group"
PLACE = "集团中心"
"""Where everybody sits who logs in here: accounts of finance name a place."""

_NOT_READY = 503

Sees = Annotated[Caller, Depends(require(Role.FINANCE, Role.SYSTEM_ADMINISTRATOR, Role.AUDITOR))]
Deals = Annotated[Caller, Depends(require(Role.SYSTEM_ADMINISTRATOR))]
DEAL = "deal"
"""What a page offers to whoever may deal with what is in quarantine."""

_SCREENS = {
    "/": Words("院区", "Campuses"),
    "/money": Words("资金", "Money"),
    "/quarantine": Words("隔离区", "Quarantine"),
}


class Said(BaseModel):
    """What somebody says of a message in quarantine, and why."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    act: Act
    why: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=WHY_LENGTH_MAX)
    ]


def office_web(
    office: Office, hints: Hints, looks: Sequence[Callable[[], Iterable[Figure]]] = ()
) -> FastAPI:
    """Return the office's pages; ``looks`` are what a monitoring system is told of."""
    app = FastAPI(
        title="Injury desk: group office",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        responses=OPENAPI_RESPONSES,
    )
    server = office.settings.server
    look = Look()
    address = Address(hosts=frozenset(server.allowed_hosts), tls=server.tls, desks=(PLACE,))
    floor = Floor(
        store=office.store,
        clock=office.clock,
        address=address,
        proofs=office.proofs(),
        hints=hints,
        look=look,
        log=office.log,
    )
    lay(app, floor)
    screen = OfficeScreen(office, look)
    _pages(app, screen)
    _aside(app, screen, hints)
    _health(app, office)
    add_figures(app, looks)
    return app


@dataclass(frozen=True, slots=True)
class OfficeScreen:
    """Renders the office's pages in the house's frame."""

    office: Office
    look: Look

    def page(
        self, request: Request, caller: Caller, template: str, **context: object
    ) -> HTMLResponse:
        """Render a page, or a fragment that ignores the frame."""
        header = self._header(caller, request.url.path)
        may = frozenset({DEAL} if Role.SYSTEM_ADMINISTRATOR in caller.grants else ())
        return self.look.page(
            request, template, header=header, may=may, now=self.office.clock(), **context
        )

    def _header(self, caller: Caller, path: str) -> Header:
        many, lamp = self._books()
        return Header(
            desk=caller.desk,
            clerk=caller.name,
            lamps=(lamp,),
            waiting=many,
            fragment="/pages/header",
            topics=TOPIC,
            chapter="overview",
            shift_since=caller.since,
            links=tuple(
                Link(label=label, path=at, current=at == path) for at, label in _SCREENS.items()
            ),
        )

    def _books(self) -> tuple[int, Lamp]:
        label = Words("账册", "Books")
        try:
            return waiting(self.office.books.read()), Lamp(
                label, Colour.GOOD, Words("正常", "in order")
            )
        except Fault:
            return 0, Lamp(label, Colour.BAD, Words("中断", "down"))


def _pages(app: FastAPI, screen: OfficeScreen) -> None:
    routes = pages_room()

    @routes.get("/pages/header")
    def header(request: Request, caller: Sees) -> HTMLResponse:
        """Render the header anew."""
        return screen.page(request, caller, "header.html")

    @routes.get("/")
    def campuses(request: Request, caller: Sees) -> HTMLResponse:
        """Show how every campus stands."""
        return screen.page(request, caller, "office_page.html", **_states(screen.office))

    @routes.get("/pages/campuses")
    def states(request: Request, caller: Sees) -> HTMLResponse:
        """Render the campuses anew."""
        return screen.page(request, caller, "office_campuses.html", **_states(screen.office))

    @routes.get("/money")
    def money(request: Request, caller: Sees, month: str = "") -> HTMLResponse:
        """Show what each campus has advanced, what was approved and paid."""
        return screen.page(request, caller, "office_money.html", **_money(screen.office, month))

    join(app, routes)


def _aside(app: FastAPI, screen: OfficeScreen, hints: Hints) -> None:
    office = screen.office
    routes, acts = pages_room(), api_room("quarantine")

    @routes.get("/quarantine")
    def apart(request: Request, caller: Sees) -> HTMLResponse:
        """Show what failed its check, why, and what was done about it."""
        return screen.page(request, caller, "office_quarantine.html", rows=_apart(office))

    @routes.get("/pages/quarantine")
    def apart_anew(request: Request, caller: Sees) -> HTMLResponse:
        """Render what is in quarantine anew."""
        return screen.page(request, caller, "office_aside.html", rows=_apart(office))

    @acts.post("/quarantine/{number}/acts")
    def act(caller: Deals, number: Annotated[int, Path(ge=1, le=2**62)], said: Said) -> Deed:
        """Say that a message in quarantine was dealt with, or that it was not after all."""
        deed = decide(office, number, said.act, why=said.why, operator=caller.name)
        hints.publish(TOPIC, "", version_at(office.clock()))
        return deed

    join(app, routes, acts)


def _health(app: FastAPI, office: Office) -> None:
    routes = open_room("health")

    @routes.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Answer while the process lives."""
        return {"status": "ok"}

    @routes.get("/readyz")
    def readyz(response: Response) -> dict[str, str]:
        """Answer 200 while the books can be read."""
        try:
            waiting(office.books.read())
        except Fault as wrong:
            response.status_code = _NOT_READY
            return {"status": wrong.code}
        return {"status": "ok"}

    join(app, routes)


def _states(office: Office) -> dict[str, object]:
    states = campus_states(office.books.read(), office.campuses, office.clock())
    return {"states": states, "alarms": [one for one in states if one.alarm]}


def _money(office: Office, month: str) -> dict[str, object]:
    if month:
        read_month(month)
    db = office.books.read()
    rows = money_by_campus(db, office.campuses, month or None)
    sums = {
        name: sum(getattr(one, name) for one in rows)
        for name in ("advanced_fen", "audited_fen", "paid_fen", "open_fen")
    }
    return {"rows": rows, "sums": sums, "months": months(db), "month": month}


def _apart(office: Office) -> list[tuple[object, ...]]:
    db = office.books.read()
    names, rows = _names(office.campuses), quarantined(db)
    done = deeds(db, office.vault, [one.number for one in rows])
    return [
        (one, names.get(one.campus, one.campus), Words(one.text, one.text_en),
         Words(one.next_action, one.next_action_en), done.get(one.number, ()))
        for one in rows
    ]  # fmt: skip


def _names(campuses: Mapping[str, Campus]) -> dict[str, str]:
    return {one.facility: one.name for one in campuses.values()}
