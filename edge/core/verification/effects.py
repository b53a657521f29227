"""What each reason does, and by which article: the table of the verification, row by row.

Looks for no reason: the checks have found them. Lets none through either: all are reported.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from edge.core.verification import facility, fitting, person
from edge.core.verification.case import Case
from edge.core.verification.facts import Basis, Benefit, Decision, OfflineSettlement
from edge.core.verification.reasons import Code, Finding, PackSide

INSURED, TREATMENT = PackSide.INSURED, PackSide.TREATMENT


class Weight(NamedTuple):
    """What one finding asks for, and the article that decides so."""

    effect: Decision
    article: str


def weigh(finding: Finding, case: Case) -> Weight:
    """Return what a finding does in this case."""
    return _TABLE[finding.code](case)


def waits_for_filing(code: Code, weight: Weight) -> bool:
    """Tell whether the finding is one that a filing made before settlement will mend."""
    return weight.effect is Decision.PROVISIONAL and code in _MENDED_BY_FILING


Row = Callable[[Case], Weight]


def _always(effect: Decision, side: PackSide, key: str) -> Row:
    return lambda case: Weight(effect, case.ground.article(side, key))


def _as_ruled(side: PackSide, key: str) -> Row:
    """Do what the value of the key says."""
    return lambda case: _ruled(case, side, key)


def _by_fault(key: str) -> Row:
    """Network and credential faults: to be cured, and by hand once the time has passed."""

    def row(case: Case) -> Weight:
        return _overdue_fault(case) or Weight(Decision.HOLD, case.ground.article(TREATMENT, key))

    return row


def _local(case: Case) -> Weight:
    return Weight(Decision.LOCAL, case.ground.area.article)


def _verified(case: Case) -> Weight:
    return Weight(Decision.DIRECT, case.ground.article(TREATMENT, person.verification_key(case)))


def _by_check(case: Case) -> Weight:
    """Hold until what must be verified is known."""
    return Weight(Decision.HOLD, case.ground.article(TREATMENT, person.verification_key(case)))


def _identity_doubt(case: Case) -> Weight:
    """By the article that has the identity verified, else by that on the credential."""
    if "identity" in case.ground.needed(TREATMENT, person.verification_key(case)).words:
        return _by_check(case)
    return Weight(Decision.HOLD, case.ground.article(TREATMENT, "credential.accepted"))


def _out_of_scope(case: Case) -> Weight:
    side = facility.unsettled_side(case) or TREATMENT
    return Weight(Decision.MANUAL, case.ground.article(side, case.ground.services_key))


def _unfiled(case: Case) -> Weight:
    """No filing covers this: the insured region's rule, never a refusal in an emergency."""
    if case.facts.emergency is None:
        return _ruled(case, INSURED, "unfiled.effect")
    return Weight(_until_filed(case), case.ground.article(INSURED, "emergency.unfiled"))


def _until_filed(case: Case) -> Decision:
    """Admit now and file before settlement; at settlement itself it must wait.

    By hand where a late filing does not count, or where none could mend the facility.
    """
    if not (case.late_filing_counts and facility.settles(case)):
        return Decision.MANUAL
    return Decision.HOLD if case.at_discharge else Decision.PROVISIONAL


def _unfiled_for_good(case: Case) -> Weight:
    """As unfiled; in an emergency by hand, for no filing mends the facility."""
    if case.facts.emergency is None:
        return _ruled(case, INSURED, "unfiled.effect")
    return Weight(Decision.MANUAL, case.ground.article(INSURED, "emergency.unfiled"))


def _missing(case: Case) -> Weight:
    facts = case.facts
    if facts.filing is None and facts.emergency is None and facts.source.basis is Basis.LIST:
        # A filing made since the list was drawn would not show in it.
        return Weight(Decision.HOLD, case.ground.article(TREATMENT, "offline.settlement"))
    promised = case.at_discharge and facts.admission_decision is Decision.PROVISIONAL
    if facts.filing is None and facts.emergency is not None and promised:
        return Weight(Decision.HOLD, case.ground.article(INSURED, "emergency.unfiled"))
    return _unfiled(case)


def _cancelled(case: Case) -> Weight:
    return _ended(case) if case.at_discharge else _unfiled(case)


def _service_mismatch(case: Case) -> Weight:
    stricter = case.ground.rule(INSURED, "unfiled.device_service_mismatch")
    if stricter and case.benefit is Benefit.DEVICE and case.facts.emergency is None:
        return _ruled(case, INSURED, "unfiled.device_service_mismatch")
    return _unfiled(case)


def _not_chosen(case: Case) -> Weight:
    if case.facts.emergency is not None:
        return _unfiled(case)
    return _ruled(case, INSURED, "facility.not_chosen")


def _not_direct(case: Case) -> Weight:
    if facility.is_registered(case):
        kind = "device" if case.benefit is Benefit.DEVICE else "care"
        return _ruled(case, INSURED, f"facility.registered_non_direct.{kind}")
    if case.facts.emergency is not None:
        return Weight(Decision.MANUAL, case.ground.article(INSURED, "emergency.unfiled"))
    return _ruled(case, INSURED, "facility.not_direct")


def _ended(case: Case) -> Weight:
    """Eligibility or filing ended for good; what was begun before is never refused."""
    weight = _ruled(case, INSURED, "eligibility.lost")
    return Weight(Decision.MANUAL, weight.article) if case.at_discharge else weight


def _notice(case: Case) -> Weight:
    side = fitting.side_that_asks(case) or TREATMENT
    return Weight(Decision.HOLD, case.ground.article(side, fitting.NOTICE_KEYS[side]))


def _notice_used(case: Case) -> Weight:
    return Weight(Decision.REFUSE, _notice(case).article)


def _from_list(case: Case) -> Weight:
    """Let a list settle within the site's policy, never where the check must be on line."""
    rule = case.ground.needed(TREATMENT, "offline.settlement")
    if rule.value and not case.at_discharge:
        return Weight(Decision.DIRECT, rule.article)
    if rule.value and case.facts.policy.offline_settlement is OfflineSettlement.WITHIN_LIMITS:
        return Weight(Decision.DIRECT, rule.article)
    if not case.at_discharge:
        return Weight(Decision.PROVISIONAL, rule.article)
    return _overdue_fault(case) or Weight(Decision.HOLD, rule.article)


def _overdue_fault(case: Case) -> Weight | None:
    if not (case.overdue and case.ground.needed(TREATMENT, "fault.manual").value):
        return None
    return Weight(Decision.MANUAL, case.ground.article(TREATMENT, "fault.manual"))


def _ruled(case: Case, side: PackSide, key: str) -> Weight:
    rule = case.ground.needed(side, key)
    return Weight(Decision(str(rule.value)), rule.article)


_MENDED_BY_FILING = frozenset(
    {
        Code.FILING_MISSING,
        Code.FILING_EXPIRED,
        Code.FILING_NOT_YET_VALID,
        Code.FILING_CANCELLED,
        Code.FILING_SERVICE_MISMATCH,
        Code.FILING_DESTINATION_MISMATCH,
        Code.FILING_CONSUMED,
        Code.FILING_FACILITY_NOT_CHOSEN,
        Code.REFERRAL_WINDOW_PASSED,
        Code.REHAB_PERIOD_ENDED,
    }
)

_TABLE: Mapping[Code, Row] = {
    Code.LOCAL_WORKER: _local,
    # Not settled directly, whatever the filing says
    Code.THIRD_PARTY_LIABILITY: _as_ruled(INSURED, "third_party.excluded"),
    Code.WORKER_SUSPENDED: _as_ruled(TREATMENT, "worker.suspended"),
    Code.FACILITY_SUSPENDED: _as_ruled(TREATMENT, "facility.suspended"),
    Code.SERVICE_OUT_OF_SCOPE: _out_of_scope,
    # No filing covers this care
    Code.FILING_MISSING: _missing,
    Code.FILING_EXPIRED: _unfiled,
    Code.FILING_NOT_YET_VALID: _unfiled,
    Code.FILING_CANCELLED: _cancelled,
    Code.FILING_SERVICE_MISMATCH: _service_mismatch,
    Code.FILING_DESTINATION_MISMATCH: _unfiled,
    Code.FILING_CONSUMED: _unfiled,
    Code.REFERRAL_WINDOW_PASSED: _unfiled,
    Code.REHAB_PERIOD_ENDED: _unfiled,
    Code.FACILITY_TYPE_MISMATCH: _unfiled_for_good,
    Code.FILING_FACILITY_NOT_CHOSEN: _not_chosen,
    Code.FACILITY_NOT_DIRECT: _not_direct,
    # Curable: to be decided when the missing answer is there
    Code.FILING_PENDING: _always(Decision.HOLD, INSURED, "filing.required"),
    Code.FILING_SUSPENDED: _as_ruled(INSURED, "contribution.interrupted"),
    Code.CONTRIBUTION_INTERRUPTED: _as_ruled(INSURED, "contribution.interrupted"),
    Code.CONTRIBUTION_UNKNOWN: _by_check,
    Code.IDENTITY_UNPROVEN: _identity_doubt,
    Code.IDENTITY_MISMATCH: _identity_doubt,
    Code.CREDENTIAL_REQUIRED: _by_fault("credential.accepted"),
    Code.CARD_EXPIRED: _by_fault("credential.accepted"),
    Code.LIST_STALE: _by_fault("offline.settlement"),
    Code.PLATFORM_UNREACHABLE: _by_fault("offline.settlement"),
    # Ended for good
    Code.FILING_TERMINATED: _ended,
    Code.ELIGIBILITY_LOST: _ended,
    # Devices
    Code.NOTICE_MISSING: _notice,
    Code.NOTICE_EXPIRED: _notice,
    Code.NOTICE_USED: _notice_used,
    Code.DEVICE_NOT_APPROVED: _always(Decision.REFUSE, INSURED, "device.approved_items"),
    Code.SERVICE_LIFE_NOT_REACHED: _always(Decision.REFUSE, INSURED, "device.service_life"),
    # Nothing in the way
    Code.VERIFIED_ONLINE: _verified,
    Code.VERIFIED_FROM_LIST: _from_list,
    Code.ADMITTED_WITHIN_VALIDITY: _always(
        Decision.DIRECT, INSURED, "stay.admitted_within_validity"
    ),
    Code.LATE_FILED: _always(Decision.DIRECT, INSURED, "emergency.unfiled"),
    Code.LATE_FILING_ALLOWED: _always(Decision.PROVISIONAL, INSURED, "emergency.unfiled"),
    Code.SETTLEMENT_OVERDUE: _always(Decision.DIRECT, TREATMENT, "settlement.hours"),
}
