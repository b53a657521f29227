"""One verification in the light of its packs: the days that count, and what is known at all.

Gathers what the checks share; it gives no reason itself.
"""

from dataclasses import dataclass
from datetime import date, datetime

from edge.core.dates import local_day, settle_by
from edge.core.rules import Area, Pack, Rule, Rulebook
from edge.core.verification.facts import Basis, Facts, Filing, Moment
from edge.core.verification.reasons import PackSide

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
    area: Area
    started_at: datetime
    day: date
    today: date
    settle_by: datetime | None
    list_is_fresh: bool

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
            and self.insured.needed("emergency.unfiled", on=self.day).value == "late_filing"
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
        return self._pack(side).rule(key, on=self.day)

    def needed(self, side: PackSide, key: str) -> Rule:
        """Return a rule that every pack has."""
        return self._pack(side).needed(key, on=self.day)

    def article(self, side: PackSide, key: str) -> str:
        """Return the article of a key on that side."""
        return self._pack(side).article(key, on=self.day)

    def valid_until(self, filing: Filing) -> date | None:
        """Return a filing's last day for this service; None: open.

        Its own dates count. Left out, the insured region's length from ``valid_from`` does.
        """
        if self.facts.service.benefit != "device":
            return filing.valid_to or self._lasts(f"filing.validity.{filing.category}", filing)
        return (
            filing.device_until
            or self._lasts("filing.validity.device", filing)
            or filing.valid_to
            or self._lasts(f"filing.validity.{filing.category}", filing)
        )

    def _pack(self, side: PackSide) -> Pack:
        return self.insured if side is PackSide.INSURED else self.treatment

    def _lasts(self, key: str, filing: Filing) -> date | None:
        rule, first = self.insured.rule(key, on=self.day), first_day(filing)
        return rule.period.last_day(first) if rule and rule.period and first else None


def first_day(filing: Filing) -> date | None:
    """Return the day from which a filing's length counts: its own, else that of its approval."""
    if filing.valid_from or filing.approved_at is None:
        return filing.valid_from
    return local_day(filing.approved_at)


def open_case(facts: Facts, rulebook: Rulebook) -> Case:
    """Return the case of these facts: the packs are those of the day on which care began."""
    began = facts.admitted_at if facts.moment is Moment.DISCHARGE else None
    started_at = began or facts.at
    day = local_day(started_at)
    insured_region, region = facts.worker.insured_region, facts.facility.region
    crosses = insured_region != region
    treatment = rulebook.governing(region, on=day, cross_province=crosses)
    return Case(
        facts=facts,
        insured=rulebook.governing(insured_region, on=day, cross_province=crosses),
        treatment=treatment,
        area=rulebook.area(region, on=day),
        started_at=started_at,
        day=day,
        today=local_day(facts.at),
        settle_by=_settle_by(facts, treatment, day),
        list_is_fresh=_list_is_fresh(facts),
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
