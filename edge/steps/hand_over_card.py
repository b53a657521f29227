"""Give a hospital system what a card says, unmasked; reading an identity is an act, entered."""

from drivers import compat
from drivers.monitor import Presented
from edge.core.identity import Identity
from edge.site import Site
from edge.store.people import remember_person


def hand_over_card(
    site: Site, presented: Presented, system: str, *, terminal: str = ""
) -> compat.Answer:
    """Return the card as the ``iReadCardBas`` drivers do.

    ``system`` is the token's name, ``terminal`` the number of the readers' PSAM, where one is.
    """
    record, now = presented.record, site.clock()
    person = Identity(number=record.social_security_number, name=record.name)
    with site.store.transaction() as db:
        person_id = remember_person(db, site.vault, person, fresh=site.fresh_id(), now=now)
        site.ledger.enter(
            db,
            kind="identity.handed_over",
            operator=system,
            subject=presented.token,
            now=now,
            person=person_id,
            reader=presented.reader,
        )
    return compat.card_answer(record, terminal=terminal or compat.NO_PSAM)
