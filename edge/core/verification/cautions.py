"""What the clerk should know beside the verdict. Never changes a decision."""

from collections.abc import Sequence
from datetime import date

from edge.core.rules import SILENT
from edge.core.verification.case import Case
from edge.core.verification.facts import Benefit, Filing, FilingStatus
from edge.core.verification.reasons import Code, DeskWarning, Reason, WarningCode
from edge.core.verification.validity import DEVICE_VALIDITY, REHAB_CAP, VALIDITY, lasts
from edge.core.verification.warned import warned


def warnings(case: Case, reasons: Sequence[Reason]) -> list[DeskWarning]:
    """Return every warning of the case."""
    filing, found = case.facts.filing, list(case.ground.warned)
    if filing:
        _warn_of_its_end(case, found)
        _warn_of_its_length(case, filing, found)
        if filing.status is FilingStatus.PENDING and not case.facts.emergency:
            found.append(warned(WarningCode.LATE_APPROVAL_RISK))
    found.extend(
        warned(WarningCode.LAW_SILENT)
        for reason in reasons
        if reason.code is Code.ADMITTED_WITHIN_VALIDITY and reason.article == SILENT
    )
    return found


def _warn_of_its_end(case: Case, found: list[DeskWarning]) -> None:
    if case.at_discharge:
        return
    day, soon = case.day, case.ground.soon
    coming = [last for last in case.limits if last and day <= last <= soon]
    if coming:
        found.append(warned(WarningCode.FILING_ENDS_SOON, last=min(coming)))


def _warn_of_its_length(case: Case, filing: Filing, found: list[DeskWarning]) -> None:
    """Tell that the filing's own dates, which are trusted, exceed what the pack allows."""
    for given, key in _given_lengths(case, filing):
        allowed = lasts(case.ground.insured_law, key, filing) if given else None
        if given and allowed and given > allowed:
            found.append(warned(WarningCode.FILING_EXCEEDS_PACK, given=given, allowed=allowed))
            return


def _given_lengths(case: Case, filing: Filing) -> list[tuple[date | None, str]]:
    if case.benefit is Benefit.DEVICE and filing.device_until:
        return [(filing.device_until, DEVICE_VALIDITY)]
    lengths = [(filing.valid_to, VALIDITY[filing.category])]
    if case.benefit is Benefit.REHAB:
        lengths.append((filing.rehab_until, REHAB_CAP[filing.category]))
    return lengths
