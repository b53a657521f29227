"""What the facts rest on, and the clock that runs from discharge."""

from edge.core.verification.case import Case
from edge.core.verification.facts import Basis
from edge.core.verification.reasons import NOTHING, Code, Finding, Findings

_ONLINE = (Finding(Code.VERIFIED_ONLINE),)
_UNREACHABLE = (Finding(Code.PLATFORM_UNREACHABLE),)


def source(case: Case) -> Findings:
    """See what answered: the platform, the list, or neither."""
    given = case.facts.source
    if given.basis is Basis.ONLINE:
        return _ONLINE
    if given.basis is Basis.NONE:
        return _UNREACHABLE
    if case.list_is_fresh:
        return (Finding(Code.VERIFIED_FROM_LIST, blanks={"as_of": given.as_of}),)
    return (_stale_list(case),)


def deadline(case: Case) -> Findings:
    """See whether the time to settle has passed; by itself it changes nothing."""
    if not case.overdue:
        return NOTHING
    return (Finding(Code.SETTLEMENT_OVERDUE, blanks={"by": case.settle_by}),)


def _stale_list(case: Case) -> Finding:
    as_of = case.facts.source.as_of
    if as_of is None:
        return Finding(Code.LIST_STALE, "undated")
    if as_of > case.facts.at:
        return Finding(Code.LIST_STALE, "future", {"as_of": as_of})
    hours = case.facts.policy.list_fresh_h
    return Finding(Code.LIST_STALE, "age", {"as_of": as_of, "hours": hours})
