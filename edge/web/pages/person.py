"""Whose case a page shows. Showing an identity is an act of its own, entered in the ledger.

The number is masked, unless its reader has just had it revealed (``edge.web.reveals``).

Only whole pages call this: a fragment is fetched again at every hint and shows no identity.
"""

from dataclasses import dataclass

from edge.core.errors import Fault
from edge.core.identity import masked_number
from edge.store.database import Rows
from edge.store.people import identity_of
from edge.web.desk import Desk
from edge.web.security import Caller


@dataclass(frozen=True, slots=True)
class PersonShown:
    """A person as a screen shows them: the name, and the number, masked or for ``left_s`` not."""

    name: str
    number: str
    left_s: int = 0


HIDDEN = "＊＊＊"


def shown_on_page(desk: Desk, caller: Caller, *, person_id: str, subject: str) -> PersonShown:
    """Return the person of the case ``subject``, and enter that they were shown.

    While the disk takes nothing the page is read without them: what cannot be entered is not shown.
    """
    store = desk.site.store
    try:
        with store.transaction() as db:
            return show_person(desk, db, caller, person_id=person_id, subject=subject)
    except Fault:
        if store.trouble is None:
            raise
        return PersonShown(HIDDEN, HIDDEN)


def show_person(
    desk: Desk, db: Rows, caller: Caller, *, person_id: str, subject: str
) -> PersonShown:
    """Return the person of the case ``subject``, entered in the caller's transaction."""
    site = desk.site
    person = identity_of(db, site.vault, person_id)
    left_s = desk.reveals.left_s(
        (caller.name, caller.desk),
        person_id,
        now=site.clock(),
        seconds=site.settings.identities.reveal_s,
    )
    site.ledger.enter(
        db,
        kind="identity.shown",
        operator=caller.name,
        subject=subject,
        now=site.clock(),
        person=person_id,
        in_full=left_s > 0,
    )
    number = person.number if left_s else masked_number(person.number)
    return PersonShown(person.name, number, left_s)
