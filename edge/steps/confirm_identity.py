"""Take who showed the card for the worker on record, for a reason, and judge again.

Doubt about a number that was not read, or about a name, is the clerk's to end; another number's is
nobody's.
"""

from edge.case.verdict import Asked, verified
from edge.core.errors import Conflict, Words
from edge.core.verification import Code
from edge.site import Site
from edge.store.confirmations import Confirmation, Pair, add_confirmation
from edge.store.desk_cases import require_active_case
from edge.store.people import identification_for
from edge.store.verifications import Verification, load_verification


def confirm_identity(site: Site, verification_id: str, reason: str, operator: str) -> Verification:
    """Keep the reason and return the new verdict; later ones about the same two names follow it.

    Raises:
        NotFound: UNKNOWN_VERIFICATION.
        Conflict: NOTHING_TO_CONFIRM, when the verdict does not doubt who it is; CASE_CLEARED.
    """
    db = site.store.read()
    doubted = load_verification(db, site.vault, verification_id)
    _require_doubt(doubted)
    require_active_case(db, doubted.identification_id or "")
    shown, worker = doubted.facts.credential, doubted.facts.worker
    said = Confirmation(
        person_id=doubted.person_id,
        pair=Pair((shown.name, shown.id_number), (worker.name, worker.id_number)),
        verification_id=verification_id,
        reason=reason,
        operator=operator,
        at=site.clock(),
    )
    with site.store.transaction() as db:
        add_confirmation(db, site.vault, said)
        site.ledger.enter(
            db,
            kind="identity.confirmed",
            operator=operator,
            subject=verification_id,
            now=said.at,
            person=doubted.person_id,
        )
    return _judged_again(site, doubted, operator)


def _judged_again(site: Site, doubted: Verification, operator: str) -> Verification:
    identification = identification_for(
        site.store.read(),
        site.vault,
        person_id=doubted.person_id,
        identification_id=doubted.identification_id,
    )
    facts = doubted.facts
    asked = Asked(
        service=facts.service,
        moment=facts.moment,
        emergency=facts.emergency,
        third_party=facts.third_party,
        admitted_at=facts.admitted_at,
        discharged_at=facts.discharged_at,
        admission_decision=facts.admission_decision,
        devices=facts.devices or (),
        notice=facts.notice,
    )
    return verified(site, identification, asked, operator)


def _require_doubt(verification: Verification) -> None:
    if all(reason.code != Code.IDENTITY_UNPROVEN for reason in verification.verdict.reasons):
        raise Conflict(
            "NOTHING_TO_CONFIRM",
            Words("该核验未对身份存疑，无需确认", "this verdict does not doubt who it is"),
            Words("按核验结论办理", "go on by the verdict"),
            field="verification",
        )
