"""Until when care may begin under a filing: its own dates, else the insured region's lengths.

Judges no day; what has passed is seen in ``filing``.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

from edge.core.dates import local_day
from edge.core.rules import Rule
from edge.core.verification.facts import Benefit, Category, Facts, Filing

VALIDITY = {category: f"filing.validity.{category.value}" for category in Category}
REHAB_CAP = {category: f"rehab.cap.{category.value}" for category in Category}
DEVICE_VALIDITY = "filing.validity.device"

Law = Mapping[str, Rule]
"""The insured region's rules of the day, by key."""


class Limits(NamedTuple):
    """Last days to begin care, None: open. Of the filing, of the referral's window, of rehab."""

    until: date | None = None
    window_until: date | None = None
    rehab_until: date | None = None


_NONE = Limits()


def limits_of(facts: Facts, law: Law) -> Limits:
    """Return the limits of the filing for this service; none without a filing."""
    filing = facts.filing
    if filing is None:
        return _NONE
    benefit = facts.service.benefit
    return Limits(
        _device_until(filing, law) if benefit is Benefit.DEVICE else _until(filing, law),
        _window_until(filing, law) if filing.category is Category.REFERRAL else None,
        _rehab_until(filing, law) if benefit is Benefit.REHAB else None,
    )


def lasts(law: Law, key: str, filing: Filing) -> date | None:
    """Return the last day of the length that the law gives a filing; None where it gives none."""
    rule = law.get(key)
    period = rule.period if rule else None
    first = first_day(filing) if period else None
    return period.last_day(first) if period and first else None


def first_day(filing: Filing) -> date | None:
    """Return the day from which a filing's length counts: its own, else that of its approval."""
    if filing.valid_from or filing.approved_at is None:
        return filing.valid_from
    return local_day(filing.approved_at)


def _until(filing: Filing, law: Law) -> date | None:
    return filing.valid_to or lasts(law, VALIDITY[filing.category], filing)


def _device_until(filing: Filing, law: Law) -> date | None:
    return filing.device_until or lasts(law, DEVICE_VALIDITY, filing) or _until(filing, law)


def _window_until(filing: Filing, law: Law) -> date | None:
    """Return the last day to begin care, counted from the day after the approval."""
    rule = law.get("referral.start_within")
    if rule is None or rule.period is None or filing.approved_at is None:
        return None
    return rule.period.last_day(local_day(filing.approved_at) + timedelta(days=1))


def _rehab_until(filing: Filing, law: Law) -> date | None:
    """Return the last day of approved rehab, where the insured region caps it at all."""
    return filing.rehab_until if REHAB_CAP[filing.category] in law else None
