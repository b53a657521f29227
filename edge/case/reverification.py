"""The worker's cover asked anew, for whoever ends a case: settlement or manual.

Writes nothing and holds no transaction while it asks.
"""

from edge.case.verdict import Asked, examined
from edge.core.fitting import Case, Fitting
from edge.core.verification import Moment
from edge.site import Site
from edge.store.desk_cases import require_active_case
from edge.store.people import identification_for
from edge.store.verifications import Verification, load_verification


def reverified(
    site: Site,
    case: Case,
    operator: str,
    *,
    identification: str | None = None,
    third_party: bool = False,
) -> Verification:
    """Verify identity and filing again (津 第二十五条, 川 第二十二条), with what admission told.

    A fitting is judged on its own day, like a visit: its filing may end before it is settled.

    ``identification`` is the card read at discharge; left out, the person's latest one counts.
    ``third_party``: it came out since that a third party is liable.

    Raises:
        NotFound: UNKNOWN_IDENTIFICATION.
        Conflict: OTHER_PERSON; CASE_CLEARED, when another was presented at that desk since.
    """
    db = site.store.read()
    if identification:
        require_active_case(db, identification)
    admission = load_verification(db, site.vault, case.verification_id)
    presented = identification_for(
        db, site.vault, person_id=case.person_id, identification_id=identification
    )
    asked = Asked(
        service=admission.facts.service,
        moment=Moment.DISCHARGE,
        emergency=admission.facts.emergency,
        third_party=admission.facts.third_party or third_party,
        admitted_at=case.began_at,
        discharged_at=case.ended_at,
        admission_decision=admission.verdict.decision,
        notice=case.notice if isinstance(case, Fitting) else None,
        case=case.id,
    )
    return examined(site, presented, asked, operator)
