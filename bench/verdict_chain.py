"""The floor of a verdict: one chain of conditions for workers of Beijing at a facility in Tianjin.

Every question of the rules is asked, in the order of the reasons found; the two texts' answers
(京, 津) stand in it as constants. Sentences are the product's own.
"""

from datetime import date, datetime, timedelta

from edge.core.dates import SHANGHAI
from edge.core.rules import Rulebook
from edge.core.verification import (
    Code,
    Decision,
    DeskWarning,
    Facts,
    Filing,
    FilingStatus,
    Moment,
    PackSide,
    PackUsed,
    Reason,
    Service,
    Verdict,
    WarningCode,
)
from edge.core.verification.reasons import Finding
from edge.core.verification.sentences import next_step, told

_SILENT, _CUSTOMER = "法无明文", "客户规则"
_SETTLED = frozenset({Service.INPATIENT_MEDICAL, Service.INPATIENT_REHAB, Service.DEVICE})
_STAYS = frozenset({Service.INPATIENT_MEDICAL, Service.INPATIENT_REHAB})
_FIRST_YEAR, _LAST_YEAR, _DIGITS = 1900, 2999, 6
_WEEK, _TWO_DAYS = timedelta(days=7), timedelta(hours=48)
_ORDER = {decision: place for place, decision in enumerate(Decision)}
_ONLINE = {
    moment: Reason(
        code=Code.VERIFIED_ONLINE,
        effect=Decision.DIRECT,
        article=article,
        text="已联网核验身份和备案信息",
        text_en="verified with the platform",
        next="以核验结果为准办理。",
    )
    for moment, article in ((False, "津 第二十二条"), (True, "津 第二十五条"))
}

Packs = tuple[PackUsed, ...]


def packs_used(rulebook: Rulebook) -> Packs:
    """Return which files the two texts came from."""
    on = date(2026, 1, 1)
    sides = ((PackSide.INSURED, "110000"), (PackSide.TREATMENT, "120000"))
    return tuple(
        PackUsed(side=side, region=pack.region, version=pack.version, sha256=pack.sha256)
        for side, region in sides
        for pack in [rulebook.governing(region, on=on, cross_province=True)]
    )


def chain(facts: Facts, packs: Packs) -> Verdict:
    """Return the verdict."""
    _refuse_what_cannot_be(facts)
    leaving = facts.moment is Moment.DISCHARGE
    started = facts.admitted_at or facts.at if leaving else facts.at
    day = started.astimezone(SHANGHAI).date()
    today = facts.at.astimezone(SHANGHAI).date()
    by = None
    if leaving and facts.discharged_at:
        by = facts.discharged_at.astimezone(SHANGHAI) + _TWO_DAYS
    late = by is not None and facts.at > by
    reasons: list[Reason] = []
    _about_person(facts, reasons, leaving=leaving, late=late, today=today)
    _about_place(facts, reasons)
    _about_filing(facts, reasons, started=started, days=(day, today))
    _about_source(facts, reasons, leaving=leaving, late=late)
    if late:
        _add(reasons, Code.SETTLEMENT_OVERDUE, Decision.DIRECT, "津 第二十五条", by=by)
    reasons.sort(key=lambda reason: (_ORDER[reason.effect], reason.code))
    return Verdict(
        decision=reasons[0].effect,
        reasons=tuple(reasons),
        warnings=tuple(_warnings(facts, reasons, day=day, leaving=leaving)),
        packs=packs,
        settle_by=by,
    )


def _add(
    reasons: list[Reason],
    code: Code,
    effect: Decision,
    article: str,
    variant: str = "",
    **blanks: object,
) -> None:
    zh, en, mend = told(Finding(code, variant, blanks))
    reasons.append(
        Reason(
            code=code,
            effect=effect,
            article=article,
            text=zh,
            text_en=en,
            next=next_step(mend, effect),
        )
    )


def _refuse_what_cannot_be(facts: Facts) -> None:  # noqa: C901 - one chain, as a floor is
    filing, leaving = facts.filing, facts.moment is Moment.DISCHARGE
    moments = [facts.at, facts.admitted_at, facts.discharged_at, facts.source.as_of]
    places = [facts.facility.city, facts.worker.insured_city]
    if filing:
        moments.append(filing.approved_at)
        places.append(filing.destination)
        if filing.valid_from and filing.valid_to and filing.valid_to < filing.valid_from:
            raise ValueError("valid_to")
    for moment in moments:
        if moment and not (moment.tzinfo and _FIRST_YEAR <= moment.year <= _LAST_YEAR):
            raise ValueError(moment)
    for code in places:
        if code and not (len(code) == _DIGITS and code.isdigit()):
            raise ValueError(code)
    if leaving and not (facts.admitted_at and facts.discharged_at):
        raise ValueError("admitted_at")
    if facts.admitted_at and facts.discharged_at and facts.discharged_at < facts.admitted_at:
        raise ValueError("discharged_at")
    if facts.policy.list_fresh_h < 0 or (filing and filing.episodes_settled < 0):
        raise ValueError("negative")


def _about_person(  # noqa: C901 - one chain, as a floor is
    facts: Facts, reasons: list[Reason], *, leaving: bool, late: bool, today: date
) -> None:
    shown, worker = facts.credential, facts.worker
    fault = Decision.MANUAL if late else Decision.HOLD
    if facts.third_party:
        _add(reasons, Code.THIRD_PARTY_LIABILITY, Decision.MANUAL, "京 二(三)")
    if worker.suspended:
        _add(reasons, Code.WORKER_SUSPENDED, Decision.MANUAL, "津 第四十二条")
    status = facts.contribution.status if facts.contribution else "paying"
    if status == "interrupted":
        _add(reasons, Code.CONTRIBUTION_INTERRUPTED, Decision.HOLD, _CUSTOMER)
    elif status != "paying":
        ended = Decision.MANUAL if leaving else Decision.REFUSE
        _add(reasons, Code.ELIGIBILITY_LOST, ended, "京 二(二)", status)
    if shown.kind == "none":
        article = "津 第二十九条" if late else "津 第十六条"
        _add(reasons, Code.CREDENTIAL_REQUIRED, fault, article)
        return
    identity = "津 第二十五条" if leaving else "津 第二十二条"
    if shown.valid_until and shown.valid_until < today:
        article = "津 第二十九条" if late else "津 第十六条"
        _add(reasons, Code.CARD_EXPIRED, fault, article, until=shown.valid_until)
    if not shown.id_number or not worker.id_number:
        _add(reasons, Code.IDENTITY_UNPROVEN, Decision.HOLD, identity, "number")
    elif shown.id_number.strip().upper() != worker.id_number.strip().upper():
        _add(reasons, Code.IDENTITY_MISMATCH, Decision.HOLD, identity)
    elif shown.name and worker.name and shown.name != worker.name:
        _add(reasons, Code.IDENTITY_UNPROVEN, Decision.HOLD, identity, "name")


def _about_place(facts: Facts, reasons: list[Reason]) -> None:
    facility, filing, benefit = facts.facility, facts.filing, facts.service.benefit
    registered = filing is not None and facility.id in (filing.non_direct_facilities or ())
    if facility.suspended:
        _add(reasons, Code.FACILITY_SUSPENDED, Decision.MANUAL, "津 第四十二条")
    if benefit not in (facility.kinds or ()):
        _add(reasons, Code.FACILITY_TYPE_MISMATCH, Decision.MANUAL, _SILENT, benefit=benefit)
    if not facility.direct:
        variant = "registered" if registered else ""
        _add(reasons, Code.FACILITY_NOT_DIRECT, Decision.MANUAL, _SILENT, variant)
    if filing and filing.facilities and facility.id not in filing.facilities and not registered:
        _add(reasons, Code.FILING_FACILITY_NOT_CHOSEN, Decision.MANUAL, _SILENT)
    if facts.service not in _SETTLED:
        article = "京 二(三)"
        _add(reasons, Code.SERVICE_OUT_OF_SCOPE, Decision.MANUAL, article, service=facts.service)


def _about_filing(  # noqa: C901 - one chain, as a floor is
    facts: Facts, reasons: list[Reason], *, started: datetime, days: tuple[date, date]
) -> None:
    filing, (day, today) = facts.filing, days
    leaving = facts.moment is Moment.DISCHARGE
    if filing is None:
        if facts.source.basis == "online":
            _add(reasons, Code.FILING_MISSING, Decision.MANUAL, _SILENT)
        return
    if filing.status is not FilingStatus.ACTIVE:
        raise ValueError(f"the floor rules active filings only, not {filing.status}")
    benefit, last = facts.service.benefit, _last(filing)
    approved = filing.approved_at
    late = leaving and approved is not None and approved > started
    if late:
        blanks = {"approved": approved, "started": started}
        _add(reasons, Code.FILING_MISSING, Decision.MANUAL, _SILENT, "late", **blanks)
    if filing.benefits and benefit not in filing.benefits:
        _add(reasons, Code.FILING_SERVICE_MISMATCH, Decision.MANUAL, _SILENT, benefit=benefit)
    if filing.destination and filing.destination[:2] != "12":
        place = filing.destination
        _add(reasons, Code.FILING_DESTINATION_MISMATCH, Decision.MANUAL, _SILENT, place=place)
    first = filing.valid_from
    if first and day < first:
        _add(reasons, Code.FILING_NOT_YET_VALID, Decision.MANUAL, _SILENT, first=first)
    if last and last < day:
        _add(reasons, Code.FILING_EXPIRED, Decision.MANUAL, _SILENT, last=last)
    inside = leaving and facts.service in _STAYS and not late and (not first or first <= day)
    if inside and last and day <= last < today:
        _add(reasons, Code.ADMITTED_WITHIN_VALIDITY, Decision.DIRECT, _SILENT, last=last)


def _about_source(facts: Facts, reasons: list[Reason], *, leaving: bool, late: bool) -> None:
    basis = facts.source.basis
    if basis == "online":
        reasons.append(_ONLINE[leaving])
    elif basis == "none":
        article = "津 第二十九条" if late else _CUSTOMER
        fault = Decision.MANUAL if late else Decision.HOLD
        _add(reasons, Code.PLATFORM_UNREACHABLE, fault, article)
    else:
        raise ValueError(f"the floor rules on-line answers or none, not {basis}")


def _last(filing: Filing) -> date | None:
    first = filing.valid_from
    if filing.valid_to or not first:
        return filing.valid_to
    return date(first.year + 1, first.month, min(first.day, 28)) - timedelta(days=1)


def _warnings(
    facts: Facts, reasons: list[Reason], *, day: date, leaving: bool
) -> list[DeskWarning]:
    filing, found = facts.filing, []
    last = _last(filing) if filing else None
    if last and not leaving and day <= last <= day + _WEEK:
        text = f"备案将于 {last} 到期"
        found.append(DeskWarning(code=WarningCode.FILING_ENDS_SOON, text=text))
    if filing and last and filing.valid_from:
        most = date(filing.valid_from.year + 1, filing.valid_from.month, filing.valid_from.day)
        allowed = most - timedelta(days=1)
        if last > allowed:
            text = f"备案截止 {last}，超过参保地规定的最长 {allowed}；以备案记录为准"
            found.append(DeskWarning(code=WarningCode.FILING_EXCEEDS_PACK, text=text))
    if any(reason.code == "ADMITTED_WITHIN_VALIDITY" for reason in reasons):
        text = "有效期内入院、到期后出院，参保地文件未作规定，按有效处理"
        found.append(DeskWarning(code=WarningCode.LAW_SILENT, text=text))
    if day > date(2025, 3, 31):
        text = "天津市文件的规定期限已过，新文件录入前继续适用"
        found.append(DeskWarning(code=WarningCode.PACK_TERM_PASSED, text=text))
    return found
