"""Say what a test read brought, the number masked; reading an identity is an act, entered."""

from drivers.monitor import Presented
from edge.core.identity import Identity, masked_number
from edge.site import Site
from edge.store.people import remember_person


def try_reader(site: Site, presented: Presented, operator: str, *, took_ms: int) -> str:
    """Enter that a card was read to try its reader, and return its holder's number, masked."""
    record, now = presented.record, site.clock()
    person = Identity(number=record.social_security_number, name=record.name)
    with site.store.transaction() as db:
        person_id = remember_person(db, site.vault, person, fresh=site.fresh_id(), now=now)
        site.ledger.enter(
            db,
            kind="reader.tried",
            operator=operator,
            subject=presented.token,
            now=now,
            person=person_id,
            reader=presented.reader,
            took_ms=took_ms,
        )
    return masked_number(person.number)
