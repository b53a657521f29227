"""What stands in the books when every screen is looked at: five weeks of synthetic cases.

It happens through the steps, in the past and as fast as the machine allows; the screens come later.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from drivers.cards import read_card
from drivers.monitor import Presented
from edge import codec
from edge.case.verdict import Asked
from edge.clock import system_clock
from edge.core.charges import Charge
from edge.core.claim import Month, read_month
from edge.core.complaint import Channel, Grievance
from edge.core.dates import local_day
from edge.core.fallback import Gathered
from edge.core.stay import Bedside, Injury, Stay
from edge.core.verification import Moment, Service
from edge.site import Site
from edge.steps.admit import Admission, admit
from edge.steps.charge import charge
from edge.steps.collect import collect
from edge.steps.discharge import discharge
from edge.steps.fall_back import Request as FallBack
from edge.steps.fall_back import fall_back
from edge.steps.gather_papers import gather, papers_now
from edge.steps.identify import identify
from edge.steps.plan_discharge import plan_discharge
from edge.steps.receive_complaint import receive_complaint, take_complaint
from edge.steps.settle import Request, settle
from edge.steps.verify import verify
from edge.store.audits import objections_of
from edge.store.claims import claim_of, items_of
from edge.store.operators import Operator, Role, create_operator
from edge.store.proofs import enrol
from edge.trust.crypto import second_factor_code
from simulators.agency.refusals import Deducted
from simulators.card import SyntheticPerson, social_security_card, synthetic_person
from simulators.hospital import Hospital
from simulators.hospital.bill import thirty_lines
from simulators.hospital.ground import PASSWORD
from simulators.hospital.people import DETERMINATION
from simulators.hospital.telling import DELIVERY_S_MAX, awaited
from simulators.reader import InProcessReaders
from tests.passwords import quick_hash

RARE = "测·䶮𫖯㛃"
_PEOPLE = [SyntheticPerson(), *(synthetic_person(number) for number in range(1, 16))]
_PEOPLE[7] = replace(_PEOPLE[7], name=RARE)
PEOPLE = tuple(_PEOPLE)
"""The first is whose card lies in the reader: nothing has happened to them yet; the eighth has a
name of rare characters, and is the one to be discharged."""

CLERK = "出院员"


@dataclass(slots=True)
class Late:
    """The machine's clock, ``behind`` until it catches up."""

    behind: timedelta = timedelta()

    def __call__(self) -> datetime:
        """Return the moment."""
        return system_clock() - self.behind


@dataclass(frozen=True, slots=True)
class Story:
    """Stays by what they are good for; ``month`` is over and not claimed yet."""

    month: Month
    to_discharge: str
    unmapped: str
    overdue: str
    due_soon: str
    manual: str
    settled: str
    """The hospital's number of one that was settled this month."""


def tell(place: Hospital, clock: Late) -> Story:
    """Let five weeks pass: a month's settlements; then what stands today."""
    site, people = place.desk.site, iter(PEOPLE[1:])
    _complain(site, "结算窗口排队时间过长", "测试投诉人")
    for days in (9, 6, 12, 8):
        _settled(site, next(people), days)
    month = read_month(f"{local_day(clock()):%Y-%m}")
    clock.behind = timedelta()
    _delivered(place)
    settled = _settled(site, next(people), 7)
    _planned(site, _in_hospital(site, next(people), 5), days=2)
    _planned(site, to_discharge := _in_hospital(site, next(people), 9), days=0)
    overdue = _discharged(site, next(people), hours=51)
    due_soon = _discharged(site, next(people), hours=40)
    _discharged(site, next(people), hours=3)
    unmapped = _in_hospital(site, next(people), 3)
    _charge(site, unmapped, _unknown(thirty_lines(local_day(unmapped.admitted_at), days=3)))
    manual = _discharged(site, next(people), hours=20)
    _handed_to_manual(site, manual)
    _complain(site, "药品费用明细看不懂，请解释", "")
    return Story(
        month=month,
        to_discharge=to_discharge.id,
        unmapped=unmapped.id,
        overdue=overdue.id,
        due_soon=due_soon.id,
        manual=manual.id,
        settled=settled,
    )


def hire(place: Hospital, name: str, role: Role) -> str:
    """Give an administrator an account; return what their authenticator shows now."""
    site = place.desk.site
    with site.store.transaction() as db:
        operator = Operator(site.fresh_id(), name, role)
        hashed = quick_hash(PASSWORD)
        create_operator(db, operator, password_hash=hashed, at=site.clock())
        secret = enrol(db, site.vault, operator, at=site.clock())
    return second_factor_code(secret, site.clock())


def audit(place: Hospital, month: Month) -> None:
    """Let the agency audit the month's claim, with two deductions, and hear of it."""
    _delivered(place)
    site = place.desk.site
    claim = claim_of(site.store.read(), month)
    assert claim
    first, second, *_ = items_of(site.store.read(), claim.id)
    place.office.audits.audit(claim.id, _deducted(first.settlement, second.settlement))
    collect(site)
    place.desk.changed("claim", str(month))


def answer_objections(place: Hospital, month: Month) -> None:
    """Let the agency keep every deduction of the month that was objected to, and hear of it."""
    _delivered(place)
    site = place.desk.site
    claim = claim_of(site.store.read(), month)
    assert claim
    for one in objections_of(site.store.read(), site.vault, claim.id):
        place.office.audits.answer(one.id, lifted_fen=0, text="维持")
    collect(site)
    place.desk.changed("claim", str(month))


def since_last_month(now: datetime) -> timedelta:
    """Return how long ago the tenth of the month before this one was."""
    return now - (now.replace(day=1) - timedelta(days=1)).replace(day=10)


def _in_hospital(site: Site, person: SyntheticPerson, days: int) -> Stay:
    readers = InProcessReaders()
    readers.insert(social_security_card(person))
    with readers.open(readers.names[0]) as card:
        record = read_card(card)
    shown = Presented(site.fresh_id(), "reader", record, site.clock())
    asked = Asked(service=Service.INPATIENT_MEDICAL, moment=Moment.ADMISSION)
    verification = verify(site, identify(site, shown, CLERK).id, asked, CLERK)
    number = PEOPLE.index(person)
    admission = Admission(
        verification=verification.id,
        hospital_number=f"ZY-2026-{number:04}",
        injury=Injury(determination=DETERMINATION, parts="左胫骨"),
        bedside=Bedside(ward="骨科一病区", bed=f"{number}", diagnosis="左胫骨骨折术后"),
        admitted_at=site.clock() - timedelta(days=days),
    )
    stay = admit(site, admission, CLERK)
    if days > 4:
        _charge(site, stay, thirty_lines(local_day(stay.admitted_at), days=days - 3))
    return stay


def _discharged(site: Site, person: SyntheticPerson, *, hours: int) -> Stay:
    stay = _in_hospital(site, person, 9)
    return discharge(site, stay.id, site.clock() - timedelta(hours=hours), CLERK)


def _settled(site: Site, person: SyntheticPerson, days: int) -> str:
    stay = discharge(site, _in_hospital(site, person, days).id, None, CLERK)
    settle(site, Request(case=stay.ref, key=f"key-{stay.id}"), CLERK)
    return stay.hospital_number


def _delivered(place: Hospital) -> None:
    site = place.desk.site
    place.desk.relay.wake()

    def nothing_waits() -> bool:
        counts = site.outbox.status(site.store.read())
        return not counts.pending + counts.sending + counts.unknown

    assert awaited(nothing_waits, DELIVERY_S_MAX)


def _deducted(first: str, second: str) -> list[Deducted]:
    dear = Deducted(settlement=first, amount_fen=3600, kind="over_standard", reason="超过标准")
    twice = Deducted(settlement=second, amount_fen=1250, kind="other_breach", reason="重复收费")
    return [dear, twice]


def _charge(site: Site, stay: Stay, lines: Sequence[dict[str, Any]]) -> None:
    charge(site, stay.id, codec.decode(codec.encode(lines), tuple[Charge, ...]), CLERK)


def _unknown(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the lines with two codes that no catalogue knows."""
    return [line | {"code": f"XYZ-{n}"} if n < 2 else line for n, line in enumerate(lines)]


def _planned(site: Site, stay: Stay, *, days: int) -> None:
    plan_discharge(site, stay.id, local_day(site.clock()) + timedelta(days=days), CLERK)


def _handed_to_manual(site: Site, stay: Stay) -> None:
    fall_back(site, FallBack(case=stay.ref, reason="交通事故，肇事方承担", third_party=True), CLERK)
    asked = [paper.zh for paper in papers_now(site, stay.ref).asked]
    gather(site, stay.ref, dict.fromkeys(asked[:3], Gathered.THERE), CLERK)


def _complain(site: Site, text: str, name: str) -> None:
    said = Grievance(channel=Channel.DESK, text=text, name=name, case_number="ZY-2026-0001")
    made = receive_complaint(site, said, CLERK)
    if name:
        take_complaint(site, made.id, CLERK)
