"""Whose case a page shows. Showing an identity is an act of its own, entered in the ledger.

Only whole pages call this: a fragment is fetched again at every hint and shows no identity.
"""

from dataclasses import dataclass

from edge.core.identity import masked_number
from edge.site import Site
from edge.store.database import Rows
from edge.store.people import identity_of
from edge.web.security import Caller


@dataclass(frozen=True, slots=True)
class PersonShown:
    """A person as a screen shows them: the name, and the number masked."""

    name: str
    number: str


def show_person(
    site: Site, db: Rows, caller: Caller, *, person_id: str, subject: str
) -> PersonShown:
    """Return the person of the case ``subject``, entered in the caller's transaction."""
    person = identity_of(db, site.vault, person_id)
    site.ledger.enter(
        db,
        kind="identity.shown",
        operator=caller.name,
        subject=subject,
        now=site.clock(),
        person=person_id,
    )
    return PersonShown(person.name, masked_number(person.number))
