"""What the clerk should know beside the verdict. Never changes a decision."""

from collections.abc import Iterator
from datetime import date, timedelta

from edge.core.dates import Period
from edge.core.rules import SILENT
from edge.core.verification.case import Case
from edge.core.verification.facts import Benefit, Filing, FilingStatus
from edge.core.verification.reasons import Code, DeskWarning, PackSide, Reason, WarningCode
from edge.core.verification.validity import DEVICE_VALIDITY, REHAB_CAP, VALIDITY, lasts


def warnings(case: Case, reasons: tuple[Reason, ...]) -> Iterator[DeskWarning]:
    """Return every warning of the case, by code."""
    filing = case.facts.filing
    if filing:
        yield from _ends_soon(case)
        yield from _exceeds_pack(case, filing)
    if filing and filing.status is FilingStatus.PENDING and not case.facts.emergency:
        yield _warning(WarningCode.LATE_APPROVAL_RISK, "备案在入院后才核准的，不能作为事先备案")
    if any(r.code is Code.ADMITTED_WITHIN_VALIDITY and r.article == SILENT for r in reasons):
        yield _warning(
            WarningCode.LAW_SILENT, "有效期内入院、到期后出院，参保地文件未作规定，按有效处理"
        )
    yield from _terms_passed(case)


def _ends_soon(case: Case) -> Iterator[DeskWarning]:
    if case.at_discharge:
        return
    period = case.needed(PackSide.INSURED, "filing.warn_before").period or Period(days=1)
    soon = period.last_day(case.day + timedelta(days=1))
    coming = [last for last in case.limits.days() if last and case.day <= last <= soon]
    if coming:
        yield _warning(WarningCode.FILING_ENDS_SOON, f"备案将于 {min(coming)} 到期")


def _exceeds_pack(case: Case, filing: Filing) -> Iterator[DeskWarning]:
    """Tell that the filing's own dates, which are trusted, exceed what the pack allows."""
    for given, key in _given_lengths(case, filing):
        allowed = lasts(case.insured_law, key, filing) if given else None
        if given and allowed and given > allowed:
            text = f"备案截止 {given}，超过参保地规定的最长 {allowed}；以备案记录为准"
            yield _warning(WarningCode.FILING_EXCEEDS_PACK, text)
            return


def _given_lengths(case: Case, filing: Filing) -> Iterator[tuple[date | None, str]]:
    benefit = case.facts.service.benefit
    if benefit is Benefit.DEVICE and filing.device_until:
        yield filing.device_until, DEVICE_VALIDITY
    else:
        yield filing.valid_to, VALIDITY[filing.category]
    if benefit is Benefit.REHAB:
        yield filing.rehab_until, REHAB_CAP[filing.category]


def _terms_passed(case: Case) -> Iterator[DeskWarning]:
    packs = [case.insured] if case.insured is case.treatment else [case.insured, case.treatment]
    for name in [pack.name for pack in packs if pack.term_passed(case.day)]:
        text = f"{name}文件的规定期限已过，新文件录入前继续适用"
        yield _warning(WarningCode.PACK_TERM_PASSED, text)


def _warning(code: WarningCode, text: str) -> DeskWarning:
    return DeskWarning(code=code, text=text)
