"""Which case a desk had when a page was opened: the page's acts are held to it."""

from edge.core.cases import CaseRef
from edge.store.cases import load_case
from edge.store.desk_cases import DeskCase, case_now
from edge.store.people import identity_of
from edge.web.desk import Desk
from edge.web.security import Caller


def opened_under(desk: Desk, caller: Caller) -> str:
    """Return the token that a page of this caller carries; empty for whoever sits at no desk."""
    return case_now(desk.site.store.read(), caller.desk).token if caller.desk else ""


def held_to(desk: Desk, caller: Caller, ref: CaseRef, token: str) -> DeskCase | None:
    """Return what the act on ``ref`` is held to; None without a desk or token, or by the card.

    The person's own card in a reader of the desk says that they are the one who is served.
    """
    if not token or not caller.desk:
        return None
    site, db = desk.site, desk.site.store.read()
    number = identity_of(db, site.vault, load_case(db, site.vault, ref).person_id).number
    cards = (desk.station.held(view.name) for view in desk.readers_at(caller.desk))
    if any(card and card.record.social_security_number == number for card in cards):
        return None
    return DeskCase(caller.desk, token)
