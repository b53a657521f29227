"""The ground of a verdict: what the packs of both sides say on one day, read once.

Knows no worker and no filing: all of a region's cases of a day stand on the same ground.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from edge.core.dates import Period
from edge.core.rules import SILENT, Area, Pack, Rule, Rulebook, Scope
from edge.core.verification.reasons import DeskWarning, PackSide, PackUsed, WarningCode
from edge.core.verification.warned import warned

_KEPT = 1024
"""Grounds that are remembered: those of a month's admissions from every region."""

_SERVICES = {scope: f"services.{scope.value}" for scope in Scope}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The packs that govern care begun on ``day``, and what every case asks of them.

    ``settled``: the services that both sides settle directly, which ``services_key`` lists.
    ``accepted``: the credentials. ``hours``: the time to settle. ``soon``: up to that day a filing
    ends soon. ``warned``: what every case on it is warned of.
    """

    day: date
    insured: Pack
    treatment: Pack
    insured_law: Mapping[str, Rule]
    treatment_law: Mapping[str, Rule]
    area: Area
    services_key: str
    settled: frozenset[str]
    accepted: frozenset[str]
    hours: int
    soon: date
    warned: tuple[DeskWarning, ...]
    used: tuple[PackUsed, PackUsed]

    def rule(self, side: PackSide, key: str) -> Rule | None:
        """Return what the pack of that side says, if it covers the key."""
        law = self.insured_law if side is PackSide.INSURED else self.treatment_law
        return law.get(key)

    def needed(self, side: PackSide, key: str) -> Rule:
        """Return a rule that every pack has."""
        pack = self.insured if side is PackSide.INSURED else self.treatment
        return self.rule(side, key) or pack.needed(key, on=self.day)

    def article(self, side: PackSide, key: str) -> str:
        """Return the article of a key on that side."""
        rule = self.rule(side, key)
        return rule.article if rule else SILENT


@lru_cache(maxsize=_KEPT)
def ground_of(rulebook: Rulebook, insured_region: str, region: str, day: date) -> Ground:
    """Return the ground of care that began on that day in ``region``."""
    crosses = insured_region != region
    insured = rulebook.governing(insured_region, on=day, cross_province=crosses)
    treatment = rulebook.governing(region, on=day, cross_province=crosses)
    services = _SERVICES[treatment.scope]
    settled = [frozenset(pack.needed(services, on=day).words) for pack in (insured, treatment)]
    soon = insured.needed("filing.warn_before", on=day).period or Period(days=1)
    return Ground(
        day=day,
        insured=insured,
        treatment=treatment,
        insured_law=insured.in_force(day),
        treatment_law=treatment.in_force(day),
        area=rulebook.area(region, on=day),
        services_key=services,
        settled=settled[0] & settled[1],
        accepted=frozenset(treatment.needed("credential.accepted", on=day).words),
        hours=treatment.needed("settlement.hours", on=day).count,
        soon=soon.last_day(day + timedelta(days=1)),
        warned=_past_term(insured, treatment, day),
        used=(_used(PackSide.INSURED, insured), _used(PackSide.TREATMENT, treatment)),
    )


def _past_term(insured: Pack, treatment: Pack, day: date) -> tuple[DeskWarning, ...]:
    packs = [insured] if insured is treatment else [insured, treatment]
    return tuple(
        warned(WarningCode.PACK_TERM_PASSED, region=pack.name)
        for pack in packs
        if pack.term_passed(day)
    )


def _used(side: PackSide, pack: Pack) -> PackUsed:
    return PackUsed(side=side, region=pack.region, version=pack.version, sha256=pack.sha256)
