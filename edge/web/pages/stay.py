"""One stay on one page: the person, the clock, the bill with its ruling, settlement, delivery."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from edge import codec
from edge.core.adjudication import Bill, Personal, RuledLine, Ruling
from edge.core.charges import Charge, RefusedLine
from edge.core.stay import Stay
from edge.site.rulings import Ruled
from edge.steps.preview import preview
from edge.steps.reveal import Ground
from edge.store.bills import hospital_total
from edge.store.database import Rows
from edge.store.settlements import Settlement, settlement_of
from edge.store.stays import load_stay
from edge.store.verifications import Verification, load_verification
from edge.web.case_at_desk import opened_under
from edge.web.pages.bill_counts import bill_counts, is_sent
from edge.web.pages.case_panels import case_panels
from edge.web.pages.deadline import time_left
from edge.web.pages.frame import AtDesk, Screen
from edge.web.pages.lists import days_in
from edge.web.pages.person import shown_on_page
from edge.web.pages.verdict import verdict_shown
from edge.web.rooms import pages_room
from edge.web.security import Caller

OpenedUnder = Annotated[str, Query(max_length=64)]
"""Given by the page's own fragments and refreshes: fetched again, it is held to the same case."""

LINES_SHOWN = 30
"""Of a longer bill the lines with a personal share come first, and the page leads to all."""


@dataclass(frozen=True, slots=True)
class BillLine:
    """One charge as it was sent, with what became of it: ruled, or refused."""

    charge: Charge
    outcome: RuledLine | RefusedLine


@dataclass(frozen=True, slots=True, kw_only=True)
class BillShown:
    """A bill on a page: its sums, the buckets of the personal share that hold money, its lines."""

    ruling: Ruling
    restrictions: dict[str, str]
    """What a catalogue row restricts, by the row's label on the ruling; for people to read."""
    buckets: dict[str, int]
    lines: list[BillLine]
    refused: list[BillLine]


def router(screen: Screen) -> APIRouter:
    """Return the stay's page and its fragment."""
    routes = pages_room()
    site = screen.desk.site

    @routes.get("/stays/{stay}")
    def page(request: Request, caller: AtDesk, stay: str, case: OpenedUnder = "") -> HTMLResponse:
        """Show the stay with its person's name and masked number, in the page's frame."""
        person_id = load_stay(site.store.read(), stay).person_id
        person = shown_on_page(screen.desk, caller, person_id=person_id, subject=stay)
        shown = {"person": person, "grounds": Ground, **_stay(screen, caller, stay, case)}
        return screen.page(request, caller, "stay.html", **shown)

    @routes.get("/pages/stays/{stay}")
    def fragment(
        request: Request, caller: AtDesk, stay: str, case: OpenedUnder = ""
    ) -> HTMLResponse:
        """Render the stay anew, without its person."""
        return screen.page(request, caller, "stay_now.html", **_stay(screen, caller, stay, case))

    return routes


def _stay(screen: Screen, caller: Caller, stay_id: str, desk_case: str) -> dict[str, object]:
    site = screen.desk.site
    db = site.store.read()
    stay = load_stay(db, stay_id)
    settlement = settlement_of(db, site.vault, stay.ref)
    case = settled_bill(settlement) if settlement else preview(site, stay.ref)
    said = hospital_total(db, stay_id)
    messages = site.outbox.of_case(db, stay.id)
    return {
        "stay": stay,
        "left": time_left(stay, site.high_water()),
        "settlement": settlement,
        "key": site.fresh_id(),
        "desk_case": desk_case or opened_under(screen.desk, caller),
        "messages": messages,
        **verdict_shown(screen.desk, _verification(screen, db, stay, settlement)),
        **case_panels(screen, caller, stay, settlement),
        "bill": bill_shown(case),
        "preview": "" if settlement else site.previews.remember(case.ruling),
        "days": days_in(screen, stay),
        "sent": is_sent(messages),
        "lines": bill_counts(case.ruling, messages),
        "hospital_total": said,
        "difference": None if said is None else said - case.ruling.total_fen,
    }


def settled_bill(settlement: Settlement) -> Ruled:
    """Return what was settled, as it was committed."""
    return Ruled(codec.decode(settlement.bill, Bill), codec.decode(settlement.ruling, Ruling))


def bill_shown(case: Ruled) -> BillShown:
    """Return a ruled bill as its case's page shows it: a long one cut, as `LINES_SHOWN` says."""
    lines = case.ruling.lines
    if len(lines) > LINES_SHOWN:
        lines = tuple(sorted(lines, key=lambda line: line.personal_fen == 0))[:LINES_SHOWN]
    return bill_page(case, lines)


def bill_page(case: Ruled, lines: Sequence[RuledLine]) -> BillShown:
    """Return a ruled bill with these of its lines."""
    ruling = case.ruling
    refused = ruling.refused[:LINES_SHOWN]
    shown = {line.id for line in lines} | {line.id for line in refused}
    charges = {line.id: line for line in reversed(case.bill.lines) if line.id in shown}
    return BillShown(
        ruling=ruling,
        restrictions={row.label: row.restrictions for row in case.bill.catalogue},
        buckets=_buckets(ruling.personal),
        lines=[BillLine(charges[line.id], line) for line in lines],
        refused=[BillLine(charges[line.id], line) for line in refused],
    )


def _buckets(personal: Personal) -> dict[str, int]:
    shares = {bucket.name: getattr(personal, bucket.name) for bucket in fields(personal)}
    return {bucket: fen for bucket, fen in shares.items() if fen}


def _verification(
    screen: Screen, db: Rows, stay: Stay, settlement: Settlement | None
) -> Verification:
    """Return the verdict that the settlement rests on; before it, the admission's."""
    chosen = settlement.verification_id if settlement else stay.verification_id
    return load_verification(db, screen.desk.site.vault, chosen)
