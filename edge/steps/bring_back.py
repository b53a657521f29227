"""The login channel's other half: what waits to be typed, and the number that was brought back."""

from edge.core.entry_sheet import EntrySheet, number_taken
from edge.core.reversal import required_reason
from edge.site import Site
from edge.store.database import Rows
from edge.store.entry_sheets import close_sheet, load_sheet, sheet_confirmed_by, sheets_of
from edge.store.fittings import load_fitting


def show_sheets(site: Site, fitting_id: str, operator: str) -> list[EntrySheet]:
    """Return a fitting's sheets as they are shown, oldest first; enter that its person was.

    Raises:
        NotFound: UNKNOWN_FITTING.
    """
    with site.store.transaction() as db:
        person_id = load_fitting(db, site.vault, fitting_id).person_id
        sheets = sheets_of(db, site.vault, fitting_id)
        if sheets:
            site.ledger.enter(
                db,
                kind="identity.shown",
                operator=operator,
                subject=fitting_id,
                now=site.clock(),
                person=person_id,
            )
    return [sheet.shown() for sheet in sheets]


def confirm(site: Site, sheet_id: str, number: str, operator: str) -> EntrySheet:
    """Keep the confirmation number of the national site; the same again changes nothing.

    Raises:
        NotFound: UNKNOWN_ENTRY_SHEET.
        BadInput: CONFIRMATION_NUMBER.
        Conflict: ENTRY_SHEET_STATE; CONFIRMATION_TAKEN, when another sheet has this number.
    """
    with site.store.transaction() as db:
        sheet = load_sheet(db, site.vault, sheet_id)
        closed = sheet.confirmed(number, by=operator, at=site.clock())
        if closed == sheet:
            return sheet
        other = sheet_confirmed_by(db, closed.confirmation or "")
        if other:
            raise number_taken(other)
        _close(site, db, closed, operator, "entry_sheet.confirmed")
    return closed


def withdraw(site: Site, sheet_id: str, note: str, operator: str) -> EntrySheet:
    """Close a sheet that was never typed: somebody answers for that, with a note.

    Raises:
        NotFound: UNKNOWN_ENTRY_SHEET.
        BadInput: FIELD_EMPTY, REASON_TOO_LONG.
        Conflict: ENTRY_SHEET_STATE.
    """
    note = required_reason(note)
    with site.store.transaction() as db:
        sheet = load_sheet(db, site.vault, sheet_id)
        closed = sheet.withdrawn(note, by=operator, at=site.clock())
        _close(site, db, closed, operator, "entry_sheet.withdrawn")
    return closed


def _close(site: Site, db: Rows, sheet: EntrySheet, operator: str, kind: str) -> None:
    close_sheet(db, site.vault, sheet)
    site.ledger.enter(
        db,
        kind=kind,
        operator=operator,
        subject=sheet.case.id,
        now=site.clock(),
        sheet=sheet.id,
        sheet_kind=sheet.kind,
        confirmation=sheet.confirmation,
    )
