"""Verify a worker who has shown a card: ask, judge, keep the inputs, answer."""

from edge.case.verdict import Asked, verified
from edge.core.credential import require_fresh
from edge.site import Site
from edge.store.desk_cases import require_active_case
from edge.store.people import load_identification
from edge.store.verifications import Verification


def verify(site: Site, identification_id: str, asked: Asked, operator: str) -> Verification:
    """Return the verdict, kept with everything it rests on.

    Raises:
        NotFound: UNKNOWN_IDENTIFICATION.
        Conflict: IDENTIFICATION_EXPIRED, when it was presented too long ago; CASE_CLEARED, when
            another card or code was presented at the same desk since.
    """
    db = site.store.read()
    identification = load_identification(db, site.vault, identification_id)
    require_active_case(db, identification_id)
    require_fresh(identification.expires_at, site.clock())
    return verified(site, identification, asked, operator)
