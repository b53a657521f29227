"""What holds of every verdict, whatever the region, service, moment and facts."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from edge import codec
from edge.core.dates import local_day
from edge.core.rules import Rulebook
from edge.core.verification import (
    Basis,
    Benefit,
    Category,
    Contribution,
    ContributionStatus,
    Credential,
    Decision,
    Device,
    DeviceAct,
    Emergency,
    Facility,
    Facts,
    Filing,
    FilingStatus,
    Moment,
    Notice,
    NoticeItem,
    OfflineSettlement,
    Policy,
    Service,
    Source,
    Worker,
    verify,
)
from tests.core.desk import SOUND, at, rulebook, verdict

REGIONS = ("120000", "110000", "510000", "370000", "220000", "330000")
STRENGTH = {decision: place for place, decision in enumerate(Decision)}
START = at("2026-01-10 09:00")


def moved(days: int) -> datetime:
    return START + timedelta(days=days)


moments = st.integers(-70, 70).map(moved)
days = moments.map(lambda moment: moment.date())
first_days = st.integers(-70, 0).map(lambda offset: moved(offset).date())
regions = st.sampled_from(REGIONS)
cities = st.sampled_from(["{}0100", "{}0200"])
names = st.lists(st.sampled_from(["H1", "H2"]), max_size=2).map(tuple)
benefits = st.lists(st.sampled_from(Benefit), unique=True).map(tuple)

filings = st.builds(
    Filing,
    category=st.sampled_from(Category),
    status=st.sampled_from(FilingStatus),
    benefits=benefits,
    approved_at=st.none() | moments,
    valid_from=st.none() | first_days,
    valid_to=st.none() | st.integers(0, 400).map(lambda offset: moved(offset).date()),
    facilities=names,
    non_direct_facilities=names,
    rehab_until=st.none() | days,
    trip_from=st.none() | first_days,
    trip_to=st.none() | st.integers(0, 30).map(lambda offset: moved(offset).date()),
    episodes_settled=st.integers(0, 2),
    device_until=st.none() | st.integers(0, 80).map(lambda offset: moved(offset).date()),
    devices=st.lists(st.sampled_from(["P1", "P2"]), max_size=2).map(tuple),
)
notices = st.builds(
    Notice,
    items=st.lists(
        st.builds(
            NoticeItem,
            code=st.sampled_from(["P1", "P2"]),
            service_years=st.none() | st.integers(0, 5),
        ),
        max_size=2,
    ).map(tuple),
    valid_to=st.none() | days,
    used=st.booleans(),
)
devices = st.lists(
    st.builds(
        Device,
        code=st.sampled_from(["P1", "P2"]),
        act=st.sampled_from(DeviceAct),
        last_fitted_on=st.none() | days,
    ),
    max_size=2,
).map(tuple)


# Made once: a strategy made anew for each example is looked through anew, too.
services = st.sampled_from(Service)
maybe_filings = st.none() | filings
maybe_notices = st.none() | notices
decisions = st.none() | st.sampled_from(Decision)
emergencies = st.none() | st.sampled_from(Emergency)
contributions = st.none() | st.builds(Contribution, status=st.sampled_from(ContributionStatus))
credentials = st.sampled_from([SOUND.credential, Credential()])
destinations = st.sampled_from([None, "{}0000", "{}0100", "410000"])
facility_ids = st.sampled_from(["H1", "H2", "H3"])
flags = st.booleans()
bases = st.sampled_from(Basis)
settling_offline = st.sampled_from(OfflineSettlement)
hours_in_care, hours_after, hours_old = st.integers(0, 400), st.integers(0, 100), st.integers(0, 40)


@st.composite
def cases(draw: st.DrawFn, *, discharge: bool | None = None) -> Facts:
    """Any facts that do not contradict themselves; care begins on START or later."""
    home, here = draw(regions), draw(regions)
    at_discharge = draw(flags) if discharge is None else discharge
    discharged_at = START + timedelta(hours=draw(hours_in_care))
    filing = draw(maybe_filings)
    if filing:
        place = draw(destinations)
        filing = replace(filing, destination=place and place.format(here[:2]))
    return Facts(
        facility=Facility(
            id=draw(facility_ids),
            region=here,
            city=draw(cities).format(here[:2]),
            kinds=draw(benefits),
            direct=draw(flags),
            suspended=draw(flags),
        ),
        worker=replace(
            SOUND.worker,
            insured_region=home,
            insured_city=draw(cities).format(home[:2]),
            suspended=draw(flags),
        ),
        credential=draw(credentials),
        service=draw(services),
        moment=Moment.DISCHARGE if at_discharge else Moment.ADMISSION,
        at=discharged_at + timedelta(hours=draw(hours_after)) if at_discharge else START,
        admitted_at=START if at_discharge else None,
        discharged_at=discharged_at if at_discharge else None,
        admission_decision=draw(decisions),
        emergency=draw(emergencies),
        third_party=draw(flags),
        filing=filing,
        contribution=draw(contributions),
        notice=draw(maybe_notices),
        devices=draw(devices),
        source=Source(basis=draw(bases), as_of=START - timedelta(hours=draw(hours_old))),
        policy=Policy(offline_settlement=draw(settling_offline)),
    )


any_case, at_discharge = cases(), cases(discharge=True)


def with_filing(facts: Facts, **change: object) -> Facts:
    if facts.filing is None:
        return facts
    return replace(facts, filing=replace(facts.filing, **change))  # type: ignore[arg-type]


def ended(status: ContributionStatus) -> Callable[[Facts], Facts]:
    return lambda facts: replace(facts, contribution=Contribution(status=status))


def in_state(status: FilingStatus) -> Callable[[Facts], Facts]:
    """Return what puts an active filing into a state that bars."""
    return lambda facts: (
        with_filing(facts, status=status)
        if facts.filing and facts.filing.status is FilingStatus.ACTIVE
        else facts
    )


def before(facts: Facts) -> date:
    """Return the day before care began."""
    return local_day(facts.admitted_at or facts.at) - timedelta(days=1)


BARS: dict[str, Callable[[Facts], Facts]] = {
    "third party": lambda facts: replace(facts, third_party=True),
    "worker suspended": lambda f: replace(f, worker=replace(f.worker, suspended=True)),
    "facility suspended": lambda f: replace(f, facility=replace(f.facility, suspended=True)),
    "not direct": lambda f: replace(f, facility=replace(f.facility, direct=False)),
    "no kind": lambda f: replace(f, facility=replace(f.facility, kinds=())),
    "no card": lambda f: replace(f, credential=Credential()),
    "card expired": lambda f: replace(
        f, credential=replace(f.credential, valid_until=START.date() - timedelta(days=1))
    ),
    "another's card": lambda f: replace(
        f, credential=replace(f.credential, id_number="11010119800101001X")
    ),
    "filing pending": in_state(FilingStatus.PENDING),
    "filing suspended": in_state(FilingStatus.SUSPENDED),
    "filing terminated": in_state(FilingStatus.TERMINATED),
    "filing cancelled": in_state(FilingStatus.CANCELLED),
    "filing ended": lambda facts: with_filing(
        facts, valid_from=None, valid_to=before(facts), device_until=before(facts)
    ),
    "filing not begun": lambda facts: with_filing(
        facts, valid_from=START.date() + timedelta(days=1), valid_to=None, device_until=None
    ),
    "filing for something else": lambda facts: with_filing(
        facts, benefits=tuple(set(Benefit) - {facts.service.benefit})
    ),
    "contract ended": ended(ContributionStatus.TERMINATED),
    "filing elsewhere": lambda facts: with_filing(facts, destination="650100"),
    "filing at another facility": lambda facts: with_filing(
        facts, facilities=("H9",), non_direct_facilities=()
    ),
    "filing used up": lambda facts: with_filing(facts, episodes_settled=9),
    "notice used": lambda facts: (
        replace(facts, notice=replace(facts.notice, used=True)) if facts.notice else facts
    ),
    "unknown device": lambda f: replace(f, devices=(*(f.devices or ()), Device(code="P9"))),
}


@given(any_case)
def test_adding_a_bar_never_improves_a_decision(facts: Facts) -> None:
    """Each bar is added to the same facts: to think of facts costs far more than to judge them."""
    strength = STRENGTH[verdict(facts).decision]
    barred = {bar: verdict(add(facts)).decision for bar, add in BARS.items()}
    assert {bar for bar, decision in barred.items() if STRENGTH[decision] > strength} == set()


@given(at_discharge, st.integers(1, 200))
def test_time_alone_never_turns_manual_or_refuse_into_direct(facts: Facts, hours: int) -> None:
    """Care has begun; only the settlement waits."""
    now, later = verdict(facts), verdict(replace(facts, at=facts.at + timedelta(hours=hours)))
    if now.decision in {Decision.MANUAL, Decision.REFUSE}:
        assert later.decision in {Decision.MANUAL, Decision.REFUSE}


@given(any_case)
def test_a_verdict_depends_on_nothing_but_its_inputs(facts: Facts) -> None:
    packs = rulebook().packs
    sent = codec.decode(codec.encode(facts), Facts)
    again = verify(sent, Rulebook(reversed(packs)))
    assert codec.encode(again) == codec.encode(verdict(facts))


@given(any_case)
def test_the_strongest_reason_decides_and_every_reason_is_given_once(facts: Facts) -> None:
    given_verdict = verdict(facts)
    codes = [reason.code for reason in given_verdict.reasons]
    order = [(STRENGTH[reason.effect], reason.code) for reason in given_verdict.reasons]
    assert order == sorted(order)
    assert len(set(codes)) == len(codes)
    assert given_verdict.decision is given_verdict.reasons[0].effect


@given(at_discharge)
def test_nothing_is_provisional_at_discharge(facts: Facts) -> None:
    given_verdict = verdict(facts)
    assert all(reason.effect is not Decision.PROVISIONAL for reason in given_verdict.reasons)


@given(any_case)
def test_an_emergency_is_never_refused_for_want_of_a_filing(facts: Facts) -> None:
    urgent = verdict(replace(facts, emergency=Emergency.EMERGENCY))
    refused = {r.code.value for r in urgent.reasons if r.effect is Decision.REFUSE}
    assert refused <= {
        "FILING_TERMINATED",
        "ELIGIBILITY_LOST",
        "NOTICE_USED",
        "DEVICE_NOT_APPROVED",
        "SERVICE_LIFE_NOT_REACHED",
    }


@given(any_case)
def test_what_nobody_could_look_up_is_not_called_missing(facts: Facts) -> None:
    blind = verdict(replace(facts, source=Source(basis=Basis.NONE)))
    codes = {reason.code.value for reason in blind.reasons}
    absent = {"NOTICE_MISSING", "CONTRIBUTION_UNKNOWN"}
    if facts.filing is None:
        absent.add("FILING_MISSING")
    assert not codes & absent


@given(any_case, st.sampled_from(REGIONS))
def test_every_reason_can_be_read_and_has_an_article(facts: Facts, home: str) -> None:
    worker: Worker = replace(facts.worker, insured_region=home)
    for reason in verdict(replace(facts, worker=worker)).reasons:
        assert reason.article
        assert reason.next.endswith("。")
        assert "{" not in reason.text + reason.text_en
