"""The filing: whether it is there, approved in time, and covers this care here and then.

Where care began inside a filing, its end during the stay is no obstacle.
"""

from collections.abc import Iterator
from datetime import date

from edge.core.verification.case import Case
from edge.core.verification.facts import Category, Filing, FilingStatus
from edge.core.verification.reasons import Code, Finding, PackSide

_BY_STATUS = {
    FilingStatus.PENDING: Code.FILING_PENDING,
    FilingStatus.SUSPENDED: Code.FILING_SUSPENDED,
    FilingStatus.TERMINATED: Code.FILING_TERMINATED,
    FilingStatus.CANCELLED: Code.FILING_CANCELLED,
}


def filing(case: Case) -> Iterator[Finding]:
    """See everything that a filing, or its absence, has to say."""
    given = case.facts.filing
    if given is None:
        if case.knows_what_is_absent:
            yield Finding(Code.FILING_MISSING)
        return
    if given.status in _BY_STATUS:
        yield Finding(_BY_STATUS[given.status])
    yield from _approved_in_time(case, given)
    yield from _covers_the_care(case, given)
    yield from _covers_the_day(case, given)
    yield from _outlived_by_the_stay(case, given)


def _approved_in_time(case: Case, filing: Filing) -> Iterator[Finding]:
    if case.is_filed_late_in_time:
        yield Finding(Code.LATE_FILED, blanks={"approved": filing.approved_at})
    elif case.is_late_filed:
        blanks = {"approved": filing.approved_at, "started": case.started_at}
        yield Finding(Code.FILING_MISSING, "late", blanks)


def _covers_the_care(case: Case, filing: Filing) -> Iterator[Finding]:
    service = case.facts.service
    if filing.benefits and service.benefit not in filing.benefits:
        yield Finding(Code.FILING_SERVICE_MISMATCH, blanks={"benefit": service.benefit})
    if filing.destination and not _reaches_here(case, filing.destination):
        yield Finding(Code.FILING_DESTINATION_MISMATCH, blanks={"place": filing.destination})
    episodes = case.rule(PackSide.INSURED, "referral.inpatient_episodes")
    if (
        episodes
        and service.is_stay
        and filing.category is Category.REFERRAL
        and filing.episodes_settled >= episodes.count
    ):
        yield Finding(Code.FILING_CONSUMED)


def _covers_the_day(case: Case, filing: Filing) -> Iterator[Finding]:
    day, binds = case.day, _trip_binds(case, filing)
    first = _latest(filing.valid_from, filing.trip_from if binds else None)
    limits = case.limits
    last = _earliest(limits.until, filing.trip_to if binds else None)
    # Whoever filed late in an emergency is not asked from which day the filing is valid.
    if first and day < first and not case.is_filed_late_in_time:
        yield Finding(Code.FILING_NOT_YET_VALID, blanks={"first": first})
    if last and last < day:
        yield Finding(Code.FILING_EXPIRED, blanks={"last": last})
    if limits.window_until and limits.window_until < day:
        yield Finding(Code.REFERRAL_WINDOW_PASSED, blanks={"last": limits.window_until})
    if limits.rehab_until and limits.rehab_until < day:
        yield Finding(Code.REHAB_PERIOD_ENDED, blanks={"last": limits.rehab_until})


def _outlived_by_the_stay(case: Case, filing: Filing) -> Iterator[Finding]:
    """See what ended during a stay; a visit or a fitting is judged on its own day alone.

    A filing that came too late to count has no validity for the stay to begin in.
    """
    begun_inside = filing.valid_from is None or filing.valid_from <= case.day
    if not (case.at_discharge and case.facts.service.is_stay and begun_inside):
        return
    if case.is_late_filed and not case.is_filed_late_in_time:
        return
    passed = [last for last in case.limits.days() if last and case.day <= last < case.today]
    if passed:
        yield Finding(Code.ADMITTED_WITHIN_VALIDITY, blanks={"last": min(passed)})


def _reaches_here(case: Case, destination: str) -> bool:
    """Compare cities as for a local worker; a province's code covers its cities."""
    facility = case.facts.facility
    return destination == facility.region or case.area.same(
        destination, facility.city or facility.region
    )


def _trip_binds(case: Case, filing: Filing) -> bool:
    return (
        case.facts.service.is_visit
        and filing.category is Category.REFERRAL
        and case.rule(PackSide.INSURED, "referral.trip_binds_outpatient") is not None
    )


def _latest(one: date | None, other: date | None) -> date | None:
    return max(one, other) if one and other else one or other


def _earliest(one: date | None, other: date | None) -> date | None:
    return min(one, other) if one and other else one or other
