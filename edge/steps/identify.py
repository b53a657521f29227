"""Take what was shown at a desk, card or e-card, and know whose it is. Decides nothing of cover."""

from dataclasses import dataclass
from datetime import datetime

from drivers.cards import CardRecord
from drivers.check_characters import citizen_number_check
from drivers.monitor import Presented
from drivers.scanner import Scanned
from edge.core.credential import Credential, CredentialKind, expires_at
from edge.core.identity import Identity
from edge.site import Site
from edge.store.desk_cases import open_case
from edge.store.people import Identification, remember_person, save_identification
from sync.e_card import CardHolder, CodeQuestion
from sync.errors import PlatformUnsure
from sync.question import unsure


@dataclass(frozen=True, slots=True, kw_only=True)
class _Showing:
    """One presentation: its token, the device it came by, what it says."""

    token: str
    device: str
    at: datetime
    credential: Credential


def identify(
    site: Site, presented: Presented | Scanned, operator: str, *, desk: str = ""
) -> Identification:
    """Keep one presentation; it opens the desk's case for a few minutes (``desk`` settings).

    A code is resolved by the platform, once: the answer counts, the code is kept nowhere.

    Raises:
        Conflict: PRESENTATION_USED, when this very presentation identified somebody before.
        CodeRefused: the platform does not honour the code (used, expired, unknown).
        CodeUnresolved: no platform answers, and a code cannot be resolved off line.
        PlatformUnsure: the platform's answer cannot be used.
    """
    if isinstance(presented, Scanned):
        return _keep(site, _e_card(site, presented, operator), operator, desk)
    showing = _Showing(
        token=presented.token,
        device=presented.reader,
        at=presented.at,
        credential=_of_card(presented.record),
    )
    return _keep(site, showing, operator, desk)


def _e_card(site: Site, scanned: Scanned, operator: str) -> _Showing:
    question = CodeQuestion(
        id=site.fresh_id(), operator=operator, code=scanned.text, at=site.clock()
    )
    holder = site.platform.resolve(question)
    number = holder.id_number
    if citizen_number_check(number[:-1]) != number[-1]:
        raise PlatformUnsure(
            unsure("持卡人号码校验不符", "the holder's number contradicts its check character")
        )
    return _Showing(
        token=scanned.token,
        device=scanned.device,
        at=scanned.at,
        credential=_of_e_card(holder),
    )


def _keep(site: Site, showing: _Showing, operator: str, desk: str) -> Identification:
    now, credential = site.clock(), showing.credential
    person = Identity(number=credential.id_number, name=credential.name)
    with site.store.transaction() as db:
        person_id = remember_person(db, site.vault, person, fresh=site.fresh_id(), now=now)
        identification = Identification(
            id=site.fresh_id(),
            presentation=showing.token,
            person_id=person_id,
            source=credential.kind,
            reader=showing.device,
            desk=desk,
            credential=credential,
            presented_at=showing.at,
            expires_at=expires_at(showing.at, valid_min=site.settings.desk.identity_valid_min),
        )
        save_identification(db, site.vault, identification)
        if desk:
            open_case(
                db,
                desk=desk,
                presentation=showing.token,
                identification_id=identification.id,
                at=now,
            )
        site.ledger.enter(
            db,
            kind="identity.presented",
            operator=operator,
            subject=identification.id,
            now=now,
            person=person_id,
            source=credential.kind,
            reader=showing.device,
            desk=desk,
        )
    return identification


def _of_card(record: CardRecord) -> Credential:
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


def _of_e_card(holder: CardHolder) -> Credential:
    return Credential(
        kind=CredentialKind.E_CARD,
        id_number=holder.id_number,
        name=holder.name,
        valid_until=None,
        card_id="",
        card_number="",
        issuing_region=holder.issuing_region,
        spec_version="",
        platform_token=holder.token,
    )
