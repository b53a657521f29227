"""Finance's month: what is claimed, what was audited, deducted, objected to, paid; what is owed."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from edge.core.claim import ClaimState, Month, read_month
from edge.core.dates import local_day
from edge.core.reconciliation import Match
from edge.steps.reconcile import receivables
from edge.steps.remind import remind
from edge.store.documents import Owner, OwnerKind, documents_of
from edge.store.operators import Role
from edge.web.api.claims import ClaimShown, aged, claim_shown
from edge.web.pages.frame import Screen
from edge.web.rooms import pages_room
from edge.web.security import Caller, require

ITEMS_SHOWN = 200
"""Rows of one table; the workbook has all of them."""

Counts = Annotated[Caller, Depends(require(Role.FINANCE))]


def router(screen: Screen) -> APIRouter:
    """Return the month's page and its fragment."""
    routes = pages_room()
    site = screen.desk.site

    @routes.get("/claims")
    def this_month(_caller: Counts) -> RedirectResponse:
        """Go to last month, the one that is claimed now."""
        first = local_day(site.clock()).replace(day=1)
        return RedirectResponse(f"/claims/{Month(_before(first))}", status_code=303)

    @routes.get("/claims/{month}")
    def page(request: Request, caller: Counts, month: str) -> HTMLResponse:
        """Show a month."""
        return screen.page(request, caller, "claim_page.html", **_month(screen, month))

    @routes.get("/pages/claims/{month}")
    def fragment(request: Request, caller: Counts, month: str) -> HTMLResponse:
        """Render the month anew."""
        return screen.page(request, caller, "claim.html", **_month(screen, month))

    return routes


def _month(screen: Screen, named: str) -> dict[str, object]:
    site = screen.desk.site
    month = read_month(named)
    shown = claim_shown(screen.desk, month)
    audited = [one for one in shown.audited if one.deductions]
    rows = shown.reconciliation.rows if shown.reconciliation else ()
    return {
        "claim": shown,
        "before": str(Month(_before(month.first))),
        "after": str(Month(month.last + timedelta(days=1))),
        "items": shown.items[:ITEMS_SHOWN],
        "numbers": {one.settlement: one.hospital_number for one in shown.items},
        "audited": audited[:ITEMS_SHOWN],
        "objected": {one.deduction: one for one in shown.objections},
        "differences": [row for row in rows if row.match is not Match.AGREED][:ITEMS_SHOWN],
        "over": local_day(site.clock()) > month.last,
        "confirmable": _confirmable(shown),
        "reminders": remind(site),
        "aged": aged(receivables(site)),
        "documents": documents_of(site.store.read(), Owner(OwnerKind.CLAIM, str(month))),
        "keys": {"submission": site.fresh_id(), "objection": site.fresh_id()},
        "limit": ITEMS_SHOWN,
    }


def _confirmable(shown: ClaimShown) -> bool:
    """Tell whether the sum after the audit can be confirmed now."""
    answered = all(one.answer for one in shown.objections)
    audited = shown.state in {ClaimState.AUDITED, ClaimState.DISPUTED}
    return audited and answered and shown.confirmation is None


def _before(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)
