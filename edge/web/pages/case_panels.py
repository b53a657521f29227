"""What stands on a case's page whatever the case: its papers, its fallback, its reversal."""

from edge.core.cases import CaseKind, CaseRef
from edge.core.errors import NotFound
from edge.core.fallback import Gathered
from edge.core.fitting import Case
from edge.core.verification import Code
from edge.site import Site
from edge.steps.gather_papers import Papers, papers_now
from edge.steps.reverse import REVERSERS
from edge.store.database import Rows
from edge.store.documents import Owner, OwnerKind, documents_of
from edge.store.manual_packages import package_of
from edge.store.settlements import Settlement
from edge.store.verifications import latest_verification
from edge.web.api.documents import MAY
from edge.web.api.manual import HandsOver, HandsOverFitting
from edge.web.pages.frame import Screen, lets_in
from edge.web.pages.verdict import Doubt, identity_doubt
from edge.web.security import Caller

_HANDS_OVER = {CaseKind.STAY: HandsOver, CaseKind.FITTING: HandsOverFitting}
PATHS = {CaseKind.STAY: "/stays", CaseKind.FITTING: "/fittings"}
"""Where the pages of a case begin."""

_OWNERS = {CaseKind.STAY: OwnerKind.STAY, CaseKind.FITTING: OwnerKind.FITTING}


def case_panels(
    screen: Screen, caller: Caller, case: Case, settled: Settlement | None
) -> dict[str, object]:
    """Return what the panels of a case need, as far as the caller may see it.

    ``settled`` is its settlement, if one counts.
    """
    site = screen.desk.site
    db, kind = site.store.read(), case.ref.kind
    owner = _OWNERS[kind]
    sees = bool(MAY[owner] & caller.grants)
    return {
        "case": case,
        "case_path": f"{PATHS[kind]}/{case.id}",
        "case_api": f"/api/v1/{kind.value}s/{case.id}",
        "settled": settled,
        "documents": documents_of(db, Owner(owner, case.id)) if sees else None,
        "papers": _papers(site, case.ref) if sees else None,
        "gathered": tuple(Gathered),
        "handed": package_of(db, site.vault, case.ref),
        "falls_back": lets_in(_HANDS_OVER[kind], caller) and case.ended_at is not None,
        "reverses": settled is not None and bool(REVERSERS[kind] & caller.grants),
        "keys": {"reversal": site.fresh_id()},
        "doubt": _doubt(site, db, case),
    }


def _papers(site: Site, ref: CaseRef) -> Papers | None:
    try:
        return papers_now(site, ref)
    except NotFound:
        return None  # it did not go to manual


def _doubt(site: Site, db: Rows, case: Case) -> Doubt | None:
    """Return the doubt about who it is that the person's newest verdict leaves."""
    latest = None if case.is_settled else latest_verification(db, site.vault, case.person_id)
    doubted = latest and any(one.code == Code.IDENTITY_UNPROVEN for one in latest.verdict.reasons)
    return identity_doubt(latest) if latest and doubted else None
