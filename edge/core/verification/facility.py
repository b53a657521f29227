"""The facility and the service: whether bills like this one settle directly here."""

from collections.abc import Iterator

from edge.core.rules import CUSTOMER, Scope
from edge.core.verification.case import Case
from edge.core.verification.reasons import Code, Finding, PackSide

_SERVICES = {scope: f"services.{scope.value}" for scope in Scope}


def suspended(case: Case) -> Iterator[Finding]:
    """See whether the facility's direct settlement is suspended."""
    if case.facts.facility.suspended:
        yield Finding(Code.FACILITY_SUSPENDED)


def kind(case: Case) -> Iterator[Finding]:
    """See whether the facility is of the kind that the service needs."""
    if not _is_of_the_kind(case):
        yield Finding(Code.FACILITY_TYPE_MISMATCH, blanks={"benefit": case.facts.service.benefit})


def direct(case: Case) -> Iterator[Finding]:
    """See whether the facility settles directly."""
    if not case.facts.facility.direct:
        yield Finding(Code.FACILITY_NOT_DIRECT, "registered" if is_registered(case) else "")


def chosen(case: Case) -> Iterator[Finding]:
    """See whether the facility is among those that the filing names, where it names some."""
    filing, here = case.facts.filing, case.facts.facility.id
    if filing and filing.facilities and here not in filing.facilities and not is_registered(case):
        yield Finding(Code.FILING_FACILITY_NOT_CHOSEN)


def service(case: Case) -> Iterator[Finding]:
    """See whether both packs settle the service directly."""
    if unsettled_side(case) is not None:
        yield Finding(Code.SERVICE_OUT_OF_SCOPE, blanks={"service": case.facts.service})


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
    key, asked = services_key(case), case.facts.service
    sides = [side for side in PackSide if asked not in case.needed(side, key).words]
    if len(sides) > 1 and case.needed(sides[0], key).article == CUSTOMER:
        return sides[1]
    return sides[0] if sides else None


def services_key(case: Case) -> str:
    """Return the key that lists the services of this scope."""
    return _SERVICES[case.treatment.scope]


def _is_of_the_kind(case: Case) -> bool:
    return case.facts.service.benefit in (case.facts.facility.kinds or ())
