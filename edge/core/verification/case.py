"""One verification in the light of its packs: the days that count, and what is known at all.

Gathers what the checks share; it gives no reason itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from edge.core.dates import local_day, settle_by
from edge.core.rules import SILENT, Area, Pack, Rule, Rulebook
from edge.core.verification.facts import Basis, Facts, Moment
from edge.core.verification.reasons import PackSide
from edge.core.verification.validity import Limits, limits_of

_HOUR_S = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Facts with their packs. ``started_at`` is the admission, the visit or the fitting.

    ``day`` is that moment's day in Shanghai; every rule is the one in force on it. ``today`` is
    the day of the verification itself.
    """

    facts: Facts
    insured: Pack
    treatment: Pack
    insured_law: Mapping[str, Rule]
    treatment_law: Mapping[str, Rule]
    area: Area
    started_at: datetime
    day: date
    today: date
    settle_by: datetime | None
    list_is_fresh: bool
    limits: Limits

    @property
    def at_discharge(self) -> bool:
        """Whether this is the verification before settlement."""
        return self.facts.moment is Moment.DISCHARGE

    @property
    def overdue(self) -> bool:
        """Whether the moment is later than ``settle_by``, which is itself in time."""
        return self.settle_by is not None and self.facts.at > self.settle_by

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
            and self.needed(PackSide.INSURED, "emergency.unfiled").value == "late_filing"
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

    def rule(self, side: PackSide, key: str) -> Rule | None:
        """Return what the pack of that side says, if it covers the key."""
        return self._law(side).get(key)

    def needed(self, side: PackSide, key: str) -> Rule:
        """Return a rule that every pack has."""
        rule = self._law(side).get(key)
        return rule or self._pack(side).needed(key, on=self.day)

    def article(self, side: PackSide, key: str) -> str:
        """Return the article of a key on that side."""
        rule = self._law(side).get(key)
        return rule.article if rule else SILENT

    def _pack(self, side: PackSide) -> Pack:
        return self.insured if side is PackSide.INSURED else self.treatment

    def _law(self, side: PackSide) -> Mapping[str, Rule]:
        return self.insured_law if side is PackSide.INSURED else self.treatment_law


def open_case(facts: Facts, rulebook: Rulebook) -> Case:
    """Return the case of these facts: the packs are those of the day on which care began."""
    began = facts.admitted_at if facts.moment is Moment.DISCHARGE else None
    started_at = began or facts.at
    day = local_day(started_at)
    insured_region, region = facts.worker.insured_region, facts.facility.region
    crosses = insured_region != region
    treatment = rulebook.governing(region, on=day, cross_province=crosses)
    insured = rulebook.governing(insured_region, on=day, cross_province=crosses)
    return Case(
        facts=facts,
        insured=insured,
        treatment=treatment,
        insured_law=insured.in_force(day),
        treatment_law=treatment.in_force(day),
        area=rulebook.area(region, on=day),
        started_at=started_at,
        day=day,
        today=local_day(facts.at),
        settle_by=_settle_by(facts, treatment, day),
        list_is_fresh=_list_is_fresh(facts),
        limits=limits_of(facts, insured.in_force(day)),
    )


def _settle_by(facts: Facts, treatment: Pack, day: date) -> datetime | None:
    if facts.moment is not Moment.DISCHARGE or facts.discharged_at is None:
        return None
    return settle_by(facts.discharged_at, treatment.needed("settlement.hours", on=day).count)


def _list_is_fresh(facts: Facts) -> bool:
    """Tell whether the list is neither from the future nor older than the limit."""
    as_of = facts.source.as_of
    if facts.source.basis is not Basis.LIST or as_of is None:
        return False
    return 0 <= (facts.at - as_of).total_seconds() <= facts.policy.list_fresh_h * _HOUR_S
