"""Take what a card showed and know whose it is. Decides nothing about cover."""

from drivers.cards import CardRecord
from drivers.monitor import Presented
from edge.core.credential import Credential, CredentialKind, expires_at
from edge.core.identity import Identity
from edge.site import Site
from edge.store.people import Identification, remember_person, save_identification


def identify(site: Site, presented: Presented, operator: str) -> Identification:
    """Keep one presentation of a card; it opens a case for a few minutes (``desk`` settings)."""
    record, now = presented.record, site.clock()
    person = Identity(number=record.social_security_number, name=record.name)
    with site.store.transaction() as db:
        person_id = remember_person(db, site.vault, person, fresh=site.fresh_id(), now=now)
        identification = Identification(
            id=site.fresh_id(),
            person_id=person_id,
            source=CredentialKind.CARD,
            reader=presented.reader,
            credential=_credential(record),
            presented_at=presented.at,
            expires_at=expires_at(presented.at, valid_min=site.settings.desk.identity_valid_min),
        )
        save_identification(db, site.vault, identification)
        site.ledger.enter(
            db,
            kind="identity.presented",
            operator=operator,
            subject=identification.id,
            now=now,
            person=person_id,
            reader=presented.reader,
        )
    return identification


def _credential(record: CardRecord) -> Credential:
    return Credential(
        kind=CredentialKind.CARD,
        id_number=record.social_security_number,
        name=record.name,
        valid_until=record.valid_until,
        card_id=record.card_id,
        card_number=record.card_number,
        issuing_region=record.issuing_region,
        spec_version=record.spec_version,
    )
