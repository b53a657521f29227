"""The facility and the service: whether bills like this one settle directly here."""

from edge.core.rules import CUSTOMER
from edge.core.verification.case import Case
from edge.core.verification.reasons import NOTHING, Code, Finding, Findings, PackSide

_SIDES = tuple(PackSide)


def facility(case: Case) -> Findings:
    """See whether the facility settles directly, care of this kind and by this filing."""
    here, filing = case.facts.facility, case.facts.filing
    found: list[Finding] = []
    if here.suspended:
        found.append(Finding(Code.FACILITY_SUSPENDED))
    if not _is_of_the_kind(case):
        blanks = {"benefit": case.benefit}
        found.append(Finding(Code.FACILITY_TYPE_MISMATCH, blanks=blanks))
    if not here.direct:
        found.append(Finding(Code.FACILITY_NOT_DIRECT, "registered" if is_registered(case) else ""))
    if (filing and filing.facilities) and not (here.id in filing.facilities or is_registered(case)):
        found.append(Finding(Code.FILING_FACILITY_NOT_CHOSEN))
    return found


def service(case: Case) -> Findings:
    """See whether both packs settle the service directly."""
    asked = case.facts.service
    if asked in case.ground.settled:
        return NOTHING
    return (Finding(Code.SERVICE_OUT_OF_SCOPE, blanks={"service": asked}),)


def settles(case: Case) -> bool:
    """Tell whether the facility settles such care directly, whatever the filing says."""
    return case.facts.facility.direct and _is_of_the_kind(case)


def is_registered(case: Case) -> bool:
    """Tell whether the filing registers this facility as non-direct (津 第九条)."""
    filing = case.facts.filing
    return filing is not None and case.facts.facility.id in (filing.non_direct_facilities or ())


def unsettled_side(case: Case) -> PackSide | None:
    """Return a side whose pack does not settle the service directly.

    Where neither does, the one whose instrument says so, the insured region's first.
    """
    key, asked = case.ground.services_key, case.facts.service
    sides = [side for side in _SIDES if asked not in case.ground.needed(side, key).words]
    if len(sides) > 1 and case.ground.needed(sides[0], key).article == CUSTOMER:
        return sides[1]
    return sides[0] if sides else None


def _is_of_the_kind(case: Case) -> bool:
    return case.benefit in (case.facts.facility.kinds or ())
