"""The filing: whether it is there, approved in time, and covers this care here and then.

Where care began inside a filing, its end during the stay is no obstacle.
"""

from datetime import date

from edge.core.verification.case import Case
from edge.core.verification.facts import Category, Filing, FilingStatus
from edge.core.verification.reasons import NOTHING, Code, Finding, Findings, PackSide

_BY_STATUS = {
    FilingStatus.PENDING: (Finding(Code.FILING_PENDING),),
    FilingStatus.SUSPENDED: (Finding(Code.FILING_SUSPENDED),),
    FilingStatus.TERMINATED: (Finding(Code.FILING_TERMINATED),),
    FilingStatus.CANCELLED: (Finding(Code.FILING_CANCELLED),),
}
_MISSING = (Finding(Code.FILING_MISSING),)


def filing(case: Case) -> Findings:
    """See everything that a filing, or its absence, has to say."""
    given = case.facts.filing
    if given is None:
        return _MISSING if case.knows_what_is_absent else NOTHING
    found = list(_BY_STATUS.get(given.status, NOTHING))
    if case.is_late_filed:
        found.append(_filed_late(case, given))
    _see_care(case, given, found)
    _see_days(case, given, found)
    if case.at_discharge and case.facts.service.is_stay:
        _see_what_the_stay_outlived(case, given, found)
    return found


def _filed_late(case: Case, filing: Filing) -> Finding:
    if case.is_filed_late_in_time:
        return Finding(Code.LATE_FILED, blanks={"approved": filing.approved_at})
    blanks = {"approved": filing.approved_at, "started": case.started_at}
    return Finding(Code.FILING_MISSING, "late", blanks)


def _see_care(case: Case, filing: Filing, found: list[Finding]) -> None:
    service = case.facts.service
    if filing.benefits and case.benefit not in filing.benefits:
        blanks: dict[str, object] = {"benefit": case.benefit}
        found.append(Finding(Code.FILING_SERVICE_MISMATCH, blanks=blanks))
    if filing.destination and not _reaches_here(case, filing.destination):
        blanks = {"place": filing.destination}
        found.append(Finding(Code.FILING_DESTINATION_MISMATCH, blanks=blanks))
    if filing.category is Category.REFERRAL and service.is_stay:
        episodes = case.ground.rule(PackSide.INSURED, "referral.inpatient_episodes")
        if episodes and filing.episodes_settled >= episodes.count:
            found.append(Finding(Code.FILING_CONSUMED))


def _see_days(case: Case, filing: Filing, found: list[Finding]) -> None:
    day, limits = case.day, case.limits
    first, last = filing.valid_from, limits.until
    if _trip_binds(case, filing):
        first, last = _latest(first, filing.trip_from), _earliest(last, filing.trip_to)
    # Whoever filed late in an emergency is not asked from which day the filing is valid.
    if first and day < first and not case.is_filed_late_in_time:
        found.append(Finding(Code.FILING_NOT_YET_VALID, blanks={"first": first}))
    if last and last < day:
        found.append(Finding(Code.FILING_EXPIRED, blanks={"last": last}))
    if limits.window_until and limits.window_until < day:
        blanks = {"last": limits.window_until}
        found.append(Finding(Code.REFERRAL_WINDOW_PASSED, blanks=blanks))
    if limits.rehab_until and limits.rehab_until < day:
        found.append(Finding(Code.REHAB_PERIOD_ENDED, blanks={"last": limits.rehab_until}))


def _see_what_the_stay_outlived(case: Case, filing: Filing, found: list[Finding]) -> None:
    """See what ended during a stay; a visit or a fitting is judged on its own day alone.

    A filing that came too late to count has no validity for the stay to begin in.
    """
    day = case.day
    if filing.valid_from is not None and day < filing.valid_from:
        return
    if case.is_late_filed and not case.is_filed_late_in_time:
        return
    passed = [last for last in case.limits if last and day <= last < case.today]
    if passed:
        found.append(Finding(Code.ADMITTED_WITHIN_VALIDITY, blanks={"last": min(passed)}))


def _reaches_here(case: Case, destination: str) -> bool:
    """Compare cities as for a local worker; a province's code covers its cities."""
    facility = case.facts.facility
    return destination == facility.region or case.ground.area.same(
        destination, facility.city or facility.region
    )


def _trip_binds(case: Case, filing: Filing) -> bool:
    return (
        filing.category is Category.REFERRAL
        and case.facts.service.is_visit
        and case.ground.rule(PackSide.INSURED, "referral.trip_binds_outpatient") is not None
    )


def _latest(one: date | None, other: date | None) -> date | None:
    return max(one, other) if one and other else one or other


def _earliest(one: date | None, other: date | None) -> date | None:
    return min(one, other) if one and other else one or other
