"""How the platform is told of a case: by messages, or by what somebody types into its own site.

A case is told of in one way only. Decides nothing and sends nothing itself.
"""

from dataclasses import dataclass

from edge.core.entry_sheet import EntrySheet, SheetField, SheetKind
from edge.core.fitting import Case, Channel, Fitting
from edge.site import Site
from edge.store.database import Rows
from edge.store.entry_sheets import add_sheet
from edge.store.quarantine import REVERSALS, require_nothing_forgotten


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """By what the platform is told: a message, an entry sheet, or (never told before) neither."""

    message_id: str | None = None
    entry_sheet_id: str | None = None


def is_typed(case: Case) -> bool:
    """Tell whether this case goes by the login channel (津 第五条), so that nothing is sent."""
    return isinstance(case, Fitting) and case.channel is Channel.LOGIN


def typed(
    site: Site, db: Rows, case: Case, kind: SheetKind, fields: tuple[SheetField, ...]
) -> Told:
    """Lay down what somebody is to type, inside the caller's transaction.

    Raises:
        Conflict: QUARANTINED, CASE_FORGOTTEN: a restored site does not know what was typed.
    """
    require_nothing_forgotten(db, case.id)
    if kind is SheetKind.REVERSAL:
        require_nothing_forgotten(db, REVERSALS)
    sheet = EntrySheet(
        id=site.fresh_id(), case=case.ref, kind=kind, fields=fields, made_at=site.clock()
    )
    add_sheet(db, site.vault, sheet)
    return Told(entry_sheet_id=sheet.id)
