"""The verdict by one long obvious road: which reasons there are, and what each asks for.

Written from the instruments and the table of answers (docs/verdicts.md), not from the product;
its law stands in ``reference_law``. Reads no pack, gives no article and no sentence.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from edge.core.verification import Facts, Filing
from tests.core.reference_law import ZERO, law_of, months_on, same_area, shanghai_day


class Reference:
    """One case, asked everything in turn. ``effects`` has code -> effect, ``warnings`` codes."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.leaving = facts.moment == "discharge"
        self.started = facts.at
        if self.leaving:
            assert facts.admitted_at
            self.started = facts.admitted_at
        self.day, self.today = shanghai_day(self.started), shanghai_day(facts.at)
        here, home = facts.facility.region, facts.worker.insured_region
        self.crosses = here != home
        self.home = law_of(home, crosses=self.crosses, day=self.day)
        self.here = law_of(here, crosses=self.crosses, day=self.day)
        self.urgent = facts.emergency is not None
        self.overdue = (
            self.leaving
            and facts.discharged_at is not None
            and facts.at > facts.discharged_at + timedelta(hours=48)
        )
        self.fresh = (
            facts.source.basis == "list"
            and facts.source.as_of is not None
            and ZERO <= facts.at - facts.source.as_of <= timedelta(hours=facts.policy.list_fresh_h)
        )
        self.known = facts.source.basis == "online" or self.fresh
        self.effects = dict(self.reasons())
        self.decision = strongest(self.effects.values())

    def reasons(self) -> Iterator[tuple[str, str]]:
        """Yield every reason with its effect."""
        if self.is_local():
            yield "LOCAL_WORKER", "local"
            return
        yield from self.bars()
        yield from self.place()
        yield from self.worker()
        yield from self.person()
        yield from self.papers()
        if self.facts.service == "device" and not self.leaving:
            yield from self.notice()
            yield from self.devices()
        yield from self.source()
        if self.overdue:
            yield "SETTLEMENT_OVERDUE", "direct"

    def place_is(self, code: str) -> bool:
        """Tell whether our facility stands in the same area as that code."""
        facility = self.facts.facility
        jilin = facility.region == "220000" and self.day >= date(2024, 1, 1)
        return same_area(code, facility.city or facility.region, jilin_speaks=jilin)

    def is_local(self) -> bool:
        """Tell whether the worker is insured in this very area."""
        worker = self.facts.worker
        return not self.crosses and self.place_is(worker.insured_city or worker.insured_region)

    def bars(self) -> Iterator[tuple[str, str]]:
        """Yield what makes direct settlement impossible, whatever the filing."""
        facts = self.facts
        if facts.third_party:
            yield "THIRD_PARTY_LIABILITY", "manual"
        if facts.worker.suspended:
            yield "WORKER_SUSPENDED", "manual"
        if facts.facility.suspended:
            yield "FACILITY_SUSPENDED", "manual"
        both = self.home.cross & self.here.cross if self.crosses else self.home.intra
        if facts.service not in both:
            yield "SERVICE_OUT_OF_SCOPE", "manual"

    def unfiled(self) -> str:
        """Return what the want of a filing does here."""
        if not self.urgent:
            return self.home.unfiled
        facility = self.facts.facility
        fits = self.facts.service.benefit in (facility.kinds or ()) and facility.direct
        if not self.home.late_filing or not fits:
            return "manual"
        return "hold" if self.leaving else "provisional"

    def place(self) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with this facility."""
        facility, filing = self.facts.facility, self.facts.filing
        registered = filing is not None and facility.id in (filing.non_direct_facilities or ())
        if self.facts.service.benefit not in (facility.kinds or ()):
            yield "FACILITY_TYPE_MISMATCH", "manual" if self.urgent else self.home.unfiled
        if not facility.direct:
            by_hand = registered or self.urgent
            yield "FACILITY_NOT_DIRECT", "manual" if by_hand else self.home.not_direct
        if filing and filing.facilities and facility.id not in filing.facilities and not registered:
            effect = self.unfiled() if self.urgent else self.home.not_chosen
            yield from self.lacking("FILING_FACILITY_NOT_CHOSEN", effect)

    def lacking(self, code: str, effect: str) -> Iterator[tuple[str, str]]:
        """Yield a reason that a late filing may mend, and that it may."""
        yield code, effect
        if effect == "provisional":
            yield "LATE_FILING_ALLOWED", "provisional"

    def worker(self) -> Iterator[tuple[str, str]]:
        """Yield what is doubtful about the cover."""
        facts = self.facts
        status = facts.contribution.status if facts.contribution else None
        if status == "interrupted":
            yield "CONTRIBUTION_INTERRUPTED", "hold"
        if status in {"terminated", "deceased"}:
            yield "ELIGIBILITY_LOST", "manual" if self.leaving else self.home.ended
        if status is None and self.known and self.here.contribution_checked:
            yield "CONTRIBUTION_UNKNOWN", "hold"

    def person(self) -> Iterator[tuple[str, str]]:
        """Yield what is doubtful about who stands there."""
        facts, shown = self.facts, self.facts.credential
        if shown.kind == "none":
            yield "CREDENTIAL_REQUIRED", self.fault()
            return
        if shown.valid_until and shown.valid_until < self.today:
            yield "CARD_EXPIRED", self.fault()
        vouched = bool(shown.confirmed)
        if not shown.id_number or not facts.worker.id_number:
            if not vouched:
                yield "IDENTITY_UNPROVEN", "hold"
        elif shown.id_number.upper() != facts.worker.id_number.upper():
            yield "IDENTITY_MISMATCH", "hold"
        alike = not facts.worker.name or plain(shown.name or "") == plain(facts.worker.name)
        if shown.name and not alike and not vouched:
            yield "IDENTITY_UNPROVEN", "hold"

    def fault(self) -> str:
        """Return what a fault of network or credential does."""
        return "manual" if self.overdue else "hold"

    def papers(self) -> Iterator[tuple[str, str]]:
        """Yield what the filing, or its absence, says."""
        facts, filing = self.facts, self.facts.filing
        if filing is None:
            if self.known:
                yield from self.no_filing()
            return
        yield from self.standing(filing)
        approved = filing.approved_at
        late = self.leaving and approved is not None and approved > self.started
        in_time = approved is not None and approved <= facts.at
        counts = late and self.urgent and self.home.late_filing and in_time
        if counts:
            yield "LATE_FILED", "direct"
        elif late:
            yield "FILING_MISSING", self.unfiled()
        yield from self.outside(filing)
        yield from self.too_early_or_late(filing, counts=counts, late=late)

    def standing(self, filing: Filing) -> Iterator[tuple[str, str]]:
        """Yield what the agency says of the filing."""
        if filing.status == "pending":
            yield "FILING_PENDING", "hold"
        if filing.status == "suspended":
            yield "FILING_SUSPENDED", "hold"
        if filing.status == "terminated":
            yield "FILING_TERMINATED", "manual" if self.leaving else self.home.ended
        if filing.status == "cancelled":
            effect = "manual" if self.leaving else self.unfiled()
            yield from self.lacking("FILING_CANCELLED", effect)

    def no_filing(self) -> Iterator[tuple[str, str]]:
        """Yield that there is none."""
        promised = self.leaving and self.facts.admission_decision == "provisional"
        unseen = self.facts.source.basis == "list"
        if promised if self.urgent else unseen:
            yield "FILING_MISSING", "hold"
        else:
            yield from self.lacking("FILING_MISSING", self.unfiled())

    def outside(self, filing: Filing) -> Iterator[tuple[str, str]]:
        """Yield what the filing is not for."""
        service, benefit = self.facts.service, self.facts.service.benefit
        if filing.benefits and benefit not in filing.benefits:
            barred = self.home.device_outside_filing and benefit == "device" and not self.urgent
            effect = "refuse" if barred else self.unfiled()
            yield from self.lacking("FILING_SERVICE_MISMATCH", effect)
        place = filing.destination
        if place and place != self.facts.facility.region and not self.place_is(place):
            yield from self.lacking("FILING_DESTINATION_MISMATCH", self.unfiled())
        inpatient = service in {"inpatient_medical", "inpatient_rehab"}
        binds = self.home.one_episode and filing.category == "referral" and inpatient
        if binds and filing.episodes_settled >= 1:
            yield from self.lacking("FILING_CONSUMED", self.unfiled())

    def too_early_or_late(
        self, filing: Filing, *, counts: bool, late: bool
    ) -> Iterator[tuple[str, str]]:
        """Yield what the filing's days say of the day on which care began."""
        firsts, lasts = [filing.valid_from], [self.last_day(filing)]
        visit = self.facts.service in {"outpatient_medical", "outpatient_rehab"}
        if self.home.trips and filing.category == "referral" and visit:
            firsts.append(filing.trip_from)
            lasts.append(filing.trip_to)
        if any(first and self.day < first for first in firsts) and not counts:
            yield from self.lacking("FILING_NOT_YET_VALID", self.unfiled())
        if any(last and last < self.day for last in lasts):
            yield from self.lacking("FILING_EXPIRED", self.unfiled())
        window, rehab = self.window(filing), self.rehab(filing)
        if window and window < self.day:
            yield from self.lacking("REFERRAL_WINDOW_PASSED", self.unfiled())
        if rehab and rehab < self.day:
            yield from self.lacking("REHAB_PERIOD_ENDED", self.unfiled())
        stay = self.leaving and self.facts.service in {"inpatient_medical", "inpatient_rehab"}
        inside = not filing.valid_from or filing.valid_from <= self.day
        ended = [d for d in (lasts[0], window, rehab) if d and self.day <= d < self.today]
        if stay and inside and ended and (counts or not late):
            yield "ADMITTED_WITHIN_VALIDITY", "direct"

    def last_day(self, filing: Filing) -> date | None:
        """Return the filing's last day for this service; None: open."""
        first = filing.valid_from
        if not first and filing.approved_at:
            first = shanghai_day(filing.approved_at)
        if self.facts.service == "device":
            if filing.device_until:
                return filing.device_until
            if self.home.device_days and first:
                return first + timedelta(days=self.home.device_days - 1)
        if filing.valid_to or not first:
            return filing.valid_to
        if filing.category in self.home.days:
            return first + timedelta(days=self.home.days[filing.category] - 1)
        months = self.home.months.get(filing.category, 0)
        months += 12 * self.home.years.get(filing.category, 0)
        return months_on(first, months) - timedelta(days=1) if months else None

    def window(self, filing: Filing) -> date | None:
        """Return the last day on which care under a referral may begin."""
        if not self.home.window_days or filing.category != "referral" or not filing.approved_at:
            return None
        return shanghai_day(filing.approved_at) + timedelta(days=self.home.window_days)

    def rehab(self, filing: Filing) -> date | None:
        """Return the last day of the rehab that was approved."""
        capped = self.home.rehab_capped and self.facts.service.benefit == "rehab"
        return filing.rehab_until if capped else None

    def notice(self) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with the fitting notice."""
        notice, asked = self.facts.notice, self.home.notice_brought or self.here.notice_checked
        if notice is None:
            if asked and self.known:
                yield "NOTICE_MISSING", "hold"
            return
        if asked and notice.valid_to and notice.valid_to < self.day:
            yield "NOTICE_EXPIRED", "hold"
        if notice.used:
            yield "NOTICE_USED", "refuse"

    def devices(self) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with the devices asked for."""
        notice, filing = self.facts.notice, self.facts.filing
        items = {item.code: item for item in reversed((notice and notice.items) or ())}
        filed = (filing and filing.devices) or ()
        for device in self.facts.devices or ():
            if (notice and device.code not in items) or (filed and device.code not in filed):
                yield "DEVICE_NOT_APPROVED", "refuse"
            years = items[device.code].service_years if device.code in items else None
            fitted = device.last_fitted_on if device.act != "repair" else None
            if years and fitted and self.day < months_on(fitted, 12 * years):
                yield "SERVICE_LIFE_NOT_REACHED", "refuse"

    def source(self) -> Iterator[tuple[str, str]]:
        """Yield what the answer rests on."""
        basis = self.facts.source.basis
        if basis == "online":
            yield "VERIFIED_ONLINE", "direct"
        elif basis == "none":
            yield "PLATFORM_UNREACHABLE", self.fault()
        elif not self.fresh:
            yield "LIST_STALE", self.fault()
        elif not self.leaving:
            yield "VERIFIED_FROM_LIST", "direct" if self.here.lists_settle else "provisional"
        elif self.here.lists_settle and self.facts.policy.offline_settlement.value != "never":
            yield "VERIFIED_FROM_LIST", "direct"
        else:
            yield "VERIFIED_FROM_LIST", self.fault()


def plain(name: str) -> str:
    """Return a name with one kind of dot and no spaces."""
    dotted = ("·" if letter in "•‧∙⋅・．." else letter for letter in name)
    return "".join(letter for letter in dotted if not letter.isspace())


def strongest(effects: Iterable[str]) -> str:
    """Return the effect that decides."""
    return min(effects, key=("local", "refuse", "manual", "hold", "provisional", "direct").index)
