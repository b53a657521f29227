"""The office's documents: a day's end, what is typed into a site, a complaint's receipt."""

from dataclasses import replace

from edge.core.cases import CaseRef
from edge.core.complaint import Complaint
from edge.core.dates import local_day
from edge.core.paper import DocumentKind
from edge.core.paper.office import Day, complaint_receipt, day_end_sheet, entry_sheet_paper
from edge.packs.forms import complaint_article
from edge.paperwork.order import REGIONS, Order, owner_of, printed, to_the_minute
from edge.site import Site
from edge.store.complaints import load_complaint
from edge.store.database import Rows
from edge.store.documents import Owner, OwnerKind
from edge.store.entry_sheets import load_sheet, unknown_sheet


def day_end_order(closed: Day) -> Order:
    """Return the order of a day's sheet: in another minute, or with other sums, it is another.

    The head alone makes no other: making a sheet is an entry of the ledger itself.
    """
    closed = replace(closed, as_of=to_the_minute(closed.as_of))
    day = closed.date.isoformat()
    kind, owner = DocumentKind.DAY_END_SHEET, Owner(OwnerKind.DAY, day)
    says = replace(closed, head=None)
    return printed(kind, owner, day, day_end_sheet(closed), says=says)


def entry_sheet_order(site: Site, db: Rows, sheet_id: str, *, of: CaseRef) -> Order:
    """Return the order of an entry sheet ``of`` a case as it was made, to be copied and noted on.

    Raises:
        NotFound: UNKNOWN_ENTRY_SHEET, of this case.
    """
    sheet = load_sheet(db, site.vault, sheet_id)
    if sheet.case != of:
        raise unknown_sheet(sheet_id)
    paper = entry_sheet_paper(sheet, facility=site.settings.facility.name)
    return printed(DocumentKind.ENTRY_SHEET, owner_of(sheet.case), sheet_id, paper)


def complaint_order(site: Site, db: Rows, complaint_id: str) -> Order:
    """Return the order of a complaint's receipt.

    Raises:
        NotFound: UNKNOWN_COMPLAINT.
        BadRule: the region's documents.toml is wrong.
    """
    complaint = load_complaint(db, site.vault, complaint_id)
    paper = complaint_receipt(
        complaint,
        facility=site.settings.facility.name,
        article=complaint_article(REGIONS, _place(site, complaint)),
    )
    owner = Owner(OwnerKind.COMPLAINT, complaint_id)
    return printed(DocumentKind.COMPLAINT_RECEIPT, owner, complaint_id, paper)


def _place(site: Site, complaint: Complaint) -> str:
    """Return the folder of our region's own pack on the day that it came."""
    region, on = site.settings.facility.region, local_day(complaint.received_at)
    own = [pack for pack in site.rulebook.packs if pack.region == region and pack.starts <= on]
    return own[0].place if own else "national"
