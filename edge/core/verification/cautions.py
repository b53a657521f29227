"""What the clerk should know beside the verdict. Never changes a decision."""

from collections.abc import Sequence
from datetime import date

from edge.core.rules import SILENT
from edge.core.verification.case import Case
from edge.core.verification.facts import Benefit, Filing, FilingStatus
from edge.core.verification.reasons import Code, DeskWarning, Reason, WarningCode
from edge.core.verification.validity import DEVICE_VALIDITY, REHAB_CAP, VALIDITY, lasts


def warnings(case: Case, reasons: Sequence[Reason]) -> list[DeskWarning]:
    """Return every warning of the case."""
    filing, found = case.facts.filing, list(case.ground.warned)
    if filing:
        _warn_of_its_end(case, found)
        _warn_of_its_length(case, filing, found)
        if filing.status is FilingStatus.PENDING and not case.facts.emergency:
            text = "备案在入院后才核准的，不能作为事先备案"
            found.append(DeskWarning(code=WarningCode.LATE_APPROVAL_RISK, text=text))
    for reason in reasons:
        if reason.code is Code.ADMITTED_WITHIN_VALIDITY and reason.article == SILENT:
            text = "有效期内入院、到期后出院，参保地文件未作规定，按有效处理"
            found.append(DeskWarning(code=WarningCode.LAW_SILENT, text=text))
    return found


def _warn_of_its_end(case: Case, found: list[DeskWarning]) -> None:
    if case.at_discharge:
        return
    day, soon = case.day, case.ground.soon
    coming = [last for last in case.limits if last and day <= last <= soon]
    if coming:
        text = f"备案将于 {min(coming)} 到期"
        found.append(DeskWarning(code=WarningCode.FILING_ENDS_SOON, text=text))


def _warn_of_its_length(case: Case, filing: Filing, found: list[DeskWarning]) -> None:
    """Tell that the filing's own dates, which are trusted, exceed what the pack allows."""
    for given, key in _given_lengths(case, filing):
        allowed = lasts(case.ground.insured_law, key, filing) if given else None
        if given and allowed and given > allowed:
            text = f"备案截止 {given}，超过参保地规定的最长 {allowed}；以备案记录为准"
            found.append(DeskWarning(code=WarningCode.FILING_EXCEEDS_PACK, text=text))
            return


def _given_lengths(case: Case, filing: Filing) -> list[tuple[date | None, str]]:
    if case.benefit is Benefit.DEVICE and filing.device_until:
        return [(filing.device_until, DEVICE_VALIDITY)]
    lengths = [(filing.valid_to, VALIDITY[filing.category])]
    if case.benefit is Benefit.REHAB:
        lengths.append((filing.rehab_until, REHAB_CAP[filing.category]))
    return lengths
