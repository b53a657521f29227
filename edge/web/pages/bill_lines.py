"""Every line of a case's bill as ruled, page by page. Shows no identity."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from edge.core.cases import CaseKind, CaseRef
from edge.steps.preview import preview
from edge.store.cases import load_case
from edge.store.settlements import settlement_of
from edge.web.pages.bill_counts import is_sent
from edge.web.pages.case_panels import PATHS
from edge.web.pages.fittings import SeesFittings
from edge.web.pages.frame import AtDesk, Screen
from edge.web.pages.stay import bill_page, settled_bill
from edge.web.rooms import pages_room
from edge.web.security import Caller

PAGE = 50
"""Lines of one page, under 60 kB with all that a page asks for."""

After = Annotated[int, Query(ge=0)]


def router(screen: Screen) -> APIRouter:
    """Return the page of a stay's lines and that of a fitting's."""
    routes = pages_room()

    @routes.get("/stays/{stay}/lines")
    def of_stay(request: Request, caller: AtDesk, stay: str, after: After = 0) -> HTMLResponse:
        """Show a page of a stay's lines, in the bill's order."""
        shown = _page(screen, CaseRef(CaseKind.STAY, stay), after)
        return _rendered(screen, request, caller, shown)

    @routes.get("/fittings/{fitting}/lines")
    def of_fitting(
        request: Request, caller: SeesFittings, fitting: str, after: After = 0
    ) -> HTMLResponse:
        """Show a page of a fitting's lines, likewise."""
        shown = _page(screen, CaseRef(CaseKind.FITTING, fitting), after)
        return _rendered(screen, request, caller, shown)

    return routes


def _rendered(
    screen: Screen, request: Request, caller: Caller, shown: dict[str, object]
) -> HTMLResponse:
    return screen.page(request, caller, "bill_lines.html", **shown)


def _page(screen: Screen, ref: CaseRef, after: int) -> dict[str, object]:
    site = screen.desk.site
    db = site.store.read()
    settlement = settlement_of(db, site.vault, ref)
    ruled = settled_bill(settlement) if settlement else preview(site, ref)
    lines = ruled.ruling.lines[after : after + PAGE]
    bill = bill_page(ruled, lines)
    more = after + len(lines) < len(ruled.ruling.lines)
    return {
        "case": load_case(db, site.vault, ref),
        "case_path": f"{PATHS[ref.kind]}/{ref.id}",
        "bill": bill,
        "lines": bill.lines,
        "sent": is_sent(site.outbox.of_case(db, ref.id)),
        "after": after,
        "next": after + PAGE if more else "",
    }
