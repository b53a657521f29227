"""What the facts rest on, and the clock that runs from discharge."""

from collections.abc import Iterator

from edge.core.verification.case import Case
from edge.core.verification.facts import Basis
from edge.core.verification.reasons import Code, Finding


def source(case: Case) -> Iterator[Finding]:
    """See what answered: the platform, the list, or neither."""
    given = case.facts.source
    if given.basis is Basis.ONLINE:
        yield Finding(Code.VERIFIED_ONLINE)
    elif given.basis is Basis.NONE:
        yield Finding(Code.PLATFORM_UNREACHABLE)
    elif case.list_is_fresh:
        yield Finding(Code.VERIFIED_FROM_LIST, blanks={"as_of": given.as_of})
    else:
        yield _stale_list(case)


def deadline(case: Case) -> Iterator[Finding]:
    """See whether the time to settle has passed; by itself it changes nothing."""
    if case.overdue:
        yield Finding(Code.SETTLEMENT_OVERDUE, blanks={"by": case.settle_by})


def _stale_list(case: Case) -> Finding:
    as_of = case.facts.source.as_of
    if as_of is None:
        return Finding(Code.LIST_STALE, "undated")
    if as_of > case.facts.at:
        return Finding(Code.LIST_STALE, "future", {"as_of": as_of})
    hours = case.facts.policy.list_fresh_h
    return Finding(Code.LIST_STALE, "age", {"as_of": as_of, "hours": hours})
