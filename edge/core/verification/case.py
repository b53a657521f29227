"""One verification in the light of its packs: the days that count, and what is known at all.

Gathers what the checks share; it gives no reason itself.
"""

from dataclasses import dataclass
from datetime import date, datetime

from edge.core.dates import local_day, settle_by
from edge.core.rules import Rulebook
from edge.core.verification.facts import Basis, Benefit, Facts, Moment
from edge.core.verification.ground import Ground, ground_of
from edge.core.verification.reasons import PackSide
from edge.core.verification.validity import Limits, limits_of

_HOUR_S = 3600


@dataclass(slots=True)
class Case:
    """Facts on their ground. ``started_at`` is the admission, the visit or the fitting.

    ``day`` is that moment's day in Shanghai; every rule is the one in force on it. ``today`` is
    the day of the verification itself. ``overdue``: it is later than ``settle_by``, which is
    itself in time.
    """

    # Not frozen, for speed: there is one for each verdict.

    facts: Facts
    ground: Ground
    benefit: Benefit
    at_discharge: bool
    started_at: datetime
    day: date
    today: date
    settle_by: datetime | None
    overdue: bool
    list_is_fresh: bool
    limits: Limits

    @property
    def knows_what_is_absent(self) -> bool:
        """Whether an absent record is missing; without platform and fresh list it is unknown."""
        return self.facts.source.basis is Basis.ONLINE or self.list_is_fresh

    @property
    def is_late_filed(self) -> bool:
        """Whether the filing was approved after the admission; asked at discharge only."""
        filing = self.facts.filing
        return (
            self.at_discharge
            and filing is not None
            and filing.approved_at is not None
            and filing.approved_at > self.started_at
        )

    @property
    def late_filing_counts(self) -> bool:
        """Whether an emergency filed late may settle directly (川 第十七条, 吉规 第十五条)."""
        return (
            self.facts.emergency is not None
            and self.ground.needed(PackSide.INSURED, "emergency.unfiled").value == "late_filing"
        )

    @property
    def is_filed_late_in_time(self) -> bool:
        """Whether the late filing is one that settles directly: an emergency's, approved by now."""
        filing = self.facts.filing
        return (
            self.is_late_filed
            and self.late_filing_counts
            and filing is not None
            and filing.approved_at is not None
            and filing.approved_at <= self.facts.at
        )


def open_case(facts: Facts, rulebook: Rulebook) -> Case:
    """Return the case of these facts: the packs are those of the day on which care began."""
    at, leaving = facts.at, facts.moment is Moment.DISCHARGE
    started_at = (facts.admitted_at if leaving else None) or at
    today = local_day(at)
    day = today if started_at is at else local_day(started_at)
    ground = ground_of(rulebook, facts.worker.insured_region, facts.facility.region, day)
    by = settle_by(facts.discharged_at, ground.hours) if leaving and facts.discharged_at else None
    return Case(
        facts,
        ground,
        facts.service.benefit,
        leaving,
        started_at,
        day,
        today,
        by,
        by is not None and at > by,
        facts.source.basis is Basis.LIST and _is_fresh(facts),
        limits_of(facts, ground.insured_law),
    )


def _is_fresh(facts: Facts) -> bool:
    """Tell whether the list is neither from the future nor older than the limit."""
    as_of = facts.source.as_of
    if as_of is None:
        return False
    return 0 <= (facts.at - as_of).total_seconds() <= facts.policy.list_fresh_h * _HOUR_S
