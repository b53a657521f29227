"""The verdict: every check in turn, every finding weighed, the strongest effect decides."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from operator import attrgetter

from edge.core.rules import Rulebook
from edge.core.verification import cautions, facility, filing, fitting, person, source
from edge.core.verification.case import Case, open_case
from edge.core.verification.contradictions import refuse_contradictions
from edge.core.verification.effects import Weight, waits_for_filing, weigh
from edge.core.verification.facts import Decision, Facts
from edge.core.verification.reasons import (
    Code,
    DeskWarning,
    Finding,
    Findings,
    Reason,
    Verdict,
)
from edge.core.verification.sentences import next_step, told

_CHECKS: tuple[Callable[[Case], Findings], ...] = (
    person.standing,
    person.credential,
    facility.facility,
    facility.service,
    filing.filing,
    fitting.fitting,
    source.source,
    source.deadline,
)
_STRENGTH = {decision: place for place, decision in enumerate(Decision)}


def verify(facts: Facts, rulebook: Rulebook) -> Verdict:
    """Answer whether this is settled here by card, with every reason and warning.

    The same facts and rulebook give the same verdict. Reasons come strongest effect first, then
    by code; the first decides. ``settle_by`` is given at discharge, and not to a local worker.

    Raises:
        BadInput: the facts contradict themselves; the field is named.
    """
    refuse_contradictions(facts)
    case = open_case(facts, rulebook)
    if person.insured_here(case):
        return _verdict(case, [_reason(Finding(Code.LOCAL_WORKER), case)], [])
    reasons = _reasons(case)
    return _verdict(case, reasons, cautions.warnings(case, reasons))


def reason_of(code: Code, effect: Decision, article: str, blanks: Mapping[str, object]) -> Reason:
    """Return a reason in the verdict's own words, for who finds it after the verification."""
    return _told(Finding(code, blanks=blanks), Weight(effect, article))


def _reasons(case: Case) -> list[Reason]:
    reasons: list[Reason] = []
    waits = False
    for check in _CHECKS:
        for finding in check(case):
            weight = weigh(finding, case)
            waits = waits or waits_for_filing(finding.code, weight)
            reasons.append(_told(finding, weight))
    if waits:
        reasons.append(_reason(Finding(Code.LATE_FILING_ALLOWED), case))
    return reasons


def _reason(finding: Finding, case: Case) -> Reason:
    return _told(finding, weigh(finding, case))


def _told(finding: Finding, weight: Weight) -> Reason:
    if not finding.blanks:
        return _plain(finding.code, finding.variant, weight.effect, weight.article)
    return _reason_of(finding, weight)


@lru_cache(maxsize=1024)
def _plain(code: Code, variant: str, effect: Decision, article: str) -> Reason:
    """Return a reason whose sentence has no blanks, made once."""
    return _reason_of(Finding(code, variant), Weight(effect, article))


def _reason_of(finding: Finding, weight: Weight) -> Reason:
    zh, en, mend = told(finding)
    return Reason(
        code=finding.code,
        effect=weight.effect,
        article=weight.article,
        text=zh,
        text_en=en,
        next=next_step(mend, weight.effect),
    )


def _verdict(case: Case, reasons: list[Reason], warnings: list[DeskWarning]) -> Verdict:
    reasons.sort(key=_strongest_first)
    decision = reasons[0].effect
    return Verdict(
        decision=decision,
        reasons=tuple(reasons),
        warnings=tuple(sorted(warnings, key=_by_code)),
        packs=case.ground.used,
        settle_by=None if decision is Decision.LOCAL else case.settle_by,
    )


def _strongest_first(reason: Reason) -> tuple[int, str]:
    return _STRENGTH[reason.effect], reason.code


_by_code = attrgetter("code")
