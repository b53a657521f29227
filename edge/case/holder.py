"""Whose card was read: who saw an identity is entered, and the person remembered, sealed."""

from drivers.monitor import Presented
from edge.core.identity import Identity
from edge.site import Site
from edge.store.people import remember_person


def enter_reading(
    site: Site, presented: Presented, *, kind: str, operator: str, **facts: object
) -> Identity:
    """Enter the act ``kind`` on this showing of a card, and return who holds it, unmasked."""
    record, now = presented.record, site.clock()
    person = Identity(number=record.social_security_number, name=record.name)
    with site.store.transaction() as db:
        person_id = remember_person(db, site.vault, person, fresh=site.fresh_id(), now=now)
        site.ledger.enter(
            db,
            kind=kind,
            operator=operator,
            subject=presented.token,
            now=now,
            person=person_id,
            reader=presented.reader,
            **facts,
        )
    return person
